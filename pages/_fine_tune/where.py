"""What a new run starts from, where it computes, and how many runs there are."""

from dataclasses import dataclass

import streamlit as st

from bert_core.model.allowed import kinds_allowed
from bert_core.training.engines import usable_engines
from pages._shared.sidebar import devices, models_here


@dataclass(frozen=True, slots=True)
class Place:
    """Model, device and engine of a new run.

    Attributes:
        model: what training starts from.
        devices: where it computes.
        engine: name of the engine.
        processes: number of ranks.
    """

    model: str
    devices: tuple[str, ...]
    engine: str
    processes: int


def panel() -> Place:
    """Model to start from, device, and the engine where there is a choice."""
    state, places = st.session_state, {device.name: device for device in devices()}
    names = list(dict.fromkeys([*models_here(), state["ft_model"]]))
    st.selectbox("Start from", names, key="ft_model",
                 accept_new_options=bool(kinds_allowed()), persist_state="session",
                 help="embedded, a model folder, a run made here, or a hub id such as "
                 "google-bert/bert-base-uncased.")  # fmt: skip
    # Several processes on one CPU are slower than one: they are for a test, by the command line.
    engines = {name: each for name, each in usable_engines().items()
               if name != "torchrun" or len(places) > 2}  # fmt: skip
    if state["ft_engine"] not in engines:
        state["ft_engine"] = "local"
    if len(engines) > 1:
        st.segmented_control("Engine", list(engines), key="ft_engine", required=True,
                             persist_state="session",
                             format_func=lambda name: engines[name].title)  # fmt: skip
    if state["ft_device"] not in places:
        state["ft_device"] = "cpu"
    if state["ft_engine"] == "local":
        st.selectbox("Device", list(places), key="ft_device", persist_state="session",
                     format_func=lambda name: places[name].label)  # fmt: skip
        return Place(state["ft_model"], (state["ft_device"],), "local", 1)
    return _several({name: each.label for name, each in places.items()})


def _several(labels: dict[str, str]) -> Place:
    """Several devices, a process on each."""
    state = st.session_state
    state["ft_devices"] = [name for name in state["ft_devices"] if name in labels]
    chosen = st.multiselect("Devices", list(labels), key="ft_devices", persist_state="session",
                            format_func=labels.__getitem__) or ["cpu"]  # fmt: skip
    return Place(state["ft_model"], tuple(chosen), state["ft_engine"], len(chosen))
