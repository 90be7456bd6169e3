"""The window inspector against the decoder itself, and every number that it says by hand."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from bert_core.analysis.along import owner_of
from bert_core.analysis.reasons import IN_THE_TEXT, RULE_WORDS, Reasons
from bert_core.analysis.rejected import RejectedView
from bert_core.analysis.window_pieces import window_pieces
from bert_core.analysis.windows import Inspection, inspect
from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.spans.answers import RULES, SpanAnswer
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import decide
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.spans.trace import SpanTrace
from bert_core.tasks.squad import decide_answer, trace_answer
from tests import tiny
from tests.unit.fine_tuned import write
from tests.unit.span_traces import SMALL, drawn, many, owner_by_hand, without_window

QUESTION = "Where does the heron wait?"
LONG = " ".join(f"{each} {other}" for each in tiny.SENTENCES for other in reversed(tiny.SENTENCES))
SETTINGS = (
    DecodeSettings(n_best=5, max_answer_length=6),
    DecodeSettings(n_best=9, max_answer_length=3, impossible=True),
    DecodeSettings(n_best=20, max_answer_length=30, impossible=True, null_threshold=-3.0),
)
Case = tuple[SpanTrace, DecodeSettings, Inspection, SpanAnswer]


@pytest.fixture(scope="module")
def cases(embedded) -> list[Case]:  # type: ignore[no-untyped-def]
    """Traces with what the inspector and the decoder make of them."""
    found = []
    for n, trace in enumerate(many(embedded, 36)):
        settings = SETTINGS[n % len(SETTINGS)]
        (answer,) = decide(trace, settings, keep_rejected=True)
        found.append((trace, settings, inspect(trace, settings, most=1000), answer))
    return found


def key(span) -> tuple[object, ...]:  # type: ignore[no-untyped-def]
    return (span.rule, span.window, span.start_piece, span.end_piece, span.start_logit,
            span.end_logit)  # fmt: skip


def test_rejected_spans_are_those_of_the_decoder_best_first(cases: Sequence[Case]) -> None:
    listed = 0
    for _, _, found, answer in cases:
        expected = sorted(answer.rejected, key=lambda each: -each.start_logit - each.end_logit)
        assert [key(each) for each in found.rejected] == [key(each) for each in expected[:1000]]
        listed += len(found.rejected)
    assert listed > 3000


def test_all_spans_are_counted(cases: Sequence[Case]) -> None:
    rules: Counter[str] = Counter()
    for trace, settings, found, answer in cases:
        expected = Counter(each.rule for each in answer.rejected)
        assert list(found.counts) == list(RULES)
        assert {rule: n for rule, n in found.counts.items() if n} == expected
        pairs = sum(min(settings.n_best, len(row)) ** 2 for row in trace.starts)
        assert found.pairs == pairs == found.candidates + sum(found.counts.values())
        assert found.candidates == sum(bool(each.text) for each in answer.nbest)
        for view in found.windows:
            own = [each.rule for each in answer.rejected if each.window == view.number]
            assert view.rejected == Counter(own)
            assert list(view.rejected) == [rule for rule in RULES if rule in own]
            mine = [each for each in answer.nbest if each.text and each.window == view.number]
            assert view.candidates == len(mine)
        rules += expected
    assert set(rules) == {rule for rule in RULES if "padding" not in rule}


def test_a_window_sees_and_owns_what_it_says(cases: Sequence[Case]) -> None:
    for trace, _, found, _ in cases:
        windows, places = trace.windows_of(), trace.places[0]
        owners = [owner_by_hand(trace, 0, piece) for piece in range(len(places))]
        assert [view.number for view in found.windows] == list(range(len(windows)))
        assert sum(view.owned for view in found.windows) == len(places)
        for view, window in zip(found.windows, windows, strict=True):
            own = [piece for piece, owner in enumerate(owners) if owner == view.number]
            last = view.first + view.pieces - 1
            assert (view.first, view.pieces) == (window.first, len(window.words))
            assert (view.start, view.end) == (places[view.first, 0], places[last, 1])
            assert view.owned == len(own) > 0
            assert own == list(range(own[0], own[-1] + 1))
            assert (view.owned_start, view.owned_end) == (places[own[0], 0], places[own[-1], 1])
            start, end = trace.starts[view.number][0], trace.ends[view.number][0]
            assert view.null_score == float(start) + float(end)


def test_the_best_span_of_a_window_is_the_best_that_is_allowed(cases: Sequence[Case]) -> None:
    without = 0
    for trace, settings, found, _ in cases:
        for view, window in zip(found.windows, trace.windows_of(), strict=True):
            starts, ends = trace.starts[view.number], trace.ends[view.number]
            best_starts = np.argsort(-starts, kind="stable")[: settings.n_best].tolist()
            best_ends = np.argsort(-ends, kind="stable")[: settings.n_best].tolist()
            owned = {window.offset + n for n in np.flatnonzero(window.best_here).tolist()}
            last = window.offset + len(window.words) - 1
            scores = [
                float(starts[i]) + float(ends[j])
                for i in best_starts
                for j in best_ends
                if i in owned and i <= j <= min(last, i + settings.max_answer_length - 1)
            ]
            without += not scores
            assert (view.best is None) == (not scores)
            if view.best is not None:
                assert view.best.score == max(scores)
                context = trace.examples[0].context
                assert in_place(context, view.best.start, view.best.end) == view.best.text
    assert without


def in_place(context: str, start: int, end: int) -> str:
    """Some characters with one space between each two words."""
    return " ".join(filter(None, re.split("[ \t\r\n\u202f]+", context[start:end])))


def test_the_best_of_all_windows_is_the_answer(cases: Sequence[Case]) -> None:
    for _, _, found, answer in cases:
        best = max((each.best for each in found.windows if each.best),
                   key=lambda each: each.score, default=None)  # fmt: skip
        assert (best is None) == (answer.best is None)
        if best is not None and answer.best is not None:
            assert (best.text, best.score) == (answer.best.text, answer.best.score)
        if answer.null_score is None:
            assert found.null_window is None
        else:
            assert found.null_window is not None
            assert found.windows[found.null_window].null_score == answer.null_score
            assert answer.null_score == min(each.null_score for each in found.windows)


def test_a_rejected_span_reads_as_it_stands(cases: Sequence[Case]) -> None:
    in_text = 0
    for trace, _, found, _ in cases:
        windows = trace.windows_of()
        for span in found.rejected:
            window = windows[span.window]
            inside = window.offset, window.offset + len(window.words)
            if inside[0] <= span.start_piece <= span.end_piece < inside[1]:
                assert span.start is not None
                assert span.end is not None
                context = trace.examples[0].context
                assert in_place(context, span.start, span.end) == span.text
                in_text += 1
            else:
                assert (span.start, span.end) == (None, None)
                ids = dict.fromkeys([span.start_piece, span.end_piece])
                said = " … ".join(trace.pieces[window.ids[at]] for at in ids)
                assert span.text == said
    assert in_text > 300


def numbers(sentence: str) -> list[int]:
    return [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", sentence)]


def check_elsewhere(trace: SpanTrace, number: int, start: int, why: str) -> None:
    windows = trace.windows_of()
    piece = windows[number].first + start - windows[number].offset
    owner = owner_by_hand(trace, 0, piece)
    assert owner != number

    def side(n: int) -> int:
        return min(piece - windows[n].first, windows[n].first + len(windows[n].words) - 1 - piece)

    named, there, here, *_ = numbers(why)
    assert (named - 1, there, here) == (owner, side(owner), side(number))
    if there > here:
        assert "more context in window" in why
    elif "of equals" in why:
        assert there == here
        assert owner < number
    else:
        assert numbers(why)[-1] == len(windows[owner].words) - len(windows[number].words) > 0


def check_outside(position: int, trace: SpanTrace, span: RejectedView) -> None:
    window = trace.windows_of()[span.window]
    piece = trace.pieces[window.ids[position]]
    if position == 0:
        assert f"{piece}, the place of “no answer”." in span.why
    elif position in (window.offset - 1, len(window.ids) - 1):
        assert f"{piece}, a separator." in span.why
    else:
        assert 0 < position < window.offset - 1
        assert f"“{piece}”, a piece of the question." in span.why


def test_every_reason_is_true(cases: Sequence[Case]) -> None:
    seen: Counter[str] = Counter()
    for trace, settings, found, answer in cases:
        texts = [each.text for each in answer.nbest]
        checks: dict[str, Callable[[RejectedView], None]] = {
            "start outside the context": lambda s, t=trace: check_outside(s.start_piece, t, s),
            "end outside the context": lambda s, t=trace: check_outside(s.end_piece, t, s),
            "more context in another window": lambda s, t=trace: check_elsewhere(
                t, s.window, s.start_piece, s.why
            ),
        }
        for span in found.rejected:
            length = span.end_piece - span.start_piece + 1
            expected = {
                "end before start": [1 - length],
                "too long": [length, settings.max_answer_length],
                "not among the best": [settings.n_best],
            }
            if span.rule in checks:
                checks[span.rule](span)
            elif span.rule == "same text as a better one":
                (twin,) = numbers(span.why)
                assert texts[twin - 1] == span.text
                assert answer.nbest[twin - 1].score >= span.score
            else:
                assert numbers(span.why) == expected[span.rule]
            seen[span.rule] += 1
    assert len(seen) == 7
    assert min(seen.values()) >= 20


def test_all_ways_to_lose_a_piece_to_a_window_are_said(embedded) -> None:  # type: ignore[no-untyped-def]
    """Equal sides go to the first window, and a longer one can win with the smaller side."""
    words = (LONG.split() * 9)[:480]
    found: set[str] = set()
    for length in range(330, 480, 10):
        settings = SpanSettings(300 + length // 10 % 2, doc_stride=150, max_query_length=12)
        trace = drawn(embedded, [(QUESTION, " ".join(words[:length]))], settings)
        reasons = Reasons(trace.windows_of(), owner_of(trace, 0), trace.pieces, DecodeSettings())
        for window in trace.windows_of():
            for n in np.flatnonzero(~window.best_here).tolist():
                at = window.offset + n
                why = reasons.why("more context in another window", window.number, at, at)
                check_elsewhere(trace, window.number, at, why)
                _, there, here, *_ = numbers(why)
                found.add("more" if there > here else "equal" if "of equals" in why else "longer")
    assert found == {"more", "equal", "longer"}


def test_the_place_is_where_the_score_would_have_stood(cases: Sequence[Case]) -> None:
    places = Counter[str]()
    for trace, settings, found, answer in cases:
        order = {(n, i, j): rank for rank, (n, i, j) in enumerate(looked_at(trace, settings))}
        behind = len(order)
        for span in found.rejected:
            mine = -span.score, order[span.window, span.start_piece, span.end_piece]
            scores = [
                (-each.score, order[each.window, each.start_piece, each.end_piece]
                 if each.text else behind)
                for each in answer.nbest
            ]  # fmt: skip
            place = sum(each < mine for each in scores) + 1
            assert span.place == (place if place <= settings.n_best else None)
            places["none" if span.place is None else "first" if place == 1 else "between"] += 1
    assert min(places["none"], places["first"], places["between"]) > 50


def looked_at(trace: SpanTrace, settings: DecodeSettings) -> list[tuple[int, int, int]]:
    """All pairs in the order of run_squad's loops."""
    found = []
    for number, (starts, ends) in enumerate(zip(trace.starts, trace.ends, strict=True)):
        for i in np.argsort(-starts, kind="stable")[: settings.n_best].tolist():
            for j in np.argsort(-ends, kind="stable")[: settings.n_best].tolist():
                found.append((number, i, j))
    return found


