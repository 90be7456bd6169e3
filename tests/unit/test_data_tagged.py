"""Words with tags: column files and JSONL, IOB1 and BIO."""

import json
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.conll import read_tagged, to_bio
from bert_core.data.dataset import Dataset
from bert_core.data.examples import TaggedExample
from bert_core.errors import InputError


def tagged(
    folder: Path, content: str, mapping: dict[str, str] | None = None, name: str = "file.conll"
) -> Dataset[TaggedExample]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return read_tagged(path, mapping)


def problems(found: Dataset[TaggedExample]) -> list[tuple[str, str, int | None]]:
    return [(p.kind, p.severity, p.row) for p in found.problems]


COLUMNS = """-DOCSTART- -X- O O

Ada NNP B-NP B-PER
Byron NNP I-NP I-PER
sails VBZ B-VP O
. . O O


Rome NNP B-NP B-LOC
"""


def test_a_column_file(tmp_path: Path) -> None:
    found = tagged(tmp_path, COLUMNS)
    assert found.examples == (
        TaggedExample(3, ("Ada", "Byron", "sails", "."), ("B-PER", "I-PER", "O", "O")),
        TaggedExample(9, ("Rome",), ("B-LOC",)),
    )
    assert (found.read, found.problems) == (2, ())
    assert found.columns == ("#1", "#2", "#3", "#4")
    assert found.mapping == {"words": "#1", "tags": "#4"}


def test_another_column_may_be_the_tag(tmp_path: Path) -> None:
    found = tagged(tmp_path, COLUMNS, {"tags": "#2"})
    assert found.examples[0].tags == ("NNP", "NNP", "VBZ", ".")
    turned = tagged(tmp_path, "B-LOC\tRome\n", {"tags": "#1", "words": "#2"})
    assert turned.examples == (TaggedExample(1, ("Rome",), ("B-LOC",)),)


def test_with_tabs_a_word_may_have_spaces(tmp_path: Path) -> None:
    found = tagged(tmp_path, "New York\tB-LOC\r\n!\tO\r\n")
    assert found.examples == (TaggedExample(1, ("New York", "!"), ("B-LOC", "O")),)
    spaced = tagged(tmp_path, "York   B-LOC  \n a\u00a0b O\n".replace("\n a", "\na"))
    assert spaced.examples[0].words == ("York", "a\u00a0b")


def test_a_word_without_a_tag_blocks_with_its_line(tmp_path: Path) -> None:
    found = tagged(tmp_path, "Rome B-LOC\n\nAda B-PER\nsails\n. O\n\nOslo B-LOC\n")
    assert [example.row for example in found.examples] == [1, 7]
    assert found.read == 3
    assert problems(found) == [("missing-tag", "blocking", 4)]
    assert "'sails'" in found.problems[0].message


def test_an_empty_word_or_tag_blocks(tmp_path: Path) -> None:
    found = tagged(tmp_path, "\tO\n\nRome\t\u200b\n")
    assert problems(found) == [("empty-word", "blocking", 1), ("empty-word", "blocking", 3)]
    assert found.examples == ()


def test_iob1_becomes_bio_and_every_change_has_its_line(tmp_path: Path) -> None:
    content = "In O\nEast I-LOC\nRome I-LOC\nAda I-PER\nByron B-PER\nsails O\n\nOslo I-LOC\n"
    found = tagged(tmp_path, content)
    assert found.examples[0].tags == ("O", "B-LOC", "I-LOC", "B-PER", "B-PER", "O")
    assert found.examples[1].tags == ("B-LOC",)
    assert problems(found) == [("i-without-b", "warning", row) for row in (2, 4, 8)]
    assert "'I-PER' of the word 'Ada'" in found.problems[1].message


@pytest.mark.parametrize(
    "tags",
    [
        ("O", "B-X", "I-X", "B-X", "I-X", "O"),
        ("S-X", "B-X", "E-X", "O"),
        ("B-X", "I-X", "E-X"),
        ("NNP", "VBZ", "."),
        (),
    ],
)
def test_tags_of_other_schemes_stay(tags: tuple[str, ...]) -> None:
    assert to_bio(tags) == (tags, [])


