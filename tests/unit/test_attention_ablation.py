"""Heads switched off: against the library with its own modules silenced, and what is said."""

import numpy as np
import pytest
import torch
import transformers

from bert_core.analysis.attention.ablation import CAUTION, HeadName, ablate, parse_heads
from bert_core.analysis.attention.targets import FOLLOWS, Target
from bert_core.errors import InputError, ModelError
from bert_core.tasks.distribution import allowed, log_softmax

TEXT, PAIR = "The heron waits near the [MASK] lake.", "It is late in the town."
FAMILIES = {
    "bert-pretraining": "BertForPreTraining",
    "distilbert": "DistilBertForMaskedLM",
    "roberta": "RobertaForMaskedLM",
}
WHOLE_LAYER = [HeadName(1, head) for head in (1, 2, 3, 4)]


def log_probabilities(encoder, tokens):  # type: ignore[no-untyped-def]
    return log_softmax(encoder.trace(tokens, positions=tokens.masks).logits[0])


# ---- names of heads ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.2", ["1.2"]),
        ("2.1,1.4", ["1.4", "2.1"]),
        (" 2.1 , 1.4  2.1,", ["1.4", "2.1"]),
        ("2", ["2.1", "2.2", "2.3", "2.4"]),
        ("1.1 1", ["1.1", "1.2", "1.3", "1.4"]),
        ("01.02", ["1.2"]),
    ],
)
def test_names_of_heads_are_read(text: str, expected: list[str]) -> None:
    assert [str(each) for each in parse_heads(text, layers=2, heads=4)] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No head is named"),
        (" , ", "No head is named"),
        ("1.2.3", "'1.2.3' is no head"),
        ("1-2", "'1-2' is no head"),
        ("1.", "'1.' is no head"),
        ("L1H2", "counted from 1: 5.7 is head 7"),
        ("-1.2", "is no head"),
        ("１.２", "is no head"),
        ("9" * 5_000, "is no head"),
        ("0.1", "There is no head 0.1: this model has layers 1 to 2 with heads 1 to 4"),
        ("3.1", "There is no head 3.1"),
        ("1.5", "There is no head 1.5"),
        ("1.0", "There is no head 1.0"),
        ("7", "There is no head 7.1"),
    ],
)
def test_what_is_no_head_is_said(text: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_heads(text, layers=2, heads=4)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 200
    assert refused.value.field == "heads"


# ---- numbers -----------------------------------------------------------------------------------


def test_ablating_nothing_changes_nothing(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    found = ablate(tiny_bert, tokens, [])
    assert found.before == found.after
    assert (found.divergence, found.change, found.off) == (0.0, 0.0, ())
    assert all(each.before == each.after for each in found.outcomes)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("off", [WHOLE_LAYER, [HeadName(2, 3)], [HeadName(1, 1), HeadName(2, 4)]])
def test_it_equals_the_library_with_its_modules_silenced(encoder_of, name: str, off) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize(TEXT, PAIR)
    model = getattr(transformers, FAMILIES[name]).from_pretrained(
        encoder.checkpoint.folder, attn_implementation="eager"
    )
    body = model.base_model
    layers = body.transformer.layer if name == "distilbert" else body.encoder.layer

    def silenced(heads: list[int]):  # type: ignore[no-untyped-def]
        mask = torch.ones(4, 8)
        mask[heads] = 0
        return lambda module, inputs: (inputs[0] * mask.flatten(),)

    for number, layer in enumerate(layers, start=1):
        mix = layer.attention.out_lin if name == "distilbert" else layer.attention.output.dense
        heads = [each.head - 1 for each in off if each.layer == number]
        mix.register_forward_pre_hook(silenced(heads))
    inputs = {"input_ids": torch.tensor([tokens.ids])}
    if name.startswith("bert"):
        inputs["token_type_ids"] = torch.tensor([tokens.segments])
    with torch.inference_mode():
        logits = model.eval()(**inputs)[0][0, tokens.masks[0]].numpy()
    before, after = log_probabilities(encoder, tokens), log_softmax(logits)
    found = ablate(encoder, tokens, off, k=100)
    shown = allowed(encoder.tokenizer.vocabulary, tokens, tokens.masks[0], words_only=True)
    assert found.divergence == pytest.approx(
        float((np.exp(before) * (before - after)).sum()), abs=1e-5
    )
    assert found.divergence > 1e-4
    words = encoder.tokenizer.vocabulary.words
    for each in found.outcomes:
        ids = [id_ for id_, word in enumerate(words) if word == each.label]
        assert any(np.exp(after[id_]) == pytest.approx(each.after, abs=1e-6) for id_ in ids)
    (followed,) = [each for each in found.outcomes if each.followed]
    assert followed.label == found.label
    assert np.exp(found.before) == pytest.approx(followed.before)
    assert np.exp(found.after) == pytest.approx(followed.after)
    assert followed.before == pytest.approx(np.exp(before[shown].max()), abs=1e-6)
    assert followed is found.outcomes[0]
    assert found.off == tuple(sorted(off))


def test_a_layer_without_attention_sees_no_other_piece(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    """With every head off, the word at the mask no longer depends on the words around it."""
    every = parse_heads("1, 2", layers=2, heads=4)
    after = [
        ablate(tiny_bert, tiny_bert.tokenize(text), every, Target(word="snow")).after
        for text in ("The old [MASK] waits.", "A cold [MASK] goes.")
    ]
    assert after[0] == pytest.approx(after[1], abs=1e-6)


def test_the_model_is_as_before_afterwards(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    before = tiny_bert.trace(tokens, positions=tokens.masks).logits
    ablate(tiny_bert, tokens, WHOLE_LAYER)
    np.testing.assert_array_equal(tiny_bert.trace(tokens, positions=tokens.masks).logits, before)
    with tiny_bert.computing() as body:
        assert not any(layer.parts.mix._forward_pre_hooks for layer in body.lean.layers)


# ---- what is followed --------------------------------------------------------------------------


def test_the_word_under_a_mask_is_followed(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("the heron waits near the lake").masked([2])
    found = ablate(tiny_bert, tokens, WHOLE_LAYER)
    assert found.label == "heron"
    logs = log_probabilities(tiny_bert, tokens)
    assert found.before == pytest.approx(logs[tiny_bert.pieces_of("heron")[0]])
    assert found.change == found.after - found.before
    assert CAUTION in found.notes


def test_the_asked_for_word_and_mask_are_followed(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("the [MASK] waits near the [MASK]")
    position = tokens.masks[1]
    found = ablate(tiny_bert, tokens, [], Target(position=position, word="snow"), k=1)
    logs = log_softmax(tiny_bert.trace(tokens, positions=[position]).logits[0])
    assert found.before == pytest.approx(logs[tiny_bert.pieces_of("snow")[0]])
    assert [each.label for each in found.outcomes if each.followed] == ["snow"]
    assert sorted(each.before for each in found.outcomes)[::-1] == [
        each.before for each in found.outcomes
    ]


def test_a_later_piece_of_a_word_can_be_followed(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("the rained train")
    assert tokens.pieces[3] == "##ed"
    assert ablate(tiny_bert, tokens.masked([3]), []).label == "ed"
    found = ablate(tiny_bert, tokens.masked([3]), [], Target(word="##ing"))
    assert found.label == "ing"


def test_the_next_sentence_is_followed(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("the heron waits", PAIR)
    logs = log_softmax(tiny_bert.trace(tokens, next_sentence=True).next_sentence)
    for follows in (True, False):
        found = ablate(tiny_bert, tokens, WHOLE_LAYER, Target("next_sentence", follows=follows))
        assert found.label == FOLLOWS[0 if follows else 1]
        assert found.before == pytest.approx(logs[0 if follows else 1], abs=1e-6)
        assert sum(each.before for each in found.outcomes) == pytest.approx(1)
        assert sum(each.after for each in found.outcomes) == pytest.approx(1)
        assert len(found.outcomes) == 2
    own = ablate(tiny_bert, tokens, [], Target("next_sentence"))
    assert own.before == pytest.approx(max(logs), abs=1e-6)


def test_an_answer_span_is_followed(encoder_of) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of("bert-span")
    tokens = encoder.tokenize("where is the heron", "the heron waits near the lake.")
    (logits,) = encoder.head_logits("span", [tokens], [range(len(tokens))])
    starts, ends = log_softmax(logits.T)
    second = [position for position, side in enumerate(tokens.sequences) if side == 1]
    legal = [(a, b) for a in second for b in second if a <= b]
    best = max(legal, key=lambda span: starts[span[0]] + ends[span[1]])
    found = ablate(encoder, tokens, [HeadName(2, 1)], Target("span"))
    assert found.before == pytest.approx(starts[best[0]] + ends[best[1]], abs=1e-6)
    assert found.label in "the heron waits near the lake."
    assert found.outcomes[0].followed
    assert found.divergence > 0
    chosen = ablate(encoder, tokens, [], Target("span", span=(second[1], second[2])))
    assert chosen.label == "heron waits"
    assert chosen.before == pytest.approx(starts[second[1]] + ends[second[2]], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "texts", "target", "error", "said"),
    [
        ("bert-pretraining", ("a lake",), Target(), InputError, "Nothing is masked"),
        ("bert-pretraining", ("a [MASK]",), Target(position=1), InputError, "1 is no mask"),
        ("bert-pretraining", ("a [MASK]",), Target(word="lakewater"), InputError, "word pieces"),
        ("bert-pretraining", ("a [MASK]",), Target(word="今"), InputError, "unknown to the voc"),
        ("bert-pretraining", ("a [MASK]",), Target(word=""), InputError, "one piece"),
        ("bert-pretraining", ("a",), Target("next_sentence"), InputError, "only be asked of two"),
        ("bert-pretraining", ("a", "b"), Target("span"), ModelError, "no answer span head"),
        ("bert-pretraining", ("a",), Target("tagging"), InputError, "'tagging' is no output"),  # type: ignore[arg-type]
        ("distilbert", ("a", "b"), Target("next_sentence"), ModelError, "no next sentence head"),
        ("bert-bare", ("a [MASK]",), Target(), ModelError, "no masked word head"),
        ("bert-span", ("a b", "c d"), Target("span", span=(1, 1)), InputError, "no part of the"),
        ("bert-span", ("a b", "c d"), Target("span", span=(5, 4)), InputError, "piece 5 to piece"),
        ("bert-span", ("a b", "c d"), Target("span", span=(4, 99)), InputError, "no part of the"),
    ],
)
def test_targets_that_do_not_fit_are_refused(  # type: ignore[no-untyped-def]
    encoder_of, name, texts, target, error, said
) -> None:
    encoder = encoder_of(name)
    with pytest.raises(error, match=said):
        ablate(encoder, encoder.tokenize(*texts), [], target)


def test_heads_and_numbers_out_of_range_are_refused(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    with pytest.raises(InputError, match=r"no head 3\.1"):
        ablate(tiny_bert, tokens, [HeadName(3, 1)])
    with pytest.raises(InputError, match="from 1 to 100"):
        ablate(tiny_bert, tokens, [], k=0)
