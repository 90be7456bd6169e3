"""Instances as JSON lines, with pieces instead of ids, as the reference prints them."""

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bert_core.data.pretraining.store import Instance, InstanceStore
from bert_core.errors import InputError

_OFTEN = 512


def write_jsonl(
    store: InstanceStore,
    path: Path,
    pieces: Sequence[str],
    *,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Write one JSON object per instance, in the store's order; ASCII only.

    Args:
        store: the instances.
        path: where to; an older file is replaced when the new one is whole.
        pieces: the vocabulary that the store was made with.
        on_progress: told the instances written and the instances in all.
        check: called often; may raise to stop.

    Raises:
        InputError: another vocabulary, or the file cannot be written.
    """
    store.require(pieces)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("w", encoding="ascii", newline="\n") as file:
            for number, instance in enumerate(store):
                if number % _OFTEN == 0:
                    check()
                    on_progress(number, len(store))
                file.write(json.dumps(as_record(instance, pieces)) + "\n")
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.", field="out") from error
    finally:
        partial.unlink(missing_ok=True)
    on_progress(len(store), len(store))


def as_record(instance: Instance, pieces: Sequence[str]) -> dict[str, Any]:
    """An instance under the reference's names, with pieces as texts.

    Returns:
        ``tokens``, ``segment_ids``, ``is_random_next``, ``masked_lm_positions`` and
        ``masked_lm_labels``, ready for JSON.
    """
    return {
        "tokens": [pieces[piece] for piece in instance.ids.tolist()],
        "segment_ids": instance.segments.tolist(),
        "is_random_next": instance.is_random_next,
        "masked_lm_positions": instance.positions.tolist(),
        "masked_lm_labels": [pieces[piece] for piece in instance.labels.tolist()],
    }
