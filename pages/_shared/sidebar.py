"""The sidebar of every page: which model, where it computes, what is loaded."""

import streamlit as st

from bert_core import CoreError, ModelChoice
from bert_core.model.allowed import kinds_allowed, named_models
from bert_core.model.choice import EMBEDDED, READER
from bert_core.model.devices import Device, list_devices
from bert_core.model.inventory import list_models
from bert_core.views.cards import model_lines
from bert_core.views.numbers import joined
from pages._shared.link import Field, one_of
from pages._shared.models import encoder_with_progress, meanwhile
from pages._shared.presenting import PRESENT, presenting
from pages._shared.sentences import escaped

STAND_INS = {"span": READER}
FIELDS = (
    Field("model", "model", EMBEDDED),
    Field("revision", "revision", ""),
    Field("device", "device", "cpu"),
    Field("precision", "precision", "exact", one_of("exact", "fast")),
    PRESENT,
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
    state = st.session_state
    state["choice"], state["choice_fault"] = None, ""
    slot = st.sidebar.empty()
    # At first torch comes into memory for seconds: a click is heard meanwhile.
    places = {device.name: device for device in meanwhile(devices, slot.empty, slot)}
    if state["device"] not in places:
        st.sidebar.caption(escaped(f"There is no device {state['device']} here; the CPU is used."))
        state["device"] = "cpu"
    fast = places[state["device"]].fast
    if not presenting():
        _picker(places)
    # While the browser draws the control anew, it may have no value for a moment.
    precision = (state["precision"] or "exact") if fast else "exact"
    with st.sidebar:
        try:
            source = state["model"].strip()
            if source == EMBEDDED and head in STAND_INS:
                source = STAND_INS[head]
                st.caption(f"The embedded model has no head for this page: {source}, which is "
                           "built in too, takes its place.")  # fmt: skip
            choice = ModelChoice(source, state["revision"].strip() or None, state["device"],
                                 precision)  # fmt: skip
            lines = model_lines(encoder_with_progress(choice))
        except CoreError as error:
            state["choice_fault"] = str(error)
            st.error(escaped(str(error)), icon=":material/error:")
            return
        state["choice"] = choice
        st.caption("  \n".join(escaped(line) for line in lines))


def chosen_model() -> ModelChoice:
    """The model that the sidebar has; where it cannot be had, the page ends with the reason."""
    state = st.session_state
    choice: ModelChoice | None = state["choice"]
    if choice is None:
        # Where the screen is narrow the sidebar, which says it as well, is closed.
        st.error(escaped(state["choice_fault"]), icon=":material/error:")
        if state["model"].strip() != EMBEDDED:
            st.button("Use the embedded model", key="embedded_instead", on_click=_embedded)
        st.stop()
    return choice


def _embedded() -> None:
    st.session_state.update(model=EMBEDDED, revision="", device="cpu", precision="exact")


def _picker(places: dict[str, Device]) -> None:
    """Model, device and precision, folded away."""
    with st.sidebar, st.expander("Model", icon=":material/neurology:", key="model_picker"):
        names = list(dict.fromkeys([*models_here(), *named_models(), st.session_state["model"]]))
        st.selectbox("Name", names, key="model", accept_new_options=bool(kinds_allowed()),
                     persist_state="session", help=_what_is_allowed())  # fmt: skip
        if "hub" in kinds_allowed():
            st.text_input("Revision", key="revision", placeholder="default branch",
                          persist_state="session",
                          help="Branch, tag or commit of a hub model.")  # fmt: skip
        st.selectbox("Device", list(places), key="device", persist_state="session",
                     format_func=lambda name: places[name].label)  # fmt: skip
        fast = places[st.session_state["device"]].fast
        st.segmented_control(
            "Precision", ["exact", "fast"], key="precision", required=True, disabled=fast is None,
            persist_state="session",
            help=f"exact: float32. fast: {fast or 'not native on this device'}.",
        )  # fmt: skip


def _what_is_allowed() -> str:
    """What can be typed as a name."""
    named = {"runs": "run:ID for what a run trained",
             "hub": "a hub id such as google-bert/bert-base-uncased",
             "folders": "a model folder"}  # fmt: skip
    also = [named[kind] for kind in named if kind in kinds_allowed()]
    if not also:
        return "The models that may be opened here are listed."
    return f"{joined(['embedded', *also])}. What is here already is listed."
