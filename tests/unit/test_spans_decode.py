"""Decoding: which span wins and which rule keeps another out, on logits written by hand."""

import json
from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.examples import QuestionExample
from bert_core.errors import ModelError
from bert_core.tasks.spans.answers import REASONS, RULES, Reason, SpanAnswer
from bert_core.tasks.spans.decode import DecodeSettings, decode
from bert_core.tasks.spans.export import run_squad_files
from bert_core.tasks.spans.features import SpanFeatures, SpanSettings, encode

VOCABULARY = ["[PAD]", "[CLS]", "[SEP]", "who", "?", "the", "old", "ship", "##s", ",", "sailed"]
VOCABULARY += ["north", ".", "to", "gulls"]
CUTS = {
    "who?": ["who", "?"],
    "The": ["the"],
    "OLD": ["old"],
    "ships,": ["ship", "##s", ","],
    "gulls": ["gulls"],
    "sailed": ["sailed"],
    "north.": ["north", "."],
    "to": ["to"],
}
CONTEXT = "The OLD\n ships, gulls sailed to north. to north."
CLS, SEP = 1, 2


def cut(texts: Sequence[str]) -> list[list[int]]:
    return [[VOCABULARY.index(piece) for piece in CUTS[text]] for text in texts]


def features_of(*contexts: str, length: int = 40, step: int = 30) -> SpanFeatures:
    """In one window the context begins at 4: the, old, ship, ##s, a comma, gulls and so on."""
    examples = [
        QuestionExample(1, str(n), "", "who?", context, ()) for n, context in enumerate(contexts)
    ]
    settings = SpanSettings(max_seq_length=length, doc_stride=step, max_query_length=2)
    return encode(examples, cut, cls_id=CLS, sep_id=SEP, settings=settings)


def flat(window_length: int, **at: float) -> np.ndarray:
    """-5 everywhere but at the positions given as ``p6=3.0``."""
    values = np.full(window_length, -5.0, dtype=np.float32)
    for name, value in at.items():
        values[int(name[1:])] = value
    return values


def one(
    start: dict[str, float],
    end: dict[str, float],
    *,
    keep_rejected: bool = False,
    **options: object,
) -> SpanAnswer:
    features = features_of(CONTEXT)
    size = len(features.windows[0].ids)
    (answer,) = decode(
        features,
        [flat(size, **start)],
        [flat(size, **end)],
        VOCABULARY,
        DecodeSettings(**options),  # type: ignore[arg-type]
        keep_rejected=keep_rejected,
    )
    return answer


def test_the_best_pair_wins_and_says_where_it_stands() -> None:
    answer = one({"p5": 4.0}, {"p7": 3.0})
    assert answer.text == "OLD ships"
    assert answer.reason == "best span"
    best = answer.nbest[0]
    assert best == answer.best
    assert (best.start, best.end) == (4, 14)
    assert CONTEXT[best.start : best.end] == "OLD\n ships"
    assert (best.window, best.start_piece, best.end_piece) == (0, 5, 7)
    assert (best.start_logit, best.end_logit, best.score) == (4.0, 3.0, 7.0)
    assert answer.null_score is answer.null_odds is None


def test_a_piece_within_a_word_answers_with_its_part() -> None:
    answer = one({"p6": 4.0}, {"p6": 3.0})
    assert answer.text == "ship"
    assert CONTEXT[answer.nbest[0].start : answer.nbest[0].end] == "ship"


def test_probabilities_are_those_of_the_candidates_alone() -> None:
    answer = one({"p4": 1.0, "p9": 1.0}, {"p4": 1.0, "p9": 0.0}, n_best=2)
    scores = np.array([each.score for each in answer.nbest])
    expected = np.exp(scores) / np.exp(scores).sum()
    assert [each.probability for each in answer.nbest] == pytest.approx(expected.tolist())


