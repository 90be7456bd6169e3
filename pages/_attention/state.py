"""The attention page's state: what a link carries, and which head is open."""

from typing import get_args

import streamlit as st

from bert_core.analysis.attention.blocks import Block
from bert_core.analysis.attention.levels import Level
from bert_core.analysis.attention.measures import Measure
from bert_core.examples import examples
from bert_core.views.attention_clicks import Pick
from pages._shared import sidebar
from pages._shared.link import Field, one_of, positions, whole, yes_no

EXAMPLES = examples("attention")
FIRST = next(iter(EXAMPLES.values()))
MEASURES, LEVELS, BLOCKS = get_args(Measure), get_args(Level), get_args(Block)
SCALES = ("shared", "head")
VIEWS = ("map", "lines")
PANELS = ("Head table", "Map of heads", "Switch heads off", "Is it an explanation?",
          "Many sentences", "bertviz")  # fmt: skip
OTHERS = ("nothing", "model", "text")  # what the shown attention is held against
SIDES = ("difference", "this", "other")
READY = examples("attention_other")  # what each example is held against, by its name
ONE_LAYER = ("flow", "attribution")  # measures that take too long for all layers at once
FIELDS = (
    Field("text", "at_text", FIRST.text),
    Field("pair", "at_pair", FIRST.pair),
    Field("masked", "at_masked", (), positions),
    Field("measure", "at_measure", "raw", one_of(*MEASURES)),
    Field("level", "at_level", "piece", one_of(*LEVELS)),
    Field("block", "at_block", "all", one_of(*BLOCKS)),
    Field("hide", "at_hide", False, yes_no),
    Field("renormalise", "at_renormalise", True, yes_no),
    Field("scale", "at_scale", "shared", one_of(*SCALES)),
    Field("layer", "at_layer", 3, whole(1, 100)),
    Field("head", "at_head", 2, whole(1, 100)),
    Field("view", "at_view", "map", one_of(*VIEWS)),
    Field("share", "at_share", 80, whole(50, 100)),
    Field("unit", "at_unit", None, whole(0, 511)),
    Field("window", "at_window", 0, whole(0, 511)),
    Field("compare", "at_compare", "nothing", one_of(*OTHERS)),
    Field("other_model", "at_other_model", ""),
    Field("other_text", "at_other_text", ""),
    Field("other_pair", "at_other_pair", ""),
    Field("side", "at_side", "difference", one_of(*SIDES)),
    Field("off", "at_off", ""),
    Field("show", "at_panel", None, one_of(*PANELS)),
)
LINKED = (*FIELDS, *sidebar.FIELDS)


def take_example() -> None:
    """Put the chosen example into the inputs."""
    example = EXAMPLES.get(st.session_state.get("at_example") or "")
    if example is not None:
        st.session_state.update(at_text=example.text, at_pair=example.pair, at_masked=(),
                                at_unit=None, at_other_text="", at_other_pair="")  # fmt: skip
        if not example.pair:
            st.session_state["at_block"] = "all"
        propose()


def propose() -> None:
    """Put a text beside the open one: that of the example, else the same, to be changed."""
    values = st.session_state
    if values["at_compare"] != "text" or values["at_other_text"]:
        return
    text, pair = values["at_text"], values["at_pair"]
    for name, example in EXAMPLES.items():
        if (text, pair) == (example.text, example.pair):
            text, pair = READY[name].text, READY[name].pair
            break
    values.update(at_other_text=text, at_other_pair=pair)


def forget_clicks() -> None:
    """A changed text has other pieces."""
    st.session_state.update(at_masked=(), at_unit=None, at_example=None)


def let_go() -> None:
    """Words are counted otherwise than pieces, so what was kept in focus would be another."""
    st.session_state["at_unit"] = None


def open_head(pick: Pick) -> None:
    """Show another head in detail."""
    head = pick.head or st.session_state["at_head"]  # a measure that joins heads has none
    st.session_state.update(at_layer=pick.layer, at_head=head)
