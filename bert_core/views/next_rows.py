"""Next-sentence results as rows of a file: exact numbers under the same four names everywhere."""

from bert_core.tasks.next_pairs import FollowerRanking
from bert_core.tasks.next_sentence import NextScore, NextSentenceResult
from bert_core.tasks.paragraph import ParagraphResult
from bert_core.views.rows import Row

FIGURES = ("p_is_next", "p_not_next", "logit_is_next", "logit_not_next")
NextResult = NextSentenceResult | FollowerRanking | ParagraphResult


def next_rows(result: NextResult) -> list[Row]:
    """The main table of a next-sentence result, one dictionary per row."""
    match result:
        case NextSentenceResult():
            return _pair(result)
        case FollowerRanking():
            return _ranked(result)
        case ParagraphResult():
            return _paragraph(result)


def _pair(result: NextSentenceResult) -> list[Row]:
    """A pair in both orders."""
    text, pair = result.tokens.text, result.tokens.pair
    return [
        {"text_a": text, "text_b": pair, **figures(result.score)},
        {"text_a": pair, "text_b": text, **figures(result.swapped)},
    ]


def _ranked(result: FollowerRanking) -> list[Row]:
    """Candidates, the likeliest first; ``number`` counts them as they were given."""
    return [
        {"rank": rank, "number": each.index + 1, "text": each.text, **figures(each.score)}
        for rank, each in enumerate(result.ranked, start=1)
    ]


def _paragraph(result: ParagraphResult) -> list[Row]:
    """All ordered pairs of sentences, counted from 1."""
    return [
        {
            "first": each.first + 1,
            "second": each.second + 1,
            "consecutive": each.second == each.first + 1,
            "text_a": result.sentences[each.first],
            "text_b": result.sentences[each.second],
            **figures(each.score),
        }
        for each in result.pairs
    ]


def figures(score: NextScore) -> dict[str, float]:
    """The four figures of a score by their names in files."""
    return {name: getattr(score, name) for name in FIGURES}