def test_equal_texts_are_one_candidate() -> None:
    """``north`` stands twice, at 12 and at 15; the better one stays."""
    features = features_of(CONTEXT)
    north = [n for n, id_ in enumerate(features.windows[0].ids) if VOCABULARY[id_] == "north"]
    assert len(north) == 2
    ups = {f"p{north[0]}": 1.0, f"p{north[1]}": 3.0}
    answer = one(ups, ups, keep_rejected=True)
    assert [each.text for each in answer.nbest].count("north") == 1
    assert answer.nbest[0].start_piece == north[1]
    assert CONTEXT[answer.nbest[0].start :].startswith("north.")
    twins = [each for each in answer.rejected if each.rule == "same text as a better one"]
    assert north[0] in {each.start_piece for each in twins}


@pytest.mark.parametrize(
    ("start", "end", "rule"),
    [
        (30, 5, "start in the padding"),
        (5, 30, "end in the padding"),
        (0, 5, "start outside the context"),
        (2, 5, "start outside the context"),
        (5, 3, "end outside the context"),
        (7, 5, "end before start"),
        (4, 9, "too long"),
        (30, 30, "start in the padding"),
    ],
)
def test_each_rule_by_hand(start: int, end: int, rule: str) -> None:
    features = features_of(CONTEXT)
    logits = [flat(35, **{f"p{position}": 9.0}) for position in (start, end)]
    settings = DecodeSettings(max_answer_length=5)
    (answer,) = decode(features, logits[:1], logits[1:], VOCABULARY, settings, keep_rejected=True)
    (found,) = [
        each for each in answer.rejected if (each.start_piece, each.end_piece) == (start, end)
    ]
    assert found.rule == rule
    assert rule in RULES
    assert found.start_logit + found.end_logit == 18.0


def test_a_start_belongs_to_the_window_that_sees_it_best() -> None:
    features = features_of(CONTEXT, length=12, step=3)
    assert len(features.windows) > 2
    logits = [np.ones(len(window.ids)) for window in features.windows]
    (answer,) = decode(
        features, logits, logits, VOCABULARY, DecodeSettings(n_best=50), keep_rejected=True
    )
    owned = {
        (window.number, window.offset + n)
        for window in features.windows
        for n in np.flatnonzero(window.best_here).tolist()
    }
    assert {(each.window, each.start_piece) for each in answer.nbest} <= owned
    elsewhere = [each for each in answer.rejected if each.rule == "more context in another window"]
    assert elsewhere
    assert not {(each.window, each.start_piece) for each in elsewhere} & owned


@pytest.mark.parametrize(
    ("threshold", "text", "reason"),
    [(2.9, "", "null score"), (3.0, "OLD", "best span"), (3.1, "OLD", "best span")],
)
def test_no_answer_must_lead_by_more_than_the_threshold(
    threshold: float, text: str, reason: str
) -> None:
    up = {"p0": 4.0, "p5": 2.5}
    answer = one(up, up, impossible=True, null_threshold=threshold)
    assert (answer.null_score, answer.null_odds) == (8.0, 3.0)
    assert (answer.text, answer.reason) == (text, reason)
    assert answer.nbest[0].text == ""
    assert answer.best is not None
    assert answer.best.text == "OLD"


def test_the_null_score_is_that_of_the_window_where_it_is_lowest() -> None:
    features = features_of(CONTEXT, length=12, step=3)
    starts = [flat(len(window.ids), p0=9.0 - window.number, p6=1.0) for window in features.windows]
    (answer,) = decode(features, starts, starts, VOCABULARY, DecodeSettings(impossible=True))
    last = features.windows[-1].number
    assert answer.null_score == 2 * (9.0 - last)
    assert [each.window for each in answer.nbest if not each.text] == [last]


def test_a_question_that_must_be_answered_has_no_null_candidate() -> None:
    up = {"p0": 9.0, "p5": 1.0}
    answer = one(up, up)
    assert answer.text == "OLD"
    assert all(each.text for each in answer.nbest)


