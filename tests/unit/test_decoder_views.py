"""Several decoders beside each other, the questions of a session, and answers in a terminal."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bert_core.evaluation.gold import read_gold
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.tasks.spans.trace import SpanTrace
from bert_core.tasks.squad import AnswerResult, decide_answer
from bert_core.views import plain
from bert_core.views.asked import asked, squad_questions
from bert_core.views.bars import bars_payload
from bert_core.views.decoders import DECODER_NAMES, RULES_IN_WORDS, compared
from bert_core.views.numbers import percent, signed
from bert_core.views.tables import BarTable
from tests import tiny
from tests.unit.span_traces import drawn

QUESTION = "Where is the heron?"
CONTEXT = " ".join(f"{each} {other}" for each in tiny.SENTENCES[:3] for other in tiny.SENTENCES)
ALLOWED = DecodeSettings(impossible=True)


@pytest.fixture(scope="module")
def traces(encoder_of) -> list[SpanTrace]:  # type: ignore[no-untyped-def]
    """Logits by chance over several windows, and over one."""
    encoder = encoder_of("bert-span")
    long = [drawn(encoder, [(QUESTION, CONTEXT)], seed=seed) for seed in range(6)]
    short = [drawn(encoder, [(QUESTION, tiny.SENTENCES[0])], seed=seed) for seed in range(6)]
    return [*long, *short]


def all_three(trace: SpanTrace, settings: DecodeSettings | None = None) -> list[AnswerResult]:
    settings = settings or DecodeSettings()
    return [decide_answer(trace, settings, decoder=each) for each in DECODERS]


def cells(table: BarTable) -> list[dict[str, str]]:
    """The rows by their headings, after the browser's own checks."""
    bars_payload(table.rows, table.columns, table.scale)
    titles = [column.title for column in table.columns if column.kind != "bar"]
    return [dict(zip(titles, row.cells, strict=True)) for row in table.rows]


# ---- decoders ----------------------------------------------------------------------------------


def test_every_decoder_has_a_name_and_rules() -> None:
    assert set(DECODER_NAMES) == set(RULES_IN_WORDS) == set(DECODERS)
    assert len(set(DECODER_NAMES.values())) == len(set(RULES_IN_WORDS.values())) == len(DECODERS)


def test_each_row_has_the_figures_of_its_decoder(traces) -> None:  # type: ignore[no-untyped-def]
    badges = set()
    for trace in traces:
        results = all_three(trace)
        table = compared(results)
        for row, bar, result in zip(cells(table), table.rows, results, strict=True):
            best = result.best
            assert best is not None
            assert row == {
                "decoder": DECODER_NAMES[result.decoder],
                "answer": result.text,
                "probability": percent(best.probability),
                "characters": f"{best.start:,}–{best.end:,}",
            }
            assert bar.value == best.probability
            assert bar.emphasis == (result.text != results[0].text)
        different = len({result.text for result in results})
        expected = "all agree" if different == 1 else f"{different} different answers"
        assert table.badge == expected
        badges.add(expected)
    assert badges >= {"all agree", "2 different answers"}


def test_no_answer_has_no_figures(traces) -> None:  # type: ignore[no-untyped-def]
    results = all_three(traces[0], replace(ALLOWED, null_threshold=-1000.0))
    google, hf, pipeline = compared(results).rows
    for row in (google, hf):
        assert row.cells[1:] == ("no answer", "–", "–")
        assert row.value == 0.0
    assert pipeline.cells[1] != "no answer", "it knows no threshold"
    assert [row.emphasis for row in (google, hf, pipeline)] == [False, False, True]


def over_a_line_break(encoder) -> SpanTrace:  # type: ignore[no-untyped-def]
    """A trace whose best span, by any rules, begins before a line break and ends behind it."""
    trace = drawn(encoder, [(QUESTION, "She waits on the grey\nriver in winter.")])
    (window,) = trace.features.windows
    pieces = [trace.pieces[id_] for id_ in window.ids]
    starts, ends = (np.full(len(pieces), -5.0, np.float32) for _ in range(2))
    starts[pieces.index("grey")] = ends[pieces.index("river")] = 5.0
    return replace(trace, starts=(starts,), ends=(ends,))


def test_a_line_break_is_no_disagreement(encoder_of) -> None:  # type: ignore[no-untyped-def]
    results = all_three(over_a_line_break(encoder_of("bert-span")))
    assert [result.text for result in results] == ["grey river", "grey\nriver", "grey\nriver"]
    table = compared(results)
    assert table.badge == "all agree"
    assert [row["answer"] for row in cells(table)] == ["grey river"] * 3
    assert not any(row.emphasis for row in table.rows)


