"""Lengths of windows that a model can read."""

from dataclasses import replace

from bert_core.errors import InputError
from bert_core.settings import read_settings
from bert_core.tasks.spans.features import SpanSettings, check_lengths


def fitting(layout: SpanSettings | None, max_pieces: int, *, specials: int) -> SpanSettings:
    """The lengths to use with a model.

    Args:
        layout: what was asked for; None: run_squad's, or shorter where the model reads less.
        max_pieces: the longest input that the model reads.
        specials: special pieces of an input with two texts.

    Raises:
        InputError: an input longer than the model reads, or a step longer than a window.
    """
    if layout is None:
        usual = SpanSettings()
        longest = min(usual.max_seq_length, max_pieces)
        return replace(
            usual,
            max_seq_length=longest,
            max_query_length=min(usual.max_query_length, longest // 3),
            doc_stride=min(usual.doc_stride, longest // 3),
        )
    check_lengths(layout)
    if layout.max_seq_length > max_pieces:
        raise InputError(
            f"max_seq_length is {layout.max_seq_length:,}; this model reads at most "
            f"{max_pieces:,} word pieces at once. Set it lower.",
            field="max_seq_length",
        )
    room = layout.max_seq_length - layout.max_query_length - specials
    if not layout.overlap and 0 < room < layout.doc_stride:
        raise InputError(
            f"doc_stride is {layout.doc_stride:,}, but beside a question of max_query_length = "
            f"{layout.max_query_length:,} word pieces a window holds {room:,} of the text: a step "
            f"that large would leave some out. Set it to {room:,} or less.",
            field="doc_stride",
        )
    return layout


def refuse_many(pieces: int, layout: SpanSettings, *, specials: int) -> None:
    """Refuse a context that would take hours to read.

    Args:
        pieces: of the context.
        layout: lengths of windows.
        specials: special pieces of an input with two texts.

    Raises:
        InputError: it would be cut into more windows than the operator allows.
    """
    room = layout.max_seq_length - layout.max_query_length - specials
    count = -(-(pieces - room) // max(1, layout.step(room))) + 1
    most = read_settings().windows
    if count > most:
        raise InputError(
            f"The document would be read in up to {count:,} windows; at most {most:,} are. "
            "Set doc_stride or max_seq_length higher.",
            field="doc_stride",
        )