@pytest.mark.parametrize("impossible", [True, False])
def test_without_an_allowed_span_the_answer_is_nothing_and_says_so(impossible: bool) -> None:
    """The reference stops here for SQuAD 2.0, and answers the word "empty" for 1.1."""
    up = {"p0": 9.0, "p1": 8.0}
    answer = one(up, up, n_best=2, impossible=impossible, null_threshold=-50.0)
    assert (answer.text, answer.reason, answer.best) == ("", "no span", None)
    assert [each.text for each in answer.nbest] == [""] * impossible
    files = run_squad_files(["q"], [answer], impossible=impossible)
    assert files["predictions.json"] == {"q": "" if impossible else "empty"}
    if impossible:
        assert files["null_odds.json"] == {"q": 18.0}


@pytest.mark.parametrize("impossible", [True, False])
def test_a_context_without_words_is_answered_with_a_reason(impossible: bool) -> None:
    (answer,) = decode(features_of(" "), [], [], VOCABULARY, DecodeSettings(impossible=impossible))
    assert (answer.text, answer.reason, answer.nbest) == ("", "no window", ())
    files = run_squad_files(["q"], [answer], impossible=impossible)
    said = "" if impossible else "empty"
    assert files["nbest_predictions.json"]["q"] == [
        {"text": said, "probability": 1.0, "start_logit": 0.0, "end_logit": 0.0}
    ]
    json.dumps(files, allow_nan=False)


def test_questions_are_decoded_each_with_its_own_windows() -> None:
    features = features_of(CONTEXT, " ", "gulls sailed to north.")
    assert [asked.windows for asked in features.questions] == [1, 0, 1]
    logits = [flat(len(window.ids), p5=3.0) for window in features.windows]
    answers = decode(features, logits, logits, VOCABULARY)
    assert [answer.text for answer in answers] == ["OLD", "", "sailed"]


def test_a_cased_model_keeps_capitals_apart() -> None:
    """Lower-cased pieces are not found in a cased text: the whole word answers."""
    up = {"p6": 3.0}
    assert one(up, up, lower=True).text == "ship"
    assert one(up, up, lower=False).text == "ship"
    assert one({"p7": 3.0}, {"p8": 3.0}, lower=False).text == "s,"
    assert one({"p5": 3.0}, {"p6": 3.0}, lower=False).text == "OLD ships,"


@pytest.mark.parametrize("where", [0, 1])
def test_logits_that_are_no_numbers_are_refused(where: int) -> None:
    features = features_of(CONTEXT)
    logits = [flat(20), flat(20)]
    logits[where][3] = np.nan
    with pytest.raises(ModelError, match="question 1 is not a number"):
        decode(features, logits[:1], logits[1:], VOCABULARY)


def test_every_reason_has_a_sentence() -> None:
    assert set(REASONS) == set(get_args(Reason))


@given(
    st.lists(st.integers(-4, 4), min_size=20, max_size=20),
    st.lists(st.integers(-4, 4), min_size=20, max_size=20),
    st.integers(1, 25),
    st.integers(1, 8),
)
def test_no_allowed_span_scores_higher_than_the_answer(
    starts: list[int], ends: list[int], n_best: int, longest: int
) -> None:
    """Held against all spans of the window, one by one."""
    features = features_of(CONTEXT)
    (window,) = features.windows
    size = len(window.ids)
    start, end = np.array(starts[:size], dtype=float), np.array(ends[:size], dtype=float)
    settings = DecodeSettings(n_best=n_best, max_answer_length=longest)
    (answer,) = decode(features, [start], [end], VOCABULARY, settings)
    inside = range(window.offset, window.offset + len(window.words))
    best = max(
        start[first] + end[last]
        for first in inside
        for last in inside
        if first <= last < first + longest
    )
    scores = [each.score for each in answer.nbest]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= n_best
    assert len({each.text for each in answer.nbest}) == len(scores)
    assert all(score <= best for score in scores)
    if n_best >= size:
        assert scores[0] == best
    if scores:
        assert sum(each.probability for each in answer.nbest) == pytest.approx(1.0)
