"""Which words of a question an answer hangs on: each is masked in turn.

What is measured is the effect itself, in the window that the answer stands in, so there is no
error of an approximation. Words work together, though: the effects do not add up to anything.
"""

from collections.abc import Callable

from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult, leave_one_out
from bert_core.analysis.attention.targets import Target
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
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
        InputError: the end of the question was not read, or the span is no answer.
    """
    window = trace.windows_of()[best.window]
    start, end = trace.seen_by(best.window)
    (example,) = trace.examples
    tokens = encoder.tokenize(example.question, example.context[start:end], masks=False)
    if tokens.ids != tuple(window.ids.tolist()):
        raise InputError(
            "This needs a question that is read to its end, in a window that can be read by "
            "itself. Shorten the question.",
            field="question",
        )
    target = Target(head="span", span=(best.start_piece, best.end_piece))
    return leave_one_out(encoder, tokens, target, level="word", sequence=0, on_progress=on_progress)
