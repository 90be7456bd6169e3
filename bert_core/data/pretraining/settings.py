"""What pre-training instances are made of: the flags of ``create_pretraining_data.py``."""

from dataclasses import dataclass

from bert_core.errors import InputError

SHORTEST = 5
"""Three special pieces and one of each text; with fewer there is no pair."""
LONGEST = 65_535
"""Positions are stored in 16 bits."""


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """How instances are made. Defaults are those of the reference's README.

    Attributes:
        max_seq_length: longest instance in word pieces, the three special ones included.
        max_predictions: most masked pieces in one instance.
        masked_share: share of the pieces of an instance that are masked, special ones counted.
        dupe_factor: how often the text is gone through, each time with other masks and pairs.
        short_share: share of the documents that are cut into shorter instances.
        whole_words: mask all pieces of a word together, or none.
        seed: start of all random numbers.

    Raises:
        InputError: a value out of range; ``field`` is its name.
    """

    max_seq_length: int = 128
    max_predictions: int = 20
    masked_share: float = 0.15
    dupe_factor: int = 5
    short_share: float = 0.1
    whole_words: bool = False
    seed: int = 12345

    def __post_init__(self) -> None:
        _in_range("max_seq_length", self.max_seq_length, SHORTEST, LONGEST)
        _in_range("max_predictions", self.max_predictions, 1, LONGEST)
        _in_range("masked_share", self.masked_share, 0, 1)
        _in_range("dupe_factor", self.dupe_factor, 1, 1000)
        _in_range("short_share", self.short_share, 0, 1)
        _in_range("seed", self.seed, 0, 2**64 - 1)

    def predictions(self, length: int) -> int:
        """How many pieces of an instance of so many are masked, special ones counted."""
        return min(self.max_predictions, max(1, round(length * self.masked_share)))


def _in_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also what is not a number
        raise InputError(f"{name} is {value}; it must be from {low:,} to {high:,}.", field=name)
