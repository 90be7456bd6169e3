"""Which part of a long text the grid shows: a window of rows and one of columns, or the whole."""

from collections.abc import Callable

import streamlit as st

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.views.attention_windows import (
    Window,
    grid_windows,
    number_of,
    places_of,
    window_name,
    window_of,
)

WHOLE = "Whole text, each dot the largest of a block"
ROWS, COLUMNS = "at_window_rows", "at_window_columns"
OUTSIDE = "The window that was chosen lies outside what is shown now: the grid shows the whole."


def chosen_window(result: AttentionResult) -> Window | None:
    """Ask for a window where a cell of the grid cannot show every weight; None for the whole."""
    values = st.session_state
    down, across = grid_windows(result.weights.shape)
    places = places_of(values["at_window"], len(down), len(across))
    if values["at_window"] and places is None:
        st.caption(OUTSIDE)
    if places is None or len(down) == len(across) == 1:
        values["at_window"], places = 0, None
    # A column stays where it is; on the diagonal it goes along.
    row, column = places or (0, 0)
    apart = column if row != column else None
    with st.container(horizontal=True):
        if len(down) > 1:
            names = [window_name(result, result.rows, each) for each in down]
            _select("Rows: who looks", ROWS, names, row if places else None, whole=True,
                    number=lambda at: number_of(at, min(at, len(across) - 1) if apart is None
                                                else apart))  # fmt: skip
        if len(across) > 1 and (places or len(down) == 1):
            names = [window_name(result, result.columns, each) for each in across]
            _select("Columns: what is looked at", COLUMNS, names,
                    column if places else None,
                    whole=len(down) == 1, number=lambda at: number_of(row, at))  # fmt: skip
    return window_of(result, down[row], across[column]) if places else None


def _select(label: str, key: str, names: list[str], at: int | None, *, whole: bool,
            number: Callable[[int], int]) -> None:  # fmt: skip
    """One choice; a change of it is put into ``at_window``. Its first option is the whole text."""
    values, options = st.session_state, [WHOLE, *names]

    def changed() -> None:
        values["at_window"] = number(values[key] - 1) if values[key] else 0

    values[key] = 0 if at is None else at + 1  # a link may have changed it
    st.selectbox(label, range(0 if whole else 1, len(options)), key=key, on_change=changed,
                 format_func=options.__getitem__)  # fmt: skip