def test_lists_can_be_of_one_window_and_of_some_rules(cases: Sequence[Case]) -> None:
    for trace, settings, found, _ in cases[::3]:
        if sum(found.counts.values()) > 1000:
            continue
        wanted = [span for span in found.rejected if span.rule in IN_THE_TEXT]
        some = inspect(trace, settings, rules=IN_THE_TEXT, most=1000)
        assert list(some.rejected) == wanted
        assert replace(some, rejected=found.rejected) == found
        for view in found.windows:
            one = inspect(trace, settings, window=view.number, rules=IN_THE_TEXT, most=7)
            expected = [span for span in wanted if span.window == view.number]
            assert list(one.rejected) == expected[:7]
            assert one.counts == found.counts
    assert set(IN_THE_TEXT) < set(RULES)


def test_a_few_of_many_are_the_best_of_all(cases: Sequence[Case]) -> None:
    """Each window lists its best few only; put together they are the best of all windows."""
    for trace, settings, found, _ in cases:
        for most in (1, 3, 40):
            assert inspect(trace, settings, most=most).rejected == found.rejected[:most]


def test_padding_is_a_reason_too(embedded) -> None:  # type: ignore[no-untyped-def]
    trace = drawn(embedded, [(QUESTION, "By the lake.")], padding=9)
    found = inspect(trace, DecodeSettings(n_best=30), most=1000)
    size = len(trace.windows_of()[0].ids)
    spans = [span for span in found.rejected if "padding" in span.rule]
    assert {span.rule for span in spans} == set(RULES[:2])
    for span in spans:
        at = span.start_piece if span.rule.startswith("start") else span.end_piece
        assert numbers(span.why) == [at + 1, size]
        assert at >= size


