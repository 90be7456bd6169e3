"""The weights of the open text: computed once, cut to what is shown without another pass."""

from typing import Literal, NamedTuple

import streamlit as st

from bert_core import InputError, ModelChoice, Tokens
from bert_core.analysis.attention.attend import AttentionResult, view
from bert_core.analysis.attention.difference import Compared, compare_attention
from bert_core.analysis.attention.measures import Weighed, trace_attention, weigh
from bert_core.analysis.attention.table import HeadTable, head_table
from bert_core.analysis.attention.targets import Target
from bert_core.model.trace import Floats, Trace
from pages._attention import other
from pages._attention.state import ONE_LAYER
from pages._attention.targets import asked_target, target_of
from pages._shared.answers import newest
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import shown_errors
from pages._shared.tables import ProgressBar


class Side(NamedTuple):
    """One model and one text.

    Attributes:
        choice: the model.
        trace: the forward pass.
        weighed: the chosen measure, whole.
        view: what is cut from it.
        target: what attribution follows; None for the other measures.
        renormalised: whether rows were divided by what hiding left of them.
        key: names the view, for what is kept of it.
    """

    choice: ModelChoice
    trace: Trace
    weighed: Weighed
    view: AttentionResult
    target: Target | None
    renormalised: bool
    key: tuple[object, ...]

    def table(self, name: str) -> HeadTable:
        """The head table of the raw weights, kept under a name."""
        weights, tokens = self.trace.attention, self.trace.tokens
        assert weights is not None  # noqa: S101 - it was asked for
        return newest(name, (self.choice, tokens), lambda: head_table(weights, tokens))


class Seen(NamedTuple):
    """What the page shows.

    Attributes:
        this: the open text under the open model, which the panels speak of.
        table: its head table.
        result: what grid, detail and downloads show: the view of ``this``, or, when it is held
            against something, the difference or one of both sides, cut to what they share.
        patterns: the head table of the weights in ``result``; None where they are no raw weights.
        key: names ``result``, for what is kept of it.
        side: which of "this", "other" and "difference" ``result`` is.
        other: what it is held against, or None.
        compared: both sides and their difference, or None.
    """

    this: Side
    table: HeadTable
    result: AttentionResult
    patterns: HeadTable | None
    key: tuple[object, ...]
    side: Literal["this", "other", "difference"] = "this"
    other: Side | None = None
    compared: Compared | None = None

    @property
    def trace(self) -> Trace:
        """The forward pass of the open text."""
        return self.this.trace

    @property
    def weighed(self) -> Weighed:
        """The chosen measure of the open text, whole."""
        return self.this.weighed

    @property
    def place(self) -> tuple[int, int]:
        """Where the open head stands among the layers and heads that are shown."""
        return place_in(self.result)

    @property
    def signed(self) -> bool:
        """Whether colours diverge around 0."""
        return self.result.measure == "attribution" or self.side == "difference"

    @property
    def largest(self) -> Floats | None:
        """Shape (layers, heads): the largest size in each head of both sides, their one scale."""
        return self.compared.largest if self.compared and self.side != "difference" else None

    @property
    def full(self) -> float | None:
        """The size that has the full colour in the open head; None: its largest."""
        # A head of zeros has no scale.
        return None if self.largest is None else float(self.largest[self.place]) or None

    @property
    def locked(self) -> int | None:
        """The unit that is kept in focus; the state counts it in the open text."""
        unit = st.session_state["at_unit"]
        unit = dict(self._facing).get(unit) if self._facing else unit
        return unit if unit in {*self.result.rows, *self.result.columns} else None

    def unlocked(self, unit: int | None) -> int | None:
        """The unit of the open text for one that is shown."""
        here = {two: one for one, two in self._facing}
        return here.get(unit) if self._facing else unit

    @property
    def _facing(self) -> tuple[tuple[int, int], ...]:
        """Units of both texts, where those of the other are shown."""
        return self.compared.pairs if self.compared and self.side == "other" else ()


