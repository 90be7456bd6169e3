"""``ablate``: what becomes of an answer when attention heads are switched off.

Layers and heads are counted from 1.
"""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from bert_core.commands.attending import Aim, Mask, Pair, Text, Word, target_of
from bert_core.commands.common import Json, follow, sentences, show
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED


def ablate(
    text: Text,
    pair: Pair = None,
    heads: Annotated[
        str | None, typer.Option(help="Heads to switch off: 5.7,6.1; 5 alone is all of layer 5.")
    ] = None,
    rank: Annotated[
        bool, typer.Option("--rank", help="Switch off every head in turn and rank them.")
    ] = False,
    target: Aim = "masked_word",
    word: Word = None,
    mask: Mask = 1,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Switch attention heads off and say how the answer changes."""
    from bert_core.analysis.attention.ablation import ablate as run
    from bert_core.analysis.attention.ablation import parse_heads
    from bert_core.analysis.attention.ranking import rank_heads

    with sentences():
        if heads is None and not rank:
            raise InputError("Say --heads 5.7,6.1, or --rank to try every head.", field="heads")
        encoder = load(model, revision, device, precision)
        tokens = encoder.tokenize(text, pair)
        aim = target_of(tokens, target, word, mask)
        shape = encoder.checkpoint
        found: dict[str, Any] = {}
        if heads is not None:
            off = parse_heads(heads, layers=shape.layers, heads=shape.attention_heads)
            found["ablation"] = run(encoder, tokens, off, aim)
        if rank:
            found["ranking"] = rank_heads(encoder, tokens, aim, on_progress=follow("heads"))
        show(found, _ablated, as_json)


def _ablated(found: dict[str, Any]) -> str:
    from bert_core.views import attention_text

    say: dict[str, Callable[[Any], str]] = {
        "ablation": attention_text.ablation,
        "ranking": attention_text.ranking,
    }
    return "\n\n".join(say[name](result) for name, result in found.items())
