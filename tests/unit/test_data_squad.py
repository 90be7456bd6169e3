"""SQuAD files: where answers stand, which questions have none, and what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.dataset import Dataset
from bert_core.data.examples import Answer, QuestionExample
from bert_core.data.squad import nearest, read_squad

OWN = Path(__file__).parents[1] / "golden" / "own"
CONTEXT = "Ada built a boat. The boat was red, and Ada sailed the boat to Oslo."


def qa(identity: object = "q1", **values: Any) -> dict[str, Any]:
    answers = [{"text": "Oslo", "answer_start": CONTEXT.index("Oslo")}]
    return {"id": identity, "question": "Where to?", "answers": answers} | values


def squad(
    folder: Path, *questions: object, version_2: bool = False, context: object = CONTEXT
) -> Dataset[QuestionExample]:
    paragraphs = [{"context": context, "qas": list(questions)}]
    return written(folder, {"data": [{"title": "Boats", "paragraphs": paragraphs}]}, version_2)


def written(folder: Path, value: object, version_2: bool = False) -> Dataset[QuestionExample]:
    path = folder / "file.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return read_squad(path, version_2=version_2)


def problems(found: Dataset[QuestionExample]) -> list[tuple[str, str, int | None]]:
    return [(p.kind, p.severity, p.row) for p in found.problems]


# ---- whole files ---------------------------------------------------------------------------------


def test_a_question(tmp_path: Path) -> None:
    found = squad(tmp_path, qa())
    assert found.examples == (
        QuestionExample(1, "q1", "Boats", "Where to?", CONTEXT, (Answer("Oslo", 63),)),
    )
    assert (found.read, found.problems) == (1, ())
    assert found.columns == ("title", "context", "id", "question", "answers")


def test_own_files_of_both_versions() -> None:
    for name, version_2 in (("own_squad_v1.json", False), ("own_squad_v2.json", True)):
        raw = json.loads((OWN / name).read_text(encoding="utf-8"))
        wanted = [
            (question["id"], paragraph["context"], bool(question.get("is_impossible")))
            for article in raw["data"]
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
        found = read_squad(OWN / name, version_2=version_2)
        assert [(e.id, e.context, e.impossible) for e in found.examples] == wanted
        assert [example.row for example in found.examples] == list(range(1, len(wanted) + 1))
        assert found.problems == ()


@pytest.mark.parametrize("listed", [False, True])
def test_flat_records_of_the_hub(tmp_path: Path, listed: bool) -> None:
    record = {
        "id": "q1",
        "title": "Boats",
        "context": CONTEXT,
        "question": "Where to?",
        "answers": {"text": ["Oslo", "the boat"], "answer_start": [63, 51]},
    }
    none = record | {"id": "q2", "answers": {"text": [], "answer_start": []}}
    lines = json.dumps([record, none]) if listed else f"{json.dumps(record)}\n{json.dumps(none)}\n"
    path = tmp_path / ("file.json" if listed else "file.jsonl")
    path.write_text(lines, encoding="utf-8")
    found = read_squad(path, version_2=True)
    first, second = found.examples
    assert first.answers == (Answer("Oslo", 63), Answer("the boat", 51))
    assert (second.row, second.impossible, second.answers) == (2, True, ())
    assert found.problems == ()


# ---- answers -------------------------------------------------------------------------------------


def test_an_answer_beside_its_offset_is_moved_to_the_nearest_place(tmp_path: Path) -> None:
    places = [CONTEXT.index("boat"), CONTEXT.index("boat was"), CONTEXT.index("boat to")]
    wrong = [{"text": "boat", "answer_start": start} for start in (0, 20, 10_000, -1, None, 2**70)]
    found = squad(tmp_path, *(qa(f"q{n}", answers=[one]) for n, one in enumerate(wrong)))
    moved = [example.answers[0].start for example in found.examples]
    assert moved == [places[0], places[1], places[2], places[0], places[0], places[2]]
    assert problems(found) == [("answer-offset", "warning", row) for row in range(1, 7)]
    assert f"not at its offset 20, where 'e bo' stands, but at {places[1]}" in (
        found.problems[1].message
    )


def test_an_answer_that_stands_nowhere_blocks(tmp_path: Path) -> None:
    lost = {"text": "Rome", "answer_start": 3}
    good = {"text": "Ada", "answer_start": 0}
    found = squad(tmp_path, qa("a", answers=[lost]), qa("b", answers=[lost, good]))
    assert [(e.id, e.answers) for e in found.examples] == [("b", (Answer("Ada", 0),))]
    assert problems(found) == [("answer-missing", "blocking", 1), ("answer-missing", "blocking", 2)]
    assert found.read == 2


@given(st.text("ab", max_size=12), st.text("ab", min_size=1, max_size=3), st.integers(-3, 15))
def test_nearest_is_nearest(context: str, text: str, start: int) -> None:
    places = [n for n in range(len(context)) if context.startswith(text, n)]
    found = nearest(context, text, start)
    if not places:
        assert found is None
    else:
        assert found in places
        assert abs(found - start) == min(abs(place - start) for place in places)


# ---- questions without answer --------------------------------------------------------------------


def test_unanswerable_questions_need_the_switch(tmp_path: Path) -> None:
    asked = [qa("a", answers=[], is_impossible=True), qa("b", answers=[]), qa("c")]
    empty = qa("d", answers=[{"text": "", "answer_start": -1}])
    found = squad(tmp_path, *asked, empty, version_2=True)
    assert [example.impossible for example in found.examples] == [True, True, False, True]
    assert found.problems == ()
    without = squad(tmp_path, *asked, empty)
    assert [example.id for example in without.examples] == ["c"]
    assert problems(without) == [("unanswerable", "blocking", row) for row in (1, 2, 4)]
    assert without.read == 4


def test_a_question_that_nobody_answered_is_kept(tmp_path: Path) -> None:
    asked = qa()
    del asked["answers"]
    for version_2 in (False, True):
        [example] = squad(tmp_path, asked, version_2=version_2).examples
        assert (example.impossible, example.answers) == (False, ())


def test_impossible_and_answered_at_once(tmp_path: Path) -> None:
    found = squad(tmp_path, qa(is_impossible=True), version_2=True)
    assert found.examples[0].answers == ()
    assert problems(found) == [("impossible-answer", "warning", 1)]


# ---- what is missing -----------------------------------------------------------------------------


def test_empty_texts_are_left_out_and_counted(tmp_path: Path) -> None:
    found = squad(tmp_path, qa("a", question="  "), qa("b"))
    assert problems(found) == [("empty-text", "warning", 1)]
    assert "question of article 1, paragraph 1, question 1" in found.problems[0].message
    assert problems(squad(tmp_path, qa(), context="\n")) == [("empty-text", "warning", 1)]


def test_a_repeated_id_blocks(tmp_path: Path) -> None:
    found = squad(tmp_path, qa("a"), qa("b"), qa("a", question="Who?"))
    assert [example.question for example in found.examples] == ["Where to?", "Where to?"]
    assert problems(found) == [("duplicate-id", "blocking", 3)]
    assert "is question 1 too" in found.problems[0].message


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"question": "?", "answers": []}, "id"),
        ({"id": "a", "answers": []}, "question"),
        ({"id": "a", "question": 5}, "question"),
        ({"id": "a", "question": "?", "answers": {"text": 1}}, "answers"),
        ({"id": "a", "question": "?", "answers": "Oslo"}, "answers"),
        ({"id": "a", "question": "?", "answers": [{"answer_start": 0}]}, "answers"),
        ({"id": "a", "question": "?", "answers": [7]}, "answers"),
        ("no object", "id"),
    ],
)
def test_a_missing_field_has_its_place(tmp_path: Path, question: object, field: str) -> None:
    found = squad(tmp_path, qa("first"), question)
    assert problems(found) == [("missing-field", "blocking", 2)]
    assert found.problems[0].field == field
    assert "rticle 1, paragraph 1, question 2" in found.problems[0].message
    assert (found.read, len(found.examples)) == (2, 1)


def test_a_missing_context_or_list_has_its_place(tmp_path: Path) -> None:
    found = squad(tmp_path, qa(), context=None)
    assert found.problems[0].field == "context"
    value = {"data": [{"paragraphs": [{"context": CONTEXT}, 3]}, {}, {"paragraphs": {}}]}
    found = written(tmp_path, value)
    assert [p.message.partition(" has")[0] for p in found.problems] == [
        "Article 1, paragraph 1", "Article 1, paragraph 2", "Article 2", "Article 3",
    ]  # fmt: skip
    assert {p.kind for p in found.problems} == {"missing-field"}


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        ("", "empty-file", "no records"),
        ('{"data": []}', "empty-file", "no records"),
        ('{"data": [', "json", "not JSON"),
        ('{\n "data": 3}', "structure", "no list 'data'"),
        ('{\n "version": "1.1"}', "structure", "no list 'data'"),
        ("hello", "json", "not JSON"),
        ('{"a":' * 3000 + "\n", "json", "nested too deeply"),
    ],
)
def test_what_is_no_squad_file(tmp_path: Path, content: str, kind: str, says: str) -> None:
    found = written(tmp_path, content)
    assert problems(found) == [(kind, "blocking", None)]
    assert says in found.problems[0].message
    assert found.examples == ()


def test_half_a_surrogate_pair_keeps_the_offsets(tmp_path: Path) -> None:
    context = "\ud83d " + CONTEXT
    found = squad(tmp_path, qa(answers=[{"text": "Oslo", "answer_start": 65}]), context=context)
    [example] = found.examples
    assert example.context == "\ufffd " + CONTEXT
    assert example.answers == (Answer("Oslo", 65),)
    assert problems(found) == [("surrogate", "warning", None)]
