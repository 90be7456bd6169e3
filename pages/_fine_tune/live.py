"""One run as its folder tells it: state, progress, curves, log; it only reads files."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from bert_core.training import runs
from bert_core.training.folder import RunFolder, current_rows
from bert_core.views import curves
from bert_core.views.run_lines import (
    RunLine,
    metric_name,
    progress_words,
    pulse,
    read_line,
    settings_words,
    share_done,
    state_words,
    took,
    when,
)
from pages._fine_tune import actions
from pages._shared.charts import STILL
from pages._shared.sentences import escaped, show_notes, shown_errors

POLL = 2.0
COLOURS: dict[str, Any] = {
    "queued": "gray", "preparing": "blue", "running": "primary", "stopping": "orange",
    "stopped": "orange", "finished": "green", "failed": "red", "lost": "red",
}  # fmt: skip
Rows = Sequence[Mapping[str, Any]]


def panel(line: RunLine) -> None:
    """The run; looked at every two seconds as long as it is at work."""
    at_work = not line.status.over
    st.fragment(_panel, run_every=POLL if at_work else None)(line.spec.id, at_work)


def _panel(run_id: str, at_work: bool) -> None:
    with shown_errors():
        folder = runs.get(run_id)
        line = read_line(folder)
        if at_work == line.status.over:
            st.rerun()  # it ended, or goes on: the whole page looks different
        _head(line)
        with st.container():  # lines come and go; what is open below them stays open
            _progress(line)
        actions.panel(folder, line)
        _curves(line, rows_of(folder))
        _log(folder)


def _head(line: RunLine) -> None:
    spec, status = line.spec, line.status
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(escaped(line.label), anchor=False, width="content")
        st.badge(state_words(status), color=COLOURS[status.state])
    parts = [spec.task, spec.model, settings_words(spec), ", ".join(spec.devices), when(spec)]
    if took(status):
        parts.append(f"took {took(status)}" if status.over else f"for {took(status)}")
    st.caption(escaped(" · ".join(parts)))


def _progress(line: RunLine) -> None:
    status = line.status
    words = progress_words(status)
    if not status.over:
        st.progress(share_done(status), text=escaped(words) or None)
    elif words and status.state != "finished":
        st.markdown(escaped(words))
    if figures := pulse(line.spec, status):
        st.caption(escaped(figures))
    if status.state in ("failed", "lost"):
        st.error(escaped(status.message), icon=":material/error:")
    elif status.message and status.state in ("queued", "stopping", "stopped"):
        st.markdown(escaped(status.message))
    show_notes(status.notes)


def rows_of(folder: RunFolder) -> Rows:
    """What was measured so far; of a file that grows only the new part is read."""
    held = st.session_state.setdefault("ft_rows", {})
    offset, rows = held.get(folder.id, (0, []))
    if folder.metrics_file.exists() and folder.metrics_file.stat().st_size < offset:
        offset, rows = 0, []
    new = folder.read_metrics(offset)
    held[folder.id] = new.offset, [*rows, *new.rows]
    return current_rows(held[folder.id][1])


def _curves(line: RunLine, rows: Rows) -> None:
    loss = curves.train_curve(rows, "loss", line.label)
    if not loss.steps:
        return
    left, right = st.columns(2)
    with left:
        st.plotly_chart(curves.loss_figure([loss]), key="ft_loss", config=STILL)
    with right:
        measured = curves.dev_curve(rows, line.metric, line.label, shares=line.shares)
        if measured.steps:
            title = f"dev {metric_name(line.metric)}"
            figure = curves.line_figure([measured], title, marks=True)
            st.plotly_chart(figure, key="ft_dev", config=STILL)
        else:
            every = line.spec.settings.eval_every
            rhythm = f"every {every:,} steps" if every else "at the end of each epoch"
            st.caption(f"The dev data is measured {rhythm}.")
    more = st.expander("More curves", icon=":material/timeline:", key="ft_more_curves",
                       on_change="rerun")  # fmt: skip
    if more.open:
        with more:
            _more_curves(line, rows)


def _more_curves(line: RunLine, rows: Rows) -> None:
    names = [name for name in curves.recorded(rows, "train") if name in curves.NAMES]
    others = [name for name in curves.recorded(rows, "dev") if name != line.metric]
    columns = st.columns(2)
    wanted = [("train", name) for name in names if name != "loss"]
    for index, (kind, name) in enumerate([*wanted, *(("dev", name) for name in others)]):
        found = (curves.dev_curve(rows, name, line.label, shares=line.shares) if kind == "dev"
                 else curves.train_curve(rows, name, line.label))  # fmt: skip
        title = curves.NAMES.get(name, name) if kind == "train" else f"dev {metric_name(name)}"
        figure = curves.line_figure([found], title, marks=kind == "dev")
        columns[index % 2].plotly_chart(figure, key=f"ft_{kind}_{name}", config=STILL)


def _log(folder: RunFolder) -> None:
    with st.expander("Log", icon=":material/notes:"):
        st.code(folder.read_log() or "Nothing yet.", language=None, height=300)
