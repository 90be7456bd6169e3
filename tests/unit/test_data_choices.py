"""Multiple choice: SWAG's, CODAH's and COPA's forms, and those of people."""

import json
from pathlib import Path

import pytest

from bert_core.data.choices import read_choices
from bert_core.data.dataset import Dataset
from bert_core.data.examples import ChoiceExample
from bert_core.errors import InputError


def choices(
    folder: Path, content: str, mapping: dict[str, str] | None = None, name: str = "file.csv"
) -> Dataset[ChoiceExample]:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return read_choices(path, mapping)


def problems(found: Dataset[ChoiceExample]) -> list[tuple[str, str, int | None]]:
    return [(p.kind, p.severity, p.row) for p in found.problems]


SWAG = (
    ",video-id,fold-ind,startphrase,sent1,sent2,gold-source,ending0,ending1,ending2,ending3,label\n"
    '0,v1,3416,"The boat leaves, slowly. It",'
    '"The boat leaves, slowly.",It,gold,sails,sings,sinks,smiles,2\n'
)


def test_swag(tmp_path: Path) -> None:
    found = choices(tmp_path, SWAG)
    assert found.examples == (
        ChoiceExample(
            2, "The boat leaves, slowly.", "It", ("sails", "sings", "sinks", "smiles"), 2
        ),
    )
    assert found.problems == ()
    assert found.mapping == {
        "context": "sent1", "start": "sent2", "label": "label",
        "endings": "ending0,ending1,ending2,ending3",
    }  # fmt: skip


def test_swag_as_json_lines(tmp_path: Path) -> None:
    record = {"sent1": "A.", "sent2": "It", "label": 0} | {f"ending{n}": f"e{n}" for n in range(4)}
    found = choices(tmp_path, json.dumps(record), name="file.jsonl")
    assert found.examples == (ChoiceExample(1, "A.", "It", ("e0", "e1", "e2", "e3"), 0),)


def test_codah_has_no_header(tmp_path: Path) -> None:
    content = "i\tThe cook left. He\tran\tate\tsang\tslept\t3\no\tA dog. It\tbarks\ta\tb\tc\t0\n"
    found = choices(tmp_path, content, name="file.tsv")
    assert found.examples == (
        ChoiceExample(1, "The cook left. He", "", ("ran", "ate", "sang", "slept"), 3),
        ChoiceExample(2, "A dog. It", "", ("barks", "a", "b", "c"), 0),
    )


def test_copa_asks_for_cause_or_effect(tmp_path: Path) -> None:
    lines = [
        {"premise": "It rained.", "choice1": "Wet.", "choice2": "Dry.", "question": question,
         "label": 0, "idx": 0}
        for question in ("effect", "cause", "why")
    ]  # fmt: skip
    content = "".join(json.dumps(line) + "\n" for line in lines)
    found = choices(tmp_path, content, name="file.jsonl")
    assert [example.context for example in found.examples] == [
        "It rained. What happened as a result?",
        "It rained. What was the cause of this?",
    ]
    assert found.examples[0].endings == ("Wet.", "Dry.")
    assert problems(found) == [("question", "blocking", 3)]


def test_columns_are_mapped(tmp_path: Path) -> None:
    content = "question,a,b,c,right\nWho sails?,Ada,Bo,Cy,1\n"
    mapping = {"context": "question", "endings": "a, b,c", "label": "right"}
    found = choices(tmp_path, content, mapping)
    assert found.examples == (ChoiceExample(2, "Who sails?", "", ("Ada", "Bo", "Cy"), 1),)
    listed = choices(
        tmp_path,
        '{"q": "Who?", "options": ["Ada", "Bo"], "label": 1}\n',
        {"context": "q", "endings": "options"},
        "file.jsonl",
    )
    assert listed.examples == (ChoiceExample(1, "Who?", "", ("Ada", "Bo"), 1),)


@pytest.mark.parametrize(
    ("row", "kind", "severity"),
    [
        ("A.,It,a,b,c,d,", "missing-label", "blocking"),
        ("A.,It,a,b,c,d,4", "unknown-label", "blocking"),
        ("A.,It,a,b,c,d,-1", "unknown-label", "blocking"),
        ("A.,It,a,b,c,d,B", "unknown-label", "blocking"),
        ("A.,It,a,b,c,d,99999999999999999999", "unknown-label", "blocking"),
        ("A.,It,a,b,,d,0", "empty-text", "warning"),
        (",It,a,b,c,d,0", "empty-text", "warning"),
        ("A.,It,a,b,c,d", "columns", "blocking"),
    ],
)
def test_broken_rows_are_left_out_and_counted(
    tmp_path: Path, row: str, kind: str, severity: str
) -> None:
    head = "sent1,sent2,ending0,ending1,ending2,ending3,label\nB.,,a,b,c,d,1\n"
    found = choices(tmp_path, head + row + "\n")
    assert [example.row for example in found.examples] == [2]
    assert found.examples[0].start == ""
    assert problems(found) == [(kind, severity, 3)]
    assert found.read == 2


def test_every_row_needs_as_many_endings(tmp_path: Path) -> None:
    lines = [
        {"context": "A.", "start": "", "endings": endings, "label": 0}
        for endings in (["a", "b"], ["a", "b", "c"], ["a", "b"], ["a"], "ab")
    ]
    content = "".join(json.dumps(line) + "\n" for line in lines)
    found = choices(tmp_path, content, name="file.jsonl")
    assert [example.row for example in found.examples] == [1, 3]
    assert sorted(problems(found), key=lambda problem: problem[2] or 0) == [
        ("endings", "blocking", row) for row in (2, 4, 5)
    ]


def test_there_may_be_other_numbers_of_endings_and_no_start(tmp_path: Path) -> None:
    found = choices(tmp_path, "sent1,ending0,ending1,ending2,label\nA.,a,b,c,2\n")
    assert found.examples == (ChoiceExample(2, "A.", "", ("a", "b", "c"), 2),)
    own = choices(tmp_path, "context,start,ending0,ending1,label\nA.,It,a,b,0\n")
    assert own.examples == (ChoiceExample(2, "A.", "It", ("a", "b"), 0),)
    assert own.problems == ()


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("sent1,sent2,ending1,ending2,label", ["ending0", "ending3"]),
        ("first,sent2,ending0,ending1,label", ["sent1"]),
        ("sent1,sent2,ending0,ending1,right", ["label"]),
    ],
)
def test_missing_columns_are_named(tmp_path: Path, header: str, missing: list[str]) -> None:
    found = choices(tmp_path, f"{header}\nA,B,a,b,0\n")
    assert [(p.kind, p.severity, p.field) for p in found.problems] == [
        ("missing-column", "blocking", name) for name in missing
    ]
    assert found.examples == ()
    assert found.read == 1


def test_a_role_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="roles are context"):
        choices(tmp_path, SWAG, {"text": "a"})