def test_a_tiny_model_is_inspected_as_it_answers(tmp_path_factory, models) -> None:  # type: ignore[no-untyped-def]
    encoder = load(ModelChoice(source=str(write(tmp_path_factory.mktemp("w") / "m", "bert",
                                                "span"))))  # fmt: skip
    layout = SpanSettings(max_seq_length=64, doc_stride=16, max_query_length=16)
    trace = trace_answer(encoder, QUESTION, LONG, layout=layout)
    settings = DecodeSettings(impossible=True)
    result, found = decide_answer(trace, settings), inspect(trace, settings, most=1000)
    assert len(found.windows) == result.windows > 5
    assert found.model == result.model
    assert found.candidates == sum(bool(each.text) for each in result.nbest)
    (answer,) = decide(trace, settings, keep_rejected=True)
    assert sum(found.counts.values()) == len(answer.rejected)
    for piece in window_pieces(trace, 3):
        if piece.start is not None and piece.end is not None:
            assert LONG[piece.start : piece.end].lower() == piece.piece.removeprefix("##")


def test_each_question_is_inspected_by_itself(embedded) -> None:  # type: ignore[no-untyped-def]
    trace = drawn(embedded, [("Who?", LONG), ("What?", " "), ("Where?", "By the lake.")])
    settings = DecodeSettings(n_best=6)
    answers = decide(trace, settings, keep_rejected=True)
    for question, answer in enumerate(answers):
        found = inspect(trace, settings, question=question)
        assert len(found.windows) == trace.features.questions[question].windows
        assert sum(found.counts.values()) == len(answer.rejected)
    nothing = inspect(trace, DecodeSettings(impossible=True), question=1)
    assert (nothing.windows, nothing.rejected, nothing.pairs) == ((), (), 0)
    assert nothing.null_window is None


