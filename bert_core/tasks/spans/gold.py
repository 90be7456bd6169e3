"""Where the gold answer of a training question lies among the pieces of its context.

Words first, as in ``read_squad_examples``, then pieces, as in ``_improve_answer_span``
(run_squad.py): "1895" of "(1895-1943)." is narrowed to its own piece.
"""

from collections.abc import Sequence
from typing import Literal

from bert_core.data.examples import Answer, QuestionExample
from bert_core.tasks.spans.contexts import Context, Cut

Lost = Literal["no answer", "answer not in the context", "context without pieces"]
"""Why a question cannot be trained on."""
Gold = tuple[int, int] | Lost | None
"""First and last piece of the answer; None: the question is known to have none."""


def find_answers(
    examples: Sequence[QuestionExample], contexts: Sequence[Context], cut: Cut
) -> list[Gold]:
    """Find the first answer of each question.

    Args:
        examples: N questions.
        contexts: the context of each.
        cut: the tokenizer.

    Returns:
        N answers, none, or reasons.
    """
    texts = cut([each.answers[0].text if each.answers else "" for each in examples])
    return [
        _find(example, context, pieces)
        for example, context, pieces in zip(examples, contexts, texts, strict=True)
    ]


def _find(example: QuestionExample, context: Context, pieces: Sequence[int]) -> Gold:
    if not len(context.ids):
        return "context without pieces"
    if example.impossible:
        return None
    if not example.answers:
        return "no answer"
    words = _words(context, example.answers[0])
    if words is None:
        return "answer not in the context"
    first, last = int(context.first_piece[words[0]]), len(context.ids) - 1
    if words[1] < len(context.words) - 1:
        last = int(context.first_piece[words[1] + 1]) - 1
    if last < first:  # words whose characters the tokenizer drops
        return "answer not in the context"
    return _narrowed(context, first, last, pieces)


def _words(context: Context, answer: Answer) -> tuple[int, int] | None:
    """First and last word of an answer, if its text is really there."""
    last = answer.start + len(answer.text) - 1
    if not 0 <= answer.start <= last < len(context.words.text):
        return None
    span = context.words.at(answer.start), context.words.at(last)
    there = " ".join(context.words.some(*span)) if span[0] >= 0 else ""
    return span if " ".join(answer.text.split()) in there else None


def _narrowed(context: Context, first: int, last: int, pieces: Sequence[int]) -> tuple[int, int]:
    """The first place within a span where the pieces of the answer stand by themselves."""
    inside = context.ids[first : last + 1].tolist()
    wanted = list(pieces)
    for start in range(len(inside) - len(wanted) + 1 if wanted else 0):
        if inside[start : start + len(wanted)] == wanted:
            return first + start, first + start + len(wanted) - 1
    return first, last
