"""The sidebar of every page: which model, where it computes, what is loaded."""

import streamlit as st

from bert_core import CoreError, ModelChoice
from bert_core.model.devices import Device, list_devices
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
def _devices() -> tuple[Device, ...]:
    return list_devices()


def choose_model() -> None:
    """Draw the picker; leave the choice in the session state, or None when it cannot be had."""
    st.session_state["choice"] = None
    with st.sidebar, st.expander("Model", icon=":material/neurology:", key="model_picker"):
        devices = {device.name: device for device in _devices()}
        if st.session_state["device"] not in devices:
            st.session_state["device"] = "cpu"
        st.text_input(
            "Name",
            key="model",
            help="embedded, a hub id such as google-bert/bert-base-uncased, or a model folder.",
        )
        st.text_input("Revision", key="revision", placeholder="default branch",
                      help="Branch, tag or commit of a hub model.")  # fmt: skip
        st.selectbox("Device", list(devices), key="device",
                     format_func=lambda name: devices[name].label)  # fmt: skip
        fast = devices[st.session_state["device"]].fast
        st.segmented_control(
            "Precision", ["exact", "fast"], key="precision", required=True, disabled=fast is None,
            help=f"exact: float32. fast: {fast or 'not native on this device'}.",
        )  # fmt: skip
        precision = st.session_state["precision"] if fast else "exact"
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
