"""The measures of attention by name, each to weights of the same shape."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from bert_core.analysis.attention.gradients import AttributionResult, attributed
from bert_core.analysis.attention.rollout import flow, refuse_long_flow, rollout
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attention.values import norm_weights
from bert_core.checks import a_choice, whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats, Trace
from bert_core.tasks.distribution import refuse_no_numbers

Measure = Literal["raw", "rollout", "flow", "norm", "attribution"]
JOINED: tuple[Measure, ...] = ("rollout", "flow")
"""Measures that join the heads of a layer."""
MEASURE_NAMES: dict[Measure, str] = {
    "raw": "attention weights",
    "rollout": "rollout through the layers",
    "flow": "flow through the layers",
    "norm": "weights times the length of what is read",
    "attribution": "what the answer owes to each weight",
}
"""How each measure is written."""
MEANINGS: dict[Measure, str] = {
    "raw": (
        "Attention weights say where a head reads from, not what the answer depends on: compare "
        "them with what changes when a piece is left out."
    ),
    "rollout": (
        "Rollout multiplies the layers' mean weights and counts half of every piece as staying "
        "where it is. It knows neither the values that are read nor the answer."
    ),
    "flow": (
        "Flow is how much could get through the layers' mean weights from piece to piece. It "
        "knows neither the values that are read nor the answer."
    ),
    "norm": (
        "Weights times the length of what is read: a large weight on a short vector counts "
        "little. Rows do not sum to 1."
    ),
    "attribution": (
        "How much the chosen output owes to each weight, along a path from no attention to the "
        "attention there was. Values can be negative; rows do not sum to 1."
    ),
}
"""What to know about each measure, in a sentence or two."""
MOST_BYTES = 2**30
"""Largest array of weights that is asked for, in bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """One measure of one input, whole: everything that is shown is cut from it.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input, T pieces.
        measure: what the weights are.
        layers: their layers, counted from 1.
        heads: their heads, counted from 1; none where the measure joins all heads.
        weights: float32 of shape (layers, heads, T, T); one entry in place of the heads where
            they are joined. A row is the piece that looks.
        notes: what a reader should know of the text and the measure, in sentences.
    """

    model: str
    tokens: Tokens
    measure: Measure
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    weights: Floats
    notes: tuple[str, ...]


def trace_attention(encoder: Encoder, tokens: Tokens) -> Trace:
    """The one forward pass behind raw weights, rollout and flow.

    Raises:
        InputError: the text has one piece only, the weights of all heads would take too much
            memory, or the model answered with numbers that are no numbers.
        ModelError: the model hands out no attention weights.
    """
    _refuse(encoder, tokens)
    trace = encoder.trace(tokens, attention=True)
    assert trace.attention is not None  # noqa: S101 - asked for in the line above
    refuse_no_numbers(trace.attention)
    return trace


def weigh(
    encoder: Encoder,
    tokens: Tokens,
    measure: Measure = "raw",
    *,
    trace: Trace | None = None,
    layer: int | None = None,
    target: Target | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Weighed:
    """Compute one measure.

    Args:
        encoder: the model.
        tokens: the input.
        measure: which one.
        trace: of these tokens, from :func:`trace_attention`; raw weights, rollout and flow then
            need no forward pass.
        layer: the one layer that the costly measures (norm, attribution, flow) are computed for;
            None: all, and for flow the last. Raw weights and rollout are there for all anyway.
        target: for attribution, the output that is followed; None: a masked word.
        on_progress: told how many steps of flow or attribution are done, and of how many; may
            raise to stop.

    Raises:
        InputError: as :func:`trace_attention`; or the measure is unknown, there is no such
            layer, flow is asked of a long text, or the target does not fit the input.
        ModelError: the model hands out no attention weights, or lacks the target's task head.
    """
    legal("measure", measure, get_args(Measure))
    _refuse(encoder, tokens)
    last = encoder.checkpoint.layers
    if layer is not None:
        whole_number("The layer", layer, last, field="layer")
    if measure == "flow":
        refuse_long_flow(len(tokens))
    everyone = tuple(range(1, last + 1))
    layers = everyone if layer is None else (layer,)
    said: tuple[str, ...] = ()
    match measure:
        case "norm":
            weights = norm_weights(encoder, tokens, layers=layers).weights
        case "attribution":
            found = attributed(encoder, tokens, target, layers=layers, on_progress=on_progress)
            weights, said = found.weights, (_followed(found),)
        case _:
            raw = _attention(trace or trace_attention(encoder, tokens))
            layers = layers[-1:] if measure == "flow" else everyone
            weights = _through(raw, measure, layers[-1], on_progress)
    return Weighed(
        model=encoder.label,
        tokens=tokens,
        measure=measure,
        layers=layers,
        heads=() if measure in JOINED else tuple(range(1, weights.shape[1] + 1)),
        weights=weights,
        notes=(*text_notes(tokens, encoder.tokenizer.vocabulary), MEANINGS[measure], *said),
    )


def legal(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is none of the known ones.

    Raises:
        InputError: with the words there are.
    """
    a_choice(name, value, known, field=name)


def refuse_too_large(layers: int, heads: int, pieces: int) -> None:
    """Refuse an input whose weights would take more than ``MOST_BYTES``.

    Raises:
        InputError: with the size and what to do.
    """
    needed = layers * heads * pieces * pieces * 4
    if needed > MOST_BYTES:
        raise InputError(
            f"The weights of {pieces:,} pieces would take {needed / 2**30:.1f} GiB ({layers} "
            f"layers of {heads} heads); at most {MOST_BYTES / 2**30:.0f} GiB is taken. Shorten "
            "the text.",
            field="text",
        )


def _refuse(encoder: Encoder, tokens: Tokens) -> None:
    if len(tokens.content) < 2:
        raise InputError(
            "The text has only one piece, which has nothing to attend to but itself. Type at "
            "least two words.",
            field="text",
        )
    checkpoint = encoder.checkpoint
    refuse_too_large(checkpoint.layers, checkpoint.attention_heads, len(tokens))


def _attention(trace: Trace) -> Floats:
    if trace.attention is None:
        raise InputError("This trace holds no attention: make it with trace_attention.")
    return trace.attention


def _through(
    raw: Floats,
    measure: Measure,
    layer: int,
    on_progress: Callable[[int, int], None] | None,
) -> Floats:
    """What is computed from the weights (L, A, T, T) of one pass alone."""
    match measure:
        case "rollout":
            return rollout(raw)[:, None]
        case "flow":
            return flow(raw, layer, on_progress=on_progress)[None, None]
    return raw


def _followed(found: AttributionResult) -> str:
    off = float(np.abs(found.error).max())
    return f"Followed: '{found.label}'. A layer's sum is off by at most {off:.2g} nats."
