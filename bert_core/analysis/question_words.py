"""Which words of a question an answer hangs on: each is masked in turn.

What is measured is the effect itself, in the window that the answer stands in, so there is no
error of an approximation. Words work together, though: the effects do not add up to anything.
"""

from collections.abc import Callable
from dataclasses import replace

from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult, leave_one_out
from bert_core.analysis.attention.targets import Target
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.tasks.spans.answers import Candidate
from bert_core.tasks.spans.trace import SpanTrace


def question_words(
    encoder: Encoder,
    trace: SpanTrace,
    best: Candidate,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> LeaveOneOutResult:
    """How the log-probability of a span changes without each word of the question.

    Args:
        encoder: the model that the trace is of.
        trace: one question on one document.
        best: the span that is followed, ln P(start) + ln P(end) within its window, in nats.
        on_progress: told how many words are done, and of how many; may raise to stop.

    Raises:
        InputError: the end of the question was not read.
    """
    tokens = window_tokens(encoder, trace, best.window)
    target = Target(head="span", span=(best.start_piece, best.end_piece))
    return leave_one_out(encoder, tokens, target, level="word", sequence=0, on_progress=on_progress)


def window_tokens(encoder: Encoder, trace: SpanTrace, number: int) -> Tokens:
    """A window as the encoder read it, the question's words told apart.

    Args:
        encoder: the model that the trace is of.
        trace: one question on one document.
        number: of the window, counted from 0.

    Raises:
        InputError: the end of the question was not read.
    """
    window, (example,) = trace.windows_of()[number], trace.examples
    head = encoder.tokenize(example.question, masks=False)
    if len(head) != trace.features.questions[0].pieces + 2:
        raise InputError(
            "The end of the question was not read, so its words cannot be weighed. Shorten it.",
            field="question",
        )
    ids = tuple(window.ids.tolist())
    first, last = window.offset, len(ids) - 1  # of the context's pieces, and behind them
    words = max(word for word in head.words if word is not None) + 1 + window.words
    places = trace.places[trace.features.questions[0].context][window.first :][: last - first]
    rest = (None,) * (first - len(head))
    return replace(
        head,
        pair=example.context,
        ids=ids,
        pieces=tuple(trace.pieces[id_] for id_ in ids),
        words=(*head.words, *rest, *words.tolist(), None),
        offsets=(*head.offsets, *rest, *map(tuple, places.tolist()), None),
        sequences=(*head.sequences, *rest, *(1,) * (last - first), None),
        segments=tuple(window.segments.tolist()),
        originals=(None,) * len(ids),
    )
