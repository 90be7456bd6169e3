"""Stores of instances: faults in the text, interruptions, reopening, vocabularies, memory."""

import copy
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bert_core.data.pretraining.arrays import ArrayReader, ArrayWriter
from bert_core.data.pretraining.build import build
from bert_core.data.pretraining.export import as_record, write_jsonl
from bert_core.data.pretraining.lines import LONGEST_LINE
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.store import InstanceStore
from bert_core.errors import InputError, ModelError
from bert_core.settings import PROJECT
from tests import tiny

PIECES = tiny.vocabulary()
IDS = {piece: number for number, piece in enumerate(PIECES)}
SETTINGS = InstanceSettings(max_seq_length=24, dupe_factor=20)


def cut(texts: Sequence[str]) -> list[list[int]]:
    return [[IDS.get(word, 1) for word in text.lower().strip(".").split()] for text in texts]


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n".join([*tiny.SENTENCES, "", *tiny.SENTENCES[::-1], ""] * 10))
    return path


@pytest.fixture
def store(text: Path) -> InstanceStore:
    return build([text], text.parent / "store", SETTINGS, cut=cut, pieces=PIECES)


def records(store: InstanceStore) -> list[object]:
    return [(as_record(instance, PIECES), instance.fates) for instance in store]


# ---- reopening ---------------------------------------------------------------------------------


def test_a_store_opens_again_as_it_was(store: InstanceStore) -> None:
    again = InstanceStore.open(store.folder, PIECES)
    assert len(again) == len(store) > 1000
    assert records(again) == records(store)
    assert again.settings == SETTINGS
    assert again.statistics() == store.statistics()
    assert again.vocabulary == len(PIECES)
    assert {path.name for path in store.folder.iterdir()} == {
        "ids.npy", "instances.npy", "masks.npy", "order.npy", "store.json"
    }  # fmt: skip


def test_a_store_travels_to_another_process(store: InstanceStore) -> None:
    # A data loader's fresh process gets the object as a copy made this way.
    assert records(copy.deepcopy(store)) == records(store)


def test_places_count_from_both_ends(store: InstanceStore) -> None:
    assert as_record(store[-1], PIECES) == as_record(store[len(store) - 1], PIECES)
    assert store.lengths().tolist() == [len(instance.ids) for instance in store]
    for wrong in (len(store), -len(store) - 1):
        with pytest.raises(IndexError, match="no instance"):
            store[wrong]


def test_numbers_are_those_that_torch_takes(store: InstanceStore) -> None:
    instance = store[0]
    for array in (instance.ids, instance.segments, instance.positions, instance.labels):
        assert array.dtype == np.int64
        assert array.flags.writeable


# ---- damage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ids.npy", "masks.npy", "instances.npy", "order.npy"])
@pytest.mark.parametrize("left", [0, 40, -1])
def test_a_cut_file_is_refused_by_name(store: InstanceStore, name: str, left: int) -> None:
    path = store.folder / name
    path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(InputError, match=name):
        InstanceStore.open(store.folder)


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1}', '{"version": 0}', "{"])
def test_a_damaged_description_is_refused(store: InstanceStore, content: str) -> None:
    (store.folder / "store.json").write_text(content)
    with pytest.raises(InputError, match="Make them again"):
        InstanceStore.open(store.folder)


def test_arrays_of_another_store_are_refused(store: InstanceStore) -> None:
    description = json.loads((store.folder / "store.json").read_text())
    description["statistics"]["instances"] += 1
    (store.folder / "store.json").write_text(json.dumps(description))
    with pytest.raises(InputError, match="damaged"):
        InstanceStore.open(store.folder)


def test_no_store_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pre-training instances"):
        InstanceStore.open(tmp_path / "nothing")


def test_arrays_grow_and_are_read_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "numbers.npy"
    with ArrayWriter(path, np.uint16) as writer:
        for start in range(0, 1100, 100):
            writer.append(np.arange(start, start + 100))
    assert np.array_equal(np.load(path, allow_pickle=False), np.arange(1100))
    assert ArrayReader(path).read(998, 1002).tolist() == [998, 999, 1000, 1001]


# ---- interruption ------------------------------------------------------------------------------


class Stopped(BaseException):
    """What a caller may raise to stop."""


def test_a_stop_at_any_moment_leaves_nothing(text: Path) -> None:
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    folder = text.parent / "store"
    expected = records(build([text], folder, SETTINGS, cut=cut, pieces=PIECES, check=count))
    folder.rename(text.parent / "first")
    assert calls >= 4, "both while reading and while making"
    for moment in range(1, calls + 1):
        left = moment

        def check() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Stopped

        with pytest.raises(Stopped):
            build([text], folder, SETTINGS, cut=cut, pieces=PIECES, check=check)
        assert {path.name for path in text.parent.iterdir()} == {"text.txt", "first"}
    assert records(build([text], folder, SETTINGS, cut=cut, pieces=PIECES)) == expected


def test_what_a_killed_process_left_is_no_store_and_no_hindrance(text: Path) -> None:
    partial = text.parent / "store.partial"
    partial.mkdir()
    (partial / "ids.npy").write_bytes(b"half")
    with pytest.raises(InputError):
        InstanceStore.open(partial)
    build([text], text.parent / "store", SETTINGS, cut=cut, pieces=PIECES)
    assert not partial.exists()


def test_a_store_is_never_written_over(store: InstanceStore, text: Path) -> None:
    with pytest.raises(InputError, match="exists already"):
        build([text], store.folder, SETTINGS, cut=cut, pieces=PIECES)
    assert len(InstanceStore.open(store.folder)) == len(store)


