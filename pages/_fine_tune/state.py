"""The fine-tune page's state: what a link carries, what a form begins with."""

import streamlit as st

from bert_core.training import runs
from bert_core.training.presets import find_preset
from bert_core.training.settings import TrainSettings, read_settings
from bert_core.training.spec import RunSpec
from bert_core.training.tasks import all_tasks, find_task
from bert_core.training.tasks.base import Task
from pages._shared.link import Field

FIELDS = (Field("run", "ft_run", ""),)
VIEWS = ("New run", "Runs")
SOURCES = ("Sample", "Upload", "Path", "Hub")
SETTING = "ft_set_"
_BEGIN = {
    "ft_view": VIEWS[0], "ft_source": SOURCES[0], "ft_preset": None, "ft_model": "embedded",
    "ft_device": "cpu", "ft_engine": "local", "ft_devices": [], "ft_name": "", "ft_seeds": 1,
    "ft_grid": False, "ft_train_path": "", "ft_dev_path": "", "ft_hub": "",
    "ft_hub_train": "train", "ft_hub_dev": "validation", "ft_others": [], "ft_find": "",
    "ft_of_task": None, "ft_in_state": [], "ft_more": None, "ft_seen": "",
}  # fmt: skip


def begin() -> None:
    """Set what has no value yet; a run that is newly chosen opens the runs."""
    state = st.session_state
    for key, value in _BEGIN.items():
        state.setdefault(key, value)
    if state.get("ft_task") not in all_tasks():
        use_task("sentences")
    if state["ft_run"] and state["ft_run"] != state["ft_seen"]:
        state.update(ft_view="Runs", ft_more=None, ft_others=[])
    state["ft_seen"] = state["ft_run"]


def choose_run(run_id: str) -> None:
    """Show a run, or the newest for "". The address goes first: it is followed when it differs."""
    st.session_state.update(ft_run=run_id, ft_seen="")
    if run_id:
        st.query_params["run"] = run_id
    else:
        st.query_params.pop("run", None)


def choose_view() -> str:
    """New run or runs; the address follows, so that a refresh shows the same."""
    number = len(runs.list_runs())
    st.segmented_control(
        "View", VIEWS, key="ft_view", required=True, label_visibility="collapsed",
        persist_state="session",
        format_func=lambda view: f"Runs ({number})" if view == "Runs" and number else view,
    )  # fmt: skip
    state = st.session_state
    if state["ft_view"] == "Runs" and state["ft_run"]:
        st.query_params["run"] = state["ft_run"]
    else:
        st.query_params.pop("run", None)
    return str(state["ft_view"])


def use_task(name: str) -> None:
    """Take a task with its own settings; what was chosen for another is forgotten."""
    task = find_task(name)
    st.session_state.update(ft_task=name, ft_family=task.family, ft_preset=None)
    _fill(read_settings({}, task.defaults))
    forget_columns()


def use_preset() -> None:
    """Lay a preset's values over the task's own."""
    name = st.session_state["ft_preset"]
    values = {} if name is None else find_preset(name).values
    _fill(read_settings(values, current_task().defaults))


def current_task() -> Task:
    """The chosen task."""
    return find_task(st.session_state["ft_task"])


def forget_columns() -> None:
    """Another file has other columns."""
    for key in list(st.session_state):
        if str(key).startswith("ft_map_"):
            del st.session_state[key]


def repeat(spec: RunSpec) -> None:
    """Fill the form with what a run was ordered with."""
    use_task(spec.task)
    _fill(spec.settings)
    st.session_state.update(
        ft_view="New run", ft_source="Path", ft_train_path=spec.train.path,
        ft_dev_path=spec.dev.path if spec.dev else "", ft_model=spec.model,
        ft_device=spec.devices[0], ft_engine=spec.engine, ft_devices=list(spec.devices),
    )  # fmt: skip
    for role, column in spec.train.mapping.items():
        st.session_state[f"ft_map_train_{role}"] = column
    for role, column in (spec.dev.mapping if spec.dev else {}).items():
        st.session_state[f"ft_map_dev_{role}"] = column


def _fill(settings: TrainSettings) -> None:
    for name, value in settings.model_dump().items():
        st.session_state[SETTING + name] = value
