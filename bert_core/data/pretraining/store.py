"""A folder of instances: four arrays and a description, read one instance at a time.

``instances.npy`` holds one entry per instance in the order in which they were made, ``order.npy``
the shuffled order, ``ids.npy`` the pieces after masking and ``masks.npy`` the masked places.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.data.pretraining.arrays import ArrayReader
from bert_core.data.pretraining.corpus import TextCounts
from bert_core.data.pretraining.lines import Source
from bert_core.data.pretraining.masking import FATES, Fate
from bert_core.data.pretraining.pieces import digest
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.statistics import Statistics
from bert_core.errors import InputError

IDS, MASKS, INSTANCES, ORDER = "ids.npy", "masks.npy", "instances.npy", "order.npy"
DESCRIPTION = "store.json"
VERSION = 1
INSTANCE_TYPE = np.dtype(
    [("ids", "<u8"), ("masks", "<u8"), ("length", "<u2"), ("masked", "<u2"), ("second", "<u2"),
     ("random_next", "?")]
)  # fmt: skip
"""Where the instance begins in the ids and in the masks, how many of both it has, where its
second text begins, and whether that is a random one."""
MASK_TYPE = np.dtype([("position", "<u2"), ("label", "<u4"), ("fate", "u1")])
_BLOCK = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """Two texts of T pieces together, M of them to be guessed.

    Attributes:
        ids: int64 of shape (T,): [CLS], the first text, [SEP], the second text, [SEP], masked.
        segments: int64 of shape (T,): 0 up to the first [SEP], then 1.
        positions: int64 of shape (M,): what is to be guessed, ascending.
        labels: int64 of shape (M,): the ids that stood there.
        is_random_next: the second text does not follow the first; BERT's label 1.
        fates: M words: "mask", "random" or "kept".
    """

    ids: NDArray[np.int64]
    segments: NDArray[np.int64]
    positions: NDArray[np.int64]
    labels: NDArray[np.int64]
    is_random_next: bool
    fates: tuple[Fate, ...]


class InstanceStore:
    """N instances in their shuffled order, read from a folder when they are asked for.

    Safe to share between forked processes, and it travels to new ones as its folder's name.

    Args:
        folder: as :func:`bert_core.data.pretraining.build.build` left it.
        pieces: the vocabulary of the model that is to read the instances, to be compared with
            the one that they were made with; None: not compared.

    Attributes:
        folder: where it is.
        settings: how the instances were made.
        vocabulary: V, the number of pieces of their vocabulary.
        sources: the text files.

    Raises:
        InputError: no store there, a damaged one, or one of another vocabulary.
    """

    def __init__(self, folder: Path, pieces: Sequence[str] | None = None) -> None:
        self.folder = folder
        description = _description(folder)
        try:
            self.settings = InstanceSettings(**description["settings"])
            self.vocabulary = int(description["vocabulary"]["size"])
            self.sources = tuple(Source(**each) for each in description["sources"])
            self._statistics = _statistics(description["statistics"], self.settings)
            self._made_with = description["vocabulary"]["sha256"]
        except (KeyError, TypeError) as error:
            raise _damaged(folder) from error
        if pieces is not None:
            self.require(pieces)
        self._ids, self._masks, self._instances, self._order = (
            ArrayReader(folder / name) for name in (IDS, MASKS, INSTANCES, ORDER)
        )
        if not len(self._instances) == len(self._order) == self._statistics.instances:
            raise _damaged(folder)

    @classmethod
    def open(cls, folder: Path, pieces: Sequence[str] | None = None) -> "InstanceStore":
        """The store in a folder; see the class."""
        return cls(folder, pieces)

    def require(self, pieces: Sequence[str]) -> None:
        """Refuse a vocabulary that the instances were not made with.

        Raises:
            InputError: it is another one.
        """
        if digest(pieces) != self._made_with:
            raise InputError(
                f"The instances in {self.folder} were made with another vocabulary "
                f"({self.vocabulary:,} pieces) than the model's ({len(pieces):,}). "
                "Make them again.",
                field="model",
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # Open files do not travel; a data loader's new process opens its own.
        return InstanceStore, (self.folder,)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> Instance:
        """The instance at a place of the shuffled order; negative ones count from the end."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no instance {index}: the store has {len(self)}.")
        return self._made(int(self._order.read(index % len(self), index % len(self) + 1)[0]))

    def __iter__(self) -> Iterator[Instance]:
        return (self[index] for index in range(len(self)))

    def _made(self, number: int) -> Instance:
        """The instance that was made as number ``number``."""
        entry = self._instances.read(number, number + 1)[0]
        start, first, length, masked, second, random_next = entry.item()
        masks = self._masks.read(first, first + masked)
        segments = np.zeros(length, np.int64)
        segments[second:] = 1
        return Instance(
            ids=self._ids.read(start, start + length).astype(np.int64),
            segments=segments,
            positions=masks["position"].astype(np.int64),
            labels=masks["label"].astype(np.int64),
            is_random_next=random_next,
            fates=tuple(FATES[fate] for fate in masks["fate"].tolist()),
        )

    def lengths(self) -> NDArray[np.uint16]:
        """Word pieces of every instance, of shape (N,), in the shuffled order."""
        number = len(self)
        made = [
            self._instances.read(start, min(start + _BLOCK, number))["length"].copy()
            for start in range(0, number, _BLOCK)
        ]
        found: NDArray[np.uint16] = np.concatenate(made)[self._order.read(0, number)]
        return found

    def statistics(self) -> Statistics:
        """Realised rates, and what they should be."""
        return self._statistics


def write_description(
    folder: Path,
    pieces: Sequence[str],
    sources: Sequence[Source],
    statistics: Statistics,
) -> None:
    """Write what :class:`InstanceStore` reads beside the arrays."""
    counts = {name: value for name, value in asdict(statistics).items() if name != "settings"}
    description = {
        "version": VERSION,
        "settings": asdict(statistics.settings),
        "vocabulary": {"size": len(pieces), "sha256": digest(pieces)},
        "sources": [asdict(source) for source in sources],
        "statistics": counts,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1), encoding="utf-8")


def _description(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / DESCRIPTION).read_bytes())
    except OSError as error:
        raise InputError(f"{folder} holds no pre-training instances.") from error
    except ValueError as error:
        raise _damaged(folder) from error
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise InputError(
            f"The instances in {folder} are of another version of this program. Make them again."
        )
    return found


def _statistics(found: dict[str, Any], settings: InstanceSettings) -> Statistics:
    text = TextCounts(**found["text"])
    lengths = tuple(found["lengths"])
    return Statistics(**{**found, "settings": settings, "text": text, "lengths": lengths})


def _damaged(folder: Path) -> InputError:
    return InputError(f"The instances in {folder} are damaged. Make them again.")
