"""Results as plain records for JSON, and as rows for CSV. Exact numbers, no rounding."""

import csv
import dataclasses
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert_core.analysis.attention.ablation import AblationResult
from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.analysis.attention.ranking import RankingResult
from bert_core.analysis.attention.table import HeadTable
from bert_core.analysis.compare import ComparedWord, Comparison
from bert_core.analysis.directions import DirectionsResult
from bert_core.analysis.lens import LensResult
from bert_core.analysis.shift import ShiftResult
from bert_core.analysis.surprise import SurpriseResult
from bert_core.analysis.tokenization.compare import TokenizerComparison
from bert_core.analysis.tokenization.statistics import TokenStatistics
from bert_core.analysis.tokenization.tokenize import Tokenization
from bert_core.analysis.windows import Inspection
from bert_core.model.families import Family
from bert_core.model.tokens import Tokens
from bert_core.tasks.candidates import CandidateTable
from bert_core.tasks.choose import ChooseResult
from bert_core.tasks.classify import ClassifyResult
from bert_core.tasks.masked import FillResult
from bert_core.tasks.next_pairs import FollowerRanking
from bert_core.tasks.next_sentence import NextSentenceResult
from bert_core.tasks.paragraph import ParagraphResult
from bert_core.tasks.probe import ProbeTable
from bert_core.tasks.squad import AnswerResult
from bert_core.tasks.tag import TagResult
from bert_core.views.effect_rows import effect_rows
from bert_core.views.next_rows import NextResult, next_rows
from bert_core.views.rows import Row
from bert_core.views.token_rows import TokenResult, token_rows

_Masked = (
    FillResult
    | CandidateTable
    | ProbeTable
    | SurpriseResult
    | LensResult
    | DirectionsResult
    | Comparison
)
Result = (
    _Masked
    | AblationResult
    | RankingResult
    | LeaveOneOutResult
    | ClassifyResult
    | TagResult
    | ChooseResult
    | AnswerResult
    | Inspection
    | ShiftResult
    | HeadTable
    | NextResult
    | TokenResult
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may read a formula after; some take the full-width signs as well."""


def to_record(value: Any) -> Any:
    """Turn a result into dictionaries, lists, strings and numbers.

    Args:
        value: a result, or anything inside one.

    Returns:
        What ``json.dumps`` takes as it is. Tokens keep their text, pieces, ids and masks; an
        architecture its name.
    """
    if isinstance(value, Tokens):
        return {
            "text": value.text,
            "pair": value.pair,
            "pieces": list(value.pieces),
            "ids": list(value.ids),
            "masks": list(value.masks),
        }
    if isinstance(value, Family):
        return value.name
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: to_record(getattr(value, name)) for name in names}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): to_record(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_record(item) for item in value]
    return value


def to_json(value: Any) -> str:
    """A result as JSON text; a number that is none becomes an error, not invalid JSON."""
    return json.dumps(to_record(value), ensure_ascii=False, indent=2, allow_nan=False)


def to_rows(result: Result) -> list[Row]:
    """The main table of a result, one dictionary per row, units in the names."""
    match result:
        case AblationResult() | RankingResult() | LeaveOneOutResult():
            return effect_rows(result)
        case NextSentenceResult() | FollowerRanking() | ParagraphResult():
            return next_rows(result)
        case Tokenization() | TokenizerComparison() | TokenStatistics():
            return token_rows(result)
        case ClassifyResult() | TagResult() | ChooseResult() | AnswerResult():
            return _head_rows(result)
        case Inspection() | ShiftResult():
            return _head_rows(result)
        case HeadTable():
            return [_flat(head) for head in result.rows]
        case _:
            return _masked_rows(result)


def _masked_rows(result: _Masked) -> list[Row]:
    """What fits a mask, in all its views."""
    match result:
        case FillResult():
            return [
                {"position": mask.position, **_flat(each)}
                for mask in result.masks
                for each in mask.candidates
            ]
        case SurpriseResult():
            return [
                {**_flat(piece), "best_word": piece.best.word, "best_p": piece.best.probability}
                for piece in result.pieces
            ]
        case LensResult():
            return [
                {"layer": layer.layer, "entropy_bits": layer.entropy, **_flat(each)}
                for layer in result.layers
                for each in layer.candidates
            ]
        case DirectionsResult():
            return [
                {"direction": view.direction, "entropy_bits": view.entropy, **_flat(each)}
                for view in result.views
                for each in view.candidates
            ]
        case CandidateTable():
            return [{**_flat(row), "pieces": " ".join(row.pieces)} for row in result.rows]
        case ProbeTable():
            return [
                {**_flat(row), **{f"template_{i}": v for i, v in enumerate(row.by_template, 1)}}
                for row in result.rows
            ]
        case Comparison():
            return [_compared(row) for row in result.rows]


def _head_rows(
    result: ClassifyResult | TagResult | ChooseResult | AnswerResult | Inspection | ShiftResult,
) -> list[Row]:
    """The parts of an answer of a fine-tuned head, and of what its training moved."""
    match result:
        case ClassifyResult() if result.score is not None:
            return [{"score": result.score}]
        case ClassifyResult():
            return [_flat(each) for each in result.probabilities]
        case TagResult():
            return [_flat(word) for word in result.words]
        case ChooseResult():
            return [_flat(choice) for choice in result.choices]
        case AnswerResult():
            return [_flat(candidate) for candidate in result.nbest]
        case Inspection():
            return [_flat(span) for span in result.rejected]
        case ShiftResult():
            return [_flat(head) for head in result.heads]


def _compared(row: ComparedWord) -> Row:
    return {
        "word": row.word,
        **{f"rank_{i}": value for i, value in enumerate(row.ranks, 1)},
        **{f"probability_{i}": value for i, value in enumerate(row.probabilities, 1)},
    }


def to_csv(result: Result) -> str:
    """The main table of a result as CSV.

    A cell that a spreadsheet would take for a formula is kept from running by a leading
    apostrophe, since pieces and words can be typed by anybody.
    """
    rows = to_rows(result)
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]) if rows else ["empty"])
    writer.writeheader()
    writer.writerows({key: harmless(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def harmless(value: str | int | float | bool | None) -> str | int | float | bool | None:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def _flat(value: Any) -> Row:
    """The plain fields of a dataclass."""
    return {
        field.name: getattr(value, field.name)
        for field in dataclasses.fields(value)
        if isinstance(getattr(value, field.name), str | int | float | bool | None)
    }
