"""Cleaned copies, which are read back to the same, and data held back."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data import layouts
from bert_core.data.choices import read_choices
from bert_core.data.clean import account, clean_bytes, write_clean
from bert_core.data.conll import read_tagged
from bert_core.data.dataset import Dataset, Problem
from bert_core.data.examples import (
    Answer,
    ChoiceExample,
    Example,
    QuestionExample,
    TaggedExample,
    TextExample,
)
from bert_core.data.split import hold_out
from bert_core.data.squad import read_squad
from bert_core.data.texts import read_texts
from bert_core.errors import InputError

Reader = Callable[[Path], Dataset[Example]]
READERS: dict[str, Reader] = {
    "texts": lambda path: read_texts(path, layouts.GENERIC),
    "pairs": lambda path: read_texts(path, layouts.MNLI),
    "numbers": lambda path: read_texts(path, layouts.STSB),
    "tags": lambda path: read_tagged(path),
    "choices": lambda path: read_choices(path),
    "questions": lambda path: read_squad(path, version_2=True),
}


def dataset(path: Path, *examples: Example, problems: tuple[Problem, ...] = ()) -> Dataset[Example]:
    return Dataset(path, "ab12", (), len(examples) + len(problems), examples, problems)


def without_rows(examples: tuple[Example, ...]) -> list[Example]:
    return [replace(example, row=0) for example in examples]


visible = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=9
).filter(lambda text: any(c.isprintable() and c != " " for c in text))
label = visible.filter(lambda text: text == text.strip() and text not in ("", "-"))
row = st.just(1)
EXAMPLES = {
    "texts": st.builds(TextExample, row, visible, st.none(), label, st.none()),
    "pairs": st.builds(TextExample, row, visible, visible, label, st.none()),
    "numbers": st.builds(TextExample, row, visible, visible, st.floats(0, 5), st.none()),
    "tags": st.lists(st.tuples(visible, st.sampled_from(["O", "B-X", "S-Y"])), min_size=1).map(
        lambda pairs: TaggedExample(1, *zip(*pairs, strict=True))
    ),
    "choices": st.builds(
        ChoiceExample, row, visible, visible | st.just(""), st.tuples(visible, visible),
        st.integers(0, 1),
    ),
    "questions": st.builds(
        lambda title, context, question, answered: QuestionExample(
            1, "", title, question, context,
            (Answer(context, 0),) if answered else (), not answered,
        ),
        st.sampled_from(["", "Boats"]), visible, visible, st.booleans(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
@given(data=st.data())
def test_a_cleaned_copy_is_read_back_to_equal_examples(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    found = data.draw(st.lists(EXAMPLES[kind], min_size=1, max_size=5))
    if kind == "questions":
        found = [replace(example, id=f"q{n}") for n, example in enumerate(found)]
    folder = tmp_path_factory.getbasetemp()
    path = write_clean(dataset(folder / "a.tsv", *found), folder)
    again = READERS[kind](path)
    assert without_rows(again.examples) == without_rows(tuple(found))
    assert again.problems == ()
    twice = clean_bytes(again)
    assert twice == path.read_bytes(), "cleaning what is clean changes nothing"


def test_ids_and_questions_without_gold_survive(tmp_path: Path) -> None:
    texts = dataset(tmp_path / "a.csv", TextExample(4, "x", None, "A", "n7"))
    assert READERS["texts"](write_clean(texts, tmp_path)).examples[0].id == "n7"  # type: ignore[union-attr]
    asked = QuestionExample(3, "q", "T", "Who?", "Ada.", ())
    path = write_clean(dataset(tmp_path / "b.json", asked), tmp_path)
    assert read_squad(path, version_2=False).examples == (replace(asked, row=1),)


def test_squad_keeps_its_articles_and_paragraphs(tmp_path: Path) -> None:
    rows = [("A", "c1"), ("A", "c1"), ("A", "c2"), ("B", "c2"), ("A", "c1")]
    questions = [
        QuestionExample(n, str(n), title, "Who?", context, (Answer("c", 0),))
        for n, (title, context) in enumerate(rows, 1)
    ]
    value = json.loads(clean_bytes(dataset(tmp_path / "a.json", *questions), without=[4]))
    assert value["version"] == "1.1"
    assert [
        (article["title"], [[qa["id"] for qa in p["qas"]] for p in article["paragraphs"]])
        for article in value["data"]
    ] == [("A", [["1", "2"], ["3"], ["5"]])]


def test_a_broken_table_gives_a_clean_file_and_an_account(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes("\ufefftext,label\nFine café,good\n,good\nSunk,\nx\nBad,bad\n".encode())
    found = read_texts(path, layouts.GENERIC)
    clean = write_clean(found, tmp_path, without=[6, 99])
    assert clean.name == "reviews.clean.jsonl"
    assert clean.read_text(encoding="utf-8") == '{"text": "Fine café", "label": "good"}\n'
    said = (tmp_path / "reviews.clean.jsonl.account.txt").read_text(encoding="utf-8")
    assert said == account(found, without=[6, 99])
    assert "5 records were read, 1 written." in said
    for line in ("bom (1)", "columns (1)", "missing-label (1)", "Rows: 4", "1 rows: 6"):
        assert line in said


def test_a_file_in_another_encoding_is_offered_as_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("text\tlabel\ncafé\tx\n".encode("cp1252"))
    assert "café" in clean_bytes(read_texts(path, layouts.GENERIC)).decode("utf-8")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x", "label": "A"}\n')
    found = read_texts(path, layouts.GENERIC)
    with pytest.raises(InputError, match="replace the file itself"):
        write_clean(found, path)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(InputError, match="replace the file itself"):
        write_clean(found, tmp_path / "link")
    with pytest.raises(InputError, match="cannot be written"):
        write_clean(found, tmp_path / "missing" / "b.jsonl")
    with pytest.raises(InputError, match="no usable rows"):
        clean_bytes(found, without=[1])


# ---- holding back --------------------------------------------------------------------------------


def rows(counts: dict[str, int]) -> list[TextExample]:
    labels = [name for name, count in counts.items() for _ in range(count)]
    return [TextExample(n, f"t{n}", None, name) for n, name in enumerate(labels, 2)]


def test_classes_keep_their_shares() -> None:
    split = hold_out(rows({"A": 80, "B": 20}), share=0.1, seed=3)
    assert Counter(example.label for example in split.dev) == {"A": 8, "B": 2}
    assert (split.stratified, split.single, len(split.train)) == (True, 0, 90)


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.integers(1, 12), min_size=1),
    st.floats(0.01, 0.99),
    st.integers(0, 2**40),
)
def test_every_row_is_on_one_side_and_the_choice_is_repeatable(
    counts: dict[str, int], share: float, seed: int
) -> None:
    examples = rows(counts)
    lonely = {name for name, count in counts.items() if count == 1}
    if sum(count for count in counts.values() if count > 1) < 2:
        with pytest.raises(InputError, match="too few rows"):
            hold_out(examples, share=share, seed=seed)
        return
    split = hold_out(examples, share=share, seed=seed)
    assert sorted([*split.train, *split.dev], key=lambda e: e.row) == examples
    assert list(split.train) == sorted(split.train, key=lambda e: e.row)
    assert split.train
    assert split.dev
    assert split.single == len(lonely)
    assert not lonely & {example.label for example in split.dev}
    assert hold_out(examples, share=share, seed=seed) == split


def test_another_seed_is_another_choice() -> None:
    examples = rows({"A": 50, "B": 50})
    assert hold_out(examples, seed=1) != hold_out(examples, seed=2)


def test_too_many_classes_to_keep_shares_is_said() -> None:
    split = hold_out(rows({name: 2 for name in "ABCDEFGHIJ"}), share=0.1, seed=1)
    assert (split.stratified, len(split.dev)) == (False, 2)


def test_numbers_and_tags_are_held_back_too() -> None:
    numbers = [TextExample(n, f"t{n}", None, n / 7) for n in range(20)]
    assert len(hold_out(numbers, share=0.25, seed=1).dev) == 5
    tags = [TaggedExample(n, ("a",), ("O",)) for n in range(20)]
    assert len(hold_out(tags, share=0.25, seed=1).dev) == 5


def test_no_paragraph_is_on_both_sides() -> None:
    questions = [
        QuestionExample(n, str(n), "", "?", f"context {n % 7}", (Answer("c", 0),))
        for n in range(70)
    ]
    split = hold_out(questions, share=0.3, seed=5)
    sides = [{example.context for example in side} for side in (split.train, split.dev)]
    assert (len(sides[0]), len(sides[1]), sides[0] & sides[1]) == (5, 2, set())
    assert len(split.train) + len(split.dev) == 70
    with pytest.raises(InputError, match="one paragraph"):
        hold_out(questions[::7], seed=5)


@pytest.mark.parametrize("share", [0, 1, -0.1, float("nan")])
def test_a_share_that_cannot_be_used(share: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        hold_out(rows({"A": 5}), share=share, seed=1)
