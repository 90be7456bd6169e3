"""Numbers of the encoder against a plain forward pass of the library, for every family."""

import gc
import random
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import numpy as np
import pytest
import torch

from bert_core.errors import CoreError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from tests import tiny

FAMILIES = {
    "bert-pretraining": "BertForPreTraining",
    "bert-cased": "BertForPreTraining",
    "bert-masked": "BertForMaskedLM",
    "distilbert": "DistilBertForMaskedLM",
    "roberta": "RobertaForMaskedLM",
    "xlm-roberta": "XLMRobertaForMaskedLM",
}
TEXTS = (
    ("The heron waits near the [MASK] lake.", None),
    ("Our bakery opens ___ in winter", "and the <mask> is warm."),
    ("x", None),
    ("fresh snow " * 9, "a river of [MASK]"),
)


def close(found: np.ndarray | None, expected: torch.Tensor | np.ndarray) -> None:
    assert found is not None
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.asarray(expected), rtol=0, atol=1e-5)


@pytest.fixture(scope="module", params=FAMILIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def direct(name: str, folder_of):  # type: ignore[no-untyped-def]
    """The library's own model of the same folder, and a function from tokens to its outputs."""
    import transformers

    model = getattr(transformers, FAMILIES[name]).from_pretrained(
        folder_of(name), attn_implementation="eager", dtype=torch.float32
    )
    model.eval()

    def run(tokens):  # type: ignore[no-untyped-def]
        inputs = {"input_ids": torch.tensor([tokens.ids])}
        if name.startswith("bert"):
            inputs["token_type_ids"] = torch.tensor([tokens.segments])
        with torch.inference_mode():
            return model(**inputs, output_hidden_states=True, output_attentions=True)

    return run


# ---- a trace -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "pair"), TEXTS)
@pytest.mark.parametrize("weights", [True, False])
def test_a_trace_equals_the_library(  # type: ignore[no-untyped-def]
    encoder_of, direct, name: str, text: str, pair: str | None, weights: bool
) -> None:
    encoder = encoder_of(name)
    tokens = encoder.tokenize(text, pair)
    everywhere = range(len(tokens))
    trace = encoder.trace(tokens, positions=everywhere, hidden=True, attention=weights)
    expected = direct(tokens)
    vocabulary = expected.prediction_logits if "PreTraining" in FAMILIES[name] else expected.logits
    close(trace.logits, vocabulary[0])
    close(trace.hidden, torch.cat(expected.hidden_states))
    if weights:
        close(trace.attention, torch.cat(expected.attentions))
    assert trace.tokens == tokens
    assert trace.positions == tuple(everywhere)


def test_next_sentence_equals_the_library(tiny_bert, folder_of) -> None:  # type: ignore[no-untyped-def]
    import transformers

    model = transformers.BertForPreTraining.from_pretrained(folder_of("bert-pretraining")).eval()
    for text, pair in (("snow falls", "the river is cold"), ("a", "b"), ("letters", None)):
        tokens = tiny_bert.tokenize(text, pair)
        with torch.inference_mode():
            expected = model(
                input_ids=torch.tensor([tokens.ids]),
                token_type_ids=torch.tensor([tokens.segments]),
            ).seq_relationship_logits[0]
        close(tiny_bert.trace(tokens, next_sentence=True).next_sentence, expected)


def test_next_sentence_alone_equals_the_library(encoder_of, folder_of) -> None:  # type: ignore[no-untyped-def]
    import transformers

    encoder = encoder_of("bert-next_sentence")
    model = transformers.BertForNextSentencePrediction.from_pretrained(encoder.checkpoint.folder)
    tokens = encoder.tokenize("snow falls", "the river is cold")
    with torch.inference_mode():
        expected = model.eval()(
            input_ids=torch.tensor([tokens.ids]), token_type_ids=torch.tensor([tokens.segments])
        ).logits[0]
    close(encoder.trace(tokens, next_sentence=True).next_sentence, expected)


def test_segments_matter_to_bert_and_only_to_bert(tiny_bert, tiny_roberta) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    for encoder, matters in ((tiny_bert, True), (tiny_roberta, False)):
        tokens = encoder.tokenize("warm bread", "cold river")
        other = replace(tokens, segments=tuple(1 for _ in tokens.segments))
        same = np.array_equal(
            encoder.trace(tokens, hidden=True).hidden, encoder.trace(other, hidden=True).hidden
        )
        assert same is not matters


def test_only_what_was_asked_for_is_there(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("warm bread")
    trace = tiny_bert.trace(tokens)
    kept = (trace.logits, trace.hidden, trace.attention, trace.next_sentence)
    assert kept == (None, None, None, None)
    assert tiny_bert.trace(tokens, positions=[2, 1]).logits.shape == (2, 160)


def test_positions_come_in_the_order_asked_for(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("warm bread is old")
    forward = tiny_bert.trace(tokens, positions=[1, 2, 4]).logits
    backward = tiny_bert.trace(tokens, positions=[4, 2, 1, 4]).logits
    close(backward, forward[[2, 1, 0, 2]])


def test_results_hold_no_tensors(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("warm bread", "cold river")
    trace = tiny_bert.trace(tokens, positions=[1], hidden=True, attention=True, next_sentence=True)
    for array in (trace.logits, trace.hidden, trace.attention, trace.next_sentence):
        assert type(array) is np.ndarray
        assert array.dtype == np.float32


# ---- attention ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "pair"), TEXTS)
def test_attention_rows_sum_to_one(encoder_of, name: str, text: str, pair: str | None) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize(text, pair)
    weights = encoder.trace(tokens, attention=True).attention
    assert weights.shape == (2, 4, len(tokens), len(tokens))
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)


def test_weights_leave_the_kernel_as_it_was(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    """One encoder serves both: the fused kernel computes again after a pass that kept weights."""
    encoder = encoder_of(name)
    tokens = encoder.tokenize("warm bread by the cold river")
    everything = np.ones((len(tokens), len(tokens)), dtype=bool)
    before = encoder.trace(tokens, hidden=True).hidden
    for wrong in (None, everything[1:]):
        with nullcontext() if wrong is None else pytest.raises((RuntimeError, ValueError)):
            encoder.trace(tokens, attention=True, visible=wrong)
        np.testing.assert_array_equal(encoder.trace(tokens, hidden=True).hidden, before)


# ---- restricted visibility ---------------------------------------------------------------------


@pytest.mark.parametrize("weights", [True, False])
def test_seeing_everything_is_no_restriction(encoder_of, name: str, weights: bool) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize(*TEXTS[1])
    everything = np.ones((len(tokens), len(tokens)), dtype=bool)
    free = encoder.trace(tokens, positions=tokens.masks, hidden=True)
    seen = encoder.trace(
        tokens, positions=tokens.masks, hidden=True, attention=weights, visible=everything
    )
    close(seen.logits, free.logits)
    close(seen.hidden, free.hidden)


@pytest.mark.parametrize("weights", [True, False])
def test_what_cannot_be_seen_changes_nothing(encoder_of, name: str, weights: bool) -> None:  # type: ignore[no-untyped-def]
    """Left context only: whatever stands to the right, every number stays exactly the same."""
    encoder = encoder_of(name)
    tokens = encoder.tokenize("every morning she ___ the slow letter")
    left = np.tril(np.ones((len(tokens), len(tokens)), dtype=bool))
    place = tokens.masks[0]
    other = encoder.tokenizer.pieces_of("river")[0]
    changed = tokens.filled([(n, other, "river") for n in range(place + 1, len(tokens))])
    assert changed.ids != tokens.ids
    one, two = (
        encoder.trace(each, positions=[place], hidden=True, attention=weights, visible=left)
        for each in (tokens, changed)
    )
    np.testing.assert_array_equal(one.logits, two.logits)
    np.testing.assert_array_equal(one.hidden[:, : place + 1], two.hidden[:, : place + 1])
    free = encoder.trace(tokens, positions=[place])
    free_changed = encoder.trace(changed, positions=[place])
    assert np.abs(free.logits - free_changed.logits).max() > 1e-3
    assert np.abs(free.logits - one.logits).max() > 1e-3


def test_hidden_pieces_get_no_attention(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize("warm bread by the river")
    visible = np.eye(len(tokens), dtype=bool)
    visible[:, 0] = True
    weights = encoder.trace(tokens, attention=True, visible=visible).attention
    assert weights[:, :, ~visible].max() == 0
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)


# ---- many at once ------------------------------------------------------------------------------


def many(encoder, seed: int, count: int):  # type: ignore[no-untyped-def]
    """Inputs of random lengths, each with some positions, some with none."""
    chance = random.Random(seed)  # noqa: S311 - texts, no secrets
    inputs, positions = [], []
    for _ in range(count):
        words = chance.choices(tiny.WORDS, k=chance.randint(1, 14))
        pair = " ".join(chance.choices(tiny.WORDS, k=3)) if chance.random() < 0.3 else None
        tokens = encoder.tokenize(" ".join(words), pair)
        inputs.append(tokens)
        most = min(2, len(tokens.content))
        positions.append(sorted(chance.sample(tokens.content, chance.randint(0, most))))
    return inputs, positions


def test_many_equal_one_by_one(  # type: ignore[no-untyped-def]
    encoder_of, name: str, monkeypatch
) -> None:
    """In batches of several lengths, and whatever the order of the inputs."""
    import functools

    from bert_core.model import batching

    monkeypatch.setattr(batching, "plan", functools.partial(batching.plan, pieces=300))
    encoder = encoder_of(name)
    inputs, positions = many(encoder, seed=5, count=70)
    expected = {
        (row, position): encoder.trace(tokens, positions=[position]).logits[0]
        for row, tokens in enumerate(inputs)
        for position in positions[row]
    }
    assert len(expected) > 40
    before = encoder.passes
    told: list[tuple[int, int]] = []
    found = {}
    for rows, logits in encoder.masked_logits(
        inputs, positions, on_progress=lambda done, of: told.append((done, of))
    ):
        assert logits.shape == (len(rows), encoder.checkpoint.vocabulary)
        assert logits.dtype == torch.float32
        found |= dict(zip(rows, logits.cpu().numpy(), strict=True))
    assert found.keys() == expected.keys()
    for key, logits in expected.items():
        close(found[key], logits)
    assert encoder.passes - before == len(told) > 1
    assert told[-1] == (70, 70)
    assert told == sorted(told)


def test_inputs_without_positions_give_no_rows(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("warm bread")
    assert [rows for rows, _ in tiny_bert.masked_logits([tokens, tokens], [(), ()]) if rows] == []
    assert list(tiny_bert.masked_logits([], [])) == []


def test_passes_are_counted(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("warm [MASK]")
    before = tiny_bert.passes
    tiny_bert.trace(tokens)
    tiny_bert.trace(tokens, positions=[1], hidden=True, attention=True, next_sentence=True)
    assert tiny_bert.passes - before == 2, "whatever is asked for, it is one pass"
    batches = list(tiny_bert.masked_logits([tokens] * 20, [tokens.masks] * 20))
    assert 1 <= len(batches) < 20
    assert tiny_bert.passes - before == 2 + len(batches)
    tiny_bert.tokenize("warm")
    tiny_bert.read_out(np.zeros((2, 32), dtype=np.float32))
    assert tiny_bert.passes - before == 2 + len(batches)


# ---- the masked-word head on its own -----------------------------------------------------------


def test_the_last_hidden_state_read_out_is_the_prediction(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    tokens = encoder.tokenize(*TEXTS[1])
    trace = encoder.trace(tokens, positions=range(len(tokens)), hidden=True)
    close(encoder.read_out(trace.hidden[-1]), trace.logits)
    close(encoder.read_out(trace.hidden[-1][::2]), trace.logits[::2])


def test_heads_that_are_missing_are_named(encoder_of, folder_of) -> None:  # type: ignore[no-untyped-def]
    cases = (
        ("bert-masked", {"next_sentence": True}, "no next sentence head"),
        ("roberta", {"next_sentence": True}, "no next sentence head"),
        ("distilbert", {"next_sentence": True}, "no next sentence head"),
        ("bert-next_sentence", {"positions": [1]}, "no masked word head"),
        ("bert-bare", {"positions": [1]}, "no masked word head"),
    )
    for name, asked, said in cases:
        encoder = encoder_of(name)
        tokens = encoder.tokenize("warm bread")
        with pytest.raises(ModelError, match=said) as refused:
            encoder.trace(tokens, **asked)
        assert str(folder_of(name)) in str(refused.value), "the checkpoint is named"
    bare = encoder_of("bert-bare")
    tokens = bare.tokenize("warm bread")
    with pytest.raises(ModelError, match="no masked word head"):
        list(bare.masked_logits([tokens], [[1]]))
    with pytest.raises(ModelError, match="no masked word head"):
        bare.read_out(np.zeros((1, 32), dtype=np.float32))


# ---- shared by many, and let go ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["bert-pretraining", "roberta"], indirect=True)
def test_eight_threads_get_the_same_answers(encoder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    texts = [f"{text} {'snow ' * n}[MASK]" for n, text in enumerate(tiny.SENTENCES)]

    def ask(text: str):  # type: ignore[no-untyped-def]
        tokens = encoder.tokenize(text)
        trace = encoder.trace(tokens, positions=tokens.masks, hidden=True, attention=True)
        batch = [logits for _, logits in encoder.masked_logits([tokens], [tokens.masks])]
        return trace.logits, trace.hidden, trace.attention, batch[0].numpy()

    alone = [ask(text) for text in texts]
    before = encoder.passes
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask, texts * 8))
    assert encoder.passes - before == 2 * len(together)
    for index, answer in enumerate(together):
        for found, expected in zip(answer, alone[index % len(texts)], strict=True):
            close(found, expected)


def test_the_same_question_has_the_same_answer(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    """Dropout is off, and nothing is left from the pass before."""
    tokens = tiny_bert.tokenize("warm [MASK]")
    first = tiny_bert.trace(tokens, positions=[2], attention=True)
    tiny_bert.trace(tiny_bert.tokenize("cold river " * 10), hidden=True)
    again = tiny_bert.trace(tokens, positions=[2], attention=True)
    np.testing.assert_array_equal(first.logits, again.logits)
    np.testing.assert_array_equal(first.attention, again.attention)


def test_no_gradients_are_kept(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize("warm [MASK]")
    for _, logits in tiny_bert.masked_logits([tokens], [tokens.masks]):
        assert logits.grad_fn is None


def parameters() -> list[torch.nn.Parameter]:
    """All weights in this process."""
    gc.collect()
    return [thing for thing in gc.get_objects() if type(thing) is torch.nn.Parameter]


@pytest.mark.parametrize("name", ["bert-pretraining", "distilbert", "roberta"], indirect=True)
def test_a_released_encoder_lets_go_of_its_weights(folder_of, name: str) -> None:  # type: ignore[no-untyped-def]
    before = {id(weight) for weight in parameters()}
    encoder = load(ModelChoice(source=str(folder_of(name))))
    weights = [weakref.ref(weight) for weight in parameters() if id(weight) not in before]
    assert len(weights) > 30
    tokens = encoder.tokenize("warm [MASK]")
    hidden = encoder.trace(tokens, hidden=True).hidden
    encoder.release()
    gc.collect()
    assert [weight() for weight in weights if weight() is not None] == []
    for ask in (
        lambda: encoder.trace(tokens, positions=tokens.masks),
        lambda: list(encoder.masked_logits([tokens], [tokens.masks])),
        lambda: encoder.read_out(hidden[-1]),
    ):
        with pytest.raises(CoreError, match="was unloaded"):
            ask()
    encoder.release()


def test_memory_is_what_the_weights_take(embedded, encoder_of) -> None:  # type: ignore[no-untyped-def]
    for encoder in (embedded, encoder_of("roberta")):
        parameters = encoder.checkpoint.parameters
        assert encoder.memory_mib == pytest.approx(parameters * 4 / 2**20, rel=0.1)


def test_a_model_that_was_let_go_takes_no_memory(folder_of) -> None:  # type: ignore[no-untyped-def]
    """Whoever counts the memory of all may look at one that goes in this moment."""
    encoder = load(ModelChoice(source=str(folder_of("bert-masked"))))
    encoder.release()
    assert (encoder.loaded, encoder.memory_mib) == (False, 0.0)
