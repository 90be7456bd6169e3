"""Room on the disk for a file of features."""

import shutil
from pathlib import Path

from bert_core.errors import InputError

_MIB = 2**20


def check_space(out: Path, needed: int) -> None:
    """Refuse a result that the disk has no room for.

    Args:
        out: the file to write.
        needed: its size in bytes.

    Raises:
        InputError: fewer than ``needed`` bytes are free.
    """
    free = shutil.disk_usage(out.parent).free
    if free < needed:
        raise InputError(
            f"The disk of {out.parent} has {free / _MIB:,.0f} MiB free; the features take about "
            f"{needed / _MIB:,.0f} MiB. Choose fewer layers, pool the pieces, or free some space.",
            field="out",
        )
