"""What every format of features has in common: what is to come, and a writer that takes it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Literal, Self

from bert_core.errors import RunError
from bert_core.features.lines import Line
from bert_core.model.trace import Floats

Pool = Literal["none", "cls", "mean"]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file of features is made of.

    Attributes:
        rows: of all lines: word pieces, or lines where they are pooled.
        lines: of the file that is read.
        layers: the K layers, counted from the end.
        hidden: width of a hidden state (H).
        pool: how the pieces of a line become one row.
        pieces: the vocabulary.
        model: name of the model.
    """

    rows: int
    lines: int
    layers: tuple[int, ...]
    hidden: int
    pool: Pool
    pieces: tuple[str, ...]
    model: str

    def tokens(self, line: Line) -> list[str]:
        """What the rows of a line are called."""
        if self.pool != "none":
            return [self.pool]
        return [self.pieces[id_] for id_ in line.ids]


class Writer(ABC):
    """A file of features under way; closed at the end of its ``with`` block.

    Args:
        file: where to; open, and closed by whoever opened it.
        shape: what is to come.
    """

    def __init__(self, file: IO[bytes], shape: Shape) -> None:
        self.file = file
        self.shape = shape

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.finish()

    @abstractmethod
    def write(self, lines: Sequence[Line], values: Sequence[Floats]) -> None:
        """Write some lines, each with its values of shape (rows, K, H)."""

    @abstractmethod
    def finish(self) -> None:
        """Write what comes after the last line."""

    @staticmethod
    @abstractmethod
    def size(shape: Shape) -> int:
        """Bytes of a whole file, about."""


def check_rows(shape: Shape, rows: int, lines: int) -> None:
    """Refuse a result that has other rows than were counted before.

    Raises:
        RunError: the file that is read was changed meanwhile.
    """
    if (rows, lines) != (shape.rows, shape.lines):
        raise RunError(
            f"The file was changed while it was read: it had {shape.lines:,} lines, then "
            f"{lines:,}. Nothing was kept; start again."
        )
