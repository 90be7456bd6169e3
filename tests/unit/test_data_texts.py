"""Sentences with labels, in every form that the tasks are found in."""

import json
from pathlib import Path

import pytest

from bert_core.data import layouts
from bert_core.data.dataset import Dataset
from bert_core.data.examples import TextExample
from bert_core.data.layouts import COLA, GENERIC, GENERIC_PAIR, MNLI, MRPC, QNLI, RTE, SST2, STSB
from bert_core.data.texts import Layout, read_texts
from bert_core.errors import InputError

SIMPLE = Layout("text", "label")


def texts(
    folder: Path,
    content: str,
    layout: object = SIMPLE,
    mapping: dict[str, str] | None = None,
    name: str = "file.tsv",
) -> Dataset[TextExample]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return read_texts(path, layout, mapping)  # type: ignore[arg-type]


def short(found: Dataset[TextExample]) -> list[tuple[object, ...]]:
    return [(e.row, e.text, e.pair, e.label) for e in found.examples]


def problems(found: Dataset[TextExample]) -> list[tuple[str, str, int | None, str | None]]:
    return [(p.kind, p.severity, p.row, p.field) for p in found.problems]


# ---- the forms of the tasks ----------------------------------------------------------------------

STS_HEAD = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore"
MNLI_HEAD = (
    "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\t"
    "sentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label"
)
FORMS = {
    "sst-2": (SST2, "sentence\tlabel\na good boat \t1\n", (2, "a good boat ", None, "1")),
    "cola": (COLA, "ab01\t1\t\tThe boat sank.\n", (1, "The boat sank.", None, "1")),
    "cola, headed": (COLA, "sentence\tlabel\nThe boat.\t0\n", (2, "The boat.", None, "0")),
    "mrpc": (
        MRPC,
        "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t7\t8\tHe \"ran\".\tHe ran\r\n",
        (2, 'He "ran".', "He ran", "1"),
    ),
    "rte": (
        RTE,
        "index\tsentence1\tsentence2\tlabel\n0\tIt rains.\tIt is wet.\tentailment\n",
        (2, "It rains.", "It is wet.", "entailment"),
    ),
    "qnli": (
        QNLI,
        "index\tquestion\tsentence\tlabel\n0\tWho?\tAda did.\tentailment\n",
        (2, "Who?", "Ada did.", "entailment"),
    ),
    "mnli": (
        MNLI,
        f"{MNLI_HEAD}\n0\t1\t1e\tfiction\tx\tx\tx\tx\tIt rains.\tSun.\tneutral\tcontradiction\n",
        (2, "It rains.", "Sun.", "contradiction"),
    ),
    "xnli": (layouts.XNLI, "Er sagt ja.\tEr sagt nein.\tneutral\r\n",
             (1, "Er sagt ja.", "Er sagt nein.", "neutral")),
    "sts-b": (
        STSB,
        f"{STS_HEAD}\n0\tnews\tf\t2012\t1\tnone\tnone\tA man.\tA boy.\t2.500\n",
        (2, "A man.", "A boy.", 2.5),
    ),
    "sts-b, headless": (
        STSB,
        "news\tf\t2012\t0001\t5.000\tA \"man.\tA boy.\nnews\tf\t2012\t2\t0\tOne.\tTwo.\tx\ty\n",
        (1, 'A "man.', "A boy.", 5.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_known_by_its_columns(tmp_path: Path, form: str) -> None:
    layout, content, first = FORMS[form]
    # The same columns under another suffix, as STS-B's are called .csv.
    for name in ("file.tsv", "file.csv", "file.txt"):
        found = texts(tmp_path, content, layout, name=name)
        assert short(found)[0] == first
        assert found.read == len(found.examples)
        assert {p.kind for p in found.problems} <= {"bom"}


def test_further_columns_of_sts_b_are_not_read(tmp_path: Path) -> None:
    found = texts(tmp_path, FORMS["sts-b, headless"][1], STSB, name="sts-train.csv")
    assert short(found)[1] == (2, "One.", "Two.", 0.0)
    assert found.mapping == {"text": "sentence1", "pair": "sentence2", "label": "score"}


@pytest.mark.parametrize("name", [n for n in dir(layouts) if n.isupper() and n[0] != "_"])
def test_every_task_reads_a_cleaned_file(tmp_path: Path, name: str) -> None:
    forms = getattr(layouts, name)
    label = 2.5 if forms[0].numbers else "yes"
    pair = "b" if forms[0].pair else None
    record = {"id": "x", "text": "a", "label": label} | ({"pair": pair} if pair else {})
    found = texts(tmp_path, json.dumps(record) + "\n", forms, name="file.jsonl")
    assert found.examples == (TextExample(1, "a", pair, label, "x"),)
    assert found.problems == ()


def test_a_missing_consensus_is_a_missing_label(tmp_path: Path) -> None:
    content = "sentence1\tsentence2\tgold_label\na\tb\t-\na\tb\tneutral\n"
    found = texts(tmp_path, content, MNLI)
    assert problems(found) == [("missing-label", "blocking", 2, "gold_label")]
    assert short(found) == [(3, "a", "b", "neutral")]


# ---- columns of people ---------------------------------------------------------------------------


def test_columns_are_mapped(tmp_path: Path) -> None:
    content = "n,review,stars\n7,Fine boat,good\n"
    found = texts(
        tmp_path, content, SST2, {"text": "review", "label": "stars", "id": "n"}, "file.csv"
    )
    assert found.examples == (TextExample(2, "Fine boat", None, "good", "7"),)
    assert found.mapping == {"text": "review", "label": "stars", "id": "n"}
    assert found.columns == ("n", "review", "stars")


def test_a_file_without_header_is_mapped_by_place(tmp_path: Path) -> None:
    found = texts(tmp_path, "good\tFine boat\nbad\tSunk\n", SST2, {"text": "#2", "label": "#1"})
    assert short(found) == [(1, "Fine boat", None, "good"), (2, "Sunk", None, "bad")]


def test_usual_names_need_no_mapping(tmp_path: Path) -> None:
    found = texts(tmp_path, "review,sentiment\nx,y\n", GENERIC, name="file.csv")
    assert short(found) == [(2, "x", None, "y")]
    pair = texts(tmp_path, "premise,hypothesis,label\nx,z,y\n", GENERIC_PAIR, name="file.csv")
    assert short(pair) == [(2, "x", "z", "y")]


def test_a_missing_column_lists_those_there_are(tmp_path: Path) -> None:
    found = texts(tmp_path, "text,lable\nx,y\n", SIMPLE, name="file.csv")
    assert found.examples == ()
    assert found.read == 1
    [problem] = found.problems
    assert (problem.kind, problem.severity, problem.field) == (
        "missing-column", "blocking", "label",
    )  # fmt: skip
    assert "'text', 'lable'" in problem.message
    assert "Perhaps 'lable' is meant" in problem.message


@pytest.mark.parametrize(
    ("layout", "header"),
    [
        (COLA, "id,title,stars,words"),
        (layouts.XNLI, "first,second,verdict"),
        (STSB, "genre,file,year,id,rating,first,second"),
    ],
)
def test_a_header_of_other_names_is_not_taken_for_a_record(
    tmp_path: Path, layout: object, header: str
) -> None:
    row = ",".join("1" for _ in header.split(","))
    found = texts(tmp_path, f"{header}\n{row}\n", layout, name="file.csv")
    assert found.examples == ()
    assert {p.kind for p in found.problems} == {"missing-column"}
    assert repr(header.split(",")[0]) in found.problems[0].message


def test_a_file_without_header_and_of_another_width_says_so_row_by_row(tmp_path: Path) -> None:
    headless = Layout("b", "a", header=False, columns=("a", "b"))
    assert short(texts(tmp_path, "x\ty\n", headless)) == [(1, "y", None, "x")]
    wide = texts(tmp_path, "x\ty\tz\n", headless)
    assert problems(wide) == [("columns", "blocking", 1, None)]


def test_numbers_may_be_of_sentences_or_of_pairs(tmp_path: Path) -> None:
    forms = layouts.GENERIC_NUMBERS
    one = texts(tmp_path, "text,score\na,1\n", forms, name="file.csv")
    two = texts(tmp_path, "text,pair,score\na,b,1\n", forms, name="file.csv")
    mapped = texts(tmp_path, "x,y\na,1\n", forms, {"text": "x", "label": "y"}, name="file.csv")
    assert short(one) == short(mapped) == [(2, "a", None, 1.0)]
    assert short(two) == [(2, "a", "b", 1.0)]
    lacking = texts(tmp_path, "review,points\na,1\n", forms, name="file.csv")
    assert [p.field for p in lacking.problems] == ["label"], "the form that lacks the least"


def test_a_place_beyond_the_last_column_is_missing(tmp_path: Path) -> None:
    found = texts(tmp_path, "a\tb\n", SST2, {"text": "#1", "label": "#5"})
    assert problems(found) == [("missing-column", "blocking", None, "#5")]
    assert "'#1', '#2'" in found.problems[0].message


def test_a_role_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'txet'.*text, pair, label, id"):
        texts(tmp_path, "text\tlabel\n", mapping={"txet": "a"})


def test_a_file_without_labels_may_be_asked_for(tmp_path: Path) -> None:
    found = texts(tmp_path, "index\tsentence\n0\tA boat.\n", Layout("sentence", None))
    assert short(found) == [(2, "A boat.", None, None)]
    assert found.problems == ()


# ---- cells ---------------------------------------------------------------------------------------


def test_empty_texts_and_labels_are_counted(tmp_path: Path) -> None:
    content = "text\tlabel\n \tA\nx\t\n\u200b\u00a0\tA\ny\tB\n"
    found = texts(tmp_path, content)
    assert short(found) == [(5, "y", None, "B")]
    assert found.read == 4
    assert problems(found) == [
        ("empty-text", "warning", 2, "text"),
        ("missing-label", "blocking", 3, "label"),
        ("empty-text", "warning", 4, "text"),
    ]


def test_spaces_around_a_label_are_taken_away_and_said(tmp_path: Path) -> None:
    found = texts(tmp_path, "text\tlabel\n x \t good \n")
    assert short(found) == [(2, " x ", None, "good")]
    assert problems(found) == [("label-spaces", "warning", 2, "label")]


def test_json_values_as_json_spells_them(tmp_path: Path) -> None:
    lines = [
        {"text": "a", "label": 1},
        {"text": "b", "label": True},
        {"text": 7, "label": "x"},
        {"text": ["c"], "label": "x"},
        {"text": "d", "label": None},
        {"text": None, "label": "x"},
        {"text": "e", "label": float("nan")},
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines)
    found = texts(tmp_path, content, name="file.jsonl")
    assert short(found) == [(1, "a", None, "1"), (2, "b", None, "true"), (3, "7", None, "x")]
    assert problems(found) == [
        ("wrong-type", "blocking", 4, "text"),
        ("missing-label", "blocking", 5, "label"),
        ("empty-text", "warning", 6, "text"),
        ("missing-label", "blocking", 7, "label"),
    ]


def test_a_repeated_id_is_said_with_the_first_line(tmp_path: Path) -> None:
    found = texts(tmp_path, "id\ttext\tlabel\n1\ta\tx\n2\tb\tx\n1\tc\ty\n", GENERIC)
    assert problems(found) == [("duplicate-id", "warning", 4, "id")]
    assert "line 2" in found.problems[0].message
    assert [example.id for example in found.examples] == ["1", "2", "1"]


NUMBERS = Layout("text", "label", numbers=True, lowest=0, highest=5)


@pytest.mark.parametrize(
    ("cell", "value"), [("3", 3.0), (" 2.50 ", 2.5), ("1e-1", 0.1), (".5", 0.5), ("0", 0.0)]
)
def test_numbers(tmp_path: Path, cell: str, value: float) -> None:
    found = texts(tmp_path, f"text\tlabel\na\t{cell}\n", NUMBERS)
    assert found.examples[0].label == value
    assert found.problems == ()


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("3,5", "not-a-number"),
        ("good", "not-a-number"),
        ("nan", "not-a-number"),
        ("1_0", "not-a-number"),
        ("٣", "not-a-number"),
        ("inf", "not-a-number"),
        ("1e999", "out-of-range"),
        ("5.1", "out-of-range"),
        ("-1", "out-of-range"),
        ("", "missing-label"),
    ],
)
def test_what_is_no_number_in_range_blocks(tmp_path: Path, cell: str, kind: str) -> None:
    found = texts(tmp_path, f"text\tlabel\na\t{cell}\n", NUMBERS)
    assert found.examples == ()
    assert problems(found) == [(kind, "blocking", 2, "label")]


def test_a_decimal_comma_has_its_own_hint(tmp_path: Path) -> None:
    found = texts(tmp_path, "text\tlabel\na\t3,5\n", NUMBERS)
    assert "decimal point" in found.problems[0].message
