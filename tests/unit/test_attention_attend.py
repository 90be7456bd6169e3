"""The one call: equal to the library's own pass, cut as asked, refused in a sentence."""

from dataclasses import fields

import numpy as np
import pytest
import torch

from bert_core.analysis.attention import measures
from bert_core.analysis.attention.attend import AttentionResult, attend, only_head, view
from bert_core.analysis.attention.gradients import attributed
from bert_core.analysis.attention.measures import MEANINGS, Weighed, trace_attention, weigh
from bert_core.analysis.attention.rollout import flow, rollout
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attention.values import norm_weights
from bert_core.errors import InputError
from tests.unit.made_attention import tokens_of

TEXT, PAIR = "The herons wait near the [MASK] lake.", "Our bakery opened late, in winter."
FAMILIES = ("bert-pretraining", "distilbert", "roberta")


@pytest.fixture(scope="module", params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("pair", [None, PAIR])
def test_it_equals_the_library(encoder_of, folder_of, name: str, pair: str | None) -> None:  # type: ignore[no-untyped-def]
    import transformers

    found = attend(encoder_of(name), TEXT, pair, masked=(3,))
    model = transformers.AutoModel.from_pretrained(
        folder_of(name), attn_implementation="eager", dtype=torch.float32
    )
    inputs = {"input_ids": torch.tensor([found.tokens.ids])}
    if name.startswith("bert"):
        inputs["token_type_ids"] = torch.tensor([found.tokens.segments])
    with torch.inference_mode():
        expected = model.eval()(**inputs, output_attentions=True).attentions
    assert len(found.tokens.masks) == 2
    assert found.weights.dtype == np.float32
    np.testing.assert_allclose(found.weights, torch.cat(expected), rtol=0, atol=1e-6)
    assert (found.layers, found.heads) == ((1, 2), (1, 2, 3, 4))
    assert found.rows == found.columns == tuple(range(len(found.tokens)))
    assert MEANINGS["raw"] in found.notes


def test_special_pieces_belong_to_the_text_before_them(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    """Also where the model knows no segments, and where two separators stand between."""
    found = attend(encoder_of(name), TEXT, PAIR)
    tokens = found.tokens
    begins = tokens.sequences.index(1)
    assert [unit.side for unit in found.units] == [
        int(position >= begins) for position in range(len(tokens))
    ]
    assert found.units[begins - 1].special


def test_words_rows_and_blocks_of_a_real_text(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    found = attend(encoder_of(name), TEXT, PAIR, level="word", block="ab", hide_special=True)
    texts = [found.units[row].text for row in found.rows]
    assert [text for text in texts if text not in ("[MASK]", "<mask>")] == [
        "The", "herons", "wait", "near", "the", "lake", ".",
    ]  # fmt: skip
    assert [found.units[column].text for column in found.columns] == [
        "Our", "bakery", "opened", "late", ",", "in", "winter", ".",
    ]  # fmt: skip
    whole = attend(encoder_of(name), TEXT, PAIR, level="word")
    np.testing.assert_allclose(whole.weights.sum(axis=-1), 1, atol=1e-6)
    same = whole.weights[:, :, found.rows][..., found.columns]
    np.testing.assert_array_equal(found.weights, same)
    shares = found.hidden + found.outside + found.weights.sum(axis=-1)
    np.testing.assert_allclose(shares, 1, atol=1e-6)
    assert f"take {found.hidden.mean():.1%}".replace("%", " %") in found.notes[-1]


def test_one_head_is_a_part_of_all(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    whole = attend(tiny_bert, TEXT)
    one = attend(tiny_bert, TEXT, layer=2, head=3)
    assert (one.layers, one.heads) == ((2,), (3,))
    np.testing.assert_array_equal(one.weights, whole.weights[1:2, 2:3])
    assert one.weights.base is None, "it does not hold the weights of all heads"
    cut = only_head(whole, (1, 2))
    for field in fields(AttentionResult):
        np.testing.assert_array_equal(getattr(cut, field.name), getattr(one, field.name))
    layer = only_head(attend(tiny_bert, TEXT, measure="rollout"), (1, 0))
    assert (layer.layers, layer.heads, layer.weights.shape[:2]) == ((2,), (), (1, 1))


@pytest.mark.parametrize("level", ["piece", "word"])
def test_rollout_and_flow_join_heads(tiny_bert, level: str) -> None:  # type: ignore[no-untyped-def]
    raw = attend(tiny_bert, TEXT)
    rolled = attend(tiny_bert, TEXT, measure="rollout", level=level)  # type: ignore[arg-type]
    flowed = attend(tiny_bert, TEXT, measure="flow", level=level)  # type: ignore[arg-type]
    assert (rolled.layers, rolled.heads) == ((1, 2), ())
    assert (flowed.layers, flowed.heads) == ((2,), ())
    assert rolled.weights.shape[:2] == (2, 1)
    for found in (rolled, flowed):
        np.testing.assert_allclose(found.weights.sum(axis=-1), 1, atol=1e-6)
    if level == "piece":
        np.testing.assert_array_equal(rolled.weights[:, 0], rollout(raw.weights))
        np.testing.assert_array_equal(flowed.weights[0, 0], flow(raw.weights))
        first = attend(tiny_bert, TEXT, measure="flow", layer=1)
        np.testing.assert_array_equal(first.weights[0, 0], flow(raw.weights, 1))


def test_norms_and_attribution_are_those_of_their_modules(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    norm = attend(tiny_bert, TEXT, PAIR, measure="norm")
    np.testing.assert_allclose(norm.weights, norm_weights(tiny_bert, tokens).weights, atol=1e-6)
    one = attend(tiny_bert, TEXT, PAIR, measure="norm", layer=2, head=4)
    np.testing.assert_allclose(one.weights, norm.weights[1:, 3:], atol=1e-6)
    target = Target("next_sentence", follows=True)
    owed = attend(tiny_bert, TEXT, PAIR, measure="attribution", target=target, layer=1)
    expected = attributed(tiny_bert, tokens, target, layers=(1,))
    assert (owed.layers, owed.heads) == ((1,), (1, 2, 3, 4))
    np.testing.assert_allclose(owed.weights, expected.weights, atol=1e-6)
    assert f"Followed: '{expected.label}'. A layer's sum is off" in owed.notes[-1]
    with pytest.raises(InputError, match="without renormalising"):
        view(weigh(tiny_bert, tokens, "attribution"), hide_special=True, renormalise=True)


def test_another_view_needs_no_other_pass(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    trace = trace_attention(tiny_bert, tokens)
    before = tiny_bert.passes
    weighed = weigh(tiny_bert, tokens, trace=trace)
    for block in ("all", "ab", "bb"):
        shown = view(weighed, block=block, layer=1, head=2)  # type: ignore[arg-type]
        asked = attend(tiny_bert, TEXT, PAIR, block=block, layer=1, head=2)  # type: ignore[arg-type]
        np.testing.assert_array_equal(shown.weights, asked.weights)
    rolled = weigh(tiny_bert, tokens, "rollout", trace=trace)
    assert rolled.weights.shape == (2, 1, len(tokens), len(tokens))
    assert tiny_bert.passes == before + 3, "those of attend"


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"text": " "}, "text", "The text is empty"),
        ({"pair": ""}, "pair", "The second text is empty"),
        ({"text": "snow"}, "text", "only one piece"),
        ({"text": "snow " * 70}, "text", "72 word pieces.*reads 64.*left out would be"),
        ({"block": "ab"}, "block", "needs a second text"),
        ({"block": "bb"}, "block", "needs a second text"),
        ({"block": "B→A"}, "block", "is no block: use one of all, aa, ab, ba, bb"),
        ({"level": "letter"}, "level", "is no level: use one of piece, word"),
        ({"measure": "sum"}, "measure", "is no measure"),
        ({"layer": 3}, "layer", "The layer is 3; a whole number from 1 to 2"),
        ({"layer": 0}, "layer", "The layer is 0"),
        ({"head": 5}, "head", "The head is 5; a whole number from 1 to 4"),
        ({"head": 1, "measure": "rollout"}, "head", "Rollout joins all heads"),
        ({"masked": (0,)}, "masked", "no piece of the text"),
        ({"masked": None}, "masked", "The masked positions are nothing; a list is expected"),
        ({"measure": ["raw"]}, "measure", "A list is no measure"),
        ({"text": "warm ___", "measure": "attribution", "target": "river"}, "target", "'river'"),
        ({"measure": "attribution"}, "text", "mask"),
    ],
)
def test_what_cannot_be_shown_is_refused_before_a_pass(  # type: ignore[no-untyped-def]
    tiny_bert, asked: dict[str, object], field: str, said: str
) -> None:
    before = tiny_bert.passes
    with pytest.raises(InputError, match=said) as refused:
        attend(tiny_bert, **{"text": "fresh snow", **asked})
    assert refused.value.field == field
    assert tiny_bert.passes == before


def test_too_large_a_text_is_refused_with_its_size(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    measures.refuse_too_large(24, 16, 512)
    with pytest.raises(InputError, match=r"1,024 pieces would take 1\.5 GiB.*at most 1 GiB"):
        measures.refuse_too_large(24, 16, 1024)
    monkeypatch.setattr(measures, "MOST_BYTES", 100)
    before = tiny_bert.passes
    with pytest.raises(InputError, match="Shorten the text"):
        attend(tiny_bert, TEXT)
    assert tiny_bert.passes == before


def weighed_of(weights: np.ndarray, text: str, pair: str | None = None) -> Weighed:
    array = weights.astype(np.float32)[None, None]
    return Weighed("a model", tokens_of(text, pair), "raw", (1,), (1,), array, ())


def shown(weighed: Weighed, **choices: object) -> AttentionResult:
    return view(weighed, **choices)  # type: ignore[arg-type]


def test_everything_hidden_is_refused_and_a_part_is_said() -> None:
    weights = np.eye(4)[[0, 0, 3, 3]]
    with pytest.raises(InputError, match="Nothing is left to show") as refused:
        shown(weighed_of(weights, "a b"), hide_special=True, renormalise=True)
    assert refused.value.field == "hide_special"
    weights[2] = [0.5, 0.25, 0.25, 0]
    found = shown(weighed_of(weights, "a b"), hide_special=True, renormalise=True)
    assert found.weights[0, 0].tolist() == [[0, 0], [0.5, 0.5]]
    assert found.emptied[0, 0].tolist() == [True, False]
    assert "take 75.0 % of these rows on average. They take all of 1 of 2 rows." in found.notes[0]
    with pytest.raises(InputError, match="Nothing is left") as refused:
        shown(weighed_of(np.eye(5), "a", "b"), block="ab")
    assert refused.value.field == "block"


def test_flow_of_one_layer_holds_no_other(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    with pytest.raises(InputError, match="Layer 2 was not computed; there is 1"):
        view(weigh(tiny_bert, tokens, "flow", layer=1), layer=2)
