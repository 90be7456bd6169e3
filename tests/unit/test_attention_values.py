"""Norm-weighted attention against its definition, vector by vector, for every family."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from bert_core.analysis.attention.values import NormResult, norm_weights
from bert_core.errors import InputError

TEXT, PAIR = "The heron waits near the cold lake.", "It is late."
NAMES = ("bert-pretraining", "distilbert", "roberta")


def parts(name: str, layer):  # type: ignore[no-untyped-def]
    """The value and output modules of a layer of the library."""
    if name == "distilbert":
        return layer.attention.v_lin, layer.attention.out_lin
    return layer.attention.self.value, layer.attention.output.dense


@pytest.fixture(scope="module", params=NAMES)
def case(request, encoder_of):  # type: ignore[no-untyped-def]
    """An encoder, an input, and for each layer the vector of every head and pair (A, T, T, H)."""
    name = request.param
    encoder = encoder_of(name)
    tokens = encoder.tokenize(TEXT, PAIR)
    model = transformers.AutoModel.from_pretrained(
        encoder.checkpoint.folder, attn_implementation="eager"
    ).eval()
    layers = (model.transformer if name == "distilbert" else model.encoder).layer
    mixed: list[torch.Tensor] = []
    for layer in layers:
        parts(name, layer)[1].register_forward_hook(lambda *call: mixed.append(call[2][0]))
    inputs = {"input_ids": torch.tensor([tokens.ids])}
    if name.startswith("bert"):
        inputs["token_type_ids"] = torch.tensor([tokens.segments])
    with torch.no_grad():
        out = model(**inputs, output_attentions=True, output_hidden_states=True)
        vectors = []
        for number, layer in enumerate(layers):
            value, mix = parts(name, layer)
            read = value(out.hidden_states[number][0])
            heads = [
                out.attentions[number][0, head][:, :, None]
                * (read[:, part] @ mix.weight[:, part].T)[None]
                for head, part in enumerate(slice(at, at + 8) for at in range(0, 32, 8))
            ]
            vectors.append(torch.stack(heads))
            # All vectors that reach a piece, and the bias, are what the library adds to it.
            together = vectors[-1].sum(dim=(0, 2)) + mix.bias
            torch.testing.assert_close(together, mixed[number], atol=1e-5, rtol=0)
    return encoder, tokens, torch.stack(vectors)


def test_it_equals_the_definition(case) -> None:  # type: ignore[no-untyped-def]
    encoder, tokens, vectors = case
    found = norm_weights(encoder, tokens)
    assert found.weights.dtype == found.joint.dtype == np.float32
    np.testing.assert_allclose(found.weights, vectors.norm(dim=-1), rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.joint, vectors.sum(dim=1).norm(dim=-1), rtol=0, atol=1e-6)
    assert (found.layers, found.model) == ((1, 2), encoder.label)


def test_heads_together_move_no_more_than_each_alone(case) -> None:  # type: ignore[no-untyped-def]
    encoder, tokens, _ = case
    found = norm_weights(encoder, tokens)
    apart = found.weights.sum(axis=1)
    assert (found.joint <= apart + 1e-6).all()
    assert (found.joint < 0.9 * apart).any(), "heads of random weights pull apart"


def test_layers_can_be_chosen(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    whole = norm_weights(tiny_bert, tokens)
    upper = norm_weights(tiny_bert, tokens, layers=[2])
    assert upper.layers == (2,)
    np.testing.assert_array_equal(upper.weights, whole.weights[1:])
    np.testing.assert_array_equal(upper.joint, whole.joint[1:])
    both = norm_weights(tiny_bert, tokens, layers=[2, 1, 2])
    assert both.layers == (1, 2)
    np.testing.assert_array_equal(both.weights, whole.weights)


@pytest.mark.parametrize("layers", [[0], [3], [1, 9], [], [True], [1.5]])
def test_layers_that_there_are_not_are_refused(tiny_bert, layers) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match="whole number from 1 to 2") as refused:
        norm_weights(tiny_bert, tiny_bert.tokenize(TEXT), layers=layers)
    assert refused.value.field == "layers"


def test_rows_are_lengths_and_become_shares_on_request(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    found = norm_weights(tiny_bert, tiny_bert.tokenize(TEXT))
    assert np.abs(found.weights.sum(axis=-1) - 1).max() > 0.1
    shares = found.normalised()
    assert shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-6)
    ratio = found.weights[..., 0] * shares[..., 1]
    np.testing.assert_allclose(ratio, found.weights[..., 1] * shares[..., 0], atol=1e-6)


def test_a_row_of_nothing_stays_nothing(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    found = norm_weights(tiny_bert, tiny_bert.tokenize(TEXT))
    weights = found.weights.copy()
    weights[0, 1, 2] = 0
    emptied: NormResult = replace(found, weights=weights)
    assert not emptied.normalised()[0, 1, 2].any()
    assert np.isfinite(emptied.normalised()).all()


def test_one_pass_is_enough(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    before = tiny_bert.passes
    norm_weights(tiny_bert, tiny_bert.tokenize(TEXT))
    assert tiny_bert.passes == before + 1
