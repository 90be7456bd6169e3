"""Attribution to word vectors: the definitions by autograd on the library's model, and sums."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attribution.attribute import KEPT, LOCAL, attribute
from bert_core.analysis.attribution.outputs import ClassTarget, fix
from bert_core.errors import InputError, ModelError
from bert_core.model import word_gradients

TEXT, PAIR = "The heron waits near the [MASK] lake.", "It is late in winter."


@dataclass
class Case:
    """A checkpoint, what is followed, and the same with the library: model to logits (B,)."""

    name: str
    target: Any
    library: str
    logits: Any


def masked(out: Any, tokens: Any, question: Any) -> Any:
    return out.logits[:, tokens.masks[0], question.outputs[0].index]


CASES = {
    "bert": Case("bert-pretraining", Target(), "BertForPreTraining", lambda out, t, q:
                 out.prediction_logits[:, t.masks[0], q.outputs[0].index]),
    "word": Case("bert-masked", Target(word="cold"), "BertForMaskedLM", masked),
    "distilbert": Case("distilbert", Target(), "DistilBertForMaskedLM", masked),
    "roberta": Case("roberta", Target(), "RobertaForMaskedLM", masked),
    "next": Case("bert-next_sentence", Target("next_sentence", follows=False),
                 "BertForNextSentencePrediction", lambda out, t, q: out.logits[:, 1]),
    "class": Case("bert-classification", ClassTarget("LABEL_1"),
                  "BertForSequenceClassification", lambda out, t, q: out.logits[:, 1]),
    "span": Case("bert-span", Target("span", span=(10, 12)), "BertForQuestionAnswering",
                 lambda out, t, q: out.start_logits[:, 10]),
}  # fmt: skip


class Direct:
    """The library's model as a function of word vectors."""

    def __init__(self, case: Case, encoder: Any, tokens: Any) -> None:
        self.model = getattr(transformers, case.library).from_pretrained(encoder.checkpoint.folder)
        self.model.eval()
        self.case, self.tokens = case, tokens
        self.question = fix(encoder, tokens, case.target)

    def vectors(self, ids: Any) -> torch.Tensor:
        return self.model.get_input_embeddings()(torch.tensor([list(ids)])).detach()

    def __call__(self, vectors: torch.Tensor) -> torch.Tensor:
        inputs = {"inputs_embeds": vectors}
        if self.case.name.startswith("bert"):
            segments = torch.tensor([self.tokens.segments])
            inputs["token_type_ids"] = segments.expand(len(vectors), -1)
        return self.case.logits(self.model(**inputs), self.tokens, self.question)

    def slopes(self, vectors: torch.Tensor) -> torch.Tensor:
        vectors = vectors.clone().requires_grad_()
        return torch.autograd.grad(self(vectors).sum(), vectors)[0]


@pytest.fixture(scope="module", params=CASES)
def case(request, encoder_of):  # type: ignore[no-untyped-def]
    """A case, its encoder, its input, and the library's model."""
    case = CASES[request.param]
    encoder = encoder_of(case.name)
    tokens = encoder.tokenize(TEXT, PAIR)
    return case, encoder, tokens, Direct(case, encoder, tokens)


def ids_with(tokens: Any, replaced: Any, id_: int) -> list[int]:
    return [id_ if place in replaced else each for place, each in enumerate(tokens.ids)]


def test_gradient_times_input_is_that_of_autograd(case) -> None:  # type: ignore[no-untyped-def]
    case, encoder, tokens, direct = case
    found = attribute(encoder, tokens, case.target, method="gradient").outputs[0]
    vectors = direct.vectors(tokens.ids)
    product = (vectors * direct.slopes(vectors))[0]
    np.testing.assert_allclose(found.scores, product.sum(dim=-1), atol=1e-5)
    np.testing.assert_allclose(found.norms, product.norm(dim=-1), atol=1e-5)
    assert found.logit == pytest.approx(direct(vectors).item(), abs=1e-5)


