"""All heads ranked: as if each was switched off by itself, in a fraction of the work."""

import numpy as np
import pytest

from bert_core.analysis.attention.ablation import HeadName, ablate
from bert_core.analysis.attention.ranking import rank_heads
from bert_core.analysis.attention.targets import Target
from bert_core.errors import ModelError
from bert_core.model import batching
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from tests import tiny

TEXT, PAIR = "The heron waits near the [MASK] lake.", "It is late."


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("bert-pretraining", Target()),
        ("bert-pretraining", Target("next_sentence")),
        ("bert-span", Target("span")),
        ("distilbert", Target()),
        ("roberta", Target()),
    ],
)
def test_it_equals_one_ablation_after_another(encoder_of, name: str, target: Target) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize(TEXT, PAIR)
    found = rank_heads(encoder, tokens, target)
    assert found.divergence.shape == found.change.shape == (2, 4)
    for (layer, head), divergence in np.ndenumerate(found.divergence):
        alone = ablate(encoder, tokens, [HeadName(layer + 1, head + 1)], target)
        assert divergence == pytest.approx(alone.divergence, abs=1e-5)
        assert found.change[layer, head] == pytest.approx(alone.change, abs=1e-5)
    assert found.before == alone.before
    assert found.label == alone.label
    assert np.ptp(found.divergence) > 1e-3, "the heads differ"


def test_the_largest_effect_comes_first(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    found = rank_heads(tiny_bert, tiny_bert.tokenize(TEXT))
    effects = [each.divergence for each in found.heads]
    assert effects == sorted(effects, reverse=True)
    assert {each.name for each in found.heads} == {
        HeadName(layer, head) for layer in (1, 2) for head in (1, 2, 3, 4)
    }
    for each in found.heads:
        place = each.name.layer - 1, each.name.head - 1
        assert (each.divergence, each.change) == (found.divergence[place], found.change[place])


def test_batches_do_not_change_the_numbers(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    whole = rank_heads(tiny_bert, tokens)
    monkeypatch.setattr(batching, "BATCH_PIECES", 3 * len(tokens))
    told: list[tuple[int, int]] = []
    parts = rank_heads(tiny_bert, tokens, on_progress=lambda *done: told.append(done))
    np.testing.assert_allclose(parts.divergence, whole.divergence, rtol=0, atol=1e-6)
    assert told == [(3, 8), (4, 8), (7, 8), (8, 8)]


def test_it_can_be_stopped(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    tokens = tiny_bert.tokenize(TEXT)
    before = tiny_bert.passes
    with pytest.raises(Stopped):
        rank_heads(tiny_bert, tokens, on_progress=stop)
    assert tiny_bert.passes == before + 3, "undisturbed, the embeddings, and one batch of heads"
    assert ablate(tiny_bert, tokens, []).change == 0


def test_the_lower_layers_are_shared(tmp_path, models) -> None:  # type: ignore[no-untyped-def]
    """Pieces that go through each layer are counted, of the size that matters: 12 x 12 heads."""
    folder = tiny.write_bert(
        tmp_path / "deep", "masked", num_hidden_layers=12, num_attention_heads=12,
        hidden_size=24, intermediate_size=12,
    )  # fmt: skip
    encoder = load(ModelChoice(source=str(folder)))
    tokens = encoder.tokenize(TEXT)
    pieces = [0] * 12
    with encoder.computing() as body:
        for number, layer in enumerate(body.lean.layers):

            def count(module, inputs, output, number=number):  # type: ignore[no-untyped-def]
                pieces[number] += output.shape[:-1].numel()

            layer.parts.mix.register_forward_hook(count)
    rank_heads(encoder, tokens)
    # Undisturbed twice, once to know the answer and once to start from; and for every head below
    # the last layer a copy, of which the last layer computes the mask alone.
    copies = [12 * (layer + 1) for layer in range(11)]
    length = len(tokens)
    assert pieces == [(2 + each) * length for each in copies] + [1 + 12 * 12]
    one_batch = 12 * 12 * length
    assert sum(pieces) < 6 * one_batch, "passes of a batch with a copy for each head of a layer"
    assert sum(pieces) < 0.48 * 144 * 12 * length, "passes of one text, one for each head"


def test_a_model_without_the_head_is_refused(encoder_of) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of("bert-bare")
    with pytest.raises(ModelError, match="no masked word head"):
        rank_heads(encoder, encoder.tokenize(TEXT))
