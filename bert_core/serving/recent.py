"""What was looked at last, as much of it as fits."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Values by key, shared by all threads: the one unused for longest makes room first.

    Nothing is copied, so whoever gets a value does not change it.

    Args:
        most: sizes of all values together, in bytes or what else they are counted in; what is
            larger by itself is not held.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._held: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()

    @property
    def size(self) -> int:
        """Sizes of what is held, together."""
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
            size: its size.
        """
        if size > self._most:
            return
        with self._guard:
            self._held[key] = value, size
            self._held.move_to_end(key)
            while sum(each for _, each in self._held.values()) > self._most:
                self._held.popitem(last=False)

    def get_or_make(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """The value of a key, made and held where there is none.

        Args:
            key: the value's.
            make: the value.
            size: the size of a value that was made.
        """
        found = self.get(key)
        if found is None:
            found = make()
            self.put(key, found, size(found))
        return found