def test_integrated_gradients_are_the_integral(case) -> None:  # type: ignore[no-untyped-def]
    case, encoder, tokens, direct = case
    result = attribute(encoder, tokens, case.target, steps=30)
    found = result.outputs[0]
    whole = direct.vectors(tokens.ids)
    nothing = direct.vectors(ids_with(tokens, result.replaced, encoder.tokenizer.mask_id))
    # The definition with many equal steps, each read in its middle.
    along = (torch.arange(400) + 0.5)[:, None, None] / 400
    path = nothing + along * (whole - nothing)
    parts = (direct.slopes(path).mean(dim=0) * (whole - nothing))[0]
    np.testing.assert_allclose(found.scores, parts.sum(dim=-1), atol=2e-3)
    np.testing.assert_allclose(found.norms, parts.norm(dim=-1), atol=2e-3)
    assert found.baseline_logit == pytest.approx(direct(nothing).item(), abs=1e-5)
    difference = found.logit - found.baseline_logit
    assert found.error == pytest.approx(abs(found.scores.sum() - difference))
    assert found.error_share == pytest.approx(found.error / abs(difference))


def test_more_steps_come_closer(case) -> None:  # type: ignore[no-untyped-def]
    case, encoder, tokens, _ = case
    errors = [
        attribute(encoder, tokens, case.target, baseline="zero", steps=steps).outputs[0].error
        for steps in (1, 100)
    ]
    assert errors[1] < 1e-3
    assert errors[1] < errors[0]


@pytest.mark.parametrize("baseline", ["mask", "pad", "unknown"])
def test_the_baseline_keeps_segments_positions_and_special_pieces(tiny_bert, baseline) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    result = attribute(tiny_bert, tokens, baseline=baseline, steps=3)
    kept = [place for place in range(len(tokens)) if place not in result.replaced]
    assert [tokens.pieces[place] for place in kept] == ["[CLS]", "[MASK]", "[SEP]", "[SEP]"]
    assert result.outputs[0].scores[kept].tolist() == [0.0] * 4
    assert KEPT in result.notes
    model = transformers.BertForPreTraining.from_pretrained(tiny_bert.checkpoint.folder).eval()
    id_ = {"mask": "[MASK]", "pad": "[PAD]", "unknown": "[UNK]"}[baseline]
    ids = ids_with(tokens, result.replaced, tiny_bert.tokenizer.vocabulary.pieces.index(id_))
    with torch.inference_mode():
        logits = model(
            torch.tensor([ids]), token_type_ids=torch.tensor([tokens.segments])
        ).prediction_logits[0, tokens.masks[0]]
    index = fix(tiny_bert, tokens, Target()).outputs[0].index
    assert result.outputs[0].baseline_logit == pytest.approx(logits[index].item(), abs=1e-5)


def test_left_out_is_the_fall_of_the_logit(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT, PAIR)
    result = attribute(tiny_bert, tokens, Target(word="warm"), steps=2)
    position, id_ = tokens.masks[0], tiny_bert.pieces_of("warm")[0]

    def logit(each: Any) -> float:
        return float(tiny_bert.trace(each, positions=[position]).logits[0, id_])

    falls = [logit(tokens) - logit(tokens.masked([place])) for place in result.replaced]
    np.testing.assert_allclose(result.outputs[0].left_out, falls, atol=1e-5)
    assert result.outputs[0].agreement.count == len(falls)


def test_an_answer_has_a_start_and_an_end(encoder_of) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of("bert-span")
    tokens = encoder.tokenize(TEXT, PAIR)
    result = attribute(encoder, tokens, Target("span", span=(10, 12)), steps=4)
    assert [each.label for each in result.outputs] == ["start: It", "end: late"]
    assert [each.position for each in result.outputs] == [10, 12]
    assert result.label == "It is late"
    model = transformers.BertForQuestionAnswering.from_pretrained(encoder.checkpoint.folder).eval()
    with torch.inference_mode():
        out = model(torch.tensor([tokens.ids]), token_type_ids=torch.tensor([tokens.segments]))
    assert result.outputs[0].logit == pytest.approx(out.start_logits[0, 10].item(), abs=1e-5)
    assert result.outputs[1].logit == pytest.approx(out.end_logits[0, 12].item(), abs=1e-5)


def test_a_class_left_open_is_the_models_own(encoder_of) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of("bert-classification")
    tokens = encoder.tokenize(TEXT)
    (logits,) = encoder.head_logits("classification", [tokens])[0]
    result = attribute(encoder, tokens, ClassTarget(), steps=2)
    assert result.label == encoder.checkpoint.labels[int(logits.argmax())]
    assert result.outputs[0].logit == pytest.approx(float(logits.max()), abs=1e-5)


