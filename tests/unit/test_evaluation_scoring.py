"""Files of predictions scored: the official figures, groups, kinds of errors, what is missing."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import InputError
from bert_core.evaluation.groups import answer_length, document_length, question_word
from bert_core.evaluation.kinds import KINDS, kind_of
from bert_core.evaluation.listing import mistakes, null_odds
from bert_core.evaluation.report import Evaluation
from bert_core.evaluation.scoring import judge_files, score_predictions
from bert_core.metrics.squad import exact_match
from tests.unit.test_golden_squad_metrics import SCORED, STOPPED, gold_of


def write(folder: Path, name: str, value: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def scored(folder: Path, row: dict[str, Any]) -> Evaluation:
    """A fixture through files, as a person has them."""
    odds = row["na_probs"]
    return score_predictions(
        write(folder, "predictions.json", row["predictions"]),
        write(folder, "gold.json", {"version": "x", "data": row["data"]}),
        None if odds is None else write(folder, "na.json", odds),
        row["na_prob_thresh"],
    )


@pytest.mark.parametrize("row", SCORED, ids=lambda row: f"{row['id']} {row['kind']}")
def test_the_official_figures(tmp_path: Path, row: dict[str, Any]) -> None:
    found = scored(tmp_path, row)
    metrics = dict(found.metrics)
    wanted = row["metrics"] | (row.get("pr_metrics") or {})
    if "pr_reference_error" in row:
        metrics = {name: value for name, value in metrics.items() if not name.startswith("pr_")}
    assert metrics == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    # Each way of grouping holds every question once, and adds up to the whole.
    for groups in (found.question_words, found.answer_lengths, found.document_lengths):
        assert sum(each.count for each in groups) == wanted["total"]
        exact = sum(each.count * each.exact for each in groups) / wanted["total"]
        assert exact == pytest.approx(wanted["exact"], abs=1e-9)
    assert sum(found.kinds.values()) == wanted["total"]
    assert found.kinds["right"] == pytest.approx(wanted["exact"] * wanted["total"] / 100)


def test_what_stops_the_script_is_counted(tmp_path: Path) -> None:
    for row in STOPPED:
        if not gold_of(row):
            with pytest.raises(InputError, match="has no questions"):
                scored(tmp_path, row)
            continue
        found = scored(tmp_path, row)
        missing = set(gold_of(row)) - set(row["predictions"])
        assert found.counts.missing == len(missing) == found.kinds["no prediction"]
        assert found.counts.missing or found.counts.without_na
        named = " ".join(found.notes)
        assert "count as wrong" in named if missing else "no no-answer score" in named


QUESTIONS = {
    "q-right": ("Where does the heron wait?", ["near the lake", "the lake"]),
    "q-long": ("What is cold?", ["lake"]),
    "q-short": ("When, in which winter?", ["late in winter"]),
    "q-part": ("Who opens late?", ["grey bakery"]),
    "q-wrong": ("How many herons are there?", ["heron"]),
    "q-none": ("Why does it wait?", []),
    "q-none-too": ("It waits for whom?", []),
    "q-silent": ("Name the bird.", ["heron"]),
    "q-missing": ("How does it wait?", ["near the lake"]),
}
SAID = {
    "q-right": "The Lake!",
    "q-long": "the very cold lake, it",
    "q-short": "winter",
    "q-part": "bakery in winter",
    "q-wrong": "lake",
    "q-none": "snow",
    "q-none-too": "",
    "q-silent": "",
    "q-other": "x",
}
KIND_OF = dict(
    zip(
        QUESTIONS,
        (
            "right", "too long", "too short", "partly right", "wrong span",
            "should have abstained", "right", "should have answered", "no prediction",
        ),
        strict=True,
    )
)  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Predictions and gold with one question of each kind."""
    context = "The heron waits near the cold lake. The grey bakery opens late in winter."
    qas = [
        {"id": id_, "question": asked, "answers": [{"text": t, "answer_start": 0} for t in texts]}
        for id_, (asked, texts) in QUESTIONS.items()
    ]
    gold = {"data": [{"title": "", "paragraphs": [{"context": context, "qas": qas}]}]}
    return write(tmp_path, "predictions.json", SAID), write(tmp_path, "gold.json", gold)


def test_every_question_has_its_kind(files: tuple[Path, Path]) -> None:
    judged = judge_files(*files)
    assert {each.id: each.kind for each in judged.questions} == KIND_OF
    found = score_predictions(*files)
    assert dict(found.kinds) == {kind: list(KIND_OF.values()).count(kind) for kind in KINDS}
    assert (found.counts.missing, found.counts.unknown, found.counts.scored) == (1, 1, 9)
    assert "q-missing" in found.notes[0]
    assert "q-other" in found.notes[1]
    words = {group.name: group.count for group in found.question_words}
    assert words == {
        "where": 1, "what": 1, "when": 1, "who": 2, "why": 1, "how": 1, "how many/how much": 1,
        "other": 1,
    }  # fmt: skip
    lengths = {group.name: (group.count, group.exact) for group in found.answer_lengths}
    assert lengths == {
        "none": (2, 50.0), "1": (3, 0.0), "2": (2, 50.0), "3-5": (2, 0.0)
    }  # fmt: skip


