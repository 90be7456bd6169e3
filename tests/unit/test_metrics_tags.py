"""Entities by seqeval against cases counted by hand."""

import pytest

from bert_core.errors import InputError
from bert_core.metrics.tags import entities


def test_only_whole_entities_of_the_right_type_count() -> None:
    """Gold: a person, a place, an organisation. Found: the person, half the place, one too many."""
    gold = [["B-PER", "I-PER", "O", "B-LOC", "I-LOC"], ["O", "B-ORG", "O"]]
    said = [["B-PER", "I-PER", "O", "B-LOC", "O"], ["B-ORG", "B-ORG", "O"]]
    overall, types = entities(gold, said)
    assert overall["precision"] == pytest.approx(2 / 4)
    assert overall["recall"] == pytest.approx(2 / 3)
    assert overall["f1"] == pytest.approx(2 * 2 / (4 + 3))
    assert overall["accuracy"] == pytest.approx(6 / 8)
    assert types == {
        "LOC": {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1.0},
        "ORG": {
            "precision": 0.5,
            "recall": 1.0,
            "f1": pytest.approx(2 / 3),
            "support": 1.0,
        },
        "PER": {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1.0},
    }


def test_the_older_scheme_means_the_same() -> None:
    """In IOB1 an entity begins with I-, and with B- only right behind one of its own type."""
    older = [["I-PER", "I-PER", "O", "I-LOC", "B-LOC"]]
    newer = [["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]]
    overall, types = entities(older, newer)
    assert overall["f1"] == 1.0
    assert types["LOC"]["support"] == 2.0
    assert overall["accuracy"] == pytest.approx(3 / 5)


def test_the_wrong_type_is_two_errors() -> None:
    overall, types = entities([["B-PER", "O"]], [["B-LOC", "O"]])
    assert overall["f1"] == 0.0
    assert types["LOC"]["support"] == 0.0
    assert types["PER"]["support"] == 1.0


def test_sentences_without_entities_are_no_error() -> None:
    overall, types = entities([["O", "O"], []], [["O", "O"], []])
    assert overall == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "accuracy": 1.0}
    assert types == {}


def test_tags_without_a_prefix_do_not_warn() -> None:
    overall, _ = entities([["NOUN", "VERB"]], [["NOUN", "NOUN"]])
    assert overall["accuracy"] == 0.5


def test_sentences_that_do_not_match_are_named() -> None:
    with pytest.raises(InputError, match="Sentence 2 has 2 gold tags and 1 predicted"):
        entities([["O"], ["O", "O"]], [["O"], ["O"]])
    with pytest.raises(InputError, match="no tagged words"):
        entities([], [])
