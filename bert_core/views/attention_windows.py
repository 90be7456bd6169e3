"""Windows of the grid: which rows and columns of every head are drawn, weight by weight.

A head of a long text has more weights on a side than its cell has room for. Its rows are then cut
into windows as large as a cell can show, and so are its columns, each in its own counting: a
block such as A→B has pieces of A for rows and pieces of B for columns.
"""

from dataclasses import dataclass, replace

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.views.attention_levels import Levels, thinned
from bert_core.views.numbers import counted

GRID_BYTES = 4_000_000
"""Most bytes of a grid's buffer."""
CELL_PIXELS = 80
"""Most dots on a side of one head in the grid; a wide page has about as many pixels for it."""
MOST_WINDOWS = 22
"""Windows on a side that can be named in a link: two of them are one number below 512."""
LETTERS = 12


@dataclass(frozen=True, slots=True)
class Window:
    """What the grid draws of every head.

    Attributes:
        rows: places among the rows of the weights.
        columns: places among the columns.
        said: the same in a sentence.
    """

    rows: range
    columns: range
    said: str


def windows(length: int, most: int) -> tuple[range, ...]:
    """Cut a side into windows of ``most`` units; the last one is moved back to be full.

    Args:
        length: units of the side, >= 1.
        most: units that fit, >= 1.

    Example:
        >>> windows(7, 3)
        (range(0, 3), range(3, 6), range(4, 7))
    """
    size = min(length, most)
    starts = (min(start, length - size) for start in range(0, length, size))
    return tuple(range(start, start + size) for start in starts)


def grid_windows(shape: tuple[int, ...]) -> tuple[tuple[range, ...], tuple[range, ...]]:
    """The windows of rows and those of columns that a grid of such weights has.

    Args:
        shape: of the weights, (L, A, N, M).
    """
    layers, heads, rows, columns = shape
    most = most_dots(layers * heads)
    return windows(rows, most), windows(columns, most)


def number_of(row: int, column: int) -> int:
    """The one number, >= 1, of a window of rows and a window of columns, both from 0."""
    return row * MOST_WINDOWS + column + 1


def places_of(number: int, rows: int, columns: int) -> tuple[int, int] | None:
    """Which windows a number names, from 0; None for a number that names none.

    Args:
        number: from :func:`number_of`.
        rows: how many windows the rows have.
        columns: how many the columns have.
    """
    row, column = divmod(number - 1, MOST_WINDOWS)
    return (row, column) if 0 <= row < rows and column < columns else None


def window_of(result: AttentionResult, rows: range, columns: range) -> Window:
    """A window with a sentence on what it shows.

    Args:
        result: what is shown.
        rows: from :func:`windows` of its rows.
        columns: from :func:`windows` of its columns.
    """
    level, count = result.level, len(result.units)
    said = (
        f"Shown are {level}s {_span(result.rows, rows)} (down) looking at "
        f"{_span(result.columns, columns)} (across) of {counted(count, level)}, "
        "each weight as a dot of its own."
    )
    return Window(rows, columns, said)


def window_name(result: AttentionResult, places: tuple[int, ...], window: range) -> str:
    """How a window is offered: "pieces 81–160, from 'rain' to 'gate'".

    Args:
        result: what is shown.
        places: its rows or its columns.
        window: some of them.
    """
    ends = (result.units[places[at]].text for at in (window[0], window[-1]))
    first, last = (text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…" for text in ends)
    return f"{result.level}s {_span(places, window)}: {first} … {last}"


def _span(places: tuple[int, ...], window: range) -> str:
    """Where a window lies in the text, counted from 1."""
    return f"{places[window[0]] + 1}–{places[window[-1]] + 1}"


def most_dots(cells: int) -> int:
    """Dots on a side of one head in a grid of so many heads."""
    return min(CELL_PIXELS, int((GRID_BYTES / cells) ** 0.5))


def drawn_levels(levels: Levels, window: Window | None = None) -> tuple[Levels, str]:
    """The levels that are drawn, and a sentence on what they are of the whole.

    Args:
        levels: of shape (L, A, N, M).
        window: the part that is drawn; None: the whole, in blocks where it does not fit.

    Raises:
        ValueError: the window is larger than a cell.
    """
    layers, heads = levels.values.shape[:2]
    most = most_dots(layers * heads)
    if window is None:
        small = thinned(levels, most)
        return small, _blocks(levels.values.shape, small.values.shape)
    if max(len(window.rows), len(window.columns)) > most:
        raise ValueError(f"A window of {window.rows}, {window.columns} is no cell of {most}.")
    rows, columns = (slice(side.start, side.stop) for side in (window.rows, window.columns))
    return replace(levels, values=levels.values[..., rows, columns]), window.said


def _blocks(full: tuple[int, ...], small: tuple[int, ...]) -> str:
    if full == small:
        return ""
    rows, columns = (-(-full[axis] // small[axis]) for axis in (-2, -1))
    return (
        f"Each dot is the largest of up to {rows} × {columns} weights, "
        f"for {full[-2]} × {full[-1]} do not fit in a cell."
    )
