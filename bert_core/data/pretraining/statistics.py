"""How instances turned out, against what their settings ask for, and what is odd about them."""

from dataclasses import dataclass

from bert_core.data.dataset import Problem
from bert_core.data.pretraining.corpus import TextCounts
from bert_core.data.pretraining.settings import InstanceSettings

_MANY_SINGLE, _MANY_FILLED, _MANY_UNKNOWN = 0.5, 0.25, 0.05


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts over all N instances of a store.

    Attributes:
        settings: what was asked for.
        text: what the instances were made from.
        instances: N.
        lengths: number of instances of each length in word pieces, from 0 to max_seq_length.
        mask: masked pieces that became [MASK].
        random: masked pieces that became a random piece, perhaps the same one.
        kept: masked pieces that stayed.
        random_next: instances whose second text is a random one.
        alone: those of them that had one sentence only, so that nothing could follow.
        filled: those of them whose sentence was long enough to fill the instance.
        same_document: those whose random text comes from the same document.
    """

    settings: InstanceSettings
    text: TextCounts
    instances: int
    lengths: tuple[int, ...]
    mask: int
    random: int
    kept: int
    random_next: int
    alone: int
    filled: int
    same_document: int

    @property
    def pieces(self) -> int:
        """Word pieces of all instances, special ones included."""
        return sum(length * number for length, number in enumerate(self.lengths))

    @property
    def masked(self) -> int:
        """Masked pieces, whatever became of them."""
        return self.mask + self.random + self.kept

    @property
    def masked_share(self) -> float:
        """Masked pieces as a share of all."""
        return self.masked / self.pieces

    @property
    def expected_masked_share(self) -> float:
        """The same by the settings, with rounding and ``max_predictions`` for every length."""
        wanted = sum(
            self.settings.predictions(length) * number for length, number in enumerate(self.lengths)
        )
        return wanted / self.pieces

    @property
    def random_next_share(self) -> float:
        """Random second texts as a share of all instances."""
        return self.random_next / self.instances

    @property
    def expected_random_next_share(self) -> float:
        """The same by chance: all instances of one sentence, half of the others."""
        return 0.5 + 0.5 * self.alone / self.instances

    @property
    def mean_length(self) -> float:
        """Word pieces of an instance on average."""
        return self.pieces / self.instances

    def fate_share(self, number: int) -> float:
        """A count of masked pieces as a share of all of them; 0 where none is masked."""
        return number / self.masked if self.masked else 0.0

    def warnings(self) -> tuple[Problem, ...]:
        """What is odd about the text or its instances, and what can be done."""
        text = self.text
        found = []
        if text.documents == 1:
            found.append(
                ("one-document",
                 "The text is one document, so every random next text comes from the document "
                 "itself. Put a blank line between documents.")
            )  # fmt: skip
        elif text.single > _MANY_SINGLE * text.documents:
            found.append(
                ("short-documents",
                 f"{text.single:,} of {text.documents:,} documents have one sentence only, and "
                 "all their next texts are random. Is there a blank line after every sentence? "
                 "Only documents should be apart.")
            )  # fmt: skip
        elif self.filled > _MANY_FILLED * self.instances:
            found.append(
                ("long-lines",
                 f"{self.filled:,} of {self.instances:,} instances have room for one sentence "
                 "only, and all their next texts are random. Put one sentence on each line, or "
                 "raise max_seq_length.")
            )  # fmt: skip
        if text.unknown > _MANY_UNKNOWN * text.pieces:
            found.append(
                ("unknown-pieces",
                 f"{text.unknown:,} of {text.pieces:,} word pieces are [UNK]. Does the vocabulary "
                 "belong to the language of the text?")
            )  # fmt: skip
        return tuple(Problem("warning", kind, message) for kind, message in found)
