"""What was looked at last, as much of it as fits into so many bytes."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, shared by all threads: the one unused for longest makes room first.

    Nothing is copied, so whoever gets a value does not change it.

    Args:
        most: bytes of all values together; what is larger by itself is not held.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes of what is held."""
        with self._guard:
            return sum(size for _, size in self._held.values())

    def get(self, key: Hashable) -> T | None:
        """The value of a key, or None."""
        with self._guard:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def put(self, key: Hashable, value: T, size: int) -> None:
        """Hold a value.

        Args:
            key: the value's.
            value: what is held.
            size: its bytes.
        """
        if size > self._most:
            return
        with self._guard:
            self._held[key] = value, size
            self._held.move_to_end(key)
            while sum(each for _, each in self._held.values()) > self._most:
                self._held.popitem(last=False)