def test_the_list_of_errors_is_filtered(files: tuple[Path, Path]) -> None:
    judged = judge_files(*files)
    wrong = list(mistakes(judged))
    assert [each.id for each in wrong] == [id_ for id_, kind in KIND_OF.items() if kind != "right"]
    (one,) = mistakes(judged, kinds=["too short"])
    assert (one.id, one.prediction, one.gold) == ("q-short", "winter", ("late in winter",))
    assert "bakery" in one.context
    assert one.question == QUESTIONS["q-short"][0]
    assert 0 < one.f1 < 1
    assert one.exact == 0
    assert [each.id for each in mistakes(judged, words=["who", "why"])] == ["q-part", "q-none"]
    assert list(mistakes(judged, kinds=["right"], words=["why"])) == []


def test_doubtful_answers_count_as_none(files: tuple[Path, Path]) -> None:
    odds = {id_: 3.0 if id_ in ("q-none", "q-right") else -1.0 for id_ in QUESTIONS}
    na = write(files[0].parent, "null_odds.json", odds)
    kinds = {each.id: each.kind for each in judge_files(*files, na, 2.0).questions}
    assert kinds == KIND_OF | {"q-none": "right", "q-right": "should have answered"}
    judged = judge_files(*files, na, 3.0)
    assert {each.id: each.kind for each in judged.questions} == KIND_OF
    scores = null_odds(judged)
    assert scores.no_answer.tolist() == [3.0, -1.0]
    assert sorted(scores.has_answer.tolist()) == [-1.0] * 6 + [3.0]
    assert set(judged.curves) == {"exact", "f1", "oracle"}
    found = score_predictions(*files, na, 2.0)
    assert found.metrics["best_exact"] > found.metrics["exact"]
    assert found.na_threshold == 2.0
    assert any("empty before" in note for note in found.notes)


def test_figures_survive_their_file(files: tuple[Path, Path], tmp_path: Path) -> None:
    found = score_predictions(*files)
    path = tmp_path / "metrics.json"
    path.write_text(found.to_json(), encoding="utf-8")
    assert Evaluation.from_json(path) == found
    assert Evaluation.from_json(path).to_json() == found.to_json()
    with pytest.raises(InputError, match="no figures of an evaluation"):
        Evaluation.from_json(files[0])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"{", "This is not JSON"),
        (b'["a"]', "is not an object"),
        (b'{"q-right": ["a"]}', "prediction for 'q-right' is no text"),
        (b'{"q-right": "a", "q-long": null}', "prediction for 'q-long' is no text"),
        (b'{"q-right": "a", "q-right": "b"}', "'q-right' stands twice"),
    ],
)
def test_predictions_of_another_form_are_refused(
    files: tuple[Path, Path], content: bytes, expected: str
) -> None:
    files[0].write_bytes(content)
    with pytest.raises(InputError, match=f"^predictions.json.*{expected}"):
        score_predictions(*files)


@pytest.mark.parametrize("value", ["0.5", None, True, float("nan"), float("inf")])
def test_no_answer_scores_are_numbers(files: tuple[Path, Path], value: object) -> None:
    na = write(files[0].parent, "na.json", {"q-right": 0.5, "q-long": value})
    with pytest.raises(InputError, match="the value for 'q-long' is no number"):
        score_predictions(*files, na)
    with pytest.raises(InputError, match="threshold is nan"):
        score_predictions(*files, threshold=float("nan"))


def test_a_file_without_answers_has_nothing_to_score(tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps({"id": "a", "question": "?", "context": "x"}), encoding="utf-8")
    with pytest.raises(InputError, match="nothing to score"):
        score_predictions(write(tmp_path, "p.json", {"a": "x"}), gold)


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("What's the Who's best song?", "what"),
        ("WHOSE boat is it?", "who"),
        ("In how   many ways?", "how many/how much"),
        ("Somehow, where is it?", "where"),
        ("How", "how"),
        ("¿Dónde está?", "other"),
        ("", "other"),
    ],
)
def test_question_words(question: str, word: str) -> None:
    assert question_word(question) == word


def test_bands_meet() -> None:
    lengths = [answer_length(["w " * n]) for n in (0, 1, 2, 3, 5, 6, 10, 11, 90)]
    assert lengths == ["none", "1", "2", "3-5", "3-5", "6-10", "6-10", "11+", "11+"]
    assert answer_length(["  ", "two words"]) == "2"
    bands = [document_length("w " * n) for n in (0, 100, 101, 200, 400, 401, 800, 801)]
    assert bands == [
        "1-100", "1-100", "101-200", "101-200", "201-400", "401-800", "401-800", "801+",
    ]  # fmt: skip


def test_gold_answers_of_articles_only_do_not_count_beside_others() -> None:
    assert kind_of("a", ["the", "boat"], exact=0.0) == "wrong span"
    assert kind_of("a", ["the"], exact=1.0) == "right"
    assert kind_of("boat", ["the"], exact=0.0) == "wrong span"


SOME = st.lists(st.sampled_from(["heron", "lake", "the", "cold", "!"]), max_size=4).map(" ".join)


@given(SOME, st.lists(SOME, max_size=3))
def test_a_kind_agrees_with_the_score(said: str, gold: list[str]) -> None:
    kept = [text for text in gold if text.strip("! the")] or [""]
    exact = max(exact_match(text, said) for text in kept)
    kind = kind_of(said, gold, exact=exact)
    assert (kind == "right") == bool(exact)
    if not exact:
        assert (kind == "should have abstained") == (not gold)
        assert (kind == "should have answered") == (bool(gold) and not said)
