"""bertviz's views of the same weights, for short texts."""

from collections.abc import Callable

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.queries import queries_and_keys
from bert_core.views.bertviz_frames import head_view_html, model_view_html, neuron_view_html
from pages._attention.weights import Seen
from pages._shared.answers import newest
from pages._shared.models import encoder_with_progress

VIEWS = ("Head view", "Model view", "Neuron view")
HEIGHT = 720
HEADING, LAYER, LAYERS = 165, 108, 12
"""Pixels of the model view, and how many layers are seen without scrolling."""


def panel(choice: ModelChoice, seen: Seen) -> None:
    """One of the three, in a frame that loads nothing; to download, too."""
    dark = st.context.theme.type == "dark"
    view = st.segmented_control("bertviz", VIEWS, key="at_bertviz", default=VIEWS[0], required=True,
                                label_visibility="collapsed")  # fmt: skip
    encoder = encoder_with_progress(choice)

    def neurons() -> str:
        return neuron_view_html(queries_and_keys(encoder, seen.trace.tokens), dark=dark)

    makers: dict[str, Callable[[], str]] = {
        VIEWS[0]: lambda: head_view_html(seen.this.view, dark=dark),
        VIEWS[1]: lambda: model_view_html(seen.this.view, dark=dark),
        VIEWS[2]: neurons,
    }
    html = newest("bertviz", (*seen.this.key, view, dark), makers[view])
    # With a height of ours, as the frame's policy lets no measuring script in.
    layers = min(encoder.checkpoint.layers, LAYERS)
    st.iframe(html, height=HEADING + LAYER * layers if view == VIEWS[1] else HEIGHT)
    st.download_button("This view (HTML, opens offline)", html, "bertviz.html", "text/html",
                       on_click="ignore", type="tertiary", icon=":material/download:")  # fmt: skip
