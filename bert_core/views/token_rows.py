"""Tokenization results as rows for CSV."""

from bert_core.analysis.tokenization.compare import TokenizerComparison
from bert_core.analysis.tokenization.statistics import TokenStatistics
from bert_core.analysis.tokenization.tokenize import Tokenization
from bert_core.views.rows import Row

TokenResult = Tokenization | TokenizerComparison | TokenStatistics


def token_rows(result: TokenResult) -> list[Row]:
    """The main table of a result: pieces, places, or numbers of lines by their pieces."""
    match result:
        case Tokenization():
            return [
                {
                    "position": each.position,
                    "piece": each.piece,
                    "id": each.id,
                    "segment": each.segment,
                    "word": each.word,
                    "text": None if each.sequence is None else "AB"[each.sequence],
                    "start": each.start,
                    "end": each.end,
                    "characters": each.characters,
                    "unknown": each.unknown,
                }
                for each in result.pieces
            ]
        case TokenizerComparison():
            return [
                {
                    "start": each.start,
                    "end": each.end,
                    "characters": each.characters,
                    "first": " ".join(each.first),
                    "second": " ".join(each.second),
                    "alike": each.alike,
                }
                for each in result.places
            ]
        case TokenStatistics():
            last = len(result.lengths) - 1
            return [
                {"pieces": f"{count}+" if count == last else str(count), "lines": int(lines)}
                for count, lines in enumerate(result.lengths.tolist())
                if lines
            ]
