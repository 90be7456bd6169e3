"""Span answers: where in a context is a question answered?

Reference: Devlin et al. 2019 (arXiv:1810.04805), sections 4.2 and 4.3. Windows and the choice of
the answer are those of run_squad.py, see :mod:`bert_core.tasks.spans`.
"""

from dataclasses import dataclass

import numpy as np

from bert_core.data.examples import QuestionExample
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokenizer import check_text
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers
from bert_core.tasks.limits import whole_number
from bert_core.tasks.spans.answers import REASONS, Candidate
from bert_core.tasks.spans.decode import DecodeSettings, decode
from bert_core.tasks.spans.features import SpanFeatures, SpanSettings, encode

MAX_BEST = 200
"""Most candidates that are ranked: the pairs of starts and ends grow with its square."""
MAX_ANSWER = 512


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """The answer to one question on one context.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        question: as asked.
        context: as given.
        text: the answer, white space between words as one space; "" for no answer.
        best: the answer's span, with its characters in the context; None for no answer. Its
            probability ranks the candidates of this question and is none of being right.
        why: why this answer, as a sentence.
        nbest: candidates, best first; the null answer among them where it is allowed.
        null_score: score of "no answer" in nats; None where every question has an answer.
        null_odds: ``null_score`` less the score of the best span; None where one is missing.
        windows: number of inputs that the context took.
        notes: what a reader should know, in sentences.
    """

    model: str
    question: str
    context: str
    text: str
    best: Candidate | None
    why: str
    nbest: tuple[Candidate, ...]
    null_score: float | None
    null_odds: float | None
    windows: int
    notes: tuple[str, ...]


def answer(
    encoder: Encoder,
    question: str,
    context: str,
    *,
    n_best: int = 20,
    max_answer_length: int = 30,
    impossible: bool = False,
    null_threshold: float = 0.0,
    layout: SpanSettings | None = None,
) -> AnswerResult:
    """Ask a span head for the answer to a question.

    Args:
        encoder: a model with a span head.
        question: the question; special tokens in it and in the context are ordinary text.
        context: the text that holds the answer, of any length: it is read in windows.
        n_best: candidates, 1 to 200.
        max_answer_length: longest answer in word pieces, 1 to 512.
        impossible: whether "no answer" may be the answer (models trained on SQuAD 2.0).
        null_threshold: no answer if its score leads by more than this, in nats.
        layout: lengths of windows; None: run_squad's. Windows are never longer than the model
            reads.

    Raises:
        InputError: an empty question or context, one that the model cannot see, or a value out
            of range.
        ModelError: the checkpoint has no span head.
    """
    encoder.checkpoint.require("span")
    whole_number("n_best", n_best, MAX_BEST, field="n_best")
    whole_number("max_answer_length", max_answer_length, MAX_ANSWER, field="max_answer_length")
    features = _features(encoder, question, context, layout or SpanSettings())
    starts, ends = _logits(encoder, features)
    settings = DecodeSettings(
        n_best=n_best,
        max_answer_length=max_answer_length,
        impossible=impossible,
        null_threshold=null_threshold,
        lower=encoder.tokenizer.lower,
    )
    pieces = encoder.tokenizer.vocabulary.pieces
    (found,) = decode(features, starts, ends, pieces, settings)
    return AnswerResult(
        model=encoder.label,
        question=question,
        context=context,
        text=found.text,
        best=found.best if found.text else None,
        why=REASONS[found.reason],
        nbest=found.nbest,
        null_score=found.null_score,
        null_odds=found.null_odds,
        windows=len(features.windows),
        notes=_notes(encoder, features),
    )


def _features(encoder: Encoder, question: str, context: str, layout: SpanSettings) -> SpanFeatures:
    check_text(question, "question")
    check_text(context, "context")
    tokenizer = encoder.tokenizer
    features = encode(
        [QuestionExample(1, "1", "", question, context, answers=())],
        encoder.cut_words,
        cls_id=tokenizer.cls_id,
        sep_id=tokenizer.sep_id,
        seps_between=tokenizer.seps_between,
        settings=SpanSettings(
            max_seq_length=min(layout.max_seq_length, tokenizer.max_pieces),
            doc_stride=layout.doc_stride,
            max_query_length=layout.max_query_length,
        ),
    )
    for field, pieces in (
        ("question", features.questions[0].pieces),
        ("context", len(features.contexts[0].ids)),
    ):
        if not pieces:
            raise InputError(
                f"The {field} has no character that the model can see: the tokenizer drops "
                "control characters and white space. Type some words.",
                field=field,
            )
    return features


def _logits(encoder: Encoder, features: SpanFeatures) -> tuple[list[Floats], list[Floats]]:
    """Start and end logits of every window, each of shape (T,)."""
    everywhere = [range(len(window.ids)) for window in features.windows]
    logits = encoder.head_logits("span", features.windows, everywhere)
    for rows in logits:
        refuse_no_numbers(rows)
    return [rows[:, 0] for rows in logits], [rows[:, 1] for rows in logits]


def _notes(encoder: Encoder, features: SpanFeatures) -> tuple[str, ...]:
    (asked,) = features.questions
    found = []
    if asked.cut:
        found.append(
            f"The last {asked.cut:,} of the question's {asked.pieces + asked.cut:,} word pieces "
            f"were left out: at most {asked.pieces:,} are read."
        )
    unknown = int(np.sum(features.contexts[0].ids == encoder.tokenizer.vocabulary.unknown_id))
    if unknown:
        found.append(
            f"{unknown:,} word{'s' if unknown > 1 else ''} of the context "
            f"{'are' if unknown > 1 else 'is'} unknown to the vocabulary."
        )
    return tuple(found)
