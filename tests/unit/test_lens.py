"""The layer lens, against the library's own hidden states and head."""

import math

import numpy as np
import pytest
import torch

from bert_core.analysis.lens import lens
from bert_core.errors import InputError, ModelError
from bert_core.tasks.masked import fill_trace, trace_masks
from tests.unit import reference

TEXT = "The [MASK] waits near the [MASK]."
FAMILIES = ("bert-pretraining", "bert-masked", "distilbert", "roberta", "xlm-roberta")


def traced(encoder, text: str = TEXT, pair: str | None = None):
    return trace_masks(encoder, encoder.tokenize(text, pair))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_last_layer_is_the_model(encoder_of, name: str) -> None:
    encoder = encoder_of(name)
    trace = traced(encoder)
    masks = fill_trace(encoder, trace, k=100, words_only=False).masks
    for mask in masks:
        result = lens(encoder, trace, mask.position, k=100)
        last = result.layers[-1]
        assert [each.id for each in last.candidates] == [each.id for each in mask.candidates]
        assert list(last.ranks) == [each.rank for each in mask.candidates]
        for mine, other in zip(last.candidates, mask.candidates, strict=True):
            assert mine.probability == pytest.approx(other.probability, abs=1e-6)
        assert last.entropy == pytest.approx(mask.entropy, abs=1e-4)
        assert result.words == last.candidates
        assert last.probabilities == tuple(each.probability for each in last.candidates)


def test_the_trained_models_last_layer_is_the_model(embedded) -> None:
    trace = traced(embedded, "Paris is the capital of [MASK].")
    (mask,) = fill_trace(embedded, trace, k=20, words_only=False).masks
    result = lens(embedded, trace, mask.position, k=20)
    assert [each.layer for each in result.layers] == list(range(7))
    assert [each.id for each in result.layers[-1].candidates] == [
        each.id for each in mask.candidates
    ]
    assert result.layers[0].entropy > result.layers[-1].entropy
    assert result.layers[-1].ranks == tuple(range(1, 21))


def test_every_layer_goes_through_the_models_own_head(tiny_bert) -> None:
    trace = traced(tiny_bert, "The heron [MASK].", "It is cold.")
    (position,) = trace.positions
    model = reference.library_model(tiny_bert.checkpoint.folder)
    with torch.inference_mode():
        states = model(
            torch.tensor([trace.tokens.ids]),
            token_type_ids=torch.tensor([trace.tokens.segments]),
            output_hidden_states=True,
        ).hidden_states
        logs = [torch.log_softmax(model.cls(state[0, position]).double(), -1) for state in states]
    result = lens(tiny_bert, trace, position, k=4)
    assert [each.layer for each in result.layers] == [0, 1, 2]
    final = [each.id for each in result.words]
    for layer, line in zip(result.layers, logs, strict=True):
        shown = [i for i in torch.argsort(-line).tolist() if i > 4][:4]
        assert [each.id for each in layer.candidates] == shown
        assert layer.probabilities == pytest.approx([math.exp(line[i]) for i in final], abs=1e-6)
        assert list(layer.ranks) == [int((line > line[i]).sum()) + 1 for i in final]
        probabilities = torch.exp(line)
        entropy = float(-(probabilities * line).sum()) / math.log(2)
        assert layer.entropy == pytest.approx(entropy, abs=1e-4)


def test_no_pass_through_the_encoder(tiny_bert) -> None:
    trace = traced(tiny_bert)
    before = tiny_bert.passes
    for position in range(len(trace.tokens)):
        lens(tiny_bert, trace, position)
    assert tiny_bert.passes == before


@pytest.mark.parametrize("k", [0, 101, -3, "3", 1.0, None])
def test_k_out_of_range(tiny_bert, k) -> None:
    trace = traced(tiny_bert)
    with pytest.raises(InputError, match="from 1 to 100") as refused:
        lens(tiny_bert, trace, trace.positions[0], k=k)
    assert refused.value.field == "k"


@pytest.mark.parametrize("position", [-1, 9, 1000])
def test_no_such_position(tiny_bert, position: int) -> None:
    trace = traced(tiny_bert)
    assert len(trace.tokens) == 9
    with pytest.raises(InputError, match="hidden states") as refused:
        lens(tiny_bert, trace, position)
    assert refused.value.field == "position"


def test_a_trace_without_hidden_states(tiny_bert) -> None:
    tokens = tiny_bert.tokenize(TEXT)
    with pytest.raises(InputError, match="hidden states"):
        lens(tiny_bert, tiny_bert.trace(tokens, positions=tokens.masks), tokens.masks[0])


def test_a_checkpoint_without_the_head(encoder_of) -> None:
    encoder = encoder_of("bert-classification")
    trace = encoder.trace(encoder.tokenize(TEXT), hidden=True)
    with pytest.raises(ModelError, match="masked word"):
        lens(encoder, trace, 2)
    assert np.isfinite(trace.hidden).all()
