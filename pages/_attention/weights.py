"""The weights of the open text: computed once, cut to what is shown without another pass."""

from typing import NamedTuple

import streamlit as st

from bert_core import ModelChoice, Tokens
from bert_core.analysis.attention.attend import AttentionResult, view
from bert_core.analysis.attention.measures import Weighed, trace_attention, weigh
from bert_core.analysis.attention.table import HeadTable, head_table
from bert_core.analysis.attention.targets import Target
from bert_core.model.trace import Trace
from pages._attention.targets import target_of
from pages._shared.answers import newest
from pages._shared.models import encoder_with_progress
from pages._shared.tables import ProgressBar

ONE_LAYER = ("flow", "attribution")  # measures that take too long for all layers at once


class Seen(NamedTuple):
    """What the page shows.

    Attributes:
        trace: the forward pass.
        weighed: the chosen measure, whole.
        result: what is cut from the chosen measure.
        table: the head table of the raw weights.
        target: what attribution follows; None for the other measures.
        renormalised: whether rows were divided by what hiding left of them.
        key: names what is shown, for what is kept of it.
    """

    trace: Trace
    weighed: Weighed
    result: AttentionResult
    table: HeadTable
    target: Target | None
    renormalised: bool
    key: tuple[object, ...]

    @property
    def place(self) -> tuple[int, int]:
        """Where the open head stands among the layers and heads that are shown."""
        values, result = st.session_state, self.result
        layer = values["at_layer"] if values["at_layer"] in result.layers else result.layers[0]
        heads = result.heads or (1,)
        head = values["at_head"] if values["at_head"] in heads else heads[0]
        return result.layers.index(layer), heads.index(head)


def shown_weights(choice: ModelChoice, tokens: Tokens) -> Seen:
    """Trace, measure and view of the text, each kept until it is another."""
    values = st.session_state
    measure = values["at_measure"]
    text = choice, tokens.text, tokens.pair, values["at_masked"]
    # Asked for in every run: its place on the page would move all below when it goes.
    encoder = encoder_with_progress(choice)
    trace = newest("trace", text, lambda: trace_attention(encoder, tokens))
    assert trace.attention is not None  # noqa: S101 - it was asked for
    weights = trace.attention
    table = newest("table", text, lambda: head_table(weights, tokens))
    layer = min(values["at_layer"], len(weights)) if measure in ONE_LAYER else None
    target = target_of(encoder, tokens) if measure == "attribution" else None
    bar = ProgressBar("Steps")
    weighed = newest(
        "weighed", (*text, measure, layer),
        lambda: weigh(encoder, tokens, measure, trace=trace, layer=layer, target=target,
                      on_progress=bar),
    )  # fmt: skip
    hide = values["at_hide"]
    options = {
        "level": values["at_level"],
        "block": values["at_block"],
        "hide_special": hide,
        "renormalise": bool(hide and values["at_renormalise"] and measure != "attribution"),
    }
    key = (*text, measure, layer, *options.values())
    result = newest("view", key, lambda: view(weighed, **options))
    return Seen(trace, weighed, result, table, target, options["renormalise"], key)
