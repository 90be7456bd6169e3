"""The checkpoint reader against files and numbers of TensorFlow, and against damaged files."""

import json
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import ModelError
from bert_core.model.google.crc32c import crc32c, masked
from bert_core.model.google.string_table import Damaged, table_items
from bert_core.model.google.tensor_bundle import open_bundle
from tests.unit import bundle_writer as writer

GOLDEN = Path(__file__).parents[1] / "golden" / "google_tiny"
KINDS = GOLDEN / "dtypes" / "kinds.ckpt"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())["kinds"]
VALUES = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The prefix of a copy of the small checkpoint that a test may damage."""
    shutil.copytree(KINDS.parent, tmp_path / "copy")
    return tmp_path / "copy" / KINDS.name


def crc_by_definition(data: bytes) -> int:
    """CRC-32C bit by bit, as RFC 3720 defines it."""
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_crc_of_the_rfc(data: bytes, crc: int) -> None:
    assert crc32c(data) == crc


@pytest.mark.parametrize("size", [1, 2047, 2048, 2049, 3000, 4096, 70_001])
def test_crc_side_by_side_equals_the_definition(size: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8)
    assert crc32c(data) == crc32c(data.tobytes()) == crc_by_definition(data.tobytes())


def test_crc_over_several_chunks() -> None:
    """A text followed by its own sum always leaves the same residue, whatever its length."""
    data = np.random.default_rng(1).integers(0, 256, 2 * 2**22 + 12_345, dtype=np.uint8)
    tail = np.frombuffer(crc32c(data).to_bytes(4, "little"), np.uint8)
    assert crc32c(np.concatenate([data, tail])) == 0x48674BC7


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_values_are_those_tensorflow_wrote(name: str) -> None:
    want = EXPECTED[name]
    values = open_bundle(KINDS).read(name)
    assert values.dtype == want["dtype"]
    assert list(values.shape) == want["shape"]
    np.testing.assert_array_equal(values.ravel(), np.array(want["values"], values.dtype))


def test_every_number_type_is_covered() -> None:
    bundle = open_bundle(KINDS)
    assert {bundle.entries[name].dtype for name in EXPECTED} == {
        *("float16", "bfloat16", "float32", "float64", "bool"),
        *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    }
    large = np.arange(900, dtype=np.float32).reshape(30, 30) / np.float32(7)
    np.testing.assert_array_equal(bundle.read("large"), large)


@pytest.mark.parametrize(("name", "kind"), [("string", "string"), ("complex64", "complex64")])
def test_other_types_are_refused_when_read(name: str, kind: str) -> None:
    bundle = open_bundle(KINDS)
    with pytest.raises(ModelError, match=f"'kinds/{name}' .* has the type {kind}"):
        bundle.read(f"kinds/{name}")


def test_two_data_files() -> None:
    bundle = open_bundle(GOLDEN / "cased_squad_run" / "model.ckpt-7")
    assert bundle.shards == 2
    assert {entry.shard for entry in bundle.entries.values()} == {0, 1}
    for name, entry in bundle.entries.items():
        assert bundle.read(name).shape == entry.shape


def test_unknown_tensor() -> None:
    with pytest.raises(ModelError, match="no tensor 'bert'"):
        open_bundle(KINDS).read("bert")


def test_missing_files(copy: Path) -> None:
    copy.with_name("kinds.ckpt.data-00000-of-00001").unlink()
    with pytest.raises(ModelError, match=r"data-00000-of-00001 is missing"):
        open_bundle(copy)
    with pytest.raises(ModelError, match=r"other\.index cannot be read: No such file"):
        open_bundle(copy.with_name("other"))


def test_short_data_file(copy: Path) -> None:
    bundle = open_bundle(copy)
    data = copy.with_name("kinds.ckpt.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"too short: '\w+' ends at byte 3,759, the file at 3,758"):
        open_bundle(copy)
    last = max(bundle.entries.values(), key=lambda entry: entry.offset + entry.size)
    with pytest.raises(ModelError, match="too short"):  # shortened after it was opened
        bundle.read(last.name)


def test_damaged_tensor(copy: Path) -> None:
    bundle = open_bundle(copy)
    data = copy.with_name("kinds.ckpt.data-00000-of-00001")
    raw = bytearray(data.read_bytes())
    raw[bundle.entries["large"].offset + 1000] ^= 1
    data.write_bytes(raw)
    with pytest.raises(ModelError, match=r"'large' in .* is damaged"):
        bundle.read("large")
    bundle.read("kinds/int32")  # the others are as they were


def test_index_cut_anywhere(copy: Path) -> None:
    index = copy.with_name("kinds.ckpt.index")
    whole = index.read_bytes()
    for size in range(len(whole)):
        index.write_bytes(whole[:size])
        with pytest.raises(ModelError, match=r"less than the 48|magic number"):
            open_bundle(copy)
    index.write_bytes(whole[: len(whole) // 2] + whole[-48:])  # the middle is gone
    with pytest.raises(ModelError, match="cut short"):
        open_bundle(copy)


def test_no_changed_bit_goes_unseen(copy: Path) -> None:
    """Each byte is covered by a checksum, or is one that says nothing (padding, meta index)."""
    index = copy.with_name("kinds.ckpt.index")
    whole, entries = index.read_bytes(), dict(open_bundle(copy).entries)
    unseen = []
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 4
        index.write_bytes(changed)
        try:
            assert open_bundle(copy).entries == entries
            unseen.append(at)
        except ModelError:
            pass
    # The empty meta index with its trailer, the handle that leads there, and the footer's padding.
    assert len(unseen) == 13 + 3 + 34


def write_index(folder: Path, *items: tuple[bytes, bytes], kind: int = 0) -> Path:
    prefix = folder / "made"
    prefix.with_name("made.index").write_bytes(writer.table(items, kind=kind))
    prefix.with_name("made.data-00000-of-00001").write_bytes(VALUES.tobytes())
    return prefix


GOOD = writer.entry(shape=(2, 3), data=VALUES.tobytes())


def test_made_index_is_good(tmp_path: Path) -> None:
    """What the tests below spoil can be read as it is."""
    bundle = open_bundle(write_index(tmp_path, (b"", writer.header()), (b"x", GOOD)))
    np.testing.assert_array_equal(bundle.read("x"), VALUES)


@pytest.mark.parametrize(("kind", "name"), [(1, "snappy"), (2, "method 2")])
def test_compressed_blocks(tmp_path: Path, kind: int, name: str) -> None:
    prefix = write_index(tmp_path, (b"", writer.header()), (b"x", GOOD), kind=kind)
    with pytest.raises(ModelError, match=rf"compressed \({name}\)"):
        open_bundle(prefix)


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([(b"x", GOOD)], "no header"),
        ([(b"", writer.header(endian=1))], "big-endian"),
        ([(b"", writer.header(min_consumer=2))], "newer TensorFlow"),
        ([(b"", writer.header(0))], "counts 0 data files"),
        ([(b"", writer.header()), (b"\xff", GOOD)], "not UTF-8"),
        ([(b"", writer.header()), (b"x", writer.entry(shard=1))], "data file 1 of 1"),
        ([(b"", writer.header()), (b"x", writer.entry(shape=(2**64 - 1,)))], "impossible size"),
        ([(b"", writer.header()), (b"x", writer.entry(shape=(0, 2**40, 2**40)))], "impossible"),
        ([(b"", writer.header()), (b"x", writer.entry(shape=(1,) * 65))], "impossible size"),
        ([(b"", writer.header()), (b"x", writer.number(2, 1))], "a number stands where"),
        ([(b"", writer.header()), (b"x", b"\x08")], "ends within a number"),
        ([(b"", writer.header()), (b"x", b"\x08" + b"\xff" * 11)], "more than 64 bits"),
        ([(b"", writer.header()), (b"x", b"\x12\x05\x00")], "ends within a field"),
        ([(b"", writer.header()), (b"x", b"\x0b")], "wire type 3"),
    ],
)
def test_bad_messages(tmp_path: Path, items: list[tuple[bytes, bytes]], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        open_bundle(write_index(tmp_path, *items))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (GOOD + writer.text(7, b""), "stored in slices"),
        (writer.entry(dtype=42, shape=(2, 3), data=VALUES.tobytes()), "type 42"),
        (writer.entry(shape=(2, 2), data=VALUES.tobytes()), r"shape \(2, 2\), but 24 bytes"),
    ],
)
def test_bad_entries_are_refused_when_read(tmp_path: Path, message: bytes, reason: str) -> None:
    bundle = open_bundle(write_index(tmp_path, (b"", writer.header()), (b"x", message)))
    with pytest.raises(ModelError, match=reason):
        bundle.read("x")


@given(
    keys=st.sets(st.binary(min_size=1, max_size=12), max_size=40),
    per_block=st.integers(1, 9),
    salt=st.binary(max_size=5),
)
def test_tables_of_many_blocks(keys: set[bytes], per_block: int, salt: bytes) -> None:
    items = [(key, salt + key[::-1]) for key in sorted({b"", *keys})]
    assert list(table_items(writer.table(items, per_block=per_block))) == items


@given(junk=st.binary(max_size=60))
def test_junk_in_a_good_block_is_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes
) -> None:
    """Nothing but a ModelError comes out, whatever the messages hold."""
    folder = tmp_path_factory.mktemp("junk")
    for items in ([(b"", junk)], [(b"", writer.header()), (b"x", junk)]):
        with suppress(ModelError):
            bundle = open_bundle(write_index(folder, *items))
            for name in bundle.entries:
                bundle.read(name)


@given(junk=st.binary(max_size=80))
def test_junk_as_a_block_is_damage(junk: bytes) -> None:
    """Nothing but Damaged comes out of a block whose checksum is right and contents are not."""
    block = junk + b"\0"
    trailer = masked(crc32c(block)).to_bytes(4, "little")
    footer = (b"\0\0\0" + writer.varint(len(junk))).ljust(40, b"\0")
    with suppress(Damaged):
        list(table_items(block + trailer + footer + writer.MAGIC.to_bytes(8, "little")))