def test_progress_runs_from_reading_to_the_last_document(text: Path) -> None:
    told: list[tuple[str, int, int]] = []
    build(
        [text], text.parent / "store", SETTINGS, cut=cut, pieces=PIECES,
        on_progress=lambda *each: told.append(each),
    )  # fmt: skip
    size = text.stat().st_size
    assert told[0] == ("text", size, size)
    assert told[-1] == ("instances", 400, 400)
    done = [each[1] for each in told[1:]]
    assert done == sorted(done)


def test_a_stopped_export_keeps_the_older_file(store: InstanceStore, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("older")
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Stopped

    with pytest.raises(Stopped):
        write_jsonl(store, out, PIECES, check=check)
    assert out.read_text() == "older"
    assert not list(tmp_path.glob("*.partial"))


# ---- texts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no sentence"),
        (b"\n \n\xc2\xa0\n", "no sentence"),
        (b"the heron\nthe l\xffake\n", "line 2: byte 6 of the line is not UTF-8"),
        ("the heron\n".encode("utf-16"), "line 1: byte 1 of the line is not UTF-8"),
        (b"a\n" + b"x" * (LONGEST_LINE + 1), "line 2: the line is longer"),
    ],
)
def test_faulty_texts_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        build([path], tmp_path / "store", SETTINGS, cut=cut, pieces=PIECES)
    assert caught.value.field == "text"
    assert [each.name for each in tmp_path.iterdir()] == ["text.txt"]


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.txt", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            build([path], tmp_path / "store", SETTINGS, cut=cut, pieces=PIECES)
    with pytest.raises(InputError, match="no text file"):
        build([], tmp_path / "store", SETTINGS, cut=cut, pieces=PIECES)


def test_lines_that_become_nothing_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the heron\n...\nthe lake\n\n\nsnow\n\u3000\nrain\n", encoding="utf-8")
    store = build([path], tmp_path / "store", SETTINGS, cut=cut, pieces=PIECES)
    counts = store.statistics().text
    assert (counts.lines, counts.blank, counts.unseen, counts.sentences) == (8, 3, 1, 4)
    assert (counts.documents, counts.single, counts.pieces) == (3, 2, 6)


# ---- vocabularies ------------------------------------------------------------------------------


def test_a_vocabulary_without_the_special_pieces_is_refused(text: Path) -> None:
    pieces = [piece for piece in PIECES if piece not in ("[MASK]", "[SEP]")]
    with pytest.raises(ModelError, match=r"lacks \[SEP\], \[MASK\]") as caught:
        build([text], text.parent / "store", SETTINGS, cut=cut, pieces=pieces)
    assert caught.value.field == "model"


def test_a_tokenizer_of_another_vocabulary_is_refused(text: Path) -> None:
    with pytest.raises(ModelError, match="do not belong together"):
        build([text], text.parent / "store", SETTINGS, cut=cut, pieces=PIECES[:100])
    assert not (text.parent / "store").exists()


def test_a_model_of_another_vocabulary_is_refused(store: InstanceStore, tmp_path: Path) -> None:
    other = [*PIECES[:-1], "another"]
    with pytest.raises(InputError, match="another vocabulary"):
        InstanceStore.open(store.folder, other)
    with pytest.raises(InputError, match="another vocabulary"):
        write_jsonl(store, tmp_path / "out.jsonl", other)


def test_more_pieces_than_16_bits_count(tmp_path: Path) -> None:
    pieces = [*PIECES, *(f"word{number}" for number in range(70_000))]
    path = tmp_path / "text.txt"
    path.write_text("a b\nc d\n\ne f\ng h\n")
    store = build(
        [path], tmp_path / "store", InstanceSettings(dupe_factor=1), pieces=pieces,
        cut=lambda texts: [[69_000 + ord(letter) for letter in text.split()] for text in texts],
    )  # fmt: skip
    labels = [label for instance in store for label in instance.labels.tolist()]
    assert labels
    assert min(labels) > 2**16


def test_ids_without_a_piece_are_never_drawn(text: Path) -> None:
    pieces = [*PIECES, *([""] * 10_000)]
    store = build([text], text.parent / "store", SETTINGS, cut=cut, pieces=pieces)
    assert store.statistics().random > 100
    assert max(int(instance.ids.max()) for instance in store) < len(PIECES)


# ---- memory ------------------------------------------------------------------------------------

BUILDS = """
import re, sys
from pathlib import Path
from bert_core.data.pretraining.build import build
from bert_core.data.pretraining.settings import InstanceSettings

def peak():
    # Not ru_maxrss: a new process starts with that of the process that made it.
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
pieces += [f"word-{n:03}-of-a-language" for n in range(500)]
ids = {piece: n for n, piece in enumerate(pieces)}
def cut(texts):
    return [[ids[word] for word in text.split()] for text in texts]

def text(path, documents):
    with path.open("w") as file:
        for d in range(documents):
            for s in range(20):
                file.write(" ".join(pieces[5 + (d + s * w) % 500] for w in range(12)) + "\\n")
            file.write("\\n")
    return path

folder = Path(sys.argv[1])
sizes = []
for documents in (200, 6200):
    path = text(folder / f"{documents}.txt", documents)
    build([path], folder / str(documents), InstanceSettings(dupe_factor=1), cut=cut, pieces=pieces)
    sizes.append((path.stat().st_size, peak()))
held = bytearray(b"x" * 2**26)
print(*sizes[0], *sizes[1], peak())
"""


def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BUILDS, str(tmp_path)],
        cwd=PROJECT, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    small, before, large, after, held = map(float, done.stdout.split())
    assert large > 29e6 > 25 * small
    # Lists of the pieces alone would take twelve times as much.
    assert after - before < 8
    assert held - after > 40, "the measure sees what is held"
