"""The models in memory: each loaded once, shared by all, the one unused for longest let go."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import psutil

from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.sources import Progress

if TYPE_CHECKING:  # a server answers before it needs one
    from bert_core.model.encoder import Encoder

FLOAT_BYTES = 4
MIB = 2**20


def used_mib() -> float:
    """Memory of this process, in MiB."""
    return float(psutil.Process().memory_info().rss) / MIB


class HeldModels:
    """Encoders by the choice they answer to.

    Args:
        most: how many are held.
        ceiling_mib: memory of the process above which models are let go before another is
            loaded, in MiB; None: none. The one that is asked for is loaded all the same.
        used: memory of the process, in MiB.
    """

    def __init__(
        self, most: int, ceiling_mib: int | None = None, used: Callable[[], float] = used_mib
    ) -> None:
        self._most = most
        self._ceiling = ceiling_mib
        self._used = used
        self._guard = threading.Lock()
        self._places: OrderedDict[ModelChoice, _Place] = OrderedDict()  # longest unused first

    def get(self, choice: ModelChoice, on_progress: Progress | None = None) -> "Encoder":
        """The encoder of a choice; loaded when it is not here, once for all who ask meanwhile.

        Raises:
            ModelError: as :func:`load`.
            InputError: as :func:`load`.
        """
        while True:
            with self._guard:
                place = self._places.setdefault(choice, _Place())
                self._places.move_to_end(choice)
            with place.loading:
                if self._places.get(choice) is not place:
                    continue  # let go, or found to be of no use, while this caller waited
                if place.encoder is None:
                    self._load(place, choice, on_progress)
                if place.encoder is not None:
                    return place.encoder

    def loaded(self) -> "list[Encoder]":
        """The encoders in memory, the one unused for longest first."""
        with self._guard:
            return [each.encoder for each in self._places.values() if each.encoder is not None]

    def _load(self, place: "_Place", choice: ModelChoice, on_progress: Progress | None) -> None:
        from bert_core.model.loading import load

        try:
            place.encoder = load(
                choice,
                on_progress=on_progress,
                on_found=lambda found: self._make_room(place, choice, found),
            )
        finally:
            self._settle(place, choice)

    def _make_room(self, place: "_Place", choice: ModelChoice, found: Checkpoint) -> None:
        """Let models go until another one fits below the ceiling, or none is left."""
        if self._ceiling is None or choice.device != "cpu":
            return
        gone, used = [], self._used()
        with self._guard:
            place.coming_mib = found.parameters * FLOAT_BYTES / MIB
            wanted = used + sum(each.coming_mib for each in self._places.values())
            for other, each in list(self._places.items()):
                if wanted <= self._ceiling:
                    break
                if each.encoder is not None and other.device == "cpu":
                    wanted -= each.encoder.memory_mib
                    gone.append(self._places.pop(other).encoder)
        _release(gone)

    def _settle(self, place: "_Place", choice: ModelChoice) -> None:
        """After loading: forget a choice that failed, and let go what is too many."""
        gone = []
        with self._guard:
            place.coming_mib = 0.0
            if place.encoder is None and self._places.get(choice) is place:
                del self._places[choice]
            held = [key for key, each in self._places.items() if each.encoder is not None]
            held = [key for key in held if key != choice][: max(0, len(held) - self._most)]
            for key in held:
                gone.append(self._places.pop(key).encoder)
        _release(gone)


class _Place:
    """Where one encoder is, or will be."""

    def __init__(self) -> None:
        self.loading = threading.Lock()
        self.encoder: Encoder | None = None
        self.coming_mib = 0.0


def _release(gone: "list[Encoder | None]") -> None:
    """Give memory back; each after the pass that is under way."""
    for each in gone:
        if each is not None:
            each.release()
