"""Queries and keys: they make the weights that the library's own pass has."""

import numpy as np
import pytest

from bert_core.analysis.attention.attend import attend
from bert_core.analysis.attention.queries import queries_and_keys
from bert_core.errors import InputError

TEXT, PAIR = "The herons wait near the lake.", "Our bakery opened late."


@pytest.mark.parametrize("name", ["bert-pretraining", "distilbert", "roberta"])
def test_they_make_the_weights(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    raw = attend(encoder_of(name), TEXT, PAIR)
    found = queries_and_keys(encoder_of(name), raw.tokens)
    scores = found.queries @ found.keys.swapaxes(-1, -2) / np.sqrt(found.queries.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(weights, raw.weights, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.weights, raw.weights, rtol=0, atol=1e-6)
    assert found.queries.shape == (2, 4, len(raw.tokens), 8)
    assert found.layers == (1, 2)


def test_one_layer_is_a_part_of_all(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    whole, one = (
        queries_and_keys(tiny_bert, tokens),
        queries_and_keys(tiny_bert, tokens, layers=[2]),
    )
    assert one.layers == (2,)
    for name in ("queries", "keys", "weights"):
        np.testing.assert_array_equal(getattr(one, name), getattr(whole, name)[1:])
    with pytest.raises(InputError, match="layer is 3"):
        queries_and_keys(tiny_bert, tokens, layers=[3])
