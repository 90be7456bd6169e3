"""Windows over a long context, and which of them sees each piece best (run_squad.py)."""

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]
"""First piece of the context in a window, and how many pieces follow from there."""


def plan_windows(pieces: int, room: int, step: int) -> list[Span]:
    """Cover the pieces of a context with windows.

    ``doc_stride`` is the step from one window to the next, not what two of them share.

    Args:
        pieces: pieces of the context.
        room: most of them in one window, >= 1.
        step: from the start of one window to that of the next, >= 1; never more than a window
            holds, so that no piece is left out.

    Returns:
        The windows in order; the last is the first that reaches the end. None without pieces.

    Example:
        >>> plan_windows(10, room=6, step=3)
        [(0, 6), (3, 6), (6, 4)]
    """
    found: list[Span] = []
    first = 0
    while first < pieces:
        length = min(pieces - first, room)
        found.append((first, length))
        if first + length == pieces:
            break
        first += min(length, step)
    return found


def owners(windows: list[Span], pieces: int) -> NDArray[np.int32]:
    """For each piece of the context, the window in which it has most context.

    The score of a window is the smaller of the pieces to the left and to the right, and a
    hundredth of its length; the first window wins a tie (``_check_is_max_context``).

    Returns:
        Indices of windows, int32 of shape (pieces,).
    """
    owner = np.zeros(pieces, dtype=np.int32)
    best = np.full(pieces, -1.0)
    for number, (first, length) in enumerate(windows):
        left = np.arange(length)
        score = np.minimum(left, left[::-1]) + 0.01 * length
        covered = slice(first, first + length)
        better = score > best[covered]
        best[covered][better] = score[better]
        owner[covered][better] = number
    return owner
