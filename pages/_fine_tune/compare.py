"""Several runs side by side: curves over each other, settings and results, what a grid says."""

from collections.abc import Sequence

import streamlit as st

from bert_core.training import runs
from bert_core.training.grid import GridResult, summarise
from bert_core.training.tasks import all_tasks
from bert_core.views import curves
from bert_core.views.run_lines import RunLine, labels_of, metric_name, settings_words
from bert_core.views.run_tables import grid_table, results_table, settings_tables
from pages._fine_tune.live import rows_of
from pages._fine_tune.outcome import parameters
from pages._shared.charts import STILL
from pages._shared.sentences import show_notes
from pages._shared.tables import show

MOST = 6


def panel(line: RunLine, every: Sequence[RunLine]) -> None:
    """The grid of the chosen run, and a choice of others to lay beside it."""
    if line.spec.group:
        _grid(line, [each for each in every if each.spec.group == line.spec.group])
    others = {each.spec.id: each for each in every if each.spec.id != line.spec.id}
    if not others:
        return
    names = labels_of(every)
    kept = [each for each in st.session_state["ft_others"] if each in others]
    st.session_state["ft_others"] = kept
    st.multiselect(
        "Compare with", list(others), key="ft_others", max_selections=MOST - 1,
        persist_state="session", placeholder="other runs",
        format_func=lambda each: f"{names[each]} · {settings_words(others[each].spec)}",
    )  # fmt: skip
    chosen = [line, *(others[each] for each in st.session_state["ft_others"])]
    if len(chosen) > 1:
        _curves(chosen, names)
        show(results_table(chosen), key="ft_results")
        differ, same = settings_tables(chosen)
        show(differ, key="ft_settings")
        with st.expander("The same in all of them", icon=":material/equal:"):
            show(same, key="ft_same")


def _curves(lines: Sequence[RunLine], names: dict[str, str]) -> None:
    rows = {line.spec.id: rows_of(runs.get(line.spec.id)) for line in lines}
    figures = dict.fromkeys(line.metric for line in lines)
    columns = st.columns(1 + len(figures))
    losses = [curves.train_curve(rows[each], "loss", names[each]) for each in rows]
    columns[0].plotly_chart(curves.loss_figure(losses), key="ft_losses", config=STILL)
    for column, metric in zip(columns[1:], figures, strict=True):
        of = [line for line in lines if line.metric == metric]
        found = [
            curves.dev_curve(rows[each.spec.id], metric, names[each.spec.id], shares=each.shares)
            for each in of
        ]
        figure = curves.line_figure(found, f"dev {metric_name(metric)}", marks=True)
        column.plotly_chart(figure, key=f"ft_devs_{metric}", config=STILL)


def _grid(line: RunLine, lines: Sequence[RunLine]) -> None:
    """Mean and spread of each point, beside the published band."""
    st.subheader("The grid of this run", anchor=False)
    task = all_tasks()[line.spec.task]
    over = [each for each in lines if each.status.over]
    results = [
        GridResult(each.spec.settings, dict((each.result or {}).get("metrics", {}))
                   if each.status.state == "finished" else {}, each.spec.id)
        for each in over
    ]  # fmt: skip
    st.caption(f"{len(over)} of {len(lines)} runs are over.")
    found = summarise(results, task, parameters=parameters(line))
    if found.points:
        show(grid_table(found, shares=line.shares), key="ft_grid_table")
    show_notes([*(verdict.sentence for verdict in found.verdicts), *found.notes])
