"""The models in memory: each loaded once, shared by all, the one unused for longest let go."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from bert_core.model.allowed import check_allowed
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.keys import key_of
from bert_core.model.sources import SHIPPED, Progress
from bert_core.model.waiting import nobody, until

if TYPE_CHECKING:  # a server answers before it needs one
    from bert_core.model.encoder import Encoder

Watch = Callable[["Encoder"], None]
FLOAT_BYTES = 4
MIB = 2**20


def used_mib() -> float:
    """Memory of this process, in MiB."""
    import psutil

    return float(psutil.Process().memory_info().rss) / MIB


class HeldModels:
    """Encoders by what the choice they answer to means, see :func:`.keys.key_of`.

    Args:
        most: how many are held.
        ceiling_mib: memory of the process above which models are let go before another is
            loaded, in MiB; None: none. The one that is asked for is loaded all the same.
        used: memory of the process, in MiB.
        on_loaded: told of each encoder before anybody asks it.
        on_gone: told of each that is let go, while it still has its weights.
        on_changed: called after weights came into memory, and after some were let go to make room.
    """

    def __init__(
        self,
        most: int,
        ceiling_mib: int | None = None,
        used: Callable[[], float] = used_mib,
        *,
        on_loaded: Watch = nobody,
        on_gone: Watch = nobody,
        on_changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._most = most
        self._ceiling = ceiling_mib
        self._used = used
        self._on_loaded, self._on_gone, self._on_changed = on_loaded, on_gone, on_changed
        self._guard = threading.Lock()
        self._places: OrderedDict[ModelChoice, _Place] = OrderedDict()  # longest unused first

    def get(self, choice: ModelChoice, on_progress: Progress | None = None) -> "Encoder":
        """The encoder of a choice; loaded when it is not here, once for all who ask meanwhile.

        Raises:
            ModelError: as :func:`load`.
            InputError: as :func:`load`.
        """
        check_allowed(choice.source)  # what is held may have another name that is allowed
        while True:
            key = key_of(choice)
            with self._guard:
                place = self._places.setdefault(key, _Place())
                self._places.move_to_end(key)
            with place.loading:
                if self._places.get(key) is not place:
                    continue  # let go, of no use, or under another key while this caller waited
                if place.encoder is None:
                    self._load(place, key, choice, on_progress)
                if place.encoder is not None:
                    return place.encoder

    def holds(self, choice: ModelChoice) -> bool:
        """Whether the encoder of a choice is in memory."""
        key = key_of(choice)
        with self._guard:
            place = self._places.get(key)
            return place is not None and place.encoder is not None

    def loaded(self) -> "list[Encoder]":
        """The encoders in memory, the one unused for longest first."""
        with self._guard:
            return [each.encoder for each in self._places.values() if each.encoder is not None]

    def _load(
        self, place: "_Place", key: ModelChoice, choice: ModelChoice, on_progress: Progress | None
    ) -> None:
        from bert_core.model.loading import load

        try:
            found = load(
                # By the name it is asked for, except that a shipped model has but one.
                key if key.source in SHIPPED else choice,
                on_progress=on_progress,
                on_found=lambda found: self._make_room(place, choice, found),
            )
            self._on_loaded(found)
            place.encoder = found
        finally:
            self._settle(place, key)
        self._rename(place, key, key_of(choice))
        self._on_changed()

    def _rename(self, place: "_Place", key: ModelChoice, now: ModelChoice) -> None:
        """A hub model's commit is known when it has come; the same may be here by another name."""
        with self._guard:
            if key == now or self._places.get(key) is not place:
                return
            known = self._places.setdefault(now, place)
            del self._places[key]
        if known is not place:
            self._release([place.encoder])
            place.encoder = None

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
        self._release(gone)
        if gone:
            self._on_changed()

    def _settle(self, place: "_Place", key: ModelChoice) -> None:
        """After loading: forget a choice that failed, and let go what is too many."""
        gone = []
        with self._guard:
            place.coming_mib = 0.0
            if place.encoder is None and self._places.get(key) is place:
                del self._places[key]
            held = [each for each, there in self._places.items() if there.encoder is not None]
            held = [each for each in held if each != key][: max(0, len(held) - self._most)]
            for each in held:
                gone.append(self._places.pop(each).encoder)
        self._release(gone)

    def _release(self, gone: "list[Encoder | None]") -> None:
        """Give memory back; each after the pass that is under way."""
        # Whoever asked for another model may have left; what makes room for it is done to its end.
        with until(threading.Event()):
            for each in gone:
                if each is not None:
                    self._on_gone(each)
                    each.release()


class _Place:
    """Where one encoder is, or will be."""

    def __init__(self) -> None:
        self.loading = threading.Lock()
        self.encoder: Encoder | None = None
        self.coming_mib = 0.0
