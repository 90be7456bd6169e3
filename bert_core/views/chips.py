"""Word pieces as chips: what a chip shows, and what comes back when one is clicked.

Plain data on its way to the browser and back. The component that draws it is
``assets/components/chips.js``; one chip stands for one word piece on every page.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Chip:
    """One word piece as it is shown.

    Attributes:
        text: the piece as its tokenizer spells it, with or without a leading ``##``.
        special: a piece the model adds ([CLS], [SEP], [PAD]); it cannot be masked by a click.
        masked: hidden from the model now; the chip shows the mask token instead of the text.
        continues: goes on inside a word, drawn with a light ``##`` before it.
        level: strength of the tint in [0, 1], or None for no tint.
        side: which of two colours the tint has where it shows a difference: what speaks for
            something, or against it; None: the accent.
        note: words for the tooltip.
        word: index of the word the piece belongs to, -1 for none.
    """

    text: str
    special: bool = False
    masked: bool = False
    continues: bool = False
    level: float | None = None
    side: Literal["for", "against"] | None = None
    note: str = ""
    word: int = -1


@dataclass(frozen=True, slots=True)
class ChipEvent:
    """A click on a chip.

    Attributes:
        position: index of the piece, from 0.
        whole_word: Shift was held: every piece of the word is meant.
    """

    position: int
    whole_word: bool


def chip_payload(piece: Chip) -> dict[str, object]:
    """What the browser needs to draw one chip, ready for JSON.

    Args:
        piece: the word piece.

    Returns:
        Keys ``text`` (without ``##``), ``continues``, ``special``, ``masked``, ``level``,
        ``side``, ``tip`` and ``word``. The tip of a masked piece begins with its original text.

    Raises:
        ValueError: ``level`` lies outside [0, 1] or is not a number.
    """
    level = piece.level
    if level is not None and not (math.isfinite(level) and 0.0 <= level <= 1.0):
        raise ValueError(f"Chip.level must be None or in [0, 1], not {level!r}.")
    shown = piece.text.removeprefix("##") if piece.continues else piece.text
    tips = [f"Original: {piece.text}"] if piece.masked else []
    return {
        "text": shown,
        "continues": piece.continues,
        "special": piece.special,
        "masked": piece.masked,
        "level": None if level is None else float(level),
        "side": piece.side,
        "tip": "\n".join([*tips, piece.note] if piece.note else tips),
        "word": int(piece.word),
    }


def chip_event(sent: object, pieces: Sequence[Chip]) -> ChipEvent | None:
    """Read what the browser sent, trusting none of it.

    Args:
        sent: one click, ``{"position": int, "whole_word": bool}``.
        pieces: the chips the visitor saw.

    Returns:
        The event, or None when ``sent`` names no piece that can be masked.
    """
    if not isinstance(sent, Mapping):
        return None
    position, whole = sent.get("position"), sent.get("whole_word")
    if type(position) is not int or type(whole) is not bool:
        return None
    if not 0 <= position < len(pieces) or pieces[position].special:
        return None
    return ChipEvent(position=position, whole_word=whole)
