"""Words, windows and gold positions: rules that hold for every text, and faults."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.data.examples import Answer, QuestionExample
from bert_core.errors import InputError
from bert_core.tasks.spans.contexts import Contexts
from bert_core.tasks.spans.features import SpanFeatures, SpanSettings, encode
from bert_core.tasks.spans.windows import owners, plan_windows
from bert_core.tasks.spans.words import split_words

CLS, SEP = 1, 2
CONTEXT = "The grey heron waits\n near the   cold lake every morning."


def cut(texts: Sequence[str]) -> list[list[int]]:
    """A piece for each letter, lower-cased; dashes vanish."""
    return [[ord(c) for c in text.lower() if not c.isspace() and c != "-"] for text in texts]


def asked(context: str = CONTEXT, answer: str | None = None, **values: object) -> QuestionExample:
    answers = () if answer is None else (Answer(answer, context.index(answer)),)
    fields: dict[str, object] = {"question": "who?", "answers": answers, **values}
    return QuestionExample(row=1, id="q", title="", context=context, **fields)  # type: ignore[arg-type]


def laid_out(*examples: QuestionExample, length: int = 24, **options: object) -> SpanFeatures:
    settings = SpanSettings(max_seq_length=length, doc_stride=6, max_query_length=8)
    return encode(examples, cut, cls_id=CLS, sep_id=SEP, settings=settings, **options)  # type: ignore[arg-type]


# ---- words -------------------------------------------------------------------------------------


def test_only_five_characters_separate_words() -> None:
    text = " one\ttwo\r\nthree\u202ffour five\u00a0six\u3000seven\u2028eight "
    words = split_words(text)
    expected = ["one", "two", "three", "four", "five\u00a0six\u3000seven\u2028eight"]
    assert words.some(0, len(words)) == expected
    assert len(split_words("")) == len(split_words(" \n")) == 0


@given(st.text(st.sampled_from("ab \n\té"), max_size=40))
def test_words_stand_where_they_say(text: str) -> None:
    words = split_words(text)
    assert words.some(0, len(words)) == text.split()
    joined = " ".join(text.split())
    for offset, letter in enumerate(joined):
        if letter != " ":
            assert text[words.place(0, len(words) - 1, offset)] == letter
    for character, letter in enumerate(text):
        word = words.at(character)
        if not letter.isspace():
            assert words.starts[word] <= character < words.ends[word]


# ---- windows -----------------------------------------------------------------------------------

SIZES = st.tuples(st.integers(0, 120), st.integers(1, 40), st.integers(1, 60))


@given(SIZES)
def test_windows_cover_every_piece_and_stop_at_the_end(sizes: tuple[int, int, int]) -> None:
    pieces, room, step = sizes
    windows = plan_windows(pieces, room, step)
    covered = [piece for first, length in windows for piece in range(first, first + length)]
    assert set(covered) == set(range(pieces))
    assert all(1 <= length <= room for _, length in windows)
    assert sum(first + length == pieces for first, length in windows) == (1 if pieces else 0)
    starts = [first for first, _ in windows]
    assert all(b - a == min(step, room) for a, b in pairwise(starts))


@given(SIZES)
def test_a_piece_belongs_to_the_window_that_gives_it_most_context(
    sizes: tuple[int, int, int],
) -> None:
    pieces, room, step = sizes
    windows = plan_windows(pieces, room, step)
    for piece, owner in enumerate(owners(windows, pieces).tolist()):
        scores = [
            min(piece - first, first + length - 1 - piece) + 0.01 * length
            if first <= piece < first + length
            else -1.0
            for first, length in windows
        ]
        assert owner == int(np.argmax(scores))


def test_the_step_of_the_paper_gives_six_windows_for_a_thousand_pieces() -> None:
    assert len(plan_windows(1000, 384 - 12 - 3, 128)) == 6


def test_a_window_is_question_and_context_between_special_pieces() -> None:
    (first, *_), context = laid_out(asked()).windows, cut([CONTEXT])[0]
    assert first.ids.tolist() == [CLS, *cut(["who?"])[0], SEP, *context[:17], SEP]
    assert first.segments.tolist() == [0] * 6 + [1] * 18
    assert first.offset == 6
    assert first.words[:7].tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_every_piece_of_context_is_best_in_one_window() -> None:
    features = laid_out(asked())
    count = np.zeros(len(features.contexts[0].ids), dtype=int)
    for window in features.windows:
        count[window.first : window.first + len(window.words)] += window.best_here
    assert count.tolist() == [1] * len(count)
    assert len(features.windows) > 3


def test_a_model_with_two_separators_has_room_for_less() -> None:
    one, two = laid_out(asked()).windows[0], laid_out(asked(), seps_between=2).windows[0]
    assert two.ids[:7].tolist() == [*one.ids[:6].tolist(), SEP]
    assert len(two.ids) == len(one.ids) == 24
    assert len(two.words) == len(one.words) - 1


def test_a_long_question_is_cut_and_counted() -> None:
    (question,) = laid_out(asked(question="what waits near?")).questions
    assert (question.pieces, question.cut) == (8, 6)


def test_contexts_and_words_are_cut_once() -> None:
    seen: list[str] = []

    def counting(texts: Sequence[str]) -> list[list[int]]:
        seen.extend(texts)
        return cut(texts)

    contexts = Contexts(counting)
    assert contexts.add(["the lake", "the cold lake", "the lake"]) == [0, 1, 0]
    assert contexts.add(["cold", "the lake"]) == [2, 0]
    assert sorted(seen) == ["cold", "lake", "the"]
    assert len(contexts.all) == 3


@pytest.mark.parametrize("context", ["", " \n", "- --"])
def test_a_context_without_pieces_has_no_window(context: str) -> None:
    features = laid_out(asked(context), asked())
    assert [question.windows > 0 for question in features.questions] == [False, True]
    assert features.lost == {}


def test_long_work_can_be_stopped() -> None:
    calls = []

    def stop() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        laid_out(*[asked()] * 600, check=stop)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (SpanSettings(max_seq_length=67), "max_seq_length"),
        (SpanSettings(doc_stride=0), "doc_stride"),
        (SpanSettings(max_query_length=0), "max_query_length"),
    ],
)
def test_settings_without_room_are_refused(settings: SpanSettings, field: str) -> None:
    with pytest.raises(InputError) as caught:
        encode([asked()], cut, cls_id=CLS, sep_id=SEP, settings=settings)
    assert caught.value.field == field
    least = SpanSettings(max_seq_length=68)
    assert encode([asked()], cut, cls_id=CLS, sep_id=SEP, settings=least).windows


# ---- gold answers ------------------------------------------------------------------------------


def gold(example: QuestionExample) -> list[str]:
    """The pieces that are marked in each window, as text; "" for [CLS]."""
    return [
        "".join(map(chr, window.ids[window.start : window.end + 1])) if window.start else ""
        for window in laid_out(example, training=True).windows
    ]


def test_the_answer_is_marked_where_a_window_holds_all_of_it() -> None:
    found = gold(asked(answer="cold lake"))
    assert set(found) == {"coldlake", ""}
    assert laid_out(asked(answer="cold lake"), training=True).lost == {}


def test_an_answer_within_a_word_is_narrowed_to_its_pieces() -> None:
    assert "1895" in gold(asked("In (1895-1943). it snowed", "1895"))


def test_white_space_in_an_answer_does_not_matter() -> None:
    assert "waitsnearthe" in gold(asked(answer="waits\n near the"))


def test_an_impossible_question_points_at_the_first_piece() -> None:
    assert set(gold(asked(impossible=True))) == {""}
    assert gold(asked(impossible=True))


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        (asked(), "no answer"),
        (asked(answers=(Answer("heron", 3),)), "answer not in the context"),
        (asked(answers=(Answer("heron", -1),)), "answer not in the context"),
        (asked(answers=(Answer("heron", 500),)), "answer not in the context"),
        (asked(answers=(Answer("", 4),)), "answer not in the context"),
        (asked(" -- a", answers=(Answer("--", 1),)), "answer not in the context"),
        (asked(" lake", answers=(Answer(" lake", 0),)), "answer not in the context"),
        (asked("--", "--"), "context without pieces"),
        (asked("", impossible=True), "context without pieces"),
    ],
)
def test_what_cannot_be_trained_on_is_left_out_with_a_reason(
    example: QuestionExample, reason: str
) -> None:
    features = laid_out(asked(answer="heron"), example, asked(answer="lake"), training=True)
    assert features.lost == {1: reason}
    assert features.questions[1].windows == 0
    assert {window.question for window in features.windows} == {0, 2}
