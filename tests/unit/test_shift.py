"""Before and after training on one sentence: against a direct computation, and its figures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from bert_core.analysis.shift import CAUTION, shift
from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.views import figures, plain
from bert_core.views.records import to_csv, to_json
from tests import tiny
from tests.unit.fine_tuned import rewrite

pytestmark = pytest.mark.usefixtures("models")
TEXT, PAIR = "The heron waits near the cold lake.", "It is <late> & grey."


def opened(folder: Path):  # type: ignore[no-untyped-def]
    return load(ModelChoice(source=str(folder)))


@pytest.fixture(scope="module")
def pair(tmp_path_factory):  # type: ignore[no-untyped-def]
    """A base model, and a classifier of the same shape with other weights."""
    folder = tmp_path_factory.mktemp("shift")
    before = tiny.write_bert(folder / "before", "masked", seed=1)
    after = tiny.write_bert(folder / "after", "classification", seed=2)
    return opened(before), opened(after)


@pytest.fixture(scope="module")
def result(pair):  # type: ignore[no-untyped-def]
    """What differs between them on two sentences."""
    return shift(*pair, TEXT, PAIR)


def test_it_equals_a_direct_computation(pair, result) -> None:  # type: ignore[no-untyped-def]
    outputs = []
    for encoder in pair:
        model = transformers.AutoModel.from_pretrained(
            encoder.checkpoint.folder, attn_implementation="eager"
        )
        with torch.inference_mode():
            outputs.append(
                model.eval()(
                    input_ids=torch.tensor([result.tokens.ids]),
                    token_type_ids=torch.tensor([result.tokens.segments]),
                    output_attentions=True,
                    output_hidden_states=True,
                )
            )
    count = len(result.tokens)
    assert result.attention.shape == (2, 4)
    assert result.hidden.shape == (3, count)
    for layer in range(2):
        one, two = (out.attentions[layer][0].double() for out in outputs)
        for head in range(4):
            rows = [0.5 * (one[head, i] - two[head, i]).abs().sum() for i in range(count)]
            assert result.attention[layer, head] == pytest.approx(
                float(sum(rows)) / count, abs=1e-5
            )
    for layer in range(3):
        one, two = (out.hidden_states[layer][0].double() for out in outputs)
        cosine = torch.nn.functional.cosine_similarity(one, two, dim=-1)
        np.testing.assert_allclose(result.hidden[layer], 1 - cosine, atol=1e-5)
    assert 0.02 < result.attention.mean() < 1, "other weights look elsewhere"


def test_heads_are_ranked_and_counted_from_one(result) -> None:  # type: ignore[no-untyped-def]
    assert len(result.heads) == 8
    distances = [each.distance for each in result.heads]
    assert distances == sorted(distances, reverse=True)
    for each in result.heads:
        assert each.distance == result.attention[each.layer - 1, each.head - 1]
    assert {(each.layer, each.head) for each in result.heads} == {
        (layer, head) for layer in (1, 2) for head in (1, 2, 3, 4)
    }


def test_a_model_does_not_differ_from_itself(pair) -> None:  # type: ignore[no-untyped-def]
    same = shift(pair[0], pair[0], TEXT)
    assert not same.attention.any()
    np.testing.assert_allclose(same.hidden, 0, atol=1e-12)


def test_it_does_not_matter_who_comes_first(pair, result) -> None:  # type: ignore[no-untyped-def]
    back = shift(*reversed(pair), TEXT, PAIR)
    np.testing.assert_array_equal(back.attention, result.attention)
    np.testing.assert_allclose(back.hidden, result.hidden, atol=1e-12)
    assert back.models == tuple(reversed(result.models))


def test_a_change_of_one_head_shows_in_that_head(pair, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Only the queries of head 3 of layer 2 are turned: nothing else moves before its output."""
    folder = tiny.write_bert(tmp_path / "turned", "masked", seed=1)
    name = "bert.encoder.layer.1.attention.self.query.weight"

    def turn(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        weights[name][16:24] *= -1
        return weights

    rewrite(folder, turn)
    found = shift(pair[0], opened(folder), TEXT)
    assert (found.heads[0].layer, found.heads[0].head) == (2, 3)
    assert [each.distance for each in found.heads[1:]] == [0.0] * 7
    np.testing.assert_allclose(found.hidden[:2], 0, atol=1e-12)
    assert (found.hidden[2] > 0).all()


def test_typed_special_tokens_are_text_and_losses_are_said(pair) -> None:  # type: ignore[no-untyped-def]
    found = shift(*pair, "a [MASK] 今")
    assert found.tokens.masks == ()
    assert any("unknown" in note for note in found.notes)
    assert found.notes[-1] == CAUTION


def test_models_that_are_not_alike_are_refused(pair, encoder_of, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    deep = tiny.write_bert(tmp_path / "deep", "masked", num_hidden_layers=3)
    words = tiny.write_bert(tmp_path / "words", "masked", extra="äö")
    cased = tiny.write_bert(tmp_path / "cased", "masked")
    (cased / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": False})
    )
    for other, said in (
        (opened(deep), "layers = 2, .* 3: only models of the same shape"),
        (opened(words), "different vocabularies"),
        (encoder_of("roberta"), "different vocabularies"),
        (opened(cased), "different pieces"),
    ):
        with pytest.raises(InputError, match=said) as refused:
            shift(pair[0], other, TEXT)
        assert refused.value.field == "model"


@pytest.mark.parametrize(("text", "said"), [("", "empty"), ("snow " * 70, "72 word pieces")])
def test_texts_that_cannot_be_read_are_refused(pair, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said):
        shift(*pair, text)


# ---- what is made of it ------------------------------------------------------------------------


def test_the_heatmap_of_heads_counts_from_one(result) -> None:  # type: ignore[no-untyped-def]
    figure = figures.shift_heads(result)
    (trace,) = figure.data
    assert trace.x == ("1", "2", "3", "4")
    assert trace.y == ("1", "2")
    np.testing.assert_array_equal(trace.z, result.attention)
    assert trace.customdata[1][2] == f"{result.attention[1, 2] * 100:.1f}\xa0%"
    assert figure.layout.yaxis.autorange == "reversed", "the first layer stands at the top"
    assert json.loads(figure.to_json())


def test_the_heatmap_of_pieces_escapes_them(result) -> None:  # type: ignore[no-untyped-def]
    figure = figures.shift_pieces(result)
    (trace,) = figure.data
    assert trace.y == ("emb.", "1", "2")
    np.testing.assert_array_equal(trace.z, result.hidden)
    shown = figure.layout.xaxis.ticktext
    assert len(shown) == len(result.tokens)
    assert {"&lt;", "&amp;"} <= set(shown)
    assert not any("<" in piece for piece in shown)
    assert list(trace.customdata[0]) == list(shown)


def test_records_hold_every_number(result) -> None:  # type: ignore[no-untyped-def]
    stored = json.loads(to_json(result))
    np.testing.assert_array_equal(stored["attention"], result.attention)
    np.testing.assert_array_equal(stored["hidden"], result.hidden)
    lines = to_csv(result).splitlines()
    assert lines[0] == "layer,head,distance"
    assert len(lines) == 9


def test_plain_text_names_the_most_changed_head(result) -> None:  # type: ignore[no-untyped-def]
    first = result.heads[0]
    row = plain.shift(result, most=1).split("\n\n")[1].splitlines()
    assert len(row) == 2
    assert row[1].split()[:2] == [str(first.layer), str(first.head)]
