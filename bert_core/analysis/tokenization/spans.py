"""Two ways to cut one text, brought together where both have a boundary."""

from collections.abc import Sequence

Span = tuple[int, int]
"""Characters of a text: the first, and the one after the last."""


def together(first: Sequence[Span], second: Sequence[Span]) -> list[tuple[range, range]]:
    """The smallest stretches at whose ends both lists have a boundary.

    Args:
        first: spans of a text in ascending order; characters may be left out.
        second: others of the same text.

    Returns:
        For each stretch the indices of its spans in the first list and in the second; one of the
        two may be empty.

    Example:
        >>> together([(0, 4), (5, 9)], [(0, 2), (2, 4), (5, 9)])
        [(range(0, 1), range(0, 2)), (range(1, 2), range(2, 3))]
    """
    found = []
    i = j = 0
    while i < len(first) or j < len(second):
        begun, end = (i, j), -1
        while True:
            # A stretch takes in what begins before its end, and always what it begins with.
            if i < len(first) and _joins(first[i], end, second, j):
                end = max(end, first[i][1])
                i += 1
            elif j < len(second) and _joins(second[j], end, first, i):
                end = max(end, second[j][1])
                j += 1
            else:
                break
        found.append((range(begun[0], i), range(begun[1], j)))
    return found


def _joins(span: Span, end: int, others: Sequence[Span], at: int) -> bool:
    """Whether a span belongs to a stretch that reaches ``end``; -1: to one that has not begun."""
    if end >= 0:
        return span[0] < end
    return at == len(others) or span[0] <= others[at][0]