def place_in(result: AttentionResult) -> tuple[int, int]:
    """Where the open head, or the nearest to it, stands among the layers and heads of a result."""
    layer, head = (
        min(range(len(numbers)), key=lambda at: abs(numbers[at] - st.session_state[key]))
        for numbers, key in ((result.layers, "at_layer"), (result.heads or (1,), "at_head"))
    )
    return layer, head


def shown_weights(choice: ModelChoice, tokens: Tokens) -> Seen:
    """What is shown of the text, alone or held against another model or text."""
    # Boxes, so that what comes and goes in one moves nothing that stands below.
    with st.container():
        if st.session_state["at_measure"] == "attribution":
            if asked_target(encoder_with_progress(choice), tokens) is None:
                st.stop()  # without an answer no weight has a share in it
        this = _side(choice, tokens, "")
    table = this.table("table")
    raw = this.view.measure == "raw"
    seen = Seen(this, table, this.view, table if raw else None, this.key)
    with st.container():
        with shown_errors():
            asked = other.asked(choice, tokens)
            return seen if asked is None else _against(seen, _side(*asked, "other "))
        st.caption("Shown is this text under this model alone.")
    return seen


def _against(seen: Seen, facing: Side) -> Seen:
    """Hold the text against another; either side can be looked at where no difference can be."""
    this, side = seen.this, st.session_state["at_side"]
    key = "difference", this.key, facing.key
    try:
        if this.target != facing.target:
            raise InputError("The two sides are not asked for the same: a mask, or a text B, has "
                             "to be in both.", field="text")  # fmt: skip
        compared = newest("compared", key, lambda: compare_attention(this.view, facing.view))
    except InputError:
        if side == "difference":
            raise
        compared = None
    shown = {"this": this.view, "other": facing.view}
    if compared:
        shown = {"this": compared.this, "other": compared.other, "difference": compared.difference}
    patterns = seen.patterns if side == "this" else None
    if side == "other" and facing.view.measure == "raw":
        patterns = facing.table("other table")
    return seen._replace(result=shown[side], patterns=patterns, key=(side, *key),
                         side=side, other=facing, compared=compared)  # fmt: skip


def _side(choice: ModelChoice, tokens: Tokens, name: str) -> Side:
    """Trace, measure and view of a text, each kept until it is another."""
    values = st.session_state
    measure, hide = values["at_measure"], values["at_hide"]
    layer = values["at_layer"] if measure in ONE_LAYER else None
    key = choice, tokens, measure, layer
    # A model that is not asked for stays unloaded: there is room for two.
    trace, weighed, target = newest(f"{name}side", key, lambda: _measured(choice, tokens, name))
    options = {
        "level": values["at_level"],
        "block": values["at_block"],
        "hide_special": hide,
        "renormalise": bool(hide and values["at_renormalise"] and measure != "attribution"),
    }
    key = (*key, *options.values())
    cut = newest(f"{name}view", key, lambda: view(weighed, **options))
    return Side(choice, trace, weighed, cut, target, options["renormalise"], key)


def _measured(
    choice: ModelChoice, tokens: Tokens, name: str
) -> tuple[Trace, Weighed, Target | None]:
    """The forward pass and what the chosen measure makes of it."""
    measure = st.session_state["at_measure"]
    encoder = encoder_with_progress(choice)
    trace = newest(f"{name}trace", (choice, tokens), lambda: trace_attention(encoder, tokens))
    target = target_of(encoder, tokens) if measure == "attribution" else None
    layer = None
    if measure in ONE_LAYER:
        layer = min(st.session_state["at_layer"], encoder.checkpoint.layers)
    weighed = weigh(encoder, tokens, measure, trace=trace, layer=layer, target=target,
                    on_progress=ProgressBar("Steps"))  # fmt: skip
    return trace, weighed, target
