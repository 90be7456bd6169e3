"""Attention of one input as it is shown: one measure, one level, chosen heads, a part of the text.

    result = attend(encoder, "The heron waits.", "It is late.", block="ab", level="word")

:func:`attend` goes the whole way. A page keeps what :func:`.measures.weigh` made and asks
:func:`view` again for every change of what is shown; no forward pass is made then.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.blocks import Block, Part, part
from bert_core.analysis.attention.levels import Level, Unit, merge, units_of
from bert_core.analysis.attention.measures import JOINED, Measure, Weighed, legal, weigh
from bert_core.analysis.attention.targets import Target
from bert_core.checks import a_list, whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats


@dataclass(frozen=True, slots=True, eq=False)
class AttentionResult:
    """What is shown of one measure of one input.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input, T pieces.
        measure: what the weights are.
        level: what a row and a column stand for.
        block: which text looks at which.
        units: all W pieces or words of the input.
        rows: the N units that look, as positions in ``units``.
        columns: the M units that are looked at.
        layers: counted from 1.
        heads: counted from 1; none where the measure joins all heads.
        weights: float32 of shape (layers, heads, N, M); one entry in place of the heads where
            they are joined.
        hidden: shape (layers, heads, N), share of each whole row on hidden special pieces.
        outside: the same on columns outside the block.
        emptied: the same shape; rows of which hiding leaves nothing, see :class:`.blocks.Part`.
        notes: what a reader should know, in sentences.
        minus: what was subtracted, see :func:`.difference.compare_attention`; "" where nothing
            was. Weights have both signs then.
    """

    model: str
    tokens: Tokens
    measure: Measure
    level: Level
    block: Block
    units: tuple[Unit, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    layers: tuple[int, ...]
    heads: tuple[int, ...]
    weights: Floats
    hidden: Floats
    outside: Floats
    emptied: NDArray[np.bool_]
    notes: tuple[str, ...]
    minus: str = ""


def attend(
    encoder: Encoder,
    text: str,
    pair: str | None = None,
    *,
    masked: Sequence[int] = (),
    measure: Measure = "raw",
    target: Target | None = None,
    level: Level = "piece",
    block: Block = "all",
    hide_special: bool = False,
    renormalise: bool = False,
    layer: int | None = None,
    head: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> AttentionResult:
    """Where every piece or word of a text looks.

    Args:
        encoder: the model.
        text: the text A; ``[MASK]``, ``[mask]``, ``<mask>`` and ``___`` are masks.
        pair: an optional text B.
        masked: positions of pieces to put a mask over, besides the typed ones.
        measure: see :data:`.measures.MEANINGS`; flow is that of one layer, the last by default.
        target: for attribution, the output that is followed; None: a masked word.
        level: pieces or words.
        block: ``"ab"`` for A looking at B, and so on.
        hide_special: leave out special pieces; the share they take is in ``hidden``.
        renormalise: divide rows by what hiding left of them.
        layer: counted from 1; None: all.
        head: counted from 1; None: all.
        on_progress: told how many steps of flow or attribution are done, and of how many; may
            raise to stop.

    Raises:
        InputError: the text is empty, too long or one piece only, the second text is missing
            for the block, a choice is unknown or out of range, memory would not do, or nothing
            is left to show, or the target does not fit.
        ModelError: the model hands out no attention weights, or lacks the target's task head.
    """
    a_list("The masked positions", masked, field="masked")
    tokens = encoder.tokenize(text, pair).masked(masked)
    # Before the pass, so that a wrong choice costs nothing.
    refuse_choices(tokens, measure, encoder.checkpoint.attention_heads, level, block, head)
    weighed = weigh(encoder, tokens, measure, layer=layer, target=target, on_progress=on_progress)
    return view(
        weighed,
        level=level,
        block=block,
        hide_special=hide_special,
        renormalise=renormalise,
        layer=layer,
        head=head,
    )


def view(
    weighed: Weighed,
    *,
    level: Level = "piece",
    block: Block = "all",
    hide_special: bool = False,
    renormalise: bool = False,
    layer: int | None = None,
    head: int | None = None,
) -> AttentionResult:
    """Cut from a measure what is shown. No forward pass.

    Args:
        weighed: from :func:`.measures.weigh`.
        level: see :func:`attend`, as all further ones.
        block: which text looks at which.
        hide_special: leave out special pieces.
        renormalise: divide rows by what hiding left of them.
        layer: counted from 1; None: all there are.
        head: counted from 1; None: all there are.

    Raises:
        InputError: as :func:`attend`.
    """
    tokens = weighed.tokens
    refuse_choices(tokens, weighed.measure, len(weighed.heads), level, block, head)
    layers, heads, weights = _chosen(weighed, layer, head)
    units = units_of(tokens, level)
    merged = merge(weights, units)
    shown = part(merged, units, block=block, hide_special=hide_special, renormalise=renormalise)
    _refuse_empty(shown, hide_special)
    return AttentionResult(
        model=weighed.model,
        tokens=tokens,
        measure=weighed.measure,
        level=level,
        block=block,
        units=units,
        rows=shown.rows,
        columns=shown.columns,
        layers=layers,
        heads=heads,
        weights=shown.weights,
        hidden=shown.hidden,
        outside=shown.outside,
        emptied=shown.emptied,
        notes=(*weighed.notes, *_hidden_notes(shown, hide_special)),
    )


def only_head(result: AttentionResult, place: tuple[int, int]) -> AttentionResult:
    """The same of one head alone.

    Args:
        result: what is shown.
        place: which of its layers and which of its heads, from 0.
    """
    layer, head = (slice(at, at + 1) for at in place)
    return replace(
        result,
        layers=result.layers[layer],
        heads=result.heads[head],
        weights=result.weights[layer, head],
        hidden=result.hidden[layer, head],
        outside=result.outside[layer, head],
        emptied=result.emptied[layer, head],
    )


def refuse_names(measure: str, level: str, block: str) -> None:
    """Refuse what is the name of nothing, before a model is loaded.

    Raises:
        InputError: which name, and those there are.
    """
    legal("measure", measure, get_args(Measure))
    legal("level", level, get_args(Level))
    legal("block", block, get_args(Block))


def refuse_choices(
    tokens: Tokens, measure: str, heads: int, level: str, block: str, head: int | None
) -> None:
    """Refuse what cannot be shown of an input, before anything is computed.

    Args:
        tokens: the input.
        measure: its name, known or not.
        heads: number of heads in a layer; 0 where the measure joins them.
        level: its name, known or not.
        block: its name, known or not.
        head: counted from 1, or None.

    Raises:
        InputError: which choice, and what would do.
    """
    refuse_names(measure, level, block)
    if block in ("ab", "ba", "bb") and tokens.pair is None:
        raise InputError(
            "This block needs a second text. Type one, or show everything.", field="block"
        )
    if head is not None and measure in JOINED:
        raise InputError(
            f"{measure.capitalize()} joins all heads; leave the head open.", field="head"
        )
    if head is not None:
        whole_number("The head", head, heads, field="head")


def _chosen(
    weighed: Weighed, layer: int | None, head: int | None
) -> tuple[tuple[int, ...], tuple[int, ...], Floats]:
    """The chosen layers and heads of (layers, heads, T, T), with their numbers."""
    layers, heads, weights = weighed.layers, weighed.heads, weighed.weights
    if layer is not None:
        if layer not in layers:
            known = ", ".join(map(str, layers))
            raise InputError(f"Layer {layer} was not computed; there is {known}.", field="layer")
        weights = weights[layers.index(layer)][None]
        layers = (layer,)
    if head is not None:
        weights = weights[:, head - 1][:, None]
        heads = (head,)
    # A view would keep the weights of all heads in memory with a result of one.
    return layers, heads, weights if weights.size == weighed.weights.size else weights.copy()


def _refuse_empty(shown: Part, hide_special: bool) -> None:
    if shown.emptied.all() or not shown.weights.any():
        raise InputError(
            "Nothing is left to show: all the attention of what is chosen goes to what is hidden "
            "or outside the block. Show special pieces, or choose another block or head.",
            field="hide_special" if hide_special else "block",
        )


def _hidden_notes(shown: Part, hide_special: bool) -> tuple[str, ...]:
    if not hide_special:
        return ()
    sentence = f"The hidden special pieces take {shown.hidden.mean():.1%} of these rows on average."
    empty = int(shown.emptied.sum())
    if empty:
        sentence += f" They take all of {empty:,} of {shown.emptied.size:,} rows."
    return (sentence.replace("%", " %"),)
