"""Question answering: where in a text is a question answered?

Reference: Devlin et al. 2019 (arXiv:1810.04805), sections 4.2 and 4.3. Windows and the choice of
the answer are those of run_squad.py, see :mod:`bert_core.tasks.spans`. Reading and deciding are
two steps: a trace holds what the model said, and from it answers can be decided on again, under
another threshold or other rules, without asking the model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert_core.checks import a_text, number, whole_number
from bert_core.data.examples import QuestionExample
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokenizer import check_text
from bert_core.settings import read_settings
from bert_core.tasks.distribution import refuse_no_numbers
from bert_core.tasks.spans.answers import REASONS, Candidate
from bert_core.tasks.spans.contexts import Contexts
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import Decoder, check_decoder, decide
from bert_core.tasks.spans.features import SpanSettings, encode
from bert_core.tasks.spans.lengths import fitting, refuse_many
from bert_core.tasks.spans.places import piece_places
from bert_core.tasks.spans.trace import SpanTrace

MAX_BEST = 200
"""Most candidates that are ranked: the pairs of starts and ends grow with its square."""
MAX_ANSWER = 512


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A text that has been cut into pieces, for any number of questions.

    Attributes:
        text: the text.
        contexts: its pieces, and whatever else was cut with them.
    """

    text: str
    contexts: Contexts


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """The answer to one question on one context.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        question: as asked.
        context: as given.
        decoder: by whose rules the answer was chosen.
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
    decoder: Decoder
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
    context: str | Document,
    *,
    n_best: int = 20,
    max_answer_length: int = 30,
    impossible: bool = False,
    null_threshold: float = 0.0,
    layout: SpanSettings | None = None,
    decoder: Decoder = "google",
    on_progress: Callable[[int, int], None] | None = None,
) -> AnswerResult:
    """Ask a span head for the answer to a question.

    Args:
        encoder: a model with a span head.
        question: the question; special tokens in it and in the context are ordinary text.
        context: the text that holds the answer, up to 1,000,000 characters: it is read in windows.
        n_best: candidates, 1 to 200.
        max_answer_length: longest answer in word pieces, 1 to 512.
        impossible: whether "no answer" may be the answer (models trained on SQuAD 2.0).
        null_threshold: no answer if its score leads by more than this, in nats.
        layout: lengths of windows; None: run_squad's, or shorter where the model reads less.
        decoder: by whose rules the answer is chosen, see :func:`.spans.decoders.decide`.
        on_progress: told how many windows are done, and of how many; may raise to stop.

    Raises:
        InputError: an empty question or context, one that the model cannot see, or a value out
            of range.
        ModelError: the checkpoint has no span head.
    """
    settings = DecodeSettings(
        n_best=n_best,
        max_answer_length=max_answer_length,
        impossible=impossible,
        null_threshold=null_threshold,
    )
    _check_settings(settings)
    check_decoder(decoder)
    trace = trace_answer(encoder, question, context, layout=layout, on_progress=on_progress)
    return decide_answer(trace, settings, decoder=decoder)


def read_document(encoder: Encoder, text: str) -> Document:
    """Cut a text into pieces, once for all questions on it.

    Raises:
        InputError: it is empty, too long, or has nothing that the model can see.
    """
    most = read_settings().document_characters
    a_text("The context", text, field="context")
    if len(text) > most:
        raise InputError(
            f"The document has {len(text):,} characters, about {len(text) // 500:,} windows; at "
            f"most {most:,} are looked at. Ask about one part of it.",
            field="context",
        )
    check_text(text, "context", limit=most)
    contexts = Contexts(encoder.cut_words)
    contexts.add([text])
    if not len(contexts.all[0].ids):
        raise _nothing_seen("context")
    return Document(text, contexts)


def trace_answer(
    encoder: Encoder,
    question: str,
    context: str | Document,
    *,
    layout: SpanSettings | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SpanTrace:
    """Read one text with one question in mind; see :func:`answer` for arguments and errors."""
    encoder.checkpoint.require("span")
    check_text(question, "question")
    document = context if isinstance(context, Document) else read_document(encoder, context)
    specials = 2 + encoder.tokenizer.seps_between
    used = fitting(layout, encoder.tokenizer.max_pieces, specials=specials)
    refuse_many(len(document.contexts.all[0].ids), used, specials=specials)
    example = QuestionExample(1, "1", "", question, document.text, answers=())
    trace = trace_questions(
        encoder, [example], layout=layout, contexts=document.contexts, on_progress=on_progress
    )
    if not trace.features.questions[0].pieces:
        raise _nothing_seen("question")
    return trace


def trace_questions(
    encoder: Encoder,
    examples: Sequence[QuestionExample],
    *,
    layout: SpanSettings | None = None,
    contexts: Contexts | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SpanTrace:
    """Read the contexts of N questions: all their windows go through the encoder by length.

    Args:
        encoder: a model with a span head.
        examples: the questions. One whose context the model cannot see gets no window.
        layout: lengths of windows; None: run_squad's, or shorter where the model reads less.
        contexts: contexts that were cut before with this model's tokenizer.
        on_progress: told how many windows are done, and of how many; may raise to stop.

    Raises:
        InputError: lengths that leave no room, or that the model does not read.
        ModelError: the checkpoint has no span head, or answers with numbers that are none.
    """
    encoder.checkpoint.require("span")
    tokenizer = encoder.tokenizer
    used = fitting(layout, tokenizer.max_pieces, specials=2 + tokenizer.seps_between)
    features = encode(
        examples,
        encoder.cut_words,
        cls_id=tokenizer.cls_id,
        sep_id=tokenizer.sep_id,
        seps_between=tokenizer.seps_between,
        settings=used,
        contexts=contexts,
    )
    everywhere = [range(len(window.ids)) for window in features.windows]
    logits = encoder.head_logits("span", features.windows, everywhere, on_progress=on_progress)
    for rows in logits:
        refuse_no_numbers(rows)
    return SpanTrace(
        model=encoder.label,
        examples=tuple(examples),
        layout=used,
        features=features,
        starts=tuple(rows[:, 0] for rows in logits),
        ends=tuple(rows[:, 1] for rows in logits),
        places=piece_places(features.contexts, encoder.places_in_words),
        pieces=tokenizer.vocabulary.pieces,
        unknown_id=tokenizer.vocabulary.unknown_id,
        lower=tokenizer.lower,
    )


def decide_answer(
    trace: SpanTrace, settings: DecodeSettings, *, decoder: Decoder = "google"
) -> AnswerResult:
    """The answer to the only question of a trace; no model is asked.

    Raises:
        InputError: a setting out of range.
    """
    _check_settings(settings)
    (example,) = trace.examples
    (found,) = decide(trace, settings, decoder=decoder)
    return AnswerResult(
        model=trace.model,
        question=example.question,
        context=example.context,
        decoder=decoder,
        text=found.text,
        best=found.best if found.text else None,
        why=REASONS[found.reason],
        nbest=found.nbest,
        null_score=found.null_score,
        null_odds=found.null_odds,
        windows=len(trace.features.windows),
        notes=_notes(trace),
    )


def under_threshold(result: AnswerResult, threshold: float) -> AnswerResult:
    """The same answer under another threshold: nothing is decoded again.

    Args:
        result: from run_squad's or run_qa's rules; the pipeline's know no threshold.
        threshold: no answer if its score leads by more than this, in nats.
    """
    if result.null_odds is None:
        return result
    if result.null_odds > threshold:
        return replace(result, text="", best=None, why=REASONS["null score"])
    best = next(each for each in result.nbest if each.text)
    return replace(result, text=best.text, best=best, why=REASONS["best span"])


def _check_settings(settings: DecodeSettings) -> None:
    whole_number("n_best", settings.n_best, MAX_BEST, field="n_best")
    longest = settings.max_answer_length
    whole_number("max_answer_length", longest, MAX_ANSWER, field="max_answer_length")
    number("null_threshold", settings.null_threshold, field="null_threshold", finite=False)


def _nothing_seen(field: str) -> InputError:
    return InputError(
        f"The {field} has no character that the model can see: the tokenizer drops control "
        "characters and white space. Type some words.",
        field=field,
    )


def _notes(trace: SpanTrace) -> tuple[str, ...]:
    (asked,) = trace.features.questions
    found = []
    if asked.cut:
        found.append(
            f"The last {asked.cut:,} of the question's {asked.pieces + asked.cut:,} word pieces "
            f"were left out: at most {asked.pieces:,} are read."
        )
    context = trace.features.contexts[asked.context]
    unknown = int(np.sum(context.ids == trace.unknown_id))
    if unknown:
        found.append(
            f"{unknown:,} word{'s' if unknown > 1 else ''} of the context "
            f"{'are' if unknown > 1 else 'is'} unknown to the vocabulary."
        )
    return tuple(found)
