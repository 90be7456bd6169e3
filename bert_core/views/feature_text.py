"""Features of files as text for a terminal."""

from bert_core.features.extract import Estimate, Extraction
from bert_core.features.lines import NAMED
from bert_core.views.numbers import counted

_MIB = 2**20
_SHOWN = 10


def estimate(found: Estimate) -> str:
    """What an extraction will take, in one line."""
    return (
        f"{counted(found.lines, 'line')}, {counted(found.pieces, 'word piece')}, about "
        f"{size(found.bytes)}."
    )


def extraction(found: Extraction) -> str:
    """What was written, and what of the lines was not."""
    speed = found.pieces / found.seconds
    lines = [
        f"Wrote {found.out}: {size(found.bytes)}, {counted(found.rows, 'row')} of "
        f"{counted(len(found.layers), 'layer')} x {found.hidden:,}.",
        f"{counted(found.lines, 'line')}, of them {counted(found.pairs, 'pair')} and "
        f"{found.blank:,} blank; {counted(found.pieces, 'word piece')} in {found.seconds:.1f} s, "
        f"{speed:,.0f} a second.",
    ]
    if found.cut:
        lines.append(cut(found))
    return "\n".join(lines)


def cut(found: Extraction) -> str:
    """Which lines were cut, in a sentence."""
    named = ", ".join(f"{line:,}" for line in found.first_cut[:_SHOWN])
    rest = ", ..." if found.cut > _SHOWN else ""
    listed = f" (--json lists the first {NAMED})" if found.cut > _SHOWN else ""
    was = "was" if found.cut == 1 else "were"
    return (
        f"{counted(found.cut, 'line')} longer than {found.max_length:,} word pieces {was} cut, "
        f"{counted(found.left_out, 'piece')} left out: line{'s'[: found.cut > 1]} "
        f"{named}{rest}{listed}."
    )


def size(number: int) -> str:
    """Bytes as people read them.

    Example:
        >>> size(20_000), size(3_500_000), size(7 * 2**30)
        ('20 KiB', '3.3 MiB', '7.0 GiB')
    """
    if number < _MIB:
        return f"{number / 2**10:.0f} KiB"
    return f"{number / _MIB:.1f} MiB" if number < 2**30 else f"{number / 2**30:.1f} GiB"
