"""The formats of features, by the ending of the file."""

from collections.abc import Mapping
from pathlib import Path

from bert_core.errors import InputError
from bert_core.features.jsonl import JsonLines
from bert_core.features.npz import Npz
from bert_core.features.parquet import Parquet
from bert_core.features.writing import Writer

WRITERS: Mapping[str, type[Writer]] = {".jsonl": JsonLines, ".npz": Npz, ".parquet": Parquet}


def writer_for(out: Path) -> type[Writer]:
    """Which writer a file's ending means.

    Raises:
        InputError: none.
    """
    if out.suffix not in WRITERS:
        raise InputError(
            f"'{out.name[-60:]}' ends in '{out.suffix}'; features are written as .jsonl, .npz or "
            ".parquet. Give the file one of these endings.",
            field="out",
        )
    return WRITERS[out.suffix]