def test_small_batches_give_the_same(tiny_bert, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    whole = attribute(tiny_bert, tokens, steps=7).outputs[0].scores
    monkeypatch.setattr(word_gradients, "GRADIENT_PIECES", 1)
    told: list[tuple[int, int]] = []
    found = attribute(tiny_bert, tokens, steps=7, on_progress=lambda *each: told.append(each))
    np.testing.assert_allclose(found.outputs[0].scores, whole, atol=1e-6)
    assert told[-7:] == [
        (done + len(found.replaced), 7 + len(found.replaced)) for done in range(1, 8)
    ]
    assert told[-1][0] == told[-1][1]


def test_weights_are_left_alone(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    before = tiny_bert.trace(tokens, hidden=True).hidden
    attribute(tiny_bert, tokens, steps=2)
    np.testing.assert_array_equal(tiny_bert.trace(tokens, hidden=True).hidden, before)
    with tiny_bert.computing() as body:
        assert all(weight.grad is None for weight in body.encoder.parameters())


def test_stopping_lets_the_encoder_go(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Stopped

    tokens = tiny_bert.tokenize(TEXT)
    with pytest.raises(Stopped):
        attribute(tiny_bert, tokens, on_progress=stop)
    assert tiny_bert.trace(tokens, hidden=True).hidden is not None


def test_what_misses_the_difference_is_said(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    assert LOCAL in attribute(tiny_bert, tokens, method="gradient").notes
    rough = attribute(tiny_bert, tokens, baseline="zero", steps=1)
    assert rough.outputs[0].error_share > 0.05
    assert "more steps come closer" in rough.notes[-1]
    assert attribute(tiny_bert, tokens, baseline="zero", steps=200).notes == (KEPT,)


@pytest.mark.parametrize(
    ("name", "text", "options", "kind", "sentence"),
    [
        ("bert-pretraining", TEXT, {"method": "lime"}, InputError, "is no method"),
        ("bert-pretraining", TEXT, {"baseline": "noise"}, InputError, "is no baseline"),
        ("bert-pretraining", TEXT, {"steps": 0}, InputError, "from 1 to 500"),
        ("bert-pretraining", "[MASK]", {}, InputError, "Every word is a mask"),
        ("bert-pretraining", "The lake.", {}, InputError, "Nothing is masked"),
        ("bert-pretraining", TEXT, {"target": ClassTarget()}, ModelError, "no classification"),
        ("bert-classification", TEXT, {"target": ClassTarget("warm")}, InputError, "is no class"),
        ("bert-bare", TEXT, {}, ModelError, "no masked word"),
    ],
)
def test_what_does_not_fit_is_refused(encoder_of, name, text, options, kind, sentence) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(name)
    with pytest.raises(kind, match=sentence):
        attribute(encoder, encoder.tokenize(text), **options)


def test_leaving_out_is_found_once_for_all_methods_and_baselines(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    first = attribute(tiny_bert, tokens, steps=3)
    before, told = tiny_bert.passes, []
    again = attribute(tiny_bert, tokens, method="gradient", baseline="zero", known=first,
                      on_progress=lambda *each: told.append(each))  # fmt: skip
    assert told == [(1, 1)]
    # The target, the slope, and the logit of text and baseline; no pass without a piece.
    assert tiny_bert.passes - before == 3
    fresh = attribute(tiny_bert, tokens, method="gradient", baseline="zero").outputs[0]
    np.testing.assert_array_equal(again.outputs[0].left_out, first.outputs[0].left_out)
    np.testing.assert_allclose(again.outputs[0].left_out, fresh.left_out, atol=1e-6)
    np.testing.assert_allclose(again.outputs[0].scores, fresh.scores, atol=1e-6)
    assert again.outputs[0].agreement.kendall == pytest.approx(fresh.agreement.kendall)


def test_what_is_known_of_something_else_is_refused(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    first = attribute(tiny_bert, tokens, Target(word="cold"), steps=1)
    for other, target in ((tokens, Target(word="warm")), (tiny_bert.tokenize("A [MASK]."), None)):
        with pytest.raises(InputError, match="another model, input or outcome"):
            attribute(tiny_bert, other, target, steps=1, known=first)
