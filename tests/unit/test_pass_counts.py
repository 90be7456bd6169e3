"""Every batch is told of, whatever asks for it, with the inputs that it holds."""

from collections.abc import Callable
from typing import Any

import pytest

from bert_core.analysis.attention.corpus import head_statistics
from bert_core.analysis.attention.queries import queries_and_keys
from bert_core.features.one_text import embed
from bert_core.model.contributions import path_gradients, value_norms
from bert_core.model.encoder import Encoder
from bert_core.model.hidden import pooled_states
from bert_core.model.tokens import Tokens
from bert_core.model.without import logits_without, logits_without_each
from bert_core.model.word_gradients import Output

TEXT = "The heron [MASK] near the lake."
HEAD = "masked_word"
MASK = (3,)


def along(encoder: Encoder, tokens: Tokens) -> object:
    def value(logits: Any) -> Any:
        return logits[:, 0, 7]

    return [*path_gradients(encoder, HEAD, tokens, MASK, value, [1], steps=3)]


def owed(encoder: Encoder, tokens: Tokens) -> object:
    output = Output(encoder, HEAD, tokens, MASK[0], 7)
    whole, nothing = output.vectors([1], None)
    output.values(whole, nothing)
    return output.gradients(output.answer, (whole.requires_grad_(),))


KINDS: dict[str, tuple[Callable[[Encoder, Tokens], object], list[int]]] = {
    "a trace": (lambda e, t: e.trace(t, positions=MASK), [1]),
    "attention": (lambda e, t: e.trace(t, attention=True), [1]),
    "many": (lambda e, t: [*e.masked_logits([t] * 40, [MASK] * 40)], [40]),
    "a head off": (lambda e, t: logits_without(e, HEAD, t, MASK, [(0, 1)]), [1]),
    "each head off": (lambda e, t: [*logits_without_each(e, HEAD, t, MASK)], [1, 4, 4]),
    "values": (lambda e, t: [*value_norms(e, t, [0, 1])], [1]),
    "a path": (along, [1, 3, 2]),
    "word vectors": (owed, [2, 1]),
    "queries": (lambda e, t: queries_and_keys(e, t), [1]),
    "words": (lambda e, t: pooled_states(e, [t] * 3, [[[1]]] * 3), [3]),
    "tendencies": (lambda e, t: head_statistics(e, ["The heron waits.", "It rained."]), [2]),
    "a vector": (lambda e, t: embed(e, "The heron waits."), [1]),
    "the head alone": (lambda e, t: e.read_out(e.trace(t, hidden=True).hidden[-1]), [1]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_batch_is_told_of(
    tiny_bert: Encoder, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, expected = KINDS[kind]
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(tiny_bert, "on_pass", lambda *batch: told.append(batch))
    before = tiny_bert.passes
    ask(tiny_bert, tiny_bert.tokenize(TEXT))
    assert told == [(1, inputs) for inputs in expected]
    assert tiny_bert.passes - before == len(told)
