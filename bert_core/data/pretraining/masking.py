"""Masked words: which pieces of an instance are to be guessed, and what stands in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from bert_core.data.pretraining.pieces import Pieces
from bert_core.data.pretraining.settings import InstanceSettings

Fate = Literal["mask", "random", "kept"]
FATES: tuple[Fate, ...] = ("mask", "random", "kept")
"""[MASK] stands there (80 %), a random piece (10 %), or still the piece itself (10 %)."""
MASK, RANDOM, KEPT = range(3)


@dataclass(frozen=True, slots=True)
class Masks:
    """The masked places of one instance, in ascending order.

    Attributes:
        positions: M places.
        labels: ids of the pieces that stood there.
        fates: indices into ``FATES``.
    """

    positions: list[int]
    labels: list[int]
    fates: list[int]


def mask(
    ids: list[int], second: int, pieces: Pieces, settings: InstanceSettings, rng: Random
) -> Masks:
    """Mask an instance in place (``create_masked_lm_predictions``).

    Args:
        ids: [CLS], the first text, [SEP], the second text, [SEP]; masked places are changed.
        second: where the second text begins.
        pieces: the vocabulary.
        settings: how many, and whether whole words.
        rng: the random numbers.
    """
    words = _words(ids, second, pieces.continues if settings.whole_words else None)
    rng.shuffle(words)
    number = settings.predictions(len(ids))
    found: list[tuple[int, int, int]] = []
    for word in words:
        if len(found) >= number:
            break
        if len(found) + len(word) > number:
            continue
        for position in word:
            fate, shown = _fate(ids[position], pieces, rng)
            found.append((position, ids[position], fate))
            ids[position] = shown
    found.sort()
    return Masks([each[0] for each in found], [each[1] for each in found],
                 [each[2] for each in found])  # fmt: skip


def _words(
    ids: Sequence[int], second: int, continues: Sequence[bool] | None
) -> list[tuple[int, ...]]:
    """Places that are masked together: single pieces, or those of a word.

    A second text that begins inside a word goes on with the last word of the first one, as in
    the reference.
    """
    places = [*range(1, second - 1), *range(second, len(ids) - 1)]
    if continues is None:
        return [(place,) for place in places]
    words: list[list[int]] = []
    for place in places:
        if words and continues[ids[place]]:
            words[-1].append(place)
        else:
            words.append([place])
    return [tuple(word) for word in words]


def _fate(original: int, pieces: Pieces, rng: Random) -> tuple[int, int]:
    """What happens to a masked piece, and the id that is shown in its place."""
    if rng.random() < 0.8:
        return MASK, pieces.mask
    if rng.random() < 0.5:
        return KEPT, original
    return RANDOM, pieces.drawn[rng.randint(0, len(pieces.drawn) - 1)]
