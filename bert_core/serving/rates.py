"""How often one visitor may ask: a bucket of tokens for each, filled at a steady rate."""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from bert_core.errors import BusyError

MOST_VISITORS = 10_000
"""Visitors that are remembered; of more, those who asked longest ago are forgotten."""


class Rates:
    """Buckets of all visitors.

    A bucket holds the requests of one minute and is full at first, so that a page's many small
    questions at its opening are no fault; from then on it fills evenly.

    Args:
        per_minute: requests of one visitor in a minute.
        clock: seconds, from any point in time.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(per_minute)
        self._clock = clock
        self._guard = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def __len__(self) -> int:
        """How many visitors are remembered."""
        return len(self._buckets)

    def spend(self, visitor: str, requests: int = 1, *, taken: int = 0) -> None:
        """Take a visitor's requests from its bucket; one that is refused takes nothing.

        Args:
            visitor: whoever is counted: a session, a token, an address.
            requests: how many at once; more than a bucket holds are as many as it holds.
            taken: how many of these were taken before.

        Raises:
            BusyError: the bucket holds too few, with the seconds until it holds enough.
        """
        wanted = max(0.0, min(float(requests), self._most) - taken)
        with self._guard:
            now = self._clock()
            held, since = self._buckets.pop(visitor, (self._most, now))
            held = min(self._most, held + (now - since) * self._most / 60)
            # A request that the clock's rounding has at 0.9999999 is one.
            enough = held + 1e-6 >= wanted
            self._buckets[visitor] = (max(0.0, held - wanted) if enough else held, now)
            while len(self._buckets) > MOST_VISITORS:
                self._buckets.popitem(last=False)
        if not enough:
            seconds = max(1, math.ceil((wanted - held) * 60 / self._most))
            raise BusyError(
                f"You have asked for more than {self._most:,.0f} "
                f"answer{'s' if self._most != 1 else ''} in a minute. "
                f"Go on in {seconds} second{'s' if seconds != 1 else ''}.",
                seconds=seconds,
            )
