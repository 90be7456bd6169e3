"""A text's pieces, steps and differences as chips, marks and tables for the page."""

from collections.abc import Sequence

from bert_core.analysis.tokenization.compare import Cutting, TokenizerComparison
from bert_core.analysis.tokenization.google import GoogleCheck
from bert_core.analysis.tokenization.statistics import CountedWord
from bert_core.analysis.tokenization.steps import Step, Stretch
from bert_core.analysis.tokenization.tokenize import Piece, Tokenization
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from bert_core.views.document import Kind, Mark
from bert_core.views.numbers import counted
from bert_core.views.tables import BarTable
from bert_core.views.token_words import change, seen

AROUND = 12
"""Characters of the text that a tooltip shows on each side of a piece."""
MOST_PLACES = 100
MOST_PIECES = 20
MOST_CHARACTERS = 40


def piece_chips(result: Tokenization) -> tuple[Chip, ...]:
    """What the model is fed; each piece tells its characters in the text as typed."""
    return tuple(
        Chip(
            text=each.piece,
            special=each.word is None,
            continues=_continues(each.piece),
            note=_note(result, each),
            word=-1 if each.word is None else each.word,
        )
        for each in result.pieces
    )


def word_chips(words: Sequence[Stretch]) -> tuple[Chip, ...]:
    """Words after the split, with their characters in the text as typed."""
    return tuple(
        Chip(text=each.text, note=place(each.start, each.end), word=number)
        for number, each in enumerate(words)
    )


def piece_table(result: Tokenization) -> BarTable:
    """One row for each piece of the input."""
    columns = (
        Column("Position", "rank"),
        Column("piece", "word"),
        Column("id", "number", help="Its row in the table of word-piece embeddings."),
        Column("segment", "number", help="0 for the first text, 1 for the second."),
        Column("characters", "number", help="Of the text as typed, counted from 1."),
        Column("word", "number", optional=True, help="Words are counted through both texts."),
        Column("as typed", "text", optional=True),
    )
    rows = tuple(
        Bar(
            (
                str(each.position),
                each.piece,
                str(each.id),
                str(each.segment),
                _range(each),
                "" if each.word is None else str(each.word + 1),
                _short(seen(each.characters)),
            ),
            note=_note(result, each),
        )
        for each in result.pieces
    )
    return BarTable(columns, rows, caption="What the model is fed",
                    badge=counted(len(rows), "piece"))  # fmt: skip


def step_text(stretches: Sequence[Stretch]) -> tuple[str, tuple[Mark, ...]]:
    """What stands there after a step, with a mark where it was changed."""
    marks, at = [], 0
    for each in stretches:
        if each.before is not None and each.text:
            marks.append(Mark(at, at + len(each.text), "answer", change(each)))
        at += len(each.text)
    return "".join(each.text for each in stretches), tuple(marks)


def typed_marks(result: Tokenization, sequence: int, chosen: int | None) -> tuple[Mark, ...]:
    """Marks over a text as typed, two kinds in turn, so that each piece ends where one changes.

    Args:
        result: the text in pieces.
        sequence: 0 for the text, 1 for the second.
        chosen: position of a piece that stands out, or None.
    """
    found = []
    for each in result.pieces:
        if each.sequence == sequence and each.start is not None and each.end is not None:
            turn: Kind = "candidate" if each.position % 2 else "window"
            kind = "answer" if each.position == chosen else turn
            found.append(Mark(each.start, each.end, kind, f"{each.piece}, id {each.id}"))
    return tuple(mark for mark in found if mark.start < mark.end)


def google_table(check: GoogleCheck) -> BarTable:
    """Where Google's tokenizer differs; the reasons are numbered, see :func:`google_reasons`."""
    columns = (
        Column("as typed", "text"),
        Column("here", "text"),
        Column("Google's", "text"),
        Column("why", "number"),
    )
    reasons = google_reasons(check)
    rows = tuple(
        Bar(
            (
                _short(seen(each.characters)),
                _listed(each.ours),
                _listed(each.google),
                ", ".join(f"({reasons.index(reason) + 1})" for reason in each.reasons),
            )
        )
        for each in check.differences[:MOST_PLACES]
    )
    return BarTable(columns, rows, caption="Google's original cuts otherwise",
                    badge=counted(len(check.differences), "place"))  # fmt: skip


