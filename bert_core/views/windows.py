"""The window inspector as tables: the windows, the pieces of one, and what was rejected."""

from collections.abc import Sequence

from bert_core.analysis.reasons import RULE_WORDS
from bert_core.analysis.rejected import RejectedView
from bert_core.analysis.window_pieces import PieceView
from bert_core.analysis.windows import Inspection, WindowView
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, signed
from bert_core.views.tables import BarTable

SHOWN = 120
"""Characters of a span in a table; a rejected one can be as long as a window."""


def summary(result: Inspection) -> str:
    """How many windows and spans there were, in one or two sentences."""
    read = f"Read in {counted(len(result.windows), 'window')}"
    if not result.pairs:
        return f"{read}."
    said = (
        f"{read}: {counted(result.pairs, 'span')} looked at, "
        f"{counted(result.candidates, 'candidate')}."
    )
    if result.null_window is None:
        return said
    return (
        f"{said} “No answer” has the score of window {result.null_window + 1:,}, where it is "
        "lowest."
    )


def windows(result: Inspection, *, first: int = 0, most: int | None = None) -> BarTable:
    """The windows; a bar is how far its best span leads its own "no answer".

    The window of the best span is in bold. Spans are left out where none were looked at.

    Args:
        result: all windows.
        first: the first that is shown, from 0.
        most: how many are; None: all that follow.
    """
    top = max((each.best.score for each in result.windows if each.best), default=None)
    spans = result.pairs > 0
    rows = tuple(
        Bar(
            (*_seen(each), *(_spans_of(each) if spans else ())),
            each.best.score - each.null_score if each.best else 0.0,
            emphasis=each.best is not None and each.best.score == top,
            note="; ".join(f"{rule}: {count:,}" for rule, count in each.rejected.items()),
        )
        for each in result.windows[first : None if most is None else first + most]
    )
    of_spans = (
        Column("best span", "text", help="That is allowed in this window."),
        Column("Bar", "bar"),
        Column("score", "number", help="Its start and end logit, in nats."),
        Column("candidates", "number", optional=True),
        Column("rejected", "number", optional=True),
    )
    columns = (
        Column("window", "number"),
        Column("reads", "number", optional=True,
               help="Characters of the text, counted from 0."),
        Column("asked about", "number", optional=True,
               help="Where it has most context: only there may an answer of run_squad begin."),
        Column("pieces", "number", help="Word pieces: asked about, of those read.", optional=True),
        Column("no answer", "number", help="Start and end logit of [CLS], in nats."),
        *(of_spans if spans else ()),
    )  # fmt: skip
    badge = counted(len(result.windows), "window")
    return BarTable(columns, rows, caption="Windows", badge=badge, slim=True)


def _seen(window: WindowView) -> tuple[str, ...]:
    return (
        f"{window.number + 1:,}",
        _characters(window.start, window.end),
        _characters(window.owned_start, window.owned_end),
        f"{window.owned:,} of {window.pieces:,}",
        signed(window.null_score),
    )


def _spans_of(window: WindowView) -> tuple[str, ...]:
    return (
        _short(window.best.text) if window.best else "–",
        signed(window.best.score) if window.best else "–",
        f"{window.candidates:,}",
        f"{sum(window.rejected.values()):,}",
    )


def pieces(found: Sequence[PieceView], window: int) -> BarTable:
    """The pieces of one window; its best start and its best end are in bold.

    Args:
        found: the pieces.
        window: its number, from 0.
    """
    rows = tuple(
        Bar(
            (f"{each.position:,}", each.piece, _characters(each.start, each.end),
             signed(each.start_logit), f"{each.start_rank:,}", signed(each.end_logit),
             f"{each.end_rank:,}", _asked(each)),
            emphasis=1 in (each.start_rank, each.end_rank),
        )
        for each in found
    )  # fmt: skip
    rank = "Place in this window, from 1; the best starts are paired with the best ends."
    columns = (
        Column("position", "number", optional=True),
        Column("piece", "word"),
        Column("characters", "number", help="Of the text, counted from 0.", optional=True),
        Column("start", "number", help="Logit as the first piece of an answer, in nats."),
        Column("start rank", "number", help=rank),
        Column("end", "number", help="Logit as the last piece of an answer, in nats."),
        Column("end rank", "number", help=rank),
        Column("asked in", "text", help="The window that gives the piece most context."),
    )
    badge = counted(len(rows), "piece")
    return BarTable(columns, rows, caption=f"Window {window + 1:,}", badge=badge, slim=True)


def rules(result: Inspection) -> BarTable:
    """How many spans each rule is against, in the order in which rules are looked at."""
    rows = tuple(
        Bar((rule, RULE_WORDS[rule], f"{count:,}"), float(count))
        for rule, count in result.counts.items()
        if count
    )
    columns = (
        Column("rule", "text"),
        Column("what it says", "text", optional=True),
        Column("Bar", "bar"),
        Column("spans", "number"),
    )
    badge = f"{sum(result.counts.values()):,} of {counted(result.pairs, 'span')}"
    return BarTable(columns, rows, caption="Why spans were rejected", badge=badge, slim=True)


def rejected(result: Inspection) -> BarTable:
    """The best rejected spans, each with the reason; those that would have won are in bold."""
    rows = tuple(
        Bar(
            (_short(each.text), each.why, _place(each), signed(each.score),
             signed(each.start_logit), signed(each.end_logit), f"{each.window + 1:,}",
             _characters(each.start, each.end)),
            emphasis=each.place == 1,
            note=each.rule,
        )
        for each in result.rejected
    )  # fmt: skip
    columns = (
        Column("span", "text"),
        Column("why not", "text"),
        Column("would be", "number", help="Place of its score among the candidates."),
        Column("score", "number", help="Start and end logit, in nats."),
        Column("start", "number", help="Logit of the first piece.", optional=True),
        Column("end", "number", help="Logit of the last piece.", optional=True),
        Column("window", "number", optional=True),
        Column("characters", "number", help="Of the text, counted from 0.", optional=True),
    )
    badge = f"{len(rows):,} of {sum(result.counts.values()):,}"
    return BarTable(columns, rows, caption="Rejected spans", badge=badge, slim=True)


def _place(span: RejectedView) -> str:
    return "–" if span.place is None else ordinal(span.place)


def ordinal(number: int) -> str:
    """A place in a list.

    Example:
        >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 22, 112)]
        ['1st', '2nd', '3rd', '4th', '11th', '22nd', '112th']
    """
    teens = number % 100 in (11, 12, 13)
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def _characters(start: int | None, end: int | None) -> str:
    return "–" if start is None or end is None else f"{start:,}–{end:,}"


def _asked(piece: PieceView) -> str:
    if piece.owner is None:
        return "–"
    return "here" if piece.owned else f"window {piece.owner + 1:,}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
