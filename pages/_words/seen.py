"""What the page shows of a word: computed once, compared anew without another pass."""

from typing import NamedTuple

import streamlit as st

from bert_core import InputError, ModelChoice, word_in_context
from bert_core.analysis.embeddings.geometry import Geometry, Space, space
from bert_core.analysis.embeddings.projection import Projection, project
from bert_core.analysis.embeddings.readings import read_five_ways
from bert_core.analysis.embeddings.scoring import LayerScore, usable
from bert_core.analysis.embeddings.senses import SensesResult, score_readings, sense_curve
from bert_core.analysis.embeddings.vectors import WordTrace
from bert_core.model.costs import CHARACTERS, costly
from pages._shared.answers import kept
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._words import state


class Seen(NamedTuple):
    """What the page shows.

    Attributes:
        trace: the word at every layer.
        geometry: how vectors are compared.
        layer: the open layer.
        space: its vectors.
        curve: scores of all layers; empty without senses.
        why_not: why there are no senses to score, or "".
        key: names the word, its sentences and how they were read.
    """

    trace: WordTrace
    geometry: Geometry
    layer: int
    space: Space
    curve: tuple[LayerScore, ...]
    why_not: str
    key: tuple[object, ...]

    @property
    def at(self) -> int:
        """Index of the open sentence."""
        chosen = int(st.session_state["wc_at"])
        return chosen if chosen < len(self.trace.occurrences) else 0


def shown_word(choice: ModelChoice) -> Seen | None:
    """The word, its senses and the open layer under the current options.

    Many long sentences wait for a click, and can be stopped; None until then.
    """
    values = st.session_state
    which = state.which()
    key = (choice, values["wc_word"], values["wc_text"], tuple(which.items()),
           values["wc_pooling"])  # fmt: skip
    # Asked for in every run: its place on the page would move all below when it goes.
    encoder = encoder_with_progress(choice)
    trace = when_asked(
        key,
        lambda bar: word_in_context(encoder, values["wc_text"], values["wc_word"], which=which,
                                    pooling=values["wc_pooling"], on_progress=bar),
        long=costly(encoder, len(values["wc_text"]) / CHARACTERS),
        label="Read the sentences",
        about="They are long.",
        bar="Sentences",
        widget="wc_word",
        name="word",
    )  # fmt: skip
    if trace is None:
        return None
    geometry = state.geometry()
    curve: tuple[LayerScore, ...] = ()
    why_not = ""
    try:
        usable(trace.labels)
        curve = kept(("curve", *key, geometry), lambda: sense_curve(trace, geometry))
    except InputError as error:
        why_not = str(error)
    layer = _layer(trace, curve)
    return Seen(trace, geometry, layer, space(trace, layer, geometry), curve, why_not, key)


def five_readings(choice: ModelChoice, seen: Seen) -> SensesResult | None:
    """The word read in five ways, scored; what takes long as in :func:`shown_word`."""
    encoder = encoder_with_progress(choice)
    states = when_asked(
        seen.key,
        lambda bar: read_five_ways(encoder, seen.trace, on_progress=bar),
        long=costly(encoder, 5 * len(st.session_state["wc_text"]) / CHARACTERS),
        label="Read in five ways",
        about="This takes a while.",
        bar="One side at a time",
        widget="wc_readings",
        name="readings",
    )
    if states is None:
        return None
    return kept(("senses", *seen.key, seen.geometry),
                lambda: score_readings(seen.trace, states, seen.geometry))  # fmt: skip


def placed(seen: Seen, layer: int) -> Projection:
    """The sentences in the plane at a layer, as the options have it."""
    values = st.session_state
    method, seed = values["wc_method"], values["wc_seed"]
    there = seen.space if layer == seen.layer else space(seen.trace, layer, seen.geometry)
    return kept(
        ("points", *seen.key, seen.geometry, layer, method, seed),
        lambda: project(there, seen.trace.labels, method=method, seed=seed),
    )


def _layer(trace: WordTrace, curve: tuple[LayerScore, ...]) -> int:
    """The chosen layer; else the one that tells the senses apart best, or the last."""
    chosen = st.session_state["wc_layer"]
    if chosen is not None and chosen <= trace.layers:
        return int(chosen)
    if curve:
        return max(curve[1:], key=lambda each: (each.accuracy, each.silhouette)).layer
    return trace.layers
