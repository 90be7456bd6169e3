"""Tokenization results as text for a terminal."""

from bert_core.analysis.tokenization.compare import TokenizerComparison
from bert_core.analysis.tokenization.google import GoogleCheck
from bert_core.analysis.tokenization.statistics import LIMITS, TokenStatistics
from bert_core.analysis.tokenization.tokenize import Tokenization
from bert_core.views.numbers import counted, share, typed
from bert_core.views.plain import percent, table
from bert_core.views.token_tables import (
    MOST_PLACES,
    cuttings_table,
    google_reasons,
    google_sentence,
    google_table,
    piece_table,
    places_table,
)
from bert_core.views.token_words import NAMES, changes, pieces, words


def tokenization(result: Tokenization) -> str:
    """The steps, then the pieces, then Google's."""
    parts = []
    for number, step in enumerate(result.steps, start=1):
        if step.name == "words":
            said = words(step)
        elif step.name == "pieces":
            said = pieces(step, result.steps[-2])
        else:
            said = changes(step)
        parts.append(f"{number}. {NAMES[step.name]}: {step.rule}\n   {said}")
    rows = [row.cells for row in piece_table(result).rows]
    head = ("position", "piece", "id", "segment", "characters", "word", "as typed")
    parts.append(table(head, rows))
    parts.append(_google(result.google))
    return "\n\n".join([*parts, *(f"Note: {note}" for note in result.notes)])


def _google(check: GoogleCheck) -> str:
    if not check.differences:
        return google_sentence(check)
    lines = [row.cells for row in google_table(check).rows]
    head = ("as typed", "here", "Google's", "why")
    reasons = [f"({n}) {reason}" for n, reason in enumerate(google_reasons(check), start=1)]
    return "\n".join(["Google's original cuts otherwise:", table(head, lines), *reasons])


def comparison(result: TokenizerComparison) -> str:
    """Both tokenizers' figures, then where they differ."""
    head = ("tokenizer", "pieces", "per word", "unknown", "vocabulary")
    parts = [table(head, [row.cells for row in cuttings_table(result).rows])]
    other = places_table(result)
    if other.rows:
        names = "as typed", result.first.name, result.second.name
        parts.append(table(names, [row.cells for row in other.rows]))
        left = sum(not place.alike for place in result.places) - MOST_PLACES
        parts += [f"{counted(left, 'other place')} not shown."] if left > 0 else []
    else:
        parts.append("Both cut this text alike.")
    return "\n\n".join(parts)


def statistics(result: TokenStatistics) -> str:
    """A file's figures."""
    column = f", column {result.column}" if result.column else ""
    left_out = f", {result.left_out:,} unreadable" if result.left_out else ""
    parts = [
        f"{result.file}{column}: {counted(result.lines, 'line')} ({result.blank:,} blank, "
        f"{result.unseen:,} with nothing the model sees{left_out})",
        f"{counted(result.words, 'word')}, {counted(result.pieces, 'piece')}: "
        f"{result.pieces_per_word:.2f} a word; {counted(result.unknown, 'unknown piece')} "
        f"({percent(result.unknown_share) if result.unknown else 'none'}); longest line "
        f"{counted(result.longest, 'piece')}",
        table(
            ("pieces a line", "lines that fit", "share"),
            [
                (str(limit), f"{result.fitting(limit):,}",
                 typed(share(result.fitting(limit) / max(1, result.seen))))
                for limit in LIMITS
            ],
        ),
    ]  # fmt: skip
    for name, listed in (("cut up", result.split_words), ("unknown", result.unknown_words)):
        if listed:
            rows = [(each.word, " ".join(each.pieces), f"{each.count:,}") for each in listed]
            parts.append(f"Words {name}\n" + table(("word", "pieces", "times"), rows))
    if not result.exact:
        parts.append("There are too many different words to count all: these counts may be low.")
    return "\n\n".join(parts)