def entities(tags: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """Entities of BIO tags as type, start and end; an independent reading."""
    found: list[tuple[str, int, int]] = []
    for place, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append((tag[2:], place, place + 1))
        elif tag.startswith("I-"):
            kind, start, end = found.pop()
            assert (kind, end) == (tag[2:], place), "an I- goes on where its entity ended"
            found.append((kind, start, place + 1))
    return found


runs = st.lists(st.tuples(st.sampled_from(["O", "PER", "LOC"]), st.integers(1, 3)), max_size=8)


@given(runs)
def test_iob1_and_bio_mean_the_same_entities(parts: list[tuple[str, int]]) -> None:
    iob1: list[str] = []
    bio: list[str] = []
    before = "O"
    for kind, length in parts:
        if kind == "O":
            iob1 += ["O"] * length
            bio += ["O"] * length
        else:
            iob1 += ["B-" + kind if kind == before else "I-" + kind] + ["I-" + kind] * (length - 1)
            bio += ["B-" + kind] + ["I-" + kind] * (length - 1)
        before = kind
    converted, changed = to_bio(iob1)
    assert list(converted) == bio
    assert entities(converted) == entities(tuple(bio))
    assert changed == [place for place, (a, b) in enumerate(zip(iob1, bio, strict=True)) if a != b]
    assert to_bio(converted) == (converted, [])


def test_json_lines(tmp_path: Path) -> None:
    content = '{"words": ["Ada", "sails"], "tags": ["B-PER", "O"]}\n'
    found = tagged(tmp_path, content, name="file.jsonl")
    assert found.examples == (TaggedExample(1, ("Ada", "sails"), ("B-PER", "O")),)
    hub = json.dumps({"tokens": ["Ada"], "ner_tags": ["I-PER"], "pos_tags": [1]}) + "\n"
    found = tagged(tmp_path, hub, name="file.jsonl")
    assert found.examples[0].tags == ("B-PER",)
    assert problems(found) == [("i-without-b", "warning", 1)]
    assert found.mapping == {"words": "tokens", "tags": "ner_tags"}
    parts = tagged(tmp_path, hub, {"tags": "pos_tags"}, name="file.jsonl")
    assert parts.examples[0].tags == ("1",)


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"words": ["a", "b"], "tags": ["O"]}, "length"),
        ({"words": "a b", "tags": ["O", "O"]}, "empty-word"),
        ({"words": [], "tags": []}, "empty-word"),
        ({"words": ["a", " "], "tags": ["O", "O"]}, "empty-word"),
        ({"words": ["a"], "tags": [None]}, "empty-word"),
        ({"words": [["a"]], "tags": ["O"]}, "empty-word"),
        ({"tags": ["O"]}, "empty-word"),
        ([1], "json"),
    ],
)
def test_broken_records_block_with_their_line(tmp_path: Path, record: object, kind: str) -> None:
    good = '{"words": ["Ada"], "tags": ["O"]}\n'
    found = tagged(tmp_path, good + json.dumps(record) + "\n" + good, name="file.jsonl")
    assert [example.row for example in found.examples] == [1, 3]
    assert problems(found) == [(kind, "blocking", 2)]
    assert found.read == 3


def test_unequal_lists_say_both_lengths(tmp_path: Path) -> None:
    content = '{"words": ["a", "b", "c"], "tags": ["O"]}\n'
    assert "3 words and 1 tags" in tagged(tmp_path, content, name="f.jsonl").problems[0].message


def test_what_the_mapping_says_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="roles are words and tags"):
        tagged(tmp_path, COLUMNS, {"text": "#1"})
    with pytest.raises(InputError, match="by its place"):
        tagged(tmp_path, COLUMNS, {"tags": "ner"})
    content = '{"tokens": ["a"], "ner": ["O"]}\n'
    [problem] = tagged(tmp_path, content, name="f.jsonl").problems
    assert (problem.kind, problem.severity) == ("missing-column", "blocking")
    assert "'tokens', 'ner'" in problem.message
    short = tagged(tmp_path, "a O\n", {"tags": "#3"})
    assert problems(short) == [("missing-tag", "blocking", 1)]


@pytest.mark.parametrize("name", ["file.conll", "file.jsonl", "file.txt"])
def test_an_empty_file(tmp_path: Path, name: str) -> None:
    assert problems(tagged(tmp_path, "\n", name=name)) == [("empty-file", "blocking", None)]


@given(st.lists(st.lists(st.tuples(st.text("abÄ犬.", min_size=1, max_size=4),
                                   st.sampled_from(["O", "B-X", "B-Y"])), min_size=1, max_size=4),
                max_size=4), st.sampled_from([" ", "\t", " NN "]))  # fmt: skip
def test_what_is_written_in_columns_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, sentences: list[list[tuple[str, str]]], mark: str
) -> None:
    content = "\n\n".join("\n".join(mark.join(pair) for pair in words) for words in sentences)
    found = tagged(tmp_path_factory.getbasetemp(), content)
    assert [list(zip(e.words, e.tags, strict=True)) for e in found.examples] == sentences
    starts = [next(lines)[0] for full, lines in groupby(enumerate(content.split("\n"), 1),
              key=lambda line: bool(line[1])) if full]  # fmt: skip
    assert [example.row for example in found.examples] == starts
