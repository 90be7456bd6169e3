"""Somebody's predictions, as run_squad.py and others write them: an object of texts by id."""

import math
import os
from typing import Any

from bert_core.data.jsons import parse
from bert_core.data.source import read_source
from bert_core.errors import InputError


def read_predictions(path: str | os.PathLike[str]) -> dict[str, str]:
    """Read answers by question id; ``""`` is no answer.

    Raises:
        InputError: the file cannot be read, or is something else.
    """
    name, found = _object(path, "predictions", '{"ID": "answer", ...}')
    for id_, text in found.items():
        if not isinstance(text, str):
            raise InputError(
                f"{name}: the prediction for {id_[:60]!r} is no text. Each one is the answer to a "
                'question, "" where there is none.',
                field="predictions",
            )
    return found


def read_na_probs(path: str | os.PathLike[str]) -> dict[str, float]:
    """Read how sure it is that a question has no answer, by id.

    Args:
        path: run_squad's null_odds.json, or probabilities in the same form.

    Raises:
        InputError: the file cannot be read, or is something else.
    """
    name, found = _object(path, "na_probs", '{"ID": 0.5, ...}')
    for id_, value in found.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise InputError(
                f"{name}: the value for {id_[:60]!r} is no number. Each one says how sure it is "
                "that the question has no answer.",
                field="na_probs",
            )
    return {id_: float(value) for id_, value in found.items()}


def _object(path: str | os.PathLike[str], field: str, form: str) -> tuple[str, dict[str, Any]]:
    source = read_source(path)
    name = source.path.name
    if not source.text.strip():
        raise InputError(f"{name} is empty; {form} is expected.", field=field)
    try:
        found, _ = parse(source.text)
    except InputError as error:
        raise InputError(f"{name}: {error}", field=field) from None
    if not isinstance(found, dict):
        raise InputError(f"{name} is not an object {form}.", field=field)
    return name, found
