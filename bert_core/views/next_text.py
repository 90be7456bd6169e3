"""Next-sentence results as text for a terminal."""

from collections.abc import Sequence

from bert_core.tasks.next_pairs import FollowerRanking
from bert_core.tasks.next_sentence import NextScore, NextSentenceResult
from bert_core.tasks.paragraph import ParagraphResult
from bert_core.views.numbers import signed
from bert_core.views.plain import percent, table

_HEAD = ("answer", "P(is next)", "P(not next)", "logit 0", "logit 1")


def pair(result: NextSentenceResult) -> str:
    """The pair by segments, then both orders."""
    texts = f"segment 0, A: {result.tokens.text}\nsegment 1, B: {result.tokens.pair}"
    rows = [("A, then B", *_cells(result.score)), ("B, then A", *_cells(result.swapped))]
    return _with_notes([texts, table(("order", *_HEAD), rows)], result.notes)


def ranking(result: FollowerRanking) -> str:
    """Candidates, the likeliest first."""
    rows = [
        (str(rank), each.text, *_cells(each.score))
        for rank, each in enumerate(result.ranked, start=1)
    ]
    parts = [f"After: {result.text}", table(("rank", "candidate", *_HEAD), rows)]
    return _with_notes(parts, result.notes)


def paragraph(result: ParagraphResult) -> str:
    """Neighbours in their order, then what the controls say."""
    found = {each.second: each.score for each in result.pairs if each.second == each.first + 1}
    rows = [
        (str(index + 1), percent(found[index].p_is_next) if index else "–", sentence)
        for index, sentence in enumerate(result.sentences)
    ]
    return _with_notes(
        [table(("number", "follows", "sentence"), rows), order(result)], result.notes
    )


def order(result: ParagraphResult) -> str:
    """What the order of a paragraph is worth, in sentences."""
    return (
        f"Mean P(is next): {percent(result.consecutive)} in order, {percent(result.shuffled)} "
        f"shuffled. {result.as_good:,} of {result.orders:,} shuffled orders score as high. "
        f"AUC of neighbours against other pairs: {result.auc:.2f}. The true successor comes first "
        f"for {result.best} of {len(result.sentences) - 1} sentences."
    )


def _cells(score: NextScore) -> tuple[str, ...]:
    chances = percent(score.p_is_next), percent(score.p_not_next)
    return score.answer, *chances, signed(score.logit_is_next), signed(score.logit_not_next)


def _with_notes(parts: Sequence[str], notes: Sequence[str]) -> str:
    return "\n\n".join([*parts, *(f"Note: {note}" for note in notes)])
