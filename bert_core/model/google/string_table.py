"""LevelDB's sorted string table, as TensorFlow writes it for the index of a checkpoint.

Prefix-compressed blocks, each followed by a compression byte and a masked CRC-32C, and a footer
of 48 bytes that says where the block of block addresses lies. TensorFlow compresses none of them.
Source: LevelDB, doc/table_format.md; tensorflow/core/lib/io/format.cc.
"""

import struct
from collections.abc import Iterator

from bert_core.model.google.crc32c import crc32c, masked

_MAGIC = 0xDB4775248B80FB57
_FOOTER_BYTES = 48
_TRAILER_BYTES = 5  # compression byte and checksum behind each block


class Damaged(ValueError):
    """What is wrong with an index, as the middle of a sentence."""


def table_items(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of a table, in its order.

    Args:
        table: the whole file.

    Yields:
        Key and value, both bytes.

    Raises:
        Damaged: cut short, another format, compressed, or a checksum that differs.
    """
    if len(table) < _FOOTER_BYTES:
        raise Damaged(f"it has {len(table)} bytes, less than the {_FOOTER_BYTES} of a footer")
    footer = table[-_FOOTER_BYTES:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise Damaged("it does not end with the magic number of a table (another format, or cut)")
    _, at = _handle(footer, 0)  # the meta index, which TensorFlow leaves empty
    handle, _ = _handle(footer, at)
    for _, value in _block_items(_block(table, *handle)):
        handle, _ = _handle(value, 0)
        yield from _block_items(_block(table, *handle))


def _block(table: bytes, offset: int, size: int) -> bytes:
    """One block without its trailer, its checksum compared."""
    end = offset + size
    if end + _TRAILER_BYTES > len(table) - _FOOTER_BYTES:
        raise Damaged(f"it is cut short: a block should end at byte {end + _TRAILER_BYTES:,}")
    kind, stored = struct.unpack("<BI", table[end : end + _TRAILER_BYTES])
    if masked(crc32c(table[offset : end + 1])) != stored:
        raise Damaged(f"the checksum of the block at byte {offset:,} differs")
    if kind:
        name = "snappy" if kind == 1 else f"method {kind}"
        raise Damaged(f"its blocks are compressed ({name}), and only plain ones are supported")
    return table[offset:end]


def _block_items(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Entries of a block: each key repeats a stretch of the one before and adds to it."""
    if len(block) < 4:
        raise Damaged("a block has no restart count")
    end = len(block) - 4 - 4 * struct.unpack("<I", block[-4:])[0]
    if end < 0:
        raise Damaged("a block has more restart points than room for them")
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        added, at = varint(block, at)
        length, at = varint(block, at)
        if shared > len(key) or at + added + length > end:
            raise Damaged("an entry of a block runs past its end")
        key = key[:shared] + block[at : at + added]
        yield key, block[at + added : at + added + length]
        at += added + length


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    """Offset and size of a block, and the position behind them."""
    offset, at = varint(data, at)
    size, at = varint(data, at)
    return (offset, size), at


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number in base 128, low digits first, of at most 64 bits.

    Args:
        data: bytes that hold it.
        at: position of its first byte.

    Returns:
        The number, and the position behind it.

    Raises:
        Damaged: the bytes end within the number, or it is longer than 64 bits.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Damaged("it ends within a number")
        value |= (data[at] & 0x7F) << shift
        at += 1
        if data[at - 1] < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise Damaged("a number has more than 64 bits")
