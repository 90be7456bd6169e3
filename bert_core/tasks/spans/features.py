"""Questions on contexts to the encoder's inputs: ``[CLS] question [SEP] context [SEP]``.

This is ``convert_examples_to_features`` of run_squad.py. A context that many questions share is
cut once, and so is a word that stands in many contexts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.checks import whole_number
from bert_core.data.examples import QuestionExample
from bert_core.errors import InputError
from bert_core.tasks.spans.contexts import Context, Contexts, Cut
from bert_core.tasks.spans.gold import Lost, find_answers
from bert_core.tasks.spans.windows import owners, plan_windows

LONGEST = 1_000_000
"""Largest of all lengths, in pieces."""
_CHUNK = 512
"""Questions that are cut together: enough to keep the tokenizer busy, few enough to stop soon."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """One input of T pieces: a question with C pieces of its context.

    Attributes:
        question: index of the question among all.
        number: index of the window among those of the question.
        ids: int32 of shape (T,): all pieces, special ones included, not padded.
        segments: uint8 of shape (T,): 0 up to the separator behind the question, then 1.
        offset: position of the first piece of context in this window.
        first: index of that piece in the whole context.
        words: int32 of shape (C,): the word of each piece of context (``token_to_orig_map``).
        best_here: bool of shape (C,): no other window gives the piece more context
            (``token_is_max_context``).
        start: position of the gold answer's first piece; 0, the [CLS], without one in here.
        end: position of its last piece.
    """

    question: int
    number: int
    ids: NDArray[np.int32]
    segments: NDArray[np.uint8]
    offset: int
    first: int
    words: NDArray[np.int32]
    best_here: NDArray[np.bool_]
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What became of one question.

    Attributes:
        context: index of its context.
        first: index of its first window among all.
        windows: number of its windows; 0 where the context has no piece, or it was left out.
        pieces: pieces of the question that are kept.
        cut: pieces that were cut off at its end.
    """

    context: int
    first: int
    windows: int
    pieces: int
    cut: int


@dataclass(frozen=True, slots=True, eq=False)
class SpanFeatures:
    """The inputs for N questions.

    Attributes:
        windows: all windows, question by question.
        questions: N entries, in the order in which they were given.
        contexts: each different context once.
        lost: training questions that were left out, by index, and why.
    """

    windows: tuple[Window, ...]
    questions: tuple[Question, ...]
    contexts: tuple[Context, ...]
    lost: Mapping[int, Lost]


@dataclass(frozen=True, slots=True)
class SpanSettings:
    """How questions and contexts are laid out; the defaults are run_squad's.

    Attributes:
        max_seq_length: longest input in pieces.
        doc_stride: pieces from the start of one window to that of the next.
        max_query_length: longest question in pieces; what is longer is cut at its end.
        overlap: whether ``doc_stride`` is what two windows share, as in transformers' examples,
            instead of the step between them.
    """

    max_seq_length: int = 384
    doc_stride: int = 128
    max_query_length: int = 64
    overlap: bool = False

    def step(self, room: int) -> int:
        """Pieces from one window to the next, in windows that hold ``room`` pieces of context."""
        return room - self.doc_stride if self.overlap else self.doc_stride


def encode(
    examples: Sequence[QuestionExample],
    cut: Cut,
    *,
    cls_id: int,
    sep_id: int,
    settings: SpanSettings | None = None,
    training: bool = False,
    seps_between: int = 1,
    contexts: Contexts | None = None,
    check: Callable[[], None] = lambda: None,
) -> SpanFeatures:
    """Lay out questions and their contexts in windows.

    Args:
        examples: N questions. In training the first answer counts.
        cut: the tokenizer.
        cls_id: the piece that begins an input.
        sep_id: the piece behind the question and behind the context.
        settings: lengths; None: run_squad's.
        training: whether gold positions are set. A question that cannot be trained on has no
            windows then and stands in ``lost``.
        seps_between: separators between question and context: 1 in BERT, 2 in RoBERTa.
        contexts: contexts that were cut before with the same tokenizer; those of the examples
            are added. None: none were.
        check: called now and then; may raise to stop.

    Raises:
        InputError: settings that leave no room for a context.
    """
    settings = settings or SpanSettings()
    _check(settings, 2 + seps_between)
    contexts = contexts or Contexts(cut)
    windows: list[Window] = []
    questions: list[Question] = []
    lost: dict[int, Lost] = {}
    for begin in range(0, len(examples), _CHUNK):
        check()
        chunk = examples[begin : begin + _CHUNK]
        places = contexts.add([example.context for example in chunk])
        of = [contexts.all[place] for place in places]
        golds = find_answers(chunk, of, cut) if training else [None] * len(chunk)
        texts = cut([example.question for example in chunk])
        for place, pieces, gold in zip(places, texts, golds, strict=True):
            kept = pieces[: settings.max_query_length]
            head = np.array([cls_id, *kept, *[sep_id] * seps_between], dtype=np.int32)
            made: list[Window] = []
            if isinstance(gold, str):
                lost[len(questions)] = gold
            else:
                made += _windows(len(questions), head, contexts.all[place], sep_id, settings, gold)
            questions.append(
                Question(place, len(windows), len(made), len(kept), len(pieces) - len(kept))
            )
            windows += made
    return SpanFeatures(tuple(windows), tuple(questions), tuple(contexts.all), lost)


def _windows(
    question: int,
    head: NDArray[np.int32],
    context: Context,
    sep_id: int,
    settings: SpanSettings,
    gold: tuple[int, int] | None,
) -> Iterator[Window]:
    """The windows of one question; ``head`` is all that stands before the context."""
    room = settings.max_seq_length - len(head) - 1
    spans = plan_windows(len(context.ids), room, settings.step(room))
    owner = owners(spans, len(context.ids))
    for number, (first, length) in enumerate(spans):
        part = slice(first, first + length)
        ids = np.empty(len(head) + length + 1, dtype=np.int32)
        ids[: len(head)] = head
        ids[len(head) : -1] = context.ids[part]
        ids[-1] = sep_id
        segments = np.ones(len(ids), dtype=np.uint8)
        segments[: len(head)] = 0
        start = end = 0
        if gold is not None and first <= gold[0] and gold[1] < first + length:
            start, end = (piece - first + len(head) for piece in gold)
        yield Window(
            question=question,
            number=number,
            ids=ids,
            segments=segments,
            offset=len(head),
            first=first,
            words=context.word_of[part],
            best_here=owner[part] == number,
            start=start,
            end=end,
        )


def check_lengths(settings: SpanSettings) -> None:
    """Refuse lengths that are no whole numbers above 0.

    Raises:
        InputError: one is not.
    """
    for name in ("doc_stride", "max_query_length", "max_seq_length"):
        whole_number(name, getattr(settings, name), LONGEST, field=name)


def _check(settings: SpanSettings, specials: int) -> None:
    check_lengths(settings)
    least = settings.max_query_length + specials + 1
    if settings.max_seq_length < least:
        raise InputError(
            f"max_seq_length is {settings.max_seq_length}, but a question may take "
            f"{settings.max_query_length} word pieces (max_query_length), which leaves a context "
            f"no room. Set it to {least} or more, or set a lower max_query_length.",
            field="max_seq_length",
        )
    room = settings.max_seq_length - settings.max_query_length - specials
    if settings.overlap and settings.doc_stride >= room:
        raise InputError(
            f"Windows that share {settings.doc_stride:,} word pieces cannot move on: beside a "
            f"question of max_query_length = {settings.max_query_length:,} they hold {room:,} of "
            "the context. Set doc_stride lower.",
            field="doc_stride",
        )
