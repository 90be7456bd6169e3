"""TensorFlow's checkpoint format V2, the "tensor bundle", read with numpy alone.

A reader of our own, since the one small package for this is dormant, rests on generated code of
a protobuf long gone and says itself that it may do nothing.

``PREFIX.index`` is a sorted string table (see `string_table`). Its key "" holds a
BundleHeaderProto, every other key is a tensor's name and holds a BundleEntryProto. The bytes of
the tensors lie in ``PREFIX.data-0000x-of-0000y`` and are read when a tensor is asked for.
Sources: tensorflow/core/util/tensor_bundle/tensor_bundle.h, core/protobuf/tensor_bundle.proto,
core/framework/types.proto; the protobuf encoding guide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bert_core.errors import ModelError
from bert_core.model.google.crc32c import crc32c, masked
from bert_core.model.google.string_table import Damaged, table_items, varint

_MOST_DIMENSIONS = 64  # numpy's own limit
_READER_VERSION = 1  # newest bundle version that this reader knows
_DTYPES = {
    1: "float32",
    2: "float64",
    3: "int32",
    4: "uint8",
    5: "int16",
    6: "int8",
    7: "string",
    8: "complex64",
    9: "int64",
    10: "bool",
    14: "bfloat16",
    17: "uint16",
    18: "complex128",
    19: "float16",
    20: "resource",
    21: "variant",
    22: "uint32",
    23: "uint64",
}
_NUMPY = {
    name: np.dtype(name).newbyteorder("<")
    for name in _DTYPES.values()
    if name.startswith(("float", "int", "uint", "bool"))
}
_NUMPY["bfloat16"] = np.dtype("<u2")


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """Where one tensor lies.

    Attributes:
        name: the variable's name, such as ``"bert/pooler/dense/bias"``.
        dtype: TensorFlow's name of the element type, or ``"type N"`` for a number unknown here.
        shape: sizes of the dimensions; empty for a scalar.
        shard: number of the data file, counted from 0.
        offset: first byte in that file.
        size: length in bytes.
        crc: masked CRC-32C of those bytes.
        sliced: the variable is stored in parts, under other keys.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc: int
    sliced: bool


@dataclass(frozen=True, slots=True)
class TensorBundle:
    """An open checkpoint: the index in memory, the tensors still on disk.

    Attributes:
        prefix: path without ``.index``.
        shards: number of data files.
        entries: tensor name to its entry, sorted by name.
    """

    prefix: Path
    shards: int
    entries: Mapping[str, TensorEntry]

    def read(self, name: str) -> npt.NDArray[np.generic]:
        """Read one tensor and compare its checksum.

        Args:
            name: a key of ``entries``.

        Returns:
            A new array of the tensor's shape in its own type; bfloat16, which numpy lacks,
            comes as the same numbers in float32.

        Raises:
            ModelError: no such tensor, a type that cannot be read, a data file that is missing
                or too short, or a checksum that differs.
        """
        if name not in self.entries:
            raise ModelError(f"The checkpoint {self.prefix.name} has no tensor '{name}'.")
        entry = self.entries[name]
        _check_readable(entry, self.prefix)
        path = _shard_path(self.prefix, entry.shard, self.shards)
        _check_shard(path, entry)
        try:
            raw = np.fromfile(path, np.uint8, count=entry.size, offset=entry.offset)
        except OSError as error:
            raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
        if masked(crc32c(raw)) != entry.crc:
            raise ModelError(
                f"The tensor '{name}' in {path} is damaged: its checksum differs. "
                "Download or copy the file again."
            )
        values = raw.view(_NUMPY[entry.dtype]).reshape(entry.shape)
        if entry.dtype == "bfloat16":
            return (values.astype(np.uint32) << 16).view(np.float32)
        return values


def open_bundle(prefix: Path) -> TensorBundle:
    """Read the index of a checkpoint and look whether its data files are all there.

    Args:
        prefix: path of the checkpoint without ``.index``, as TensorFlow names it.

    Returns:
        The open checkpoint; no tensor has been read.

    Raises:
        ModelError: the index is missing, cut short, damaged, compressed, big-endian or of a
            newer version; or a data file is missing or too short.
    """
    index = prefix.with_name(prefix.name + ".index")
    try:
        table = index.read_bytes()
    except OSError as error:
        raise ModelError(
            f"The checkpoint index {index} cannot be read: {error.strerror}."
        ) from error
    try:
        items = dict(table_items(table))
        if b"" not in items:
            raise Damaged("it has no header")
        shards = _read_header(items.pop(b""))
        found = [_read_entry(key, value, shards) for key, value in sorted(items.items())]
    except Damaged as reason:
        raise ModelError(
            f"{index} cannot be used as a TensorFlow checkpoint index: {reason}. "
            "If it should be one, download or copy it again."
        ) from reason
    for entry in found:
        _check_shard(_shard_path(prefix, entry.shard, shards), entry)
    return TensorBundle(prefix, shards, {entry.name: entry for entry in found})


