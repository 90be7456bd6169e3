"""The browser components that pages share: word pieces as chips, tables of bars, documents."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from bert_core.views.bars import Bar, Column, bars_payload, picked_row
from bert_core.views.chips import Chip, ChipEvent, chip_event, chip_payload
from bert_core.views.document import Mark, Strip, document_payload
from bert_core.views.events import Seen, new_events
from pages._shared.registration import register

_CHIPS, _BARS, _DOCUMENT = register("chips"), register("bars"), register("document")


def chips(pieces: Sequence[Chip], *, key: str, selectable: Literal["mask", "none"] = "mask",
          height: int | None = None, label: str = "Word pieces", mask_text: str = "[MASK]",
          on_toggle: Callable[[ChipEvent], None] | None = None) -> ChipEvent | None:  # fmt: skip
    """Show word pieces; return the newest click since the last run.

    ``on_toggle`` gets every click, in order, before the run that follows it.
    """
    state, kept, last = st.session_state, f"{key} seen", f"{key} last"

    def toggled() -> None:
        events, state[kept] = new_events(state[key].get("toggled"), state.get(kept, Seen()))
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
        row = picked_row(st.session_state[key].get("picked"), len(rows))
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