def google_reasons(check: GoogleCheck) -> tuple[str, ...]:
    """All reasons for differences, each once, in the order in which they come up."""
    return tuple(dict.fromkeys(why for each in check.differences for why in each.reasons))


def google_sentence(check: GoogleCheck) -> str:
    """The check in a sentence, where there is no table to show."""
    if check.why_not is not None:
        return check.why_not
    return "Google's original tokenizer gives the same pieces for this text."


def cuttings_table(result: TokenizerComparison) -> BarTable:
    """Both tokenizers' figures."""
    columns = (
        Column("tokenizer", "text"),
        Column("Bar", "bar"),
        Column("pieces", "number"),
        Column("per word", "number", help="Words are what stands between two spaces."),
        Column("unknown", "number"),
        Column("vocabulary", "number", optional=True),
    )
    return BarTable(columns, (_cutting(result.first), _cutting(result.second)))


def _cutting(side: Cutting) -> Bar:
    figures = f"{side.pieces:,}", f"{side.per_word:.2f}", f"{side.unknown:,}"
    return Bar((side.name, *figures, f"{side.vocabulary:,}"), float(side.pieces))


def places_table(result: TokenizerComparison) -> BarTable:
    """The places that the two cut otherwise."""
    other = [place for place in result.places if not place.alike]
    columns = (
        Column("as typed", "text"),
        Column(result.first.name, "text"),
        Column(result.second.name, "text"),
    )
    rows = tuple(
        Bar((_short(seen(each.characters)), _listed(each.first), _listed(each.second)))
        for each in other[:MOST_PLACES]
    )
    return BarTable(columns, rows, caption="Cut otherwise",
                    badge=f"{len(other):,} of {counted(len(result.places), 'place')}")  # fmt: skip


def words_table(words: Sequence[CountedWord], caption: str) -> BarTable:
    """Words of a file, the bar as long as the pieces they cost beyond one."""
    columns = (
        Column("word", "word"),
        Column("pieces", "text"),
        Column("Bar", "bar"),
        Column("times", "number"),
    )
    rows = tuple(
        Bar((each.word, _listed(each.pieces), f"{each.count:,}"),
            float(each.count * max(1, len(each.pieces) - 1)))
        for each in words
    )  # fmt: skip
    return BarTable(columns, rows, caption=caption, slim=True)


def place(start: int, end: int) -> str:
    """A range of characters as people count them.

    Example:
        >>> place(0, 4), place(4, 5)
        ('characters 1–4', 'character 5')
    """
    return f"character {end}" if end - start == 1 else f"characters {start + 1}–{end}"


def changed_texts(step: Step) -> list[int]:
    """Which of the texts a step changed."""
    return [
        number
        for number, text in enumerate(step.texts)
        if any(each.before is not None for each in text)
    ]


def _range(each: Piece) -> str:
    if each.start is None or each.end is None:
        return ""
    return f"{each.end}" if each.end - each.start == 1 else f"{each.start + 1}–{each.end}"


def _note(result: Tokenization, each: Piece) -> str:
    """The tooltip of a piece: where it stands in the text, its id, its segment."""
    lines = []
    if each.start is not None and each.end is not None:
        text = (result.pair if each.sequence else result.text) or ""
        before, after = text[max(0, each.start - AROUND) : each.start], text[each.end :][:AROUND]
        left = "…" if each.start > AROUND else ""
        right = "…" if len(text) > each.end + AROUND else ""
        lines.append(f"{left}{before}«{each.characters}»{after}{right}")
        which = " of text B" if each.sequence else ""
        lines.append(f"{place(each.start, each.end)}{which}")
    lines.append(f"id {each.id}, segment {each.segment}, position {each.position}")
    return "\n".join(lines)


def _listed(pieces: Sequence[str]) -> str:
    more = len(pieces) - MOST_PIECES
    said = " ".join(pieces[:MOST_PIECES])
    return f"{said} … {more:,} more" if more > 0 else said or "nothing"


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"


def _continues(piece: str) -> bool:
    """Whether a piece goes on inside a word; two number signs alone are a piece of their own."""
    return piece.startswith("##") and len(piece) > 2