def _shard_path(prefix: Path, shard: int, shards: int) -> Path:
    return prefix.with_name(f"{prefix.name}.data-{shard:05d}-of-{shards:05d}")


def _check_shard(path: Path, entry: TensorEntry) -> None:
    if not path.is_file():
        raise ModelError(f"The data file {path} is missing. Put it beside the checkpoint's index.")
    end, size = entry.offset + entry.size, path.stat().st_size
    if end > size:
        raise ModelError(
            f"The data file {path} is too short: '{entry.name}' ends at byte {end:,}, the file at "
            f"{size:,}. Download or copy it again."
        )


def _check_readable(entry: TensorEntry, prefix: Path) -> None:
    what = f"The tensor '{entry.name}' of {prefix.name}"
    if entry.sliced:
        raise ModelError(
            f"{what} is stored in slices (a partitioned variable), which is not supported. "
            "Save the checkpoint again without a partitioner."
        )
    if entry.dtype not in _NUMPY:
        raise ModelError(f"{what} has the type {entry.dtype}, which cannot be read as numbers.")
    if prod(entry.shape) * _NUMPY[entry.dtype].itemsize != entry.size:
        raise ModelError(
            f"{what} should have {entry.dtype} values of shape {entry.shape}, but "
            f"{entry.size:,} bytes are stored for it. The checkpoint is damaged."
        )


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Field numbers and raw values of a protobuf message."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(message, at)
            yield tag >> 3, value
            continue
        if wire == 2:
            length, at = varint(message, at)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise Damaged(f"a message has a field of wire type {wire}")
        if at + length > len(message):
            raise Damaged("a message ends within a field")
        raw = message[at : at + length]
        yield tag >> 3, raw if wire == 2 else int.from_bytes(raw, "little")
        at += length


def _numbers(message: int | bytes) -> dict[int, int]:
    """The last number given for each field."""
    return {key: value for key, value in _fields(_bytes(message)) if isinstance(value, int)}


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise Damaged("a number stands where a message should")
    return value


def _read_header(message: bytes) -> int:
    """Check a BundleHeaderProto; the number of shards."""
    numbers = _numbers(message)
    if numbers.get(2, 0):
        raise Damaged("it was written on a big-endian machine, which is not supported")
    for key, value in _fields(message):
        if key == 3 and _numbers(value).get(2, 0) > _READER_VERSION:
            raise Damaged("it was written by a newer TensorFlow, for readers newer than this one")
    shards = numbers.get(1, 0)
    if not 1 <= shards <= 99_999:
        raise Damaged(f"its header counts {shards} data files")
    return shards


def _read_entry(key: bytes, message: bytes, shards: int) -> TensorEntry:
    """Turn a BundleEntryProto into our own form."""
    try:
        name = key.decode()
    except UnicodeDecodeError as error:
        raise Damaged("a tensor's name is not UTF-8") from error
    numbers, shape = _numbers(message), []
    fields = list(_fields(message))
    for number, value in fields:
        if number == 2:
            dims = [_numbers(dim) for part, dim in _fields(_bytes(value)) if part == 2]
            shape = [dim.get(1, 0) for dim in dims]
    if numbers.get(3, 0) >= shards:
        raise Damaged(f"'{name}' should lie in data file {numbers[3]} of {shards}")
    volume = prod(max(1, size) for size in shape)  # a negative size reads as a huge one
    if len(shape) > _MOST_DIMENSIONS or max(volume, *numbers.values(), 0) >> 59:
        raise Damaged(f"'{name}' has an impossible size")
    kind = numbers.get(1, 0)
    return TensorEntry(
        name=name,
        dtype=_DTYPES.get(kind, f"type {kind}"),
        shape=tuple(shape),
        shard=numbers.get(3, 0),
        offset=numbers.get(4, 0),
        size=numbers.get(5, 0),
        crc=numbers.get(6, 0),
        sliced=any(number == 7 for number, _ in fields),
    )
