"""What a new run learns: the task, and the files it is read from."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from bert_core.data.hub import PREFIX, fetch_hub
from bert_core.data.uploads import SUFFIXES, keep_upload, local_file
from bert_core.settings import read_settings
from bert_core.training.samples import sample
from bert_core.training.tasks import all_tasks
from bert_core.training.tasks.base import Task
from pages._fine_tune import state
from pages._shared.sentences import escaped, shown_errors
from pages._shared.uploads import offered, upload

USUAL = ("One sentence", "Two sentences", "A tag for each word", "Answers in a text")


class Files(NamedTuple):
    """The files of a new run: training data, and dev data or None."""

    train: Path
    dev: Path | None


def choose_task() -> Task:
    """Families as pills, then the tasks of one."""
    tasks = list(all_tasks().values())
    families = sorted({task.family for task in tasks}, key=_place)
    st.pills("Kind of task", families, key="ft_family", required=True, wrap=True,
             on_change=_first_of_family, persist_state="session",
             label_visibility="collapsed")  # fmt: skip
    task = state.current_task()
    same = [each.name for each in tasks if each.family == task.family]
    st.selectbox("Task", same, key="ft_task", on_change=_task_chosen, persist_state="session",
                 format_func=lambda name: all_tasks()[name].title)  # fmt: skip
    st.caption(escaped(f"{task.about} {task.files}"))
    return task


def _place(family: str) -> tuple[int, str]:
    """The common ones first, others by name."""
    return (USUAL.index(family) if family in USUAL else len(USUAL), family)


def _first_of_family() -> None:
    family = st.session_state["ft_family"]
    state.use_task(next(task.name for task in all_tasks().values() if task.family == family))


def _task_chosen() -> None:
    state.use_task(st.session_state["ft_task"])


def choose_files(task: Task) -> Files | None:
    """The files as chosen; None while one is missing."""
    st.subheader("Data", anchor=False)
    sources = offered("ft_source", state.SOURCES)
    source = st.segmented_control(
        "Where the data is", sources, key="ft_source", required=True,
        on_change=state.forget_columns, label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    chosen = {"Sample": _sample, "Upload": _upload, "Path": _path, "Hub": _hub}[source]
    with shown_errors():
        return chosen(task)
    return None


def _sample(task: Task) -> Files:
    st.caption("A small sample of our own, to see how all this goes. It teaches little.")
    return Files(*sample(task.name))


def _upload(_task: Task) -> Files | None:
    left, right = st.columns(2)
    with left:
        train = _uploaded("train", "Training data")
    with right:
        dev = _uploaded("dev", "Dev data, optional")
    return None if train is None else Files(train, dev)


def _uploaded(role: str, label: str) -> Path | None:
    """Keep a file once; it stays chosen when the visitor comes back to the page."""
    key = f"ft_kept_{role}"

    def changed() -> None:
        st.session_state.pop(key, None)
        state.forget_columns()

    file = upload(label, SUFFIXES, key=f"ft_upload_{role}", on_change=changed)
    if file is not None and key not in st.session_state:
        with shown_errors():
            st.session_state[key] = keep_upload(file, file.name, read_settings().home), file.name
    kept = st.session_state.get(key)
    if kept is None:
        return None
    if file is None:
        st.caption(escaped(f"Still here: {kept[1]}."))
    return Path(kept[0])


def _path(_task: Task) -> Files | None:
    left, right = st.columns(2)
    train = left.text_input("Training data", key="ft_train_path", persist_state="session",
                            on_change=state.forget_columns,
                            placeholder="path on this machine")  # fmt: skip
    dev = right.text_input("Dev data", key="ft_dev_path", placeholder="optional",
                           on_change=state.forget_columns, persist_state="session")  # fmt: skip
    if not train.strip():
        st.caption("Give the path of a file on the machine that this app runs on.")
        return None
    settings = read_settings()
    allowed = (*settings.folders, settings.home)
    return Files(local_file(train, allowed), local_file(dev, allowed) if dev.strip() else None)


def _hub(_task: Task) -> Files | None:
    values, home = st.session_state, read_settings().home
    name = st.text_input("Data set", key="ft_hub", placeholder="owner/name or owner/name:config",
                         persist_state="session").strip()  # fmt: skip
    left, right = st.columns(2)
    left.text_input("Training split", key="ft_hub_train", persist_state="session",
                    help="Or a part of it: train[:1000].")  # fmt: skip
    right.text_input("Dev split", key="ft_hub_dev", placeholder="none", persist_state="session")
    if st.button("Fetch", icon=":material/download:", key="ft_hub_go", disabled=not name):
        splits = [values["ft_hub_train"].strip(), values["ft_hub_dev"].strip()]
        with st.spinner("Asking the hub"):
            found = [fetch_hub(PREFIX + name.removeprefix(PREFIX), split=split, home=home)
                     if split else None for split in splits]  # fmt: skip
        values["ft_hub_files"] = name, found
        state.forget_columns()
    held, found = values.get("ft_hub_files", ("", ()))
    if held != name or not name:
        st.caption("Nothing is sent or fetched before you press the button.")
        return None
    return Files(*found)
