"""The browser components that pages share: chips, tables of bars, documents, attention."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import streamlit as st

from bert_core.views.attention_clicks import Lock, Pick, read_lock, read_pick
from bert_core.views.attention_payload import GridPayload, HeadPayload
from bert_core.views.bars import Bar, Column, bars_payload, picked_row
from bert_core.views.chips import Chip, ChipEvent, chip_event, chip_payload
from bert_core.views.document import Mark, Strip, document_payload
from bert_core.views.events import Seen, new_events
from pages._shared.registration import register

_CHIPS, _BARS, _DOCUMENT = register("chips"), register("bars"), register("document")
_GRID, _HEAD = register("grid", "heat"), register("head", "heat", "map", "lines")
T = TypeVar("T")


def chips(pieces: Sequence[Chip], *, key: str, selectable: Literal["mask", "none"] = "mask",
          height: int | None = None, label: str = "Word pieces", mask_text: str = "[MASK]",
          on_toggle: Callable[[ChipEvent], None] | None = None) -> ChipEvent | None:  # fmt: skip
    """Show word pieces; return the newest click since the last run.

    ``on_toggle`` gets every click, in order, before the run that follows it.
    """
    state, kept, last = st.session_state, f"{key} seen", f"{key} last"

    def toggled() -> None:
        events, state[kept] = new_events(_sent(key, "toggled"), state.get(kept, Seen()))
        for event in filter(None, (chip_event(sent, pieces) for sent in events)):
            state[last] = event
            if on_toggle:
                on_toggle(event)

    seen = state.get(kept, Seen())
    data = {"label": label, "mode": selectable, "maskText": mask_text, "height": height,
            "pieces": [chip_payload(piece) for piece in pieces],
            "seen": {"source": seen.source, "number": seen.number}}  # fmt: skip
    _CHIPS(key=key, data=data, on_toggled_change=toggled)
    event: ChipEvent | None = state.pop(last, None)
    return event


def bars(rows: Sequence[Bar], *, key: str, columns: Sequence[Column], caption: str = "",
         badge: str = "", label: str = "", selected: int | None = None, clickable: bool = False,
         scale: float | Literal["max"] = "max", slim: bool = False,
         on_select: Callable[[int], None] | None = None) -> int | None:  # fmt: skip
    """Show a table of bars; return the row clicked in this run, ``on_select`` gets it before."""

    def picked() -> None:
        row = picked_row(_sent(key, "picked"), len(rows))
        if row is not None and on_select:
            on_select(row)

    data = {**bars_payload(rows, columns, scale), "caption": caption, "badge": badge,
            "label": label, "selected": selected, "clickable": clickable, "slim": slim}  # fmt: skip
    result = _BARS(key=key, data=data, on_picked_change=picked)
    return picked_row(result.picked, len(rows))


def document(text: str, *, key: str, marks: Sequence[Mark] = (), strips: Sequence[Strip] = (),
             focus: int | None = None, height: int = 420,
             label: str = "Document") -> None:  # fmt: skip
    """Show a text with marks, ``height`` pixels high at most, and a heat strip along it.

    It scrolls to the character ``focus`` when that, or the text, is another than before. The
    text is mounted by itself: a message that stays the same is not sent again, so that new marks
    cost their own size only.
    """
    payload = document_payload(text, marks, strips, focus)
    with st.container(gap=None):
        _DOCUMENT(key=f"{key} text", data={"id": payload["id"], "text": payload.pop("text")})
        _DOCUMENT(key=key, data={**payload, "height": height, "label": label})


def attention_grid(grid: GridPayload, *, key: str, selected: Pick | None = None,
                   label: str = "All heads",
                   on_pick: Callable[[Pick], None] | None = None) -> Pick | None:  # fmt: skip
    """Show all heads; return the one clicked since the last run, ``on_pick`` gets it before.

    The weights are mounted by themselves, as the text of a document: a new choice does not send
    them again.
    """
    place = None
    if selected and selected.layer in grid.layers:
        column = grid.heads.index(selected.head) if selected.head in grid.heads else 0
        place = grid.layers.index(selected.layer) * max(1, len(grid.heads)) + column

    def read(sent: object) -> Pick | None:
        return read_pick(sent, grid.layers, grid.heads)

    data = {**grid.data, "label": label, "selected": place}
    return _with_buffer(_GRID, key, data, grid.buffer, "picked", read, on_pick)


def attention_head(head: HeadPayload, *, key: str, view: Literal["map", "lines"] = "map",
                   locked: int | None = None, label: str = "Attention of one head",
                   badge: str = "", height: int = 560,
                   on_lock: Callable[[Lock], None] | None = None) -> Lock | None:  # fmt: skip
    """Show one head, ``height`` pixels high at most; return a change of the unit kept in focus."""

    def read(sent: object) -> Lock | None:
        return read_lock(sent, head.units)

    kept = locked if locked is not None and locked < head.units else None
    data = {**head.data, "label": label, "badge": badge, "view": view, "height": height,
            "locked": kept}  # fmt: skip
    return _with_buffer(_HEAD, key, data, head.buffer, "locked", read, on_lock)


def _sent(key: str, event: str) -> object:
    """What a component sent; its state may be missing for one click after it was away."""
    return (st.session_state.get(key) or {}).get(event)


def _with_buffer(component: Callable[..., object], key: str, data: dict[str, object],
                 buffer: bytes, event: str, read: Callable[[object], T | None],
                 act: Callable[[T], None] | None) -> T | None:  # fmt: skip
    """Mount a buffer and the view of it; return the newest click since the last run."""
    state, kept, last = st.session_state, f"{key} seen", f"{key} last"

    def clicked() -> None:
        events, state[kept] = new_events(_sent(key, event), state.get(kept, Seen()))
        for found in filter(None, map(read, events)):
            state[last] = found
            if act:
                act(found)

    seen = state.get(kept, Seen())
    with st.container(gap=None):
        component(key=f"{key} weights", data=buffer)
        component(key=key, data={**data, "seen": {"source": seen.source, "number": seen.number}},
                  **{f"on_{event}_change": clicked})  # fmt: skip
    newest: T | None = state.pop(last, None)
    return newest
