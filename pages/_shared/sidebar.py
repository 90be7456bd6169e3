"""The sidebar of every page: which model, where it computes, what is loaded."""

import streamlit as st

from bert_core import CoreError, ModelChoice
from bert_core.model.choice import EMBEDDED, READER
from bert_core.model.devices import Device, list_devices
from bert_core.model.inventory import list_models
from bert_core.views.cards import model_lines
from pages._shared.link import Field, one_of
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import escaped

STAND_INS = {"span": READER}
FIELDS = (
    Field("model", "model", EMBEDDED),
    Field("revision", "revision", ""),
    Field("device", "device", "cpu"),
    Field("precision", "precision", "exact", one_of("exact", "fast")),
)


@st.cache_data(ttl=60, show_spinner=False)
def devices() -> tuple[Device, ...]:
    """The places to compute, looked up once a minute: free memory changes."""
    return list_devices()


@st.cache_data(ttl=20, show_spinner=False)
def models_here(head: str | None = None) -> tuple[str, ...]:
    """Names of the models that need no download; a run that has just ended appears soon.

    Args:
        head: only those with this head.
    """
    models = list_models().models
    return tuple(dict.fromkeys(m.source for m in models if head is None or head in m.heads))


def choose_model(head: str | None = None) -> None:
    """Draw the picker; leave the choice in the session state, or None when it cannot be had.

    Args:
        head: the head that the page is about. Where the embedded model has none, the shipped
            model that has one takes its place.
    """
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
            source = st.session_state["model"].strip()
            if source == EMBEDDED and head in STAND_INS:
                source = STAND_INS[head]
                st.caption(f"The embedded model has no head for this page: {source}, which is "
                           "built in too, takes its place.")  # fmt: skip
            choice = ModelChoice(source,
                                 st.session_state["revision"].strip() or None,
                                 st.session_state["device"], precision)  # fmt: skip
            lines = model_lines(encoder_with_progress(choice))
        except CoreError as error:
            st.error(escaped(str(error)), icon=":material/error:")
            return
        st.session_state["choice"] = choice
        st.caption("  \n".join(escaped(line) for line in lines))
