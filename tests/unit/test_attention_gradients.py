"""Attribution of an output to attention weights: the definition by autograd, and its sums."""

import numpy as np
import pytest
import torch
import transformers
from transformers.models.bert import modeling_bert

from bert_core.analysis.attention.ablation import HeadName, ablate
from bert_core.analysis.attention.gradients import attributed
from bert_core.analysis.attention.targets import Target
from bert_core.errors import InputError, ModelError
from bert_core.model import contributions

TEXT, PAIR = "The heron waits near the [MASK] lake.", "It is late."
TARGETS = {
    "bert-pretraining": Target(),
    "distilbert": Target(),
    "roberta": Target(),
    "bert-next_sentence": Target("next_sentence", follows=True),
    "bert-span": Target("span", span=(10, 11)),
}


@pytest.fixture(scope="module", params=TARGETS)
def case(request, encoder_of):  # type: ignore[no-untyped-def]
    """An encoder, an input, a target and its attribution."""
    encoder = encoder_of(request.param)
    tokens = encoder.tokenize(TEXT, PAIR)
    target = TARGETS[request.param]
    return encoder, tokens, target, attributed(encoder, tokens, target)


def slopes(model, inputs, value, layer: int, alpha: float, monkeypatch):  # type: ignore[no-untyped-def]
    """Weights of a layer, and the slope of a value by them when they are all times alpha."""
    kept = []

    def attention(module, query, key, values, mask, scaling, **rest):  # type: ignore[no-untyped-def]
        weights = (query @ key.mT * scaling).softmax(dim=-1)
        if module.layer_idx == layer:
            kept.append(weights[0].detach())
            weights = (alpha * weights).detach().requires_grad_()
            kept.append(weights)
        return (weights @ values).transpose(1, 2).contiguous(), weights

    monkeypatch.setattr(modeling_bert, "eager_attention_forward", attention)
    followed = value(model(**inputs))
    return kept[0], torch.autograd.grad(followed, kept[1])[0][0]


def test_it_equals_the_definition(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    position = tokens.masks[0]
    word = tiny_bert.pieces_of("cold")[0]
    found = attributed(tiny_bert, tokens, Target(word="cold"), steps=6)
    model = transformers.BertForPreTraining.from_pretrained(
        tiny_bert.checkpoint.folder, attn_implementation="eager"
    ).eval()
    inputs = {
        "input_ids": torch.tensor([tokens.ids]),
        "token_type_ids": torch.tensor([tokens.segments]),
    }

    def value(out):  # type: ignore[no-untyped-def]
        return out.prediction_logits[0, position].log_softmax(dim=-1)[word]

    nodes, shares = np.polynomial.legendre.leggauss(6)
    for layer in range(2):
        total = torch.zeros(4, len(tokens), len(tokens))
        for node, share in zip(nodes, shares, strict=True):
            weights, slope = slopes(model, inputs, value, layer, (node + 1) / 2, monkeypatch)
            total += share / 2 * slope
        np.testing.assert_allclose(found.weights[layer], weights * total, rtol=0, atol=1e-5)
    assert np.abs(found.weights).max() > 0.01
    assert found.label == "cold"


def test_attributions_sum_to_what_the_layer_does(case) -> None:  # type: ignore[no-untyped-def]
    _, _, _, found = case
    difference = found.value - found.without
    assert np.abs(difference).max() > 0.01, "the layers matter to this output"
    sums = found.weights.sum(axis=(1, 2, 3), dtype=np.float64)
    np.testing.assert_allclose(sums, difference, rtol=0, atol=2e-4)
    np.testing.assert_allclose(found.error, sums - difference, rtol=0, atol=1e-5)


def test_nothing_is_where_a_whole_layer_is_off(case) -> None:  # type: ignore[no-untyped-def]
    encoder, tokens, target, found = case
    for layer in (1, 2):
        off = ablate(encoder, tokens, [HeadName(layer, head) for head in range(1, 5)], target)
        assert found.without[layer - 1] == pytest.approx(off.after, abs=1e-5)
    assert found.value == pytest.approx(off.before, abs=1e-6)
    assert found.label == off.label


def test_more_points_come_closer(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    few, many = (attributed(tiny_bert, tokens, steps=steps) for steps in (1, 10))
    assert np.abs(few.error).max() > 5 * np.abs(many.error).max()
    assert few.steps == 1


def test_of_the_last_layer_only_the_row_that_is_read_counts(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    weights = attributed(tiny_bert, tokens, steps=2).weights
    others = np.arange(len(tokens)) != tokens.masks[0]
    assert not weights[1][:, others].any()
    assert weights[1][:, ~others].any()
    assert weights[0][:, others].any()


def test_batches_do_not_change_the_numbers(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    whole = attributed(tiny_bert, tokens, steps=5)
    monkeypatch.setattr(contributions, "GRADIENT_PIECES", 2 * len(tokens))
    told: list[tuple[int, int]] = []
    parts = attributed(tiny_bert, tokens, steps=5, on_progress=lambda *done: told.append(done))
    np.testing.assert_allclose(parts.weights, whole.weights, rtol=0, atol=1e-6)
    assert told == [(done, 10) for done in (2, 4, 5, 7, 9, 10)]


def test_layers_can_be_chosen(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    upper = attributed(tiny_bert, tokens, layers=[2], steps=3)
    assert upper.layers == (2,)
    whole = attributed(tiny_bert, tokens, steps=3)
    np.testing.assert_array_equal(upper.weights[0], whole.weights[1])


def test_it_can_be_stopped_and_leaves_no_trace(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    tokens = tiny_bert.tokenize(TEXT)
    before = tiny_bert.trace(tokens, positions=tokens.masks).logits
    with pytest.raises(Stopped):
        attributed(tiny_bert, tokens, on_progress=stop)
    after = tiny_bert.trace(tokens, positions=tokens.masks).logits
    np.testing.assert_array_equal(before, after)
    with tiny_bert.computing() as body:
        weights = list(body.encoder.parameters())
    assert all(weight.grad is None and not weight.requires_grad for weight in weights)


def test_choices_that_cannot_be_made_are_refused(tiny_bert, encoder_of) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    for steps in (0, 201):
        with pytest.raises(InputError, match="from 1 to 200"):
            attributed(tiny_bert, tokens, steps=steps)
    with pytest.raises(InputError, match="from 1 to 2"):
        attributed(tiny_bert, tokens, layers=[3])
    with pytest.raises(ModelError, match="no masked word head"):
        attributed(encoder_of("bert-bare"), tokens)
