"""Gold answers as the file has them, and sentences with a path for what is not SQuAD."""

import json
from pathlib import Path

import pytest

from bert_core.errors import InputError
from bert_core.evaluation.gold import read_gold

CONTEXT = "The heron waits near the cold lake. The bakery opens late in winter."


def question(id_: str, *texts: str, start: int = 0, **more: object) -> dict[str, object]:
    answers = [{"text": text, "answer_start": start} for text in texts]
    return {"id": id_, "question": "Where does it wait?", "answers": answers, **more}


def squad(path: Path, *questions: object, context: object = CONTEXT) -> Path:
    data = [{"title": "Birds", "paragraphs": [{"context": context, "qas": list(questions)}]}]
    path.write_text(json.dumps({"version": "v2.0", "data": data}), encoding="utf-8")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dev.json"


def test_gold_texts_are_those_of_the_file(file: Path) -> None:
    """Answers that training would move, drop or take for none stay as they are written."""
    gold = read_gold(
        squad(
            file,
            question("in place", "The heron"),
            question("elsewhere", "the cold lake"),
            question("nowhere", "a grey stone", "The heron"),
            question("blank", "  "),
            question("none"),
            question("marked, and answered", "The heron", is_impossible=True),
            {"id": 7, "question": "Who?"},
            {"id": "marked", "question": "Who?", "is_impossible": True},
            question("no offset", "The heron", start=-1),
        )
    )
    assert {each.id: each.texts for each in gold.questions} == {
        "in place": ("The heron",),
        "elsewhere": ("the cold lake",),
        "nowhere": ("a grey stone", "The heron"),
        "blank": ("  ",),
        "none": (),
        "marked, and answered": ("The heron",),
        "7": None,
        "marked": (),
        "no offset": ("The heron",),
    }
    assert set(gold.texts) == {each.id for each in gold.questions} - {"7"}
    assert (gold.misplaced, gold.absent) == (2, 1)
    assert gold.impossible
    assert [each.row for each in gold.questions] == list(range(1, 10))
    assert gold.questions[0].context == CONTEXT


def test_of_equal_ids_the_last_counts(file: Path) -> None:
    gold = read_gold(squad(file, question("a", "heron"), question("b"), question("a", "lake")))
    assert [(each.id, each.texts) for each in gold.questions] == [("a", ("lake",)), ("b", ())]
    assert (gold.read, gold.repeated) == (3, 1)


def test_the_first_questions(file: Path) -> None:
    gold = read_gold(squad(file, *(question(str(n), "heron") for n in range(5))), limit=2)
    assert [each.id for each in gold.questions] == ["0", "1"]
    assert (gold.read, gold.impossible) == (2, False)


def test_a_question_on_each_line(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    records = [
        {"id": "pairs", "context": CONTEXT, **question("pairs", "The heron")},
        {
            "id": "as the hub has them",
            "context": CONTEXT,
            "question": "Who?",
            "answers": {"text": ["The heron"], "answer_start": [0]},
        },
        {"id": "none", "context": CONTEXT, "question": "?", "answers": {"text": []}},
        {"id": "nobody said", "context": CONTEXT, "question": "Who?"},
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    gold = read_gold(path)
    assert [each.texts for each in gold.questions] == [("The heron",), ("The heron",), (), None]
    assert [each.row for each in gold.questions] == [1, 2, 3, 4]


GOOD = question("a", "heron")
FAULTS = {
    "a list is missing": ({"data": [{"title": "Birds"}]}, "$.data[0].paragraphs is missing"),
    "no data": ({"version": "v2.0"}, "$.data is missing"),
    "data of another kind": ({"data": {"a": 1}}, "$.data is not a valid list"),
    "an article of another kind": ({"data": ["x"]}, "$.data[0] is not an object"),
    "no questions in a paragraph": (
        {"data": [{"paragraphs": [{"context": "x", "qas": []}, {"context": "x"}]}]},
        "$.data[0].paragraphs[1].qas is missing",
    ),
    "no context": (
        {"data": [{"paragraphs": [{"qas": [GOOD]}]}]},
        "$.data[0].paragraphs[0].context is missing",
    ),
    "a question without a text": (
        {"data": [{"paragraphs": [{"context": "x", "qas": [GOOD, {"id": "b"}]}]}]},
        "$.data[0].paragraphs[0].qas[1].question is missing",
    ),
    "an id that is none": (
        {"data": [{"paragraphs": [{"context": "x", "qas": [{**GOOD, "id": None}]}]}]},
        "$.data[0].paragraphs[0].qas[0].id is not a valid string",
    ),
    "answers of another kind": (
        {"data": [{"paragraphs": [{"context": "x", "qas": [{**GOOD, "answers": "x"}]}]}]},
        "$.data[0].paragraphs[0].qas[0].answers is not a valid list",
    ),
    "an answer without a text": (
        {"data": [{"paragraphs": [{"context": "x", "qas": [{**GOOD, "answers": [{}]}]}]}]},
        "$.data[0].paragraphs[0].qas[0].answers[0].text is missing",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_first_fault_is_named_with_its_path(file: Path, name: str) -> None:
    value, expected = FAULTS[name]
    file.write_text(json.dumps(value), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_gold(file)
    assert expected in str(refused.value)
    assert str(refused.value).startswith("dev.json")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "has no questions"),
        (b'{"data": []}', "has no questions"),
        (b'{"data": [', "This is not JSON"),
        (b"{'data': []}\n", "not JSON"),
        (b"\xff\xfe\x00{", "not UTF-8|NUL|not JSON"),
        (b"%PDF-1.7", "a PDF"),
    ],
)
def test_other_files_end_in_a_sentence(file: Path, content: bytes, expected: str) -> None:
    file.write_bytes(content)
    with pytest.raises(InputError, match=expected):
        read_gold(file)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    whole = json.dumps({"context": "x", **GOOD})
    path.write_text(f"{whole}\nnot json\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"dev.jsonl, line 2: This is not JSON"):
        read_gold(path)
    path.write_text(f"{whole}\n{json.dumps(GOOD)}\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"dev.jsonl, record 2: \$.context is not a valid string"):
        read_gold(path)
