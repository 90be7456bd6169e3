"""One forward pass of one input, keeping what was asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats, Trace

if TYPE_CHECKING:
    import torch

    from bert_core.model.body import Body


def traced(
    body: "Body",
    tokens: Tokens,
    positions: Sequence[int],
    *,
    hidden: bool,
    attention: bool,
    next_sentence: bool,
    visible: NDArray[np.bool_] | None,
) -> Trace:
    """One pass through a body that has the heads; see :meth:`.encoder.Encoder.trace`."""
    import torch

    out = body.run([tokens], hidden=hidden, attention=attention, visible=visible)
    last = out.last_hidden_state
    logits = following = None
    if positions:
        logits = to_numpy(body.heads["masked_word"](last[0, list(positions)]))
    if next_sentence:
        following = to_numpy(body.heads["next_sentence"](last[:, 0])[0])
    return Trace(
        tokens=tokens,
        positions=tuple(positions),
        logits=logits,
        hidden=to_numpy(torch.cat(out.hidden_states)) if hidden else None,
        attention=to_numpy(torch.cat(out.attentions)) if attention else None,
        next_sentence=following,
    )


def to_numpy(tensor: "torch.Tensor") -> Floats:
    """A tensor outside torch, in float32."""
    array: Floats = tensor.float().cpu().numpy()
    return array
