"""What is shown of an answer and of its windows: the figures of the result, cell by cell."""

import csv
import io
import json
from dataclasses import replace

import pytest

from bert_core.analysis.reasons import RULE_WORDS
from bert_core.analysis.window_pieces import window_pieces
from bert_core.analysis.windows import inspect
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.spans.answers import Candidate
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import AnswerResult, decide_answer, trace_answer
from bert_core.views import windows as views
from bert_core.views.bars import bars_payload
from bert_core.views.numbers import percent, signed
from bert_core.views.records import to_csv, to_json, to_rows
from bert_core.views.span_answers import confidence, margin, spans, where
from bert_core.views.tables import BarTable
from tests import tiny
from tests.unit.fine_tuned import write

QUESTION = "Where does the heron wait?"
CONTEXT = " ".join(f"{each} {other}" for each in tiny.SENTENCES for other in tiny.SENTENCES)
LAYOUT = SpanSettings(max_seq_length=64, doc_stride=16, max_query_length=16)
IMPOSSIBLE = DecodeSettings(impossible=True)


@pytest.fixture(scope="module")
def trace(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    """What a tiny reader says of a text of several windows."""
    encoder = load(ModelChoice(source=str(write(tmp_path_factory.mktemp("v") / "m", "bert",
                                                "span"))))  # fmt: skip
    return trace_answer(encoder, QUESTION, CONTEXT, layout=LAYOUT)


def drawn(table: BarTable) -> list[dict[str, str]]:
    """The rows by their headings, after the browser's own checks."""
    bars_payload(table.rows, table.columns, table.scale)
    titles = [column.title for column in table.columns if column.kind != "bar"]
    return [dict(zip(titles, row.cells, strict=True)) for row in table.rows]


# ---- answers -----------------------------------------------------------------------------------


def test_the_candidates_are_shown_with_their_figures(trace) -> None:  # type: ignore[no-untyped-def]
    result = decide_answer(trace, DecodeSettings())
    table = spans(result)
    assert len(table.rows) == 10 < len(result.nbest) == 20
    for rank, (row, each) in enumerate(zip(drawn(table), result.nbest, strict=False), start=1):
        assert row == {
            "Rank": str(rank),
            "answer": each.text,
            "probability": percent(each.probability),
            "start": signed(each.start_logit),
            "end": signed(each.end_logit),
            "window": str(each.window + 1),
            "characters": f"{each.start:,}–{each.end:,}",
        }
    assert [row.value for row in table.rows] == [each.probability for each in result.nbest[:10]]
    assert [row.emphasis for row in table.rows] == [True] + [False] * 9
    assert table.badge == f"20 candidates · {len(trace.starts)} windows"
    assert len(spans(result, most=3).rows) == 3
    assert not any(row["answer"] == "no answer" for row in drawn(spans(result, most=99)))


WON = "no answer: its margin is above the threshold"


def with_null_at(trace, rank: int) -> AnswerResult:  # type: ignore[no-untyped-def]
    """A result in which "no answer" stands at a place of the list."""
    result = decide_answer(trace, IMPOSSIBLE)
    (null,) = (each for each in result.nbest if not each.text)
    rest = [each for each in result.nbest if each.text]
    return replace(result, nbest=(*rest[: rank - 1], null, *rest[rank - 1 :]))


def test_no_answer_is_listed_with_its_rank(trace) -> None:  # type: ignore[no-untyped-def]
    for rank, shown in ((1, 10), (4, 10), (15, 11)):
        result = with_null_at(trace, rank)
        rows = drawn(spans(result))
        assert len(rows) == shown
        (null,) = (row for row in rows if row["answer"] in ("no answer", WON))
        assert null["Rank"] == str(rank)
        assert null["characters"] == "–"
        assert rows[-1]["Rank"] == str(max(10, rank))


def test_the_chosen_one_is_in_bold(trace) -> None:  # type: ignore[no-untyped-def]
    for threshold, bold in ((-100.0, WON), (100.0, None)):
        result = decide_answer(trace, replace(IMPOSSIBLE, null_threshold=threshold))
        table = spans(result, most=30)
        (row,) = (row for row in table.rows if row.emphasis)
        assert row.cells[1] == (bold or result.text)


def test_no_answer_that_is_first_anyway_needs_no_reason(trace) -> None:  # type: ignore[no-untyped-def]
    result = replace(with_null_at(trace, 1), best=None)
    assert drawn(spans(result))[0]["answer"] == "no answer"


def test_equal_texts_are_not_both_chosen(trace) -> None:  # type: ignore[no-untyped-def]
    """run_qa lists a text as often as windows show it."""
    result = decide_answer(trace, DecodeSettings())
    assert result.best is not None
    twin = replace(result.best, window=result.best.window + 1, probability=0.0)
    table = spans(replace(result, nbest=(result.best, twin)))
    assert [row.emphasis for row in table.rows] == [True, False]


def test_confidence_says_what_the_probability_is_and_is_not(trace) -> None:  # type: ignore[no-untyped-def]
    sure = decide_answer(trace, DecodeSettings())
    assert sure.best is not None
    not_meant = "not the probability of being right, and it does not compare"
    said = confidence(sure)
    assert said.startswith(f"{percent(sure.best.probability)} is the share of this answer among")
    assert "20 candidates for this question, “no answer” not included." in said
    assert not_meant in said
    open_ = decide_answer(trace, replace(IMPOSSIBLE, null_threshold=100.0))
    assert f"{len(open_.nbest)} candidates for this question, “no answer” included." in (
        confidence(open_)
    )
    closed = decide_answer(trace, replace(IMPOSSIBLE, null_threshold=-100.0))
    (null,) = (each for each in closed.nbest if not each.text)
    assert confidence(closed).startswith(f"{percent(null.probability)} is the share of “no answer”")
    assert not_meant in confidence(closed)
    old = replace(sure, decoder="pipeline")
    assert "starts here times the probability that it ends here" in confidence(old)
    assert "share" not in confidence(old)
    assert not_meant in confidence(old)
    nothing = replace(sure, text="", best=None, nbest=())
    assert confidence(nothing) == "Nothing could be ranked, so there is no probability."


def test_the_help_of_probabilities_is_that_of_the_decoder(trace) -> None:  # type: ignore[no-untyped-def]
    result = decide_answer(trace, DecodeSettings())
    helps = {
        decoder: next(c.help for c in spans(replace(result, decoder=decoder)).columns
                      if c.title == "probability")
        for decoder in ("google", "hf", "pipeline")
    }  # fmt: skip
    assert helps["google"] == helps["hf"] == "Softmax over the candidates of this question only."
    assert "do not add up to 100\xa0%" in helps["pipeline"]


def test_a_score_above_one_has_room(trace) -> None:  # type: ignore[no-untyped-def]
    """The old pipeline adds up equal texts."""
    result = decide_answer(trace, DecodeSettings())
    assert spans(result).scale == 1.0
    high = replace(result.nbest[0], probability=1.6)
    assert spans(replace(result, nbest=(high, *result.nbest[1:]), best=high)).scale == 1.6
    assert spans(replace(result, nbest=(), best=None)).scale == 1.0


def test_the_margin_is_said_with_its_parts(trace) -> None:  # type: ignore[no-untyped-def]
    result = decide_answer(trace, IMPOSSIBLE)
    best = next(each for each in result.nbest if each.text)
    assert result.null_score is not None
    assert margin(result) == (
        f"“No answer” scores {signed(result.null_score)}; the best span {signed(best.score)}: "
        f"margin {signed(result.null_score - best.score)} nats."
    )
    assert "not among the choices" in margin(decide_answer(trace, DecodeSettings()))
    assert margin(replace(result, null_score=1.5, null_odds=None)) == (
        "“No answer” scores +1.50; no span is allowed."
    )


def test_where_the_answer_stands() -> None:
    best = Candidate("a lake", 0.5, 1.0, 2.0, 0, 5, 6, 1129, 1141)
    result = AnswerResult("m", "q", "c", "google", "a lake", best, "", (best,), None, None, 1, ())
    assert where(result) == "characters 1,129–1,141 · window 1"
    assert where(replace(result, text="", best=None)) == ""


# ---- windows -----------------------------------------------------------------------------------


def test_windows_are_shown_with_their_figures(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE)
    table = views.windows(result)
    rows = drawn(table)
    assert len(rows) == len(result.windows) > 5
    for row, bar, each in zip(rows, table.rows, result.windows, strict=True):
        assert row["window"] == str(each.number + 1)
        assert row["reads"] == f"{each.start:,}–{each.end:,}"
        assert row["asked about"] == f"{each.owned_start:,}–{each.owned_end:,}"
        assert row["pieces"] == f"{each.owned} of {each.pieces}"
        assert row["no answer"] == signed(each.null_score)
        assert row["candidates"] == str(each.candidates)
        assert row["rejected"] == str(sum(each.rejected.values()))
        assert row["best span"] == (each.best.text if each.best else "–")
        assert bar.value == (each.best.score - each.null_score if each.best else 0.0)
        for rule, count in each.rejected.items():
            assert f"{rule}: {count}" in bar.note
    (bold,) = (row for row in table.rows if row.emphasis)
    best = next(each for each in decide_answer(trace, IMPOSSIBLE).nbest if each.text)
    assert bold.cells[0] == str(best.window + 1)


def test_a_window_without_an_allowed_span_has_no_bar(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE)
    bare = replace(result.windows[0], best=None, owned=0, owned_start=None, owned_end=None)
    table = views.windows(replace(result, windows=(bare,)))
    (row,) = drawn(table)
    assert (row["best span"], row["score"], row["asked about"]) == ("–", "–", "–")
    assert (table.rows[0].value, table.rows[0].emphasis) == (0.0, False)


def test_other_decoders_have_windows_without_spans(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE, decoder="hf")
    rows = drawn(views.windows(result))
    assert len(rows) == len(trace.starts)
    assert list(rows[0]) == ["window", "reads", "asked about", "pieces", "no answer"]
    assert drawn(views.rejected(result)) == drawn(views.rules(result)) == []
    assert views.summary(result) == f"Read in {len(rows)} windows."


def test_the_summary_counts(trace) -> None:  # type: ignore[no-untyped-def]
    number = len(trace.starts)
    result = inspect(trace, DecodeSettings(n_best=5))
    assert views.summary(result) == (
        f"Read in {number} windows: {number * 25} spans looked at, {result.candidates} candidates."
    )
    null = inspect(trace, IMPOSSIBLE)
    lowest = min(range(number), key=lambda n: null.windows[n].null_score)
    assert f"“No answer” has the score of window {lowest + 1}," in views.summary(null)


def test_pieces_are_shown_with_their_figures(trace) -> None:  # type: ignore[no-untyped-def]
    found = window_pieces(trace, 1)
    table = views.pieces(found, 1)
    rows = drawn(table)
    assert table.caption == "Window 2"
    assert len(rows) == len(found) == 64
    owners = set()
    for row, each in zip(rows, found, strict=True):
        assert (row["position"], row["piece"]) == (str(each.position), each.piece)
        assert (row["start"], row["end"]) == (signed(each.start_logit), signed(each.end_logit))
        assert (row["start rank"], row["end rank"]) == (str(each.start_rank), str(each.end_rank))
        if each.owner is None:
            assert (row["asked in"], row["characters"]) == ("–", "–")
        else:
            assert row["asked in"] == ("here" if each.owned else f"window {each.owner + 1}")
            assert row["characters"] == f"{each.start:,}–{each.end:,}"
        owners.add(row["asked in"])
    assert {"–", "here", "window 1", "window 3"} <= owners
    bold = [n for n, row in enumerate(table.rows) if row.emphasis]
    best = {max(range(64), key=lambda n: trace.starts[1][n]),
            max(range(64), key=lambda n: trace.ends[1][n])}  # fmt: skip
    assert set(bold) == best


def test_rules_are_shown_with_their_counts(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE)
    table = views.rules(result)
    rows = drawn(table)
    assert [row["rule"] for row in rows] == [rule for rule, n in result.counts.items() if n]
    for row, bar in zip(rows, table.rows, strict=True):
        assert row["what it says"] == RULE_WORDS[row["rule"]]  # type: ignore[index]
        assert bar.value == result.counts[row["rule"]] == int(row["spans"].replace(",", ""))  # type: ignore[index]
    assert table.badge == f"{sum(result.counts.values()):,} of {result.pairs:,} spans"


def test_rejected_spans_are_shown_with_their_reasons(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE, most=1000)
    table = views.rejected(result)
    rows = drawn(table)
    assert len(rows) == 1000
    assert table.badge == f"1,000 of {sum(result.counts.values()):,}"
    for row, bar, each in zip(rows, table.rows, result.rejected, strict=True):
        assert row["why not"] == each.why
        assert row["score"] == signed(each.score)
        assert row["window"] == str(each.window + 1)
        assert row["would be"] == ("–" if each.place is None else views.ordinal(each.place))
        assert (row["characters"] == "–") == (each.start is None)
        assert each.text == row["span"] or len(row["span"]) == views.SHOWN < len(each.text)
        assert bar.emphasis == (each.place == 1)
        assert bar.note == each.rule
    assert {"1st", "–"} <= {row["would be"] for row in rows}


def test_a_very_long_span_is_cut(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE)
    long = replace(result.rejected[0], text="heron " * 60)
    (row,) = drawn(views.rejected(replace(result, rejected=(long,))))
    assert row["span"] == ("heron " * 60)[:119] + "…"


def test_an_inspection_is_kept_as_json_and_csv(trace) -> None:  # type: ignore[no-untyped-def]
    result = inspect(trace, IMPOSSIBLE)
    stored = json.loads(to_json(result))
    assert stored["counts"] == dict(result.counts)
    assert len(stored["windows"]) == len(result.windows)
    assert stored["rejected"][0]["why"] == result.rejected[0].why
    rows = list(csv.DictReader(io.StringIO(to_csv(result), newline="")))
    assert len(rows) == len(to_rows(result)) == 200
    assert list(rows[0])[:5] == ["text", "rule", "why", "place", "window"]
    assert float(rows[7]["start_logit"]) == result.rejected[7].start_logit
