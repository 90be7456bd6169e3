"""Before and at the launch: how many runs, a measured trial, the command line, the button."""

import streamlit as st

from bert_core.settings import in_demo
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks.base import Task
from bert_core.views.numbers import counted
from pages._fine_tune import preflight, state
from pages._fine_tune.check import Found
from pages._fine_tune.data import Files
from pages._fine_tune.order import Order
from pages._fine_tune.where import Place
from pages._shared.sentences import escaped, shown_errors


def panel(task: Task, files: Files, settings: TrainSettings, place: Place, found: Found) -> None:
    """Everything below the settings."""
    if in_demo():
        st.info("This is a demonstration for the public: nothing can be trained here. The finished "
                "runs can be looked at.", icon=":material/info:")  # fmt: skip
        _in_a_terminal(Order(task, files, settings, place, found))
        return
    values = st.session_state
    with st.expander("Several runs", icon=":material/grid_view:"):
        st.number_input("Seeds", 1, 20, key="ft_seeds", persist_state="session",
                        help="On small data, seeds differ by several points.")  # fmt: skip
        st.toggle("The paper's 18 points", key="ft_grid", persist_state="session",
                  help="Batch 16 and 32, rates 5e-5, 3e-5 and 2e-5, 2 to 4 epochs (appendix A.3 "
                  "of the BERT paper).")  # fmt: skip
    name = st.text_input("Name", key="ft_name", placeholder="optional", persist_state="session",
                         help="What the run is called in lists.")  # fmt: skip
    order = Order(task, files, settings, place, found, name.strip())
    every = order.grid(seeds=values["ft_seeds"], paper=values["ft_grid"])
    if len(every) > 1:
        st.caption(f"{counted(len(every), 'run')}, one after another on each device.")
    draft = order.draft()
    if found.why_not is None:
        preflight.panel(draft)
    _in_a_terminal(order)
    pressed = st.button(
        "Launch" if len(every) == 1 else f"Launch {len(every)} runs", type="primary",
        icon=":material/rocket_launch:", key="ft_launch", disabled=found.why_not is not None,
        width="stretch",
    )  # fmt: skip
    if found.why_not is not None:
        st.caption(escaped(f"It cannot be launched yet. {found.why_not}"))
    elif pressed:
        with shown_errors(), st.spinner("Ordering"):
            state.choose_run(order.launch(every))
            st.rerun()


def _in_a_terminal(order: Order) -> None:
    with st.expander("The same in a terminal", icon=":material/terminal:"):
        st.code(order.draft().command, language="bash", wrap_lines=True)
