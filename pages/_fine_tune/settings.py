"""Settings of a new run: presets, the few that matter, the rest folded."""

from collections.abc import Sequence
from typing import Any, get_args

import streamlit as st

from bert_core.training.presets import PRESETS, find_preset
from bert_core.training.settings import TrainSettings, limits, read_settings
from bert_core.training.tasks.base import Task
from pages._fine_tune import state
from pages._shared.sentences import shown_errors

FIRST = ("batch_size", "learning_rate", "epochs", "max_seq_length", "seed", "max_steps")
_OWN = {"Span answers": "span", "SQuAD 2.0": "span", "Pre-training": "masked_word"}
"""Whose settings they are, by the beginning of their sentence."""
_STEPS = {"learning_rate": 1e-5, "epochs": 1.0, "null_threshold": 0.5}
_FORMATS = {"learning_rate": "%.1e", "epochs": "%g"}


def panel(task: Task) -> TrainSettings | None:
    """The settings as chosen; None when one of them cannot be used."""
    st.subheader("Settings", anchor=False)
    fitting = [each.name for each in PRESETS if each.name != "squad" or task.kind.head == "span"]
    st.pills("Preset", fitting, key="ft_preset", on_change=state.use_preset, wrap=True,
             format_func=lambda name: find_preset(name).title,
             persist_state="session", label_visibility="collapsed")  # fmt: skip
    if st.session_state["ft_preset"]:
        st.caption(find_preset(st.session_state["ft_preset"]).about)
    _fields(FIRST)
    with st.expander("More settings", icon=":material/tune:"):
        rest = [name for name in TrainSettings.model_fields if name not in FIRST]
        mine = [name for name in rest if _concerns(name, task)]
        _fields([name for name in mine if not _is_switch(name)])
        for name in filter(_is_switch, mine):
            _field(name)
    with shown_errors():
        names = TrainSettings.model_fields
        return read_settings({name: st.session_state[state.SETTING + name] for name in names})
    return None


def _concerns(name: str, task: Task) -> bool:
    sentence = TrainSettings.model_fields[name].description or ""
    head = next((head for begin, head in _OWN.items() if sentence.startswith(begin)), None)
    return head in (None, task.kind.head)


def _is_switch(name: str) -> bool:
    return TrainSettings.model_fields[name].annotation is bool


def _fields(names: Sequence[str]) -> None:
    """Two in a row, in an order that stays where the screen is narrow."""
    for start in range(0, len(names), 2):
        for column, name in zip(st.columns(2), names[start : start + 2], strict=False):
            with column:
                _field(name)


def _field(name: str) -> None:
    """The input that fits the type of a setting, with its sentence."""
    field = TrainSettings.model_fields[name]
    label, kind = name.replace("_", " ").capitalize().replace("Lora", "LoRA"), field.annotation
    shared: dict[str, Any] = {
        "key": state.SETTING + name, "help": field.description, "persist_state": "session",
    }  # fmt: skip
    bounds = limits(name)
    lowest, highest = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if kind is bool:
        st.toggle(label, **shared)
    elif kind is float:
        st.number_input(
            label, None if lowest is None else float(lowest),
            None if highest is None else float(highest),
            step=_STEPS.get(name, 0.01), format=_FORMATS.get(name, "%.2f"), **shared,
        )  # fmt: skip
    elif kind is int:
        st.number_input(label, lowest, highest, step=1, **shared)
    elif int in get_args(kind):
        st.number_input(label, lowest, highest, step=1, placeholder="no limit", **shared)
    else:
        st.selectbox(label, get_args(kind), **shared)
