"""Which pieces or words of two inputs stand for each other.

Of the same text in other pieces these are the units that cover the same characters. Of another
text they are the units that read alike, at both ends and in between as found by
:class:`difflib.SequenceMatcher` (Ratcliff and Metzener 1988), and the units of a stretch that was
replaced by one of the same length, one by one: "he" faces "she". The texts A and B are aligned
each by itself.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.levels import Unit
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Units that stand for each other, as positions in the units of either side, both rising.

    Attributes:
        pairs: all of them.
        replaced: those that read otherwise on the other side.
    """

    pairs: Pairs
    replaced: Pairs


def align(this: AttentionResult, other: AttentionResult) -> Alignment:
    """Align the units of two inputs. A special piece faces special pieces only.

    Args:
        this: W units, whatever part of them is shown.
        other: V units.
    """
    same = same_texts(this.tokens, other.tokens)
    pairs: list[tuple[int, int]] = []
    for text in (0, 1):
        here, there = (
            [position for position, unit in enumerate(side.units) if unit.side == text]
            for side in (this, other)
        )
        places = aligned(
            [_key(this.units[position], same) for position in here],
            [_key(other.units[position], same) for position in there],
            replaced=not same,
        )
        pairs += [(here[one], there[two]) for one, two in places]
    fitting = [
        (this.units[one], other.units[two], (one, two))
        for one, two in pairs
        if this.units[one].special == other.units[two].special
    ]
    return Alignment(
        pairs=tuple(pair for _, _, pair in fitting),
        replaced=tuple(
            pair for one, two, pair in fitting if _key(one, same) != _key(two, same)
        ),
    )  # fmt: skip


def aligned(
    first: Sequence[Hashable], second: Sequence[Hashable], *, replaced: bool = True
) -> list[tuple[int, int]]:
    """Places in two sequences that hold the same, or what was put in its place.

    Args:
        first: N values.
        second: M values.
        replaced: whether a stretch and what it was replaced by face each other at equal length.

    Returns:
        Pairs of places, rising on both sides.

    Example:
        >>> aligned("the nurse said she did".split(), "the nurse said he did".split())
        [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]
        >>> aligned("it is not late".split(), "it is late".split())
        [(0, 0), (1, 1), (3, 2)]
    """
    # Both ends first: the longest match of "a a" and "z a" would begin with the wrong "a".
    head = _alike(first, second)
    tail = _alike(first[head:][::-1], second[head:][::-1])
    ends = len(first) - tail, len(second) - tail
    pairs = [(place, place) for place in range(head)]
    # Without autojunk, which would take the frequent words of a long text for noise.
    matcher = SequenceMatcher(None, first[head : ends[0]], second[head : ends[1]], autojunk=False)
    for tag, begin, end, start, stop in matcher.get_opcodes():
        if tag == "equal" or (replaced and tag == "replace" and end - begin == stop - start):
            pairs += [(head + begin + step, head + start + step) for step in range(end - begin)]
    return pairs + [(ends[0] + step, ends[1] + step) for step in range(tail)]


def _alike(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """How many values two sequences begin with in common."""
    most = min(len(first), len(second))
    return next((at for at in range(most) if first[at] != second[at]), most)


def same_texts(one: Tokens, other: Tokens) -> bool:
    """Whether two inputs are of the same texts, however they are cut and masked."""
    return (one.text, one.pair) == (other.text, other.pair)


def same_input(tokens: Tokens, encoder: Encoder) -> Tokens:
    """The texts of an input in another model's pieces, with masks over the same characters.

    Args:
        tokens: of any model.
        encoder: the other model.

    Raises:
        InputError: the other model cannot take the text.
    """
    other = encoder.tokenize(tokens.text, tokens.pair)
    return other.masked(tokens.moved(tokens.masks, other))


def _key(unit: Unit, same: bool) -> Hashable:
    """What two units must have in common; models spell special pieces each in its way."""
    if unit.special:
        return None
    return unit.span if same else unit.text
