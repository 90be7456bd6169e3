"""``attend --against``: what the attention of a text is held against, and what is subtracted."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from bert_core.errors import InputError

Text = Annotated[
    str | None,
    typer.Option("--against", help="With --out: subtract the attention of this text A."),
]
Pair = Annotated[str | None, typer.Option(help="With --against: its text B.")]
Model = Annotated[
    str | None, typer.Option(help="With --out: subtract the attention of this model.")
]


def refuse_mixed(text: str | None, pair: str | None, model: str | None) -> bool:
    """Whether something is to be subtracted.

    Raises:
        InputError: the options do not go together.
    """
    if pair is not None and text is None:
        raise InputError("--against-pair goes with --against.", field="against_pair")
    if text is not None and model is not None:
        raise InputError(
            "Give --against or --against-model: one difference at a time.", field="against"
        )
    return text is not None or model is not None


def weighed(
    measure: Callable[[Any, Any], Any],
    encoder: Any,
    tokens: Any,
    text: str | None,
    pair: str | None,
    load: Callable[[], Any] | None,
) -> Any:
    """The attention of an input, or of it minus another.

    Args:
        measure: the attention of an encoder and an input.
        encoder: the model.
        tokens: the input.
        text: text A of what is subtracted, or None.
        pair: text B of it, or None.
        load: loads the other model, or None.

    Returns:
        An attention result; with a text or a model to subtract, the difference.

    Raises:
        InputError: the two sides do not fit, or the other text cannot be read.
    """
    from bert_core.analysis.attention.alignment import same_input
    from bert_core.analysis.attention.difference import compare_attention

    if load is not None:
        other = load()
        facing = same_input(tokens, other)
    elif text is not None:
        other, facing = encoder, encoder.tokenize(text, pair)
    else:
        return measure(encoder, tokens)
    return compare_attention(measure(encoder, tokens), measure(other, facing)).difference
