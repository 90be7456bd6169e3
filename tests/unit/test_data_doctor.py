"""The data doctor: every fault it must name, with its row."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bert_core.data import layouts
from bert_core.data.conll import read_tagged
from bert_core.data.dataset import Dataset, Problem
from bert_core.data.doctor import LISTED, Report, examine
from bert_core.data.examples import (
    Answer,
    ChoiceExample,
    Example,
    QuestionExample,
    TaggedExample,
    TextExample,
)
from bert_core.data.texts import read_texts


def dataset(
    *examples: Example, problems: Sequence[Problem] = (), sha256: str = "a", read: int | None = None
) -> Dataset[Example]:
    count = len(examples) if read is None else read
    return Dataset(Path("/x/f.tsv"), sha256, ("text",), count, examples, tuple(problems), {})


def text(row: int, words: str, label: str | float | None = "A") -> TextExample:
    return TextExample(row, words, None, label)


def found(report: Report, role: str = "train") -> list[tuple[str, str, int | None]]:
    return [
        (f.problem.kind, f.problem.severity, f.problem.row)
        for f in report.findings
        if f.role == role
    ]


def look(train: Dataset[Example], dev: Dataset[Example] | None = None, **options: object) -> Report:
    return examine(train, dev, max_seq_length=8, **options)  # type: ignore[arg-type]


TWO = (text(2, "one", "A"), text(3, "two", "B"), text(4, "three", "A"), text(5, "four", "B"))


def test_sound_data_has_no_findings() -> None:
    report = look(dataset(*TWO), dataset(text(2, "five"), text(3, "six"), sha256="b"))
    assert (report.findings, report.kinds, report.blocking) == ((), (), False)
    train, dev = report.files
    assert (train.role, train.read, train.usable) == ("train", 4, 4)
    assert train.labels == (("A", 2), ("B", 2))
    assert dev.labels == (("A", 2),), "one class is enough to measure on"
    assert train.lengths is None


def test_one_class_only_blocks() -> None:
    report = look(dataset(text(2, "one"), text(3, "two")))
    assert found(report) == [("one-class", "blocking", None)]
    assert report.blocking
    same = look(dataset(text(2, "one", 2.5), text(3, "two", 2.5)))
    assert found(same) == [("one-class", "blocking", None)]
    assert look(dataset(text(2, "one", 2.5), text(3, "two", 1.0))).findings == ()


def test_choices_whose_labels_were_taken_away() -> None:
    rows = [ChoiceExample(n, f"c{n}", "", ("a", "b"), 0) for n in range(3)]
    assert found(look(dataset(*rows))) == [("one-class", "blocking", None)]


def test_a_class_with_one_row_has_its_row() -> None:
    report = look(dataset(*TWO, text(9, "five", "C")))
    assert found(report) == [("rare-class", "warning", 9)]
    tags = [
        TaggedExample(1, ("a", "b"), ("O", "B-X")),
        TaggedExample(4, ("c", "d"), ("O", "B-Y")),
        TaggedExample(7, ("e", "f"), ("O", "B-Y")),
    ]
    assert found(look(dataset(*tags))) == [("rare-class", "warning", 1)]


def test_a_label_column_that_is_none() -> None:
    rows = [text(n, f"t{n}", f"label {n}") for n in range(30)]
    assert found(look(dataset(*rows))) == [("many-classes", "blocking", None)]


def test_a_label_that_only_the_development_data_has() -> None:
    dev = dataset(text(2, "five", "A"), text(3, "six", "a"), text(4, "seven", "B"), sha256="b")
    report = look(dataset(*TWO), dev)
    assert found(report, "dev") == [("unknown-label", "blocking", 3)]
    assert "'A', 'B'" in report.findings[0].problem.message
    assert report.files[1].unusable == (3,)
    assert report.blocking
    train = dataset(TaggedExample(1, ("a",), ("O",)), TaggedExample(3, ("b",), ("B-X",)))
    tags = look(train, dataset(TaggedExample(5, ("c", "d"), ("B-Y", "I-Y")), sha256="b"))
    assert [kind for kind in found(tags, "dev") if kind[0] == "unknown-label"] == [
        ("unknown-label", "blocking", 5)
    ] * 2


def test_repeated_rows_and_contradictions_name_the_first() -> None:
    rows = (*TWO, text(6, "ONE ", "A"), text(7, "Two", "A"))
    report = look(dataset(*rows))
    assert found(report) == [("duplicate-row", "warning", 6), ("contradiction", "warning", 7)]
    assert "line 2" in report.findings[0].problem.message
    assert "line 3" in report.findings[1].problem.message


def test_a_pair_is_another_row_than_its_first_sentence() -> None:
    pairs = [TextExample(n, "same", f"other {n}", "AB"[n % 2]) for n in range(4)]
    assert look(dataset(*pairs)).findings == ()


def test_development_rows_that_were_trained_on() -> None:
    dev = dataset(text(2, "seven"), text(3, " Three"), sha256="b")
    report = look(dataset(*TWO), dev)
    assert found(report, "dev") == [("overlap", "warning", 3)]
    assert "line 4" in report.findings[0].problem.message
    same = look(dataset(*TWO), dataset(*TWO))
    assert [kind for kind, _, _ in found(same, "dev")].count("overlap") == 4
    assert ("same-file", "warning", None) in found(same, "dev")


def question(row: int, *answers: str, impossible: bool = False, words: str = "") -> QuestionExample:
    return QuestionExample(
        row, f"q{row}", "", words or f"Question {row}?", "a b c",
        tuple(Answer(answer, 0) for answer in answers), impossible,
    )  # fmt: skip


def test_several_answers_matter_in_training_only() -> None:
    rows = (question(1, "a"), question(2, "a", "a b"))
    report = look(dataset(*rows), dataset(question(1, "a", "b", words="Who?"), sha256="b"))
    assert found(report) == [("several-answers", "warning", 2)]
    assert found(report, "dev") == []


def test_questions_that_nobody_answered_block() -> None:
    report = look(dataset(question(1, "a"), question(2)), dataset(question(3), sha256="b"))
    assert found(report) == [("missing-answer", "blocking", 2)]
    assert found(report, "dev") == [("missing-answer", "blocking", 3)]
    assert [file.unusable for file in report.files] == [(2,), (3,)]


def test_the_switch_of_squad_2() -> None:
    answered = dataset(question(1, "a"), question(2, "b"))
    assert found(look(answered, version_2=True)) == [("no-unanswerable", "warning", None)]
    both = dataset(question(1, "a"), question(2, impossible=True))
    report = look(both, version_2=True)
    assert report.findings == ()
    assert report.files[0].labels == (("answerable", 1), ("unanswerable", 1))
    none = look(dataset(question(2, impossible=True)), version_2=True)
    assert found(none) == [("one-class", "blocking", None)]


def test_nothing_usable_blocks() -> None:
    report = look(dataset(problems=[Problem("warning", "empty-text", "x", row=2)], read=1))
    assert found(report) == [("no-rows", "blocking", None), ("empty-text", "warning", 2)]


# ---- order, counts and lengths -------------------------------------------------------------------


def test_blocking_ones_come_first_and_then_rows() -> None:
    given = [
        Problem("warning", "empty-text", "x", row=9),
        Problem("blocking", "columns", "x", row=8),
        Problem("warning", "empty-text", "x", row=3),
        Problem("blocking", "columns", "x", row=2),
    ]
    dev = dataset(
        text(2, "five"), problems=[Problem("blocking", "columns", "x", row=1)], sha256="b"
    )
    report = look(dataset(*TWO, problems=given), dev)
    assert [(f.role, f.problem.row) for f in report.findings] == [
        ("train", 2), ("train", 8), ("dev", 1), ("train", 3), ("train", 9),
    ]  # fmt: skip
    assert [(k.role, k.kind, k.count) for k in report.kinds] == [
        ("train", "columns", 2), ("dev", "columns", 1), ("train", "empty-text", 2),
    ]  # fmt: skip


def test_long_lists_are_cut_and_counted_in_full() -> None:
    given = [Problem("warning", "empty-text", "x", row=row) for row in range(1000, 0, -1)]
    report = look(dataset(*TWO, problems=given))
    assert [f.problem.row for f in report.findings] == list(range(1, LISTED + 1))
    [kind] = report.kinds
    assert (kind.count, kind.listed) == (1000, LISTED)


def test_lengths_and_what_is_cut() -> None:
    def lengths(examples: Sequence[Example]) -> list[int]:
        return [len(e.text) for e in examples if isinstance(e, TextExample)]

    rows = [text(n, f"{n:02}" + "x" * (n - 2), "AB"[n % 2]) for n in range(2, 12)]
    report = look(dataset(*rows), lengths=lengths)
    counted = report.files[0].lengths
    assert counted is not None
    assert (counted.longest, counted.median, counted.over) == (11, 6.5, 3)
    assert counted.histogram.edges == tuple(range(13))
    assert counted.histogram.counts == (0, 0, *[1] * 10)
    assert found(report) == [("cut", "warning", None)]
    message = report.findings[0].problem.message
    assert "3 of 10 rows (30.0%) have more than 8 word pieces, the longest 11" in message


@pytest.mark.parametrize("longest", [1, 31, 32, 512, 100_003])
def test_a_histogram_counts_every_row_once(longest: int) -> None:
    values = [0, 1, longest // 2, longest, longest]
    report = look(
        dataset(*[text(n, f"t{n}", "AB"[n % 2]) for n in range(5)]), lengths=lambda _: values
    )
    counted = report.files[0].lengths
    assert counted is not None
    edges, counts = counted.histogram.edges, counted.histogram.counts
    assert len(edges) == len(counts) + 1 <= 34
    assert sum(counts) == 5
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        assert count == sum(low <= value < high for value in values)


def test_long_questions_are_read_in_windows_and_not_cut() -> None:
    report = look(dataset(question(1, "a"), question(2, "b")), lengths=lambda rows: [9] * len(rows))
    assert report.findings == ()
    assert report.files[0].lengths is not None
    assert report.files[0].lengths.over == 2


def test_numbers_have_a_histogram() -> None:
    rows = [text(n, f"t{n}", n / 2) for n in range(11)]
    numbers = look(dataset(*rows)).files[0].numbers
    assert numbers is not None
    assert (numbers.edges[0], numbers.edges[-1], sum(numbers.counts)) == (0.0, 5.0, 11)
    wide = [text(1, "a", -1.5e308), text(2, "b", 1.5e308)]
    assert look(dataset(*wide)).files[0].numbers is None


# ---- with the readers ----------------------------------------------------------------------------


def test_the_faults_of_one_table_all_have_their_rows(tmp_path: Path) -> None:
    lines = [
        b"id\ttext\tlabel\r", b"1\tgood boat\tA", b"2\tred boat\tB", b"3\tgood boat\tA",
        b"2\tblue boat\tB", b"5\t \tA", b"6\tno label\t", b"7\ttoo\tmany\tcells", b"8\tcaf\xe9\tC",
    ]  # fmt: skip
    path = tmp_path / "train.tsv"
    path.write_bytes(b"\n".join(lines))
    report = look(read_texts(path, layouts.GENERIC))
    assert found(report) == [
        ("missing-label", "blocking", 7),
        ("columns", "blocking", 8),
        ("encoding", "blocking", 9),
        ("duplicate-row", "warning", 4),
        ("duplicate-id", "warning", 5),
        ("empty-text", "warning", 6),
        ("rare-class", "warning", 9),
    ]
    [file] = report.files
    assert (file.read, file.usable) == (8, 5)
    assert file.mapping == {"text": "text", "label": "label", "id": "id"}


def test_tags_that_were_mended_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "train.conll"
    path.write_text("Rome I-LOC\nis O\n\nOslo B-LOC\nwas O\n")
    report = look(read_tagged(path))
    assert found(report) == [("i-without-b", "warning", 1)]
    assert report.files[0].labels == (("B-LOC", 2), ("O", 2))
