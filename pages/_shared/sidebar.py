"""The sidebar of every page: which model, where it computes, what is loaded."""

import streamlit as st

from bert_core import CoreError, ModelChoice
from bert_core.model.devices import Device, list_devices
from bert_core.model.inventory import list_models
from bert_core.views.cards import model_lines
from pages._shared.link import Field, one_of
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import escaped

FIELDS = (
    Field("model", "model", "embedded"),
    Field("revision", "revision", ""),
    Field("device", "device", "cpu"),
    Field("precision", "precision", "exact", one_of("exact", "fast")),
)


@st.cache_data(ttl=60, show_spinner=False)
def devices() -> tuple[Device, ...]:
    """The places to compute, looked up once a minute: free memory changes."""
    return list_devices()


@st.cache_data(ttl=20, show_spinner=False)
def models_here() -> tuple[str, ...]:
    """Names of the models that need no download; a run that has just ended appears soon."""
    return tuple(dict.fromkeys(model.source for model in list_models().models))


def choose_model() -> None:
    """Draw the picker; leave the choice in the session state, or None when it cannot be had."""
    st.session_state["choice"] = None
    with st.sidebar, st.expander("Model", icon=":material/neurology:", key="model_picker"):
        places = {device.name: device for device in devices()}
        if st.session_state["device"] not in places:
            st.caption(escaped(f"There is no device {st.session_state['device']} here; the CPU "
                               "is used."))  # fmt: skip
            st.session_state["device"] = "cpu"
        names = list(dict.fromkeys([*models_here(), st.session_state["model"]]))
        st.selectbox("Name", names, key="model", accept_new_options=True,
                     help="embedded, run:ID for what a run trained, a hub id such as "
                     "google-bert/bert-base-uncased, or a model folder. What is here already is "
                     "listed.")  # fmt: skip
        st.text_input("Revision", key="revision", placeholder="default branch",
                      help="Branch, tag or commit of a hub model.")  # fmt: skip
        st.selectbox("Device", list(places), key="device",
                     format_func=lambda name: places[name].label)  # fmt: skip
        fast = places[st.session_state["device"]].fast
        st.segmented_control(
            "Precision", ["exact", "fast"], key="precision", required=True, disabled=fast is None,
            help=f"exact: float32. fast: {fast or 'not native on this device'}.",
        )  # fmt: skip
        # While the browser draws the control anew, it may have no value for a moment.
        precision = (st.session_state["precision"] or "exact") if fast else "exact"
    with st.sidebar:
        try:
            choice = ModelChoice(st.session_state["model"].strip(),
                                 st.session_state["revision"].strip() or None,
                                 st.session_state["device"], precision)  # fmt: skip
            lines = model_lines(encoder_with_progress(choice))
        except CoreError as error:
            st.error(escaped(str(error)), icon=":material/error:")
            return
        st.session_state["choice"] = choice
        st.caption("  \n".join(escaped(line) for line in lines))