def surer(result: AnswerResult, probability: float) -> AnswerResult:
    assert result.best is not None
    best = replace(result.best, probability=probability)
    return replace(result, best=best, nbest=(best, *result.nbest[1:]))


def test_a_score_above_one_has_room(traces) -> None:  # type: ignore[no-untyped-def]
    """The old pipeline adds up equal texts."""
    google, hf, pipeline = all_three(traces[0])
    assert compared([google, hf]).scale == 1.0
    assert compared([google, hf, surer(pipeline, 1.6)]).scale == 1.6
    assert asked([("a text", google)]).scale == 1.0
    assert asked([("a text", google), ("a text", surer(pipeline, 1.6))]).scale == 1.6


# ---- the questions of a session ----------------------------------------------------------------


def test_questions_are_listed_with_answer_document_and_model(traces) -> None:  # type: ignore[no-untyped-def]
    answered = decide_answer(traces[0], DecodeSettings())
    none = replace(
        decide_answer(traces[1], replace(ALLOWED, null_threshold=-1000.0)),
        question="Who?",
        model="another",
    )
    table = asked([("a letter", answered), ("a contract", none)])
    assert answered.best is not None
    assert cells(table) == [
        {
            "question": QUESTION,
            "answer": answered.text,
            "probability": percent(answered.best.probability),
            "document": "a letter",
            "model": "drawn",
        },
        {
            "question": "Who?",
            "answer": "no answer",
            "probability": "–",
            "document": "a contract",
            "model": "another",
        },
    ]
    assert [row.value for row in table.rows] == [answered.best.probability, 0.0]
    assert table.badge == "2 questions"
    assert asked([("a letter", answered)]).badge == "1 question"


def test_before_the_first_question() -> None:
    table = asked([])
    assert cells(table) == []
    assert table.badge == "0 questions"


def test_the_questions_of_a_session_are_a_file_of_questions(traces, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """What is downloaded beside the predictions can be evaluated as it is."""
    first, second = (decide_answer(trace, DecodeSettings()) for trace in (traces[0], traces[-1]))
    path = tmp_path / "questions.json"
    path.write_text(json.dumps(squad_questions(["q1", "q2"], [first, second])), encoding="utf-8")
    gold = read_gold(path)
    assert [(each.id, each.question, each.context) for each in gold.questions] == [
        ("q1", first.question, first.context),
        ("q2", second.question, second.context),
    ]
    assert dict(gold.texts) == {}, "nobody said what is right"
    assert squad_questions([], [])["data"] == []


# ---- in a terminal -----------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", DECODERS)
def test_candidates_as_text(traces, decoder) -> None:  # type: ignore[no-untyped-def]
    settings = DecodeSettings(n_best=5, impossible=True, null_threshold=1000.0)
    result = replace(decide_answer(traces[0], settings, decoder=decoder), notes=("Mind this.",))
    head, table, note = plain.answer(result).split("\n\n")
    assert head == f"{result.text or '(no answer)'}\n{result.why}"
    assert note == "Note: Mind this."
    lines = table.splitlines()
    assert lines[0].split() == ["candidate", "characters", "probability", "score"]
    for line, each in zip(lines[1:], result.nbest, strict=True):
        assert line.startswith(each.text or "(no answer)")
        figures = line.removeprefix(each.text or "(no answer)").split()
        where = f"{each.start}–{each.end}" if each.text else "–"
        assert figures == [where, *percent(each.probability).split(), signed(each.score)]


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_candidate_with_a_line_break_is_one_line(encoder_of, decoder) -> None:  # type: ignore[no-untyped-def]
    trace = over_a_line_break(encoder_of("bert-span"))
    result = decide_answer(trace, DecodeSettings(n_best=4), decoder=decoder)
    head, table = plain.answer(result).split("\n\n")
    assert head.startswith(result.text + "\n")
    assert len(table.splitlines()) == 1 + len(result.nbest)
    assert table.splitlines()[1].startswith("grey river ")


def test_nothing_to_rank_is_a_sentence(traces) -> None:  # type: ignore[no-untyped-def]
    result = replace(
        decide_answer(traces[0], DecodeSettings()), text="", best=None, nbest=(), why="No answer."
    )
    assert plain.answer(result) == "(no answer)\nNo answer."
