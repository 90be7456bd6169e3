"""Fine-tune: from a table to a checkpoint that opens in the other pages."""

import streamlit as st

from pages._fine_tune import check, data, launch, settings, state, watch, where
from pages._shared import link
from pages._shared.sentences import show_notes, shown_errors

problems = link.restore("ft", state.FIELDS)
state.begin()
head, tools = st.columns([3, 2], vertical_alignment="center")
head.title("Fine-tune", anchor=False)
st.markdown(
    "Teach BERT a task with your own table, or go on with its pre-training on your own text. "
    "A run is a folder and a process of its own: close this page, restart the app, come back."
)
show_notes(problems)
if state.choose_view() == "Runs":
    watch.page(tools)
else:
    task = data.choose_task()
    left, right = st.columns([3, 2], gap="large")
    with right:
        wanted = settings.panel(task)
        place = where.panel()
    with left:
        files = data.choose_files(task)
        found = check.panel(task, files, wanted, place) if files and wanted else None
    if files and wanted and found:
        with right, shown_errors():
            launch.panel(task, files, wanted, place, found)
