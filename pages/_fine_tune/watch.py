"""The runs: a list that keeps itself up to date, the chosen run, several side by side."""

from collections import Counter

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from bert_core.training import runs
from bert_core.training.tasks import all_tasks
from bert_core.views.run_lines import RunLine, filtered, read_line
from bert_core.views.run_tables import run_list
from pages._fine_tune import compare, exports, live, outcome, state
from pages._shared.components import bars
from pages._shared.sentences import escaped, shown_errors

POLL, IDLE = 2.0, 10.0  # seconds between two looks at the folders
LONG, HEIGHT = 12, 560  # rows, and the pixels that more of them scroll in


def page(corner: DeltaGenerator) -> None:
    """The list on the left, the chosen run on the right, comparisons below."""
    values, every = st.session_state, _lines()
    if not every:
        st.info("There are no runs yet. Order one under New run.", icon=":material/fitness_center:")
        return
    known = {line.spec.id: line for line in every}
    if values["ft_run"] not in known:
        if values["ft_run"]:
            st.info(escaped(f"There is no run {values['ft_run'][:80]} here; the newest is shown."),
                    icon=":material/search_off:")  # fmt: skip
        state.choose_run(every[0].spec.id)
    line = known[values["ft_run"]]
    values["ft_drawn"] = line.spec.id, _busy(every)
    left, right = st.columns([3, 5], gap="large")
    with left:
        st.fragment(_list, run_every=POLL if _busy(every) else IDLE)()
    with right, shown_errors():
        live.panel(line)
        if line.result is not None:
            outcome.panel(line)
    with corner:
        exports.panel(line)
    compare.panel(line, every)


def _lines() -> list[RunLine]:
    found = []
    for folder in runs.list_runs():
        with shown_errors():
            found.append(read_line(folder))
    return found


def _busy(lines: list[RunLine]) -> bool:
    return any(not line.status.over for line in lines)


def _list() -> None:
    """Filters and the table; a click on a row shows that run."""
    values, every = st.session_state, _lines()
    if values["ft_drawn"] != (values["ft_run"], _busy(every)):
        st.rerun()  # another run was chosen, or how often to look has changed
    shown = _chosen(every)
    table = run_list(shown, len(every))
    ids = [line.spec.id for line in shown]

    def pick(row: int) -> None:
        state.choose_run(ids[row])

    with st.container(height=HEIGHT if len(shown) > LONG else "content", border=False):
        bars(table.rows, key="ft_list", columns=table.columns, caption=table.caption,
             badge=table.badge, scale=table.scale, slim=True, clickable=True, on_select=pick,
             selected=ids.index(values["ft_run"]) if values["ft_run"] in ids else None)  # fmt: skip


def _chosen(every: list[RunLine]) -> list[RunLine]:
    values = st.session_state
    left, right = st.columns(2)
    left.text_input("Find", key="ft_find", placeholder="name, model, setting",
                    persist_state="session")  # fmt: skip
    here = sorted({line.spec.task for line in every})
    right.selectbox("Task", here, None, key="ft_of_task", placeholder="all",
                    persist_state="session",
                    format_func=lambda name: all_tasks()[name].title
                    if name in all_tasks() else name)  # fmt: skip
    counts = Counter(line.status.state for line in every)
    if values["ft_in_state"] and not set(values["ft_in_state"]) <= set(counts):
        values["ft_in_state"] = [each for each in values["ft_in_state"] if each in counts]
    if len(counts) > 1:
        st.pills("State", list(counts), selection_mode="multi", key="ft_in_state",
                 label_visibility="collapsed", persist_state="session",
                 format_func=lambda name: f"{name} {counts[name]}")  # fmt: skip
    return filtered(every, text=values["ft_find"], task=values["ft_of_task"],
                    states=values["ft_in_state"])  # fmt: skip
