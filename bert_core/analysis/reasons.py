"""Why a span is not an answer, in a sentence with its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.tasks.spans.answers import RULES, Rule
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.features import Window

RULE_WORDS: Mapping[Rule, str] = {
    "start in the padding": "It begins behind the end of its window.",
    "end in the padding": "It ends behind the end of its window.",
    "start outside the context": "It begins at [CLS], at a separator or in the question.",
    "end outside the context": "It ends at [CLS], at a separator or in the question.",
    "more context in another window": (
        "Another window sees more of what stands around its first piece, and that one is asked."
    ),
    "end before start": "It ends before it begins.",
    "too long": "It has more word pieces than an answer may have.",
    "same text as a better one": "A candidate that scores as high or higher reads the same.",
    "not among the best": "It is allowed, but enough others score as high or higher.",
}
"""What each rule says, for any span."""
IN_THE_TEXT = tuple(rule for rule in RULES if "outside" not in rule and "padding" not in rule)
"""The rules against spans of the text itself: with the others away, [CLS] does not fill a list."""


@dataclass(frozen=True, slots=True, eq=False)
class Reasons:
    """Says why spans of one question are no candidates.

    Attributes:
        windows: those of the question.
        owner: for each piece of the context, the window that is asked about it; -1: none.
        pieces: the vocabulary, by id.
        settings: how the answer was chosen.
    """

    windows: Sequence[Window]
    owner: NDArray[np.int32]
    pieces: Sequence[str]
    settings: DecodeSettings

    def why(self, rule: Rule, number: int, start: int, end: int, twin: int | None = None) -> str:
        """One sentence; windows, pieces and candidates are counted from 1 in it.

        Args:
            rule: the rule against the span.
            number: its window, from 0.
            start: position of its first piece in that window, from 0.
            end: position of its last piece.
            twin: the candidate that reads the same, from 1.
        """
        window = self.windows[number]
        match rule:
            case "start in the padding":
                return f"It begins at piece {start + 1:,}; the window has {len(window.ids):,}."
            case "end in the padding":
                return f"It ends at piece {end + 1:,}; the window has {len(window.ids):,}."
            case "start outside the context":
                return f"It begins at {self._outside(window, start)}."
            case "end outside the context":
                return f"It ends at {self._outside(window, end)}."
            case "more context in another window":
                return self._elsewhere(window, start)
            case "end before start":
                return f"It ends {_counted(start - end)} before it begins."
            case "too long":
                most = self.settings.max_answer_length
                return f"{_counted(end - start + 1)}; an answer has at most {most:,}."
            case "same text as a better one":
                return f"The same text as candidate {twin}."
            case "not among the best":
                return f"Only the best {self.settings.n_best:,} with different texts are kept."

    def _outside(self, window: Window, position: int) -> str:
        """A piece that is no part of the context, and what it is."""
        piece = self.pieces[window.ids[position]]
        if position == 0:
            return f"{piece}, the place of “no answer”"
        # Separators typed into a text are ordinary text and have other ids.
        if window.ids[position] == window.ids[-1]:
            return f"{piece}, a separator"
        return f"“{piece}”, a piece of the question"

    def _elsewhere(self, window: Window, start: int) -> str:
        """The window that is asked instead, by the score of ``_check_is_max_context``."""
        piece = window.first + start - window.offset
        number = int(self.owner[piece])
        if number < 0:
            return RULE_WORDS["more context in another window"]
        other = self.windows[number]
        here, there = _shorter_side(window, piece), _shorter_side(other, piece)
        longer = len(other.words) - len(window.words)
        name = f"window {number + 1:,}"
        if there > here:
            return (
                f"Its first piece has more context in {name}: {_counted(there)} on its shorter "
                f"side, {here:,} here."
            )
        sides = f"{_counted(there)} on its shorter side there, {here:,} here"
        if longer > 0:
            return (
                f"Its first piece counts as part of {name}: {sides}, and {name} holds {longer:,} "
                "more of the text."
            )
        return f"Its first piece counts as part of {name}: {sides}; of equals the first counts."


def _shorter_side(window: Window, piece: int) -> int:
    """Pieces of context that a window has before a piece or behind it, whichever are fewer."""
    return min(piece - window.first, window.first + len(window.words) - 1 - piece)


def _counted(pieces: int) -> str:
    return f"{pieces:,} word piece{'' if pieces == 1 else 's'}"
