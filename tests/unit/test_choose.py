"""Multiple choice against the library: order, probabilities, and what is refused."""

import json

import pytest
import torch
import transformers

from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.choose import choose
from bert_core.views import answers, plain
from bert_core.views.bars import bars_payload
from bert_core.views.records import to_csv, to_json
from tests.unit.fine_tuned import CLASSES, close, write

CONTEXT = "The train waits at the old station."
ENDINGS = ("goes to the lake in the morning rain.", "reads.", "writes letters.", "reads.")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    """A model for multiple choice of each family."""
    found = {}
    for family in CLASSES:
        folder = write(tmp_path_factory.mktemp("choose") / family, family, "multiple_choice")
        found[family] = load(ModelChoice(source=str(folder)))
    return found


@pytest.fixture
def bert(encoders):  # type: ignore[no-untyped-def]
    """The BERT among them."""
    return encoders["bert"]


@pytest.mark.parametrize("family", CLASSES)
@pytest.mark.parametrize("start", ["", "She"])
def test_probabilities_equal_the_library(encoders, family: str, start: str) -> None:  # type: ignore[no-untyped-def]
    """Against one pass of the library over all endings at once, padded by its own tokenizer."""
    encoder = encoders[family]
    folder = encoder.checkpoint.folder
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = getattr(transformers, CLASSES[family]["multiple_choice"]).from_pretrained(folder)
    pairs = [f"{start} {ending}".strip() for ending in ENDINGS]
    batch = tokenizer([CONTEXT] * 4, pairs, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model.eval()(**{name: rows[None] for name, rows in batch.items()}).logits[0]
    expected = torch.softmax(logits.double(), dim=0)
    result = choose(encoder, CONTEXT, ENDINGS, start)
    assert sorted(each.index for each in result.choices) == [0, 1, 2, 3]
    for each in result.choices:
        assert each.ending == ENDINGS[each.index]
        assert (each.tokens.text, each.tokens.pair) == (CONTEXT, pairs[each.index])
        close(each.logit, logits[each.index])
        close(each.probability, expected[each.index])
    ordered = [each.probability for each in result.choices]
    assert ordered == sorted(ordered, reverse=True)
    assert result.best == result.choices[0].index == int(expected.argmax())
    assert (result.context, result.start, result.model) == (CONTEXT, start, encoder.label)


def test_equal_endings_keep_their_order(bert) -> None:  # type: ignore[no-untyped-def]
    same = [each.index for each in choose(bert, CONTEXT, ENDINGS).choices if each.index in (1, 3)]
    assert same == [1, 3]


def test_a_model_without_the_head_is_refused(encoder_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match=r"no multiple choice head \(it has: classification\)"):
        choose(encoder_of("bert-classification"), CONTEXT, ENDINGS)


@pytest.mark.parametrize(
    ("context", "endings", "field", "said"),
    [
        (CONTEXT, [], "endings", "There are 0 endings; 2 to 100"),
        (CONTEXT, ["reads."], "endings", "There are 1 endings"),
        (CONTEXT, ["reads."] * 101, "endings", "There are 101 endings"),
        (CONTEXT, ["reads.", " "], "endings", "Ending 2 is empty"),
        ("", ["reads.", "writes."], "context", "empty"),
        (CONTEXT, ["reads.", "rain " * 60], "endings", r"With ending 2: The text has \d+ word"),
        ("rain " * 70, ["reads.", "writes."], "context", r"With ending 1: The text has \d+ word"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(bert, context, endings, field, said) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said) as refused:
        choose(bert, context, endings, "She")
    assert refused.value.field == field


def test_what_the_model_cannot_see_is_said_once(bert) -> None:  # type: ignore[no-untyped-def]
    notes = choose(bert, "snow 今", ENDINGS).notes
    assert len(notes) == 1
    assert "unknown to the vocabulary" in notes[0]


def test_views_show_the_result(bert) -> None:  # type: ignore[no-untyped-def]
    result = choose(bert, CONTEXT, ENDINGS, "She")
    assert json.loads(to_json(result))["best"] == result.best
    assert to_csv(result).splitlines()[0] == "index,ending,probability,logit"
    table = answers.endings(result)
    assert [row.cells[0] for row in table.rows] == [each.ending for each in result.choices]
    assert [row.emphasis for row in table.rows] == [True, False, False, False]
    assert len(bars_payload(table.rows, table.columns, table.scale)["rows"]) == 4  # type: ignore[arg-type]
    assert plain.choose(result).splitlines()[1].split()[0] == str(result.best + 1)
