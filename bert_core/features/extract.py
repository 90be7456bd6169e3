"""Hidden states of chosen layers for every piece of every line of a file.

This is extract_features.py of google-research/bert: the same lines, the same pieces, the same
layers. It differs in what it costs: lines of like length go through the model together, nothing
is padded to the longest possible input, and no more than a buffer is ever in memory.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from bert_core.checks import is_whole, shown
from bert_core.data.source import check_file
from bert_core.errors import InputError
from bert_core.features.formats import writer_for
from bert_core.features.layers import from_end
from bert_core.features.lines import Counts, Line, in_buffers, read_lines
from bert_core.features.space import check_space
from bert_core.features.writing import Pool, Shape, Writer, check_rows
from bert_core.model import batching
from bert_core.model.checkpoints import MIN_PIECES
from bert_core.model.encoder import Encoder
from bert_core.model.trace import Floats
from bert_core.model.tracing import to_numpy
from bert_core.output import check_place, whole_file
from bert_core.tasks.distribution import refuse_no_numbers

LAYERS = (-1, -2, -3, -4)
MAX_LENGTH = 128
BUFFER_BYTES = 64 * 2**20
"""Hidden states that are held, so that lines of like length find each other and stay in order."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an extraction will take, counted before it begins.

    Attributes:
        lines: of the file.
        pieces: word pieces that go through the model, special ones included.
        cut: lines that are longer than the input.
        bytes: of the result, about.
    """

    lines: int
    pieces: int
    cut: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Extraction:
    """A file of features that was written.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        path: the file that was read.
        out: the file that was written.
        layers: counted from the end, -1 is the last.
        hidden: width of a hidden state (H).
        pool: ``"none"``: a row for each piece; ``"cls"``, ``"mean"``: one for each line.
        max_length: longest input in word pieces, special ones included.
        lines: all lines.
        blank: lines with nothing on them; they have their special pieces.
        pairs: lines of two texts.
        pieces: word pieces of all lines, special ones included.
        rows: what was written for them.
        cut: lines of which something was left out.
        left_out: pieces that were left out of them.
        first_cut: the first 100 cut lines, counted from 1.
        bytes: of the written file.
        seconds: from the beginning to the end.
    """

    model: str
    path: str
    out: str
    layers: tuple[int, ...]
    hidden: int
    pool: Pool
    max_length: int
    lines: int
    blank: int
    pairs: int
    pieces: int
    rows: int
    cut: int
    left_out: int
    first_cut: tuple[int, ...]
    bytes: int
    seconds: float


def extract(
    encoder: Encoder,
    path: str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    layers: Sequence[int] = LAYERS,
    max_length: int | None = None,
    pool: Pool = "none",
    on_estimate: Callable[[Estimate], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Extraction:
    """Write hidden states of every line of a file to another file.

    Args:
        encoder: the model.
        path: UTF-8 text, a line for each input; ``A ||| B`` is a pair.
        out: a name that ends in .jsonl, .npz or .parquet; see :mod:`.jsonl`, :mod:`.npz` and
            :mod:`.parquet`. It appears when everything is written, and replaces what had the
            name before.
        layers: counted from the end, -1 is the last; 0 is the input of the first.
        max_length: longest input in word pieces, special ones included; what is longer is cut and
            counted. None: 128, or what the model reads if that is less.
        pool: ``"none"``: a row for each piece; ``"cls"``: the first piece of a line; ``"mean"``:
            the mean over all its pieces, special ones included.
        on_estimate: told what it will take before it begins; may raise to stop.
        on_progress: told how many word pieces are done, and of how many; may raise to stop.

    Raises:
        InputError: the file cannot be read, the result not be written or is larger than the disk,
            or an option does not fit the model.
        RunError: the file was changed while it was read.
    """
    began = time.monotonic()
    path, out = Path(path), Path(out)
    kind = writer_for(out)
    check_file(path)  # it is read twice, which a pipe cannot be
    check_place(out, path)
    named = from_end(layers, encoder.checkpoint.layers)
    length = _length(encoder, max_length)
    if pool not in get_args(Pool):
        known = ", ".join(get_args(Pool))
        raise InputError(f"The pooling is {shown(pool)}: use one of {known}.", field="pool")
    shape, counts = _count(encoder, path, length, named, pool)
    needed = kind.size(shape)
    if on_estimate is not None:
        on_estimate(Estimate(shape.lines, counts.pieces, counts.cut, needed))
    check_space(out, needed)
    with whole_file(out) as file, kind(file, shape) as writer:
        _write(encoder, writer, read_lines(encoder, path, length), counts, on_progress)
    return Extraction(
        model=encoder.label, path=str(path), out=str(out), layers=named, hidden=shape.hidden,
        pool=pool, max_length=length, lines=counts.lines, blank=counts.blank, pairs=counts.pairs,
        pieces=counts.pieces, rows=shape.rows, cut=counts.cut, left_out=counts.left_out,
        first_cut=tuple(counts.first_cut), bytes=out.stat().st_size,
        seconds=time.monotonic() - began,
    )  # fmt: skip


def _write(
    encoder: Encoder,
    writer: Writer,
    given: Iterator[Line],
    counts: Counts,
    on_progress: Callable[[int, int], None] | None,
) -> None:
    """Go through the lines a buffer at a time."""
    shape = writer.shape
    done = rows = lines = 0
    for buffer in in_buffers(given, _buffer_pieces(shape)):
        values = states(encoder, buffer, shape.layers, shape.pool)
        lines, rows = lines + len(buffer), rows + sum(map(len, values))
        writer.write(buffer, values)
        done += sum(len(line.ids) for line in buffer)
        if on_progress is not None:
            on_progress(done, counts.pieces)
    check_rows(shape, rows, lines)


def states(
    encoder: Encoder, lines: Sequence[Line], layers: Sequence[int], pool: Pool = "none"
) -> list[Floats]:
    """Hidden states of some lines, batched by length.

    Args:
        encoder: the model.
        lines: B inputs of any lengths.
        layers: K layers, counted from the end.
        pool: see :func:`extract`.

    Returns:
        For each line float32 of shape (T, K, H), or (1, K, H) where it is pooled.

    Raises:
        InputError: the model computed values that are no numbers.
    """
    levels = [encoder.checkpoint.layers + 1 + layer for layer in layers]
    found: dict[int, Floats] = {}
    for members in batching.plan([len(line.ids) for line in lines]):
        batch = [lines[member] for member in members]
        with encoder.computing(len(batch), bounded=not found) as body:
            levelled = [to_numpy(each) for each in body.states(batch, levels)]
        for row, member in enumerate(members):
            length = len(lines[member].ids)
            whole: Floats = np.stack([level[row, :length] for level in levelled], axis=1)
            found[member] = _pooled(whole, pool)
            refuse_no_numbers(found[member])
    return [found[member] for member in range(len(lines))]


def _pooled(whole: Floats, pool: Pool) -> Floats:
    """Rows (T, K, H) as they are, or one for all of them."""
    if pool == "cls":
        return whole[:1].copy()
    return whole.mean(axis=0, keepdims=True) if pool == "mean" else whole


def _count(
    encoder: Encoder, path: Path, length: int, layers: tuple[int, ...], pool: Pool
) -> tuple[Shape, Counts]:
    """Go through the file once, to know what is to come."""
    counts = Counts()
    for line in read_lines(encoder, path, length):
        counts.add(line)
    if not counts.lines:
        raise InputError(f"{path} is empty. Put one text on each line.", field="path")
    shape = Shape(
        rows=counts.pieces if pool == "none" else counts.lines,
        lines=counts.lines,
        layers=layers,
        hidden=encoder.checkpoint.hidden,
        pool=pool,
        pieces=tuple(encoder.tokenizer.vocabulary.pieces),
        model=encoder.label,
    )
    return shape, counts


def _buffer_pieces(shape: Shape) -> int:
    """Pieces whose hidden states are held at a time."""
    row = len(shape.layers) * shape.hidden * 4
    return max(batching.BATCH_PIECES, BUFFER_BYTES // row)


def _length(encoder: Encoder, asked: int | None) -> int:
    most = encoder.tokenizer.max_pieces
    if asked is None:
        return min(MAX_LENGTH, most)
    if not is_whole(asked, MIN_PIECES, most):
        raise InputError(
            f"The longest input is {shown(asked)} word pieces; this model reads {MIN_PIECES} to "
            f"{most:,}.",
            field="max_length",
        )
    return asked