def test_other_decoders_show_windows_and_say_what_is_missing(embedded) -> None:  # type: ignore[no-untyped-def]
    trace = drawn(embedded, [(QUESTION, LONG)])
    google = inspect(trace, DecodeSettings(impossible=True))
    for decoder in ("hf", "pipeline"):
        found = inspect(trace, DecodeSettings(impossible=True), decoder=decoder)  # type: ignore[arg-type]
        assert found.decoder == decoder
        assert (found.pairs, found.counts, found.rejected) == (0, {}, ())
        assert found.notes == (
            "Which spans are rejected, and why, is shown for run_squad's rules only.",
        )
        bare = [replace(each, best=None, candidates=0, rejected={}) for each in google.windows]
        assert list(found.windows) == bare
    assert google.notes == ()


def test_the_model_decides_on_lower_case(embedded) -> None:  # type: ignore[no-untyped-def]
    """A cased trace is read as cased, whatever the settings say."""
    trace = replace(drawn(embedded, [(QUESTION, LONG)]), lower=False)
    (answer,) = decide(trace, DecodeSettings())
    best = max((each.best for each in inspect(trace, DecodeSettings(lower=True)).windows
                if each.best), key=lambda each: each.score)  # fmt: skip
    assert best.text == answer.text


def test_pieces_of_a_window(cases: Sequence[Case]) -> None:
    for trace, _, _, _ in cases[::4]:
        windows = trace.windows_of()
        if not windows:
            continue
        number = len(windows) // 2
        window, starts, ends = windows[number], trace.starts[number], trace.ends[number]
        found = window_pieces(trace, number)
        assert [each.piece for each in found] == [trace.pieces[n] for n in window.ids]
        assert [each.position for each in found] == list(range(len(window.ids)))
        for ranks, logits in (
            ([each.start_rank for each in found], starts),
            ([each.end_rank for each in found], ends),
        ):
            order = sorted(range(len(logits)), key=lambda n, row=logits: -row[n])  # type: ignore[misc]
            assert [order[rank - 1] for rank in ranks] == list(range(len(logits)))
        for each in found:
            assert (each.start_logit, each.end_logit) == (
                starts[each.position],
                ends[each.position],
            )
            piece = window.first + each.position - window.offset
            if window.offset <= each.position < window.offset + len(window.words):
                owner = owner_by_hand(trace, 0, piece)
                assert (each.start, each.end) == tuple(trace.places[0][piece])
                assert (each.owner, each.owned) == (owner, owner == number)
            else:
                assert (each.start, each.end, each.owner, each.owned) == (None, None, None, False)


