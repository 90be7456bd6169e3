"""Attention weights as CSV, NPZ and JSON: exact numbers, nothing rounded.

How things are counted, in all three:

- layers and heads from 1, as everywhere else: head 5.7 is the 7th head of the 5th layer, for
  which the library says ``attentions[4][0, 6]``;
- pieces and words from 0, special ones included: position 0 is [CLS].

A CSV has one line for each weight: ``layer``, ``head`` (empty where the measure joins all heads),
``from`` and ``to`` (positions of the unit that looks and of the one looked at), ``from_text`` and
``to_text``, ``weight``, and ``level`` (piece or word). The other two say the same of themselves
under ``about``. Of a difference the column ``weight`` is called ``difference``, and the other two
say under ``minus`` what was subtracted.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.corpus import CorpusResult
from bert_core.analysis.attention.levels import Unit
from bert_core.errors import InputError
from bert_core.views.records import harmless, to_record
from bert_core.views.rows import Row

COLUMNS = ("layer", "head", "from", "to", "from_text", "to_text", "weight", "level")
MOST_WEIGHTS = 4_000_000
"""Weights of one text in memory: about 200 MB as CSV."""
ABOUT = (
    "weights[i, j, m, n] is the attention of head heads[j] in layer layers[i] from unit rows[m] to "
    "unit columns[n]. Layers and heads are counted from 1; one entry stands in place of the heads "
    "where the measure joins them. Units (pieces or words) are counted from 0, special ones "
    "included; spans are half-open character ranges in the text of the unit's sequence (0 or 1)."
)
_LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")


def attention_csv(result: AttentionResult) -> str:
    """One line for each weight, see the head of this module.

    A text that a spreadsheet would take for a formula gets a leading apostrophe.

    Raises:
        InputError: there are more weights than ``MOST_WEIGHTS``.
    """
    _refuse_large(result, "CSV")
    return "".join(csv_parts(result))


def csv_parts(result: AttentionResult) -> Iterator[str]:
    """The same in parts, head by head, however large it is."""
    out = io.StringIO()
    writer = csv.writer(out)
    named = {"weight": "difference"} if result.minus else {}
    writer.writerow(named.get(column, column) for column in COLUMNS)
    texts = [str(harmless(unit.text)) for unit in result.units]
    sides = [
        (row, column, texts[row], texts[column]) for row in result.rows for column in result.columns
    ]
    for layer, heads in zip(result.layers, result.weights, strict=True):
        for head, weights in zip(result.heads or ("",), heads, strict=True):
            # The shortest decimals that give the same float32 again.
            values = weights.ravel().astype(str).tolist()
            rows = zip(repeat(layer), repeat(head), sides, values, repeat(result.level))
            writer.writerows((layer, head, *side, *rest) for layer, head, side, *rest in rows)
            yield out.getvalue()
            out.seek(0)
            out.truncate()


def attention_npz(result: AttentionResult) -> bytes:
    """Arrays for numpy, with nothing pickled: ``numpy.load(file, allow_pickle=False)``.

    ``weights`` is float32 of shape (layers, heads, rows, columns); ``about`` says how things are
    counted. ``tokens`` are the texts of all units, ``spans`` their characters (-1 for a special
    one) and ``sequences`` the text they stand in (-1 likewise).
    """
    units = result.units
    out = io.BytesIO()
    np.savez(
        out,
        about=_text(ABOUT),
        weights=result.weights,
        layers=np.array(result.layers, dtype=np.int64),
        heads=np.array(result.heads, dtype=np.int64),
        rows=np.array(result.rows, dtype=np.int64),
        columns=np.array(result.columns, dtype=np.int64),
        hidden=result.hidden,
        outside=result.outside,
        emptied=result.emptied,
        tokens=_text([unit.text for unit in units]),
        spans=np.array([unit.span or (-1, -1) for unit in units], dtype=np.int64),
        sequences=np.array([_sequence(unit) for unit in units], dtype=np.int64),
        special=np.array([unit.special for unit in units], dtype=np.bool_),
        ids=np.array(result.tokens.ids, dtype=np.int64),
        pieces=_text(result.tokens.pieces),
        words=np.array(_words(result), dtype=np.int64),
        text=_text(result.tokens.text),
        pair=_text(result.tokens.pair or ""),
        model=_text(result.model),
        measure=_text(result.measure),
        level=_text(result.level),
        block=_text(result.block),
        minus=_text(result.minus),
        notes=_text(result.notes),
        versions=_text([f"{name} {found}" for name, found in versions().items()]),
    )
    return out.getvalue()


def attention_json(result: AttentionResult) -> str:
    """The whole result as JSON.

    Raises:
        InputError: there are more weights than ``MOST_WEIGHTS``.
    """
    _refuse_large(result, "JSON")
    record = {"about": ABOUT, "versions": versions(), **to_record(result)}
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def corpus_rows(result: CorpusResult) -> list[Row]:
    """One row for each head over many sentences.

    Layers and heads are counted from 1. For each figure of :class:`.table.HeadRow` there are its
    mean and its spread (standard deviation) over the sentences that have it, None where there
    are none; for each pattern the share of sentences in which the head had that name.
    """
    rows: list[Row] = []
    for layer, head in np.ndindex(*result.mean.shape[1:]):
        row: Row = {"layer": layer + 1, "head": head + 1, "sentences": result.sentences}
        for at, name in enumerate(result.names):
            row[f"{name}_mean"] = _number(result.mean[at, layer, head])
            row[f"{name}_spread"] = _number(result.spread[at, layer, head])
        for at, pattern in enumerate(result.patterns):
            row[f"pattern_{pattern}"] = float(
                result.pattern_counts[at, layer, head] / result.sentences
            )
        rows.append(row)
    return rows


def corpus_csv(result: CorpusResult) -> str:
    """:func:`corpus_rows` as CSV."""
    rows = corpus_rows(result)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def corpus_record(result: CorpusResult) -> dict[str, Any]:
    """The same for JSON, with what was left out."""
    return {
        "model": result.model,
        "sentences": result.sentences,
        "pieces": result.pieces,
        "heads": corpus_rows(result),
        "bad": to_record(result.bad),
    }


def versions() -> dict[str, str]:
    """What the numbers were computed with."""
    from bert_core import __version__

    return {"bert_core": __version__, **{name: version(name) for name in _LIBRARIES}}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _text(value: str | Sequence[str]) -> NDArray[np.str_]:
    """Text as numpy keeps it without pickling."""
    return np.array(value, dtype=np.str_)


def _sequence(unit: Unit) -> int:
    return -1 if unit.sequence is None else unit.sequence


def _words(result: AttentionResult) -> list[int]:
    """The word of each piece; -1 for a special one."""
    return [-1 if word is None else word for word in result.tokens.words]


def _refuse_large(result: AttentionResult, form: str) -> None:
    count = result.weights.size
    if count > MOST_WEIGHTS:
        raise InputError(
            f"These are {count:,} weights; a {form} file made here holds at most "
            f"{MOST_WEIGHTS:,}. Choose a layer or a head, or take NPZ.",
            field="layer",
        )
