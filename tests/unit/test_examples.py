"""The ready examples: each of them works as it is with the models that ship."""

import json

import pytest

from bert_core.examples import Example, ReadyDocument, documents, examples
from bert_core.model.choice import READER, ModelChoice
from bert_core.model.loading import load
from bert_core.settings import PROJECT
from bert_core.tasks.masked import fill
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.squad import AnswerResult, decide_answer, read_document, trace_answer
from pages._squad.state import TELLING

READY = list(examples("masked_word").values())


def test_there_are_some_and_their_names_differ() -> None:
    assert len(READY) >= 5
    assert list(examples("masked_word")) == [example.name for example in READY]


@pytest.mark.parametrize("example", READY, ids=lambda example: example.name)
def test_every_example_has_an_answer(embedded, example: Example) -> None:
    result = fill(embedded, example.text, example.pair or None, k=5)
    assert result.masks
    assert result.notes == ()
    assert all(mask.candidates[0].probability > 0.02 for mask in result.masks)


def test_a_word_worth_a_guess_is_one_piece_of_its_text(embedded) -> None:  # type: ignore[no-untyped-def]
    found = [each for each in examples("attention").values() if each.mask]
    assert found
    for example in found:
        pieces = embedded.tokenize(example.text, example.pair or None).pieces
        assert example.mask in pieces, example.name


def test_an_unknown_page_has_none() -> None:
    with pytest.raises(KeyError):
        examples("no such page")


# ---- documents ---------------------------------------------------------------------------------

DOCUMENTS = documents()
ANSWERS = {
    "A ferry": ("1968", "Lucie Arnaud", "egg", "84,000 francs", "motor"),
    "A lab protocol": (
        "eighteen hours", "ninety seconds", "red canister", "six weeks", "day of use",
    ),
    "A contract": ("140 euros", "lessor", "four weeks", "Halden", "fifty hours"),
    "A recipe": ("fifty minutes", "salt draws out the water", "six", "three days", "rye"),
    "A product manual": (
        "charging", "hold the base for ten seconds", "four hours", "three years", "BL-18",
    ),
    "A field report": ("sixty-four", "storm", "Ines Carvalho", "Poland", "harbour authority"),
}  # fmt: skip
"""What the answers to each document's questions hold, in their order."""


@pytest.fixture(scope="module")
def reader():  # type: ignore[no-untyped-def]
    """The reader that ships with the project."""
    return load(ModelChoice(READER))


def test_the_names_of_documents_differ() -> None:
    assert list(DOCUMENTS) == list(ANSWERS)
    stored = json.loads((PROJECT / "assets" / "documents.json").read_text(encoding="utf-8"))
    assert len(DOCUMENTS) == len(stored) >= 5
    for name, document in DOCUMENTS.items():
        assert document.name == name
        asked = [*document.questions, document.missing]
        assert len(set(asked)) == len(asked) == len(ANSWERS[name]) + 1
        assert all(each.endswith("?") for each in asked)
        assert "\n\n" in document.text
    assert len({document.text for document in DOCUMENTS.values()}) == len(DOCUMENTS)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_threshold_parts_ready_questions_with_and_without_an_answer(
    reader, document: ReadyDocument
) -> None:
    read = read_document(reader, document.text)

    def asked(question: str) -> tuple[AnswerResult, float]:
        """The answer, and how far "no answer" leads it."""
        trace = trace_answer(reader, question, read)
        odds = decide_answer(trace, DecodeSettings(impossible=True)).null_odds
        assert odds is not None
        return decide_answer(trace, DecodeSettings()), odds

    odds = []
    for question, expected in zip(document.questions, ANSWERS[document.name], strict=True):
        found, margin = asked(question)
        assert expected in found.text, question
        assert len(found.text.split()) <= len(expected.split()) + 10, question
        assert found.notes == ()
        odds.append(margin)
    assert max(odds) < TELLING < asked(document.missing)[1]
