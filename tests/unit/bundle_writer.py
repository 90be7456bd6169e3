"""Writes TensorFlow checkpoints, good and bad ones, for the tests of the reader.

TensorFlow 2.21 read what this writes back to the same values; the files in
tests/golden/google_tiny come from TensorFlow itself.
"""

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from bert_core.model.google.crc32c import crc32c, masked

MAGIC = 0xDB4775248B80FB57
NUMBERS = {"float32": 1, "float64": 2, "int32": 3, "int64": 9, "bool": 10, "float16": 19}


def varint(value: int) -> bytes:
    """A number in base 128, low digits first."""
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field: int, value: int) -> bytes:
    """A protobuf field of wire type 0."""
    return varint(field << 3) + varint(value)


def text(field: int, value: bytes) -> bytes:
    """A protobuf field of wire type 2."""
    return varint(field << 3 | 2) + varint(len(value)) + value


def header(shards: int = 1, *, endian: int = 0, min_consumer: int = 0) -> bytes:
    """A BundleHeaderProto."""
    version = number(1, 1) + (number(2, min_consumer) if min_consumer else b"")
    return number(1, shards) + (number(2, endian) if endian else b"") + text(3, version)


def entry(
    *, dtype: int = 1, shape: Iterable[int] = (), shard: int = 0, offset: int = 0, data: bytes = b""
) -> bytes:
    """A BundleEntryProto for ``data``."""
    dims = b"".join(text(2, number(1, size)) for size in shape)
    return (
        number(1, dtype)
        + text(2, dims)
        + number(3, shard)
        + number(4, offset)
        + number(5, len(data))
        + varint(6 << 3 | 5)
        + struct.pack("<I", masked(crc32c(data)))
    )


def block(items: Iterable[tuple[bytes, bytes]], *, restart: int = 16) -> bytes:
    """A block of a sorted string table, without its trailer."""
    out, restarts, last = b"", [0], b""
    for count, (key, value) in enumerate(items):
        shared = 0
        if count % restart:
            while shared < min(len(key), len(last)) and key[shared] == last[shared]:
                shared += 1
        elif count:
            restarts.append(len(out))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value))
        out += key[shared:] + value
        last = key
    return out + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def table(items: Iterable[tuple[bytes, bytes]], *, per_block: int = 1000, kind: int = 0) -> bytes:
    """A sorted string table; ``kind`` is the compression byte written behind data blocks."""
    items, out, handles = list(items), b"", []

    def add(contents: bytes, kind: int) -> bytes:
        nonlocal out
        handle = varint(len(out)) + varint(len(contents))
        contents += bytes([kind])
        out += contents + struct.pack("<I", masked(crc32c(contents)))
        return handle

    for at in range(0, len(items), per_block):
        part = items[at : at + per_block]
        handles.append((part[-1][0], add(block(part), kind)))
    handles_at = add(block([]), 0) + add(block(handles, restart=1), 0)
    return out + handles_at.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def write_bundle(prefix: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write a checkpoint of one data file."""
    data, items = b"", [(b"", header())]
    for name in sorted(tensors):
        raw = tensors[name].tobytes()
        kind, shape = NUMBERS[str(tensors[name].dtype)], tensors[name].shape
        items.append((name.encode(), entry(dtype=kind, shape=shape, offset=len(data), data=raw)))
        data += raw
    prefix.with_name(prefix.name + ".index").write_bytes(table(items))
    prefix.with_name(prefix.name + ".data-00000-of-00001").write_bytes(data)