def test_a_missing_window_is_survived(embedded) -> None:  # type: ignore[no-untyped-def]
    whole = drawn(embedded, [(QUESTION, LONG)])
    part = without_window(whole, len(whole.starts) - 1)
    elsewhere = "more context in another window"
    spans = inspect(part, DecodeSettings(), rules=[elsewhere], most=1000).rejected
    assert RULE_WORDS[elsewhere] in {span.why for span in spans}
    pieces = window_pieces(part, len(part.starts) - 1)
    assert pieces[-2].start is not None
    assert (pieces[-2].owner, pieces[-2].owned) == (None, False)


def test_every_rule_is_in_words() -> None:
    assert list(RULE_WORDS) == list(RULES)
    assert all(words.endswith(".") for words in RULE_WORDS.values())


@pytest.mark.parametrize(
    ("given", "message", "field"),
    [
        ({"question": 1}, "There is no question 2; 1 were asked.", "question"),
        ({"question": -1}, "There is no question 0", "question"),
        ({"window": 99}, "There is no window 100; the text was read in", "window"),
        ({"window": -1}, "There is no window 0", "window"),
        ({"most": 0}, "most is 0; a whole number from 1 to 1,000", "most"),
        ({"most": 1001}, "most is 1001", "most"),
    ],
)
def test_what_is_not_there_is_refused(embedded, given, message: str, field: str) -> None:  # type: ignore[no-untyped-def]
    trace = drawn(embedded, [(QUESTION, LONG)], SMALL)
    with pytest.raises(InputError, match=message) as caught:
        inspect(trace, DecodeSettings(), **given)
    assert caught.value.field == field


@pytest.mark.parametrize("window", [-1, 99])
def test_pieces_of_a_window_that_is_not_there(embedded, window: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="There is no window"):
        window_pieces(drawn(embedded, [(QUESTION, LONG)]), window)
