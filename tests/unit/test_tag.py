"""Tagging against the library: words, their tags, and the entities they join to."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.tag import TaggedWord, join_entities, tag
from bert_core.tasks.words import word_spans
from bert_core.views import answers, plain
from bert_core.views.chips import chip_payload
from bert_core.views.records import to_csv, to_json
from tests.unit.fine_tuned import CLASSES, change_config, close, library_logits, tagger, write

TEXT = "Ann's heron waits near O'Neill, by the U.S. station; it rained 3,000 letters."
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    """A tagger of each family; BERT's has the five labels above."""
    found = {}
    for family in CLASSES:
        folder = tmp_path_factory.mktemp("tag") / family
        if family == "bert":
            tagger(folder, LABELS, seed=8)
        else:
            write(folder, family, "tagging")
            change_config(folder, id2label={"0": "O", "1": "B-PER"})
        found[family] = load(ModelChoice(source=str(folder)))
    return found


@pytest.fixture
def bert(encoders):  # type: ignore[no-untyped-def]
    """The BERT among them."""
    return encoders["bert"]


# ---- words -------------------------------------------------------------------------------------


def words_of(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n", []),
        ("snow", ["snow"]),
        ("Rain, snow.", ["Rain", ",", "snow", "."]),
        ("(the lake)", ["(", "the", "lake", ")"]),
        ("Ann's bread", ["Ann", "'s", "bread"]),
        ("Ann’s bread", ["Ann", "’s", "bread"]),
        ("O'Neill reads", ["O'Neill", "reads"]),
        ("the U.S. and the U.K.", ["the", "U.S.", "and", "the", "U.K."]),
        ("U.S.A is", ["U.S.A", "is"]),
        ("at 13:30 on 1996-08-22", ["at", "13:30", "on", "1996-08-22"]),
        ("3,000.5 letters", ["3,000.5", "letters"]),
        ("a well-known lake", ["a", "well-known", "lake"]),
        ("rain -- snow", ["rain", "-", "-", "snow"]),
        ("rain—snow", ["rain", "—", "snow"]),
        ("end...", ["end", ".", ".", "."]),
        ('"Snow!"', ['"', "Snow", "!", '"']),
        ("$5 of bread", ["$", "5", "of", "bread"]),
        ("今天很好。", ["今", "天", "很", "好", "。"]),
        ("हिन्दी ё", ["हिन्दी", "ё"]),
        ("a\u00a0b\u3000c", ["a", "b", "c"]),
        ("'s", ["'", "s"]),
    ],
)
def test_words_are_cut(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_words_cover_all_but_white_space(text: str) -> None:
    spans = word_spans(text)
    assert all(start < end for start, end in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    covered = {place for span in spans for place in range(*span)}
    assert {place for place, c in enumerate(text) if not c.isspace()} == covered


# ---- tags --------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", CLASSES)
@pytest.mark.parametrize("text", [TEXT, "x", "snow   (rain)\nit is late."])
def test_tags_equal_the_library(encoders, family: str, text: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoders[family]
    labels = encoder.checkpoint.labels
    result = tag(encoder, text)
    tokens = result.tokens
    logits = library_logits(encoder.checkpoint.folder, CLASSES[family]["tagging"], tokens)
    assert [each.word for each in result.words] == words_of(text)
    for word in result.words:
        assert text[word.start : word.end] == word.word
        first = min(
            place
            for place in tokens.content
            if tokens.offsets[place][0] < word.end and tokens.offsets[place][1] > word.start
        )
        row = np.exp(logits[first].astype(np.float64) - logits[first].max())
        assert word.tag == labels[int(row.argmax())]
        close(word.probability, row.max() / row.sum())
    assert result.model == encoder.label


def test_the_first_piece_of_a_word_speaks(bert) -> None:  # type: ignore[no-untyped-def]
    """A word of several pieces gets one tag; pieces behind the first are not asked."""
    result = tag(bert, "rained letterly")
    assert len(result.tokens.content) > len(result.words) == 2


def test_entities_stand_in_the_text(bert) -> None:  # type: ignore[no-untyped-def]
    text = "The heron waits near the cold lake and the old station in our town every winter."
    result = tag(bert, text)
    assert result.entities
    for entity in result.entities:
        assert text[entity.start : entity.end] == entity.text
        inside = [w for w in result.words if entity.start <= w.start and w.end <= entity.end]
        assert {word.tag[2:] for word in inside} == {entity.kind}
        assert entity.probability == min(word.probability for word in inside)


def test_tags_that_join_nothing_make_no_entities(models: Path, tmp_path: Path) -> None:
    """Parts of speech, and labels that the checkpoint does not name."""
    for name, labels in (("pos", ("NOUN", "VERB")), ("unnamed", ("LABEL_0", "LABEL_1"))):
        encoder = load(ModelChoice(source=str(tagger(tmp_path / name, labels))))
        result = tag(encoder, TEXT)
        assert result.entities == ()
        assert {word.tag for word in result.words} <= set(labels)


TAGS = st.lists(st.sampled_from(["O", *(f"{p}-{k}" for p in "BIES" for k in ("PER", "LOC"))]))


@given(TAGS)
def test_entities_are_those_of_seqeval(tags: list[str]) -> None:
    """The library that the metrics come from, on any order of tags."""
    words = [TaggedWord("ab", n * 3, n * 3 + 2, each, 0.5) for n, each in enumerate(tags)]
    found = join_entities("ab " * len(tags), words)
    ours = [(each.kind, each.start // 3, (each.end - 2) // 3) for each in found]
    assert ours == get_entities(tags)


def test_words_that_the_model_cannot_see_have_no_tag(bert) -> None:  # type: ignore[no-untyped-def]
    result = tag(bert, "snow \u200b\u200b rain")
    assert [each.word for each in result.words] == ["snow", "rain"]
    assert any("2 characters are dropped" in note for note in result.notes)


def test_typed_special_tokens_are_text(bert) -> None:  # type: ignore[no-untyped-def]
    result = tag(bert, "a [MASK] or [SEP]")
    assert [w.word for w in result.words] == ["a", "[", "MASK", "]", "or", "[", "SEP", "]"]
    assert result.tokens.masks == ()


def test_a_model_without_the_head_is_refused(encoder_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match=r"no tagging head \(it has: classification\)"):
        tag(encoder_of("bert-classification"), "snow")


@pytest.mark.parametrize(
    ("text", "said"), [("", "empty"), ("snow " * 63, "65 word pieces"), ("\ud800", "surrogate")]
)
def test_texts_that_cannot_be_read_are_refused(bert, text: str, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=said) as refused:
        tag(bert, text)
    assert refused.value.field == "text"


def test_views_show_the_result(bert) -> None:  # type: ignore[no-untyped-def]
    result = tag(bert, TEXT)
    stored = json.loads(to_json(result))
    assert [each["word"] for each in stored["words"]] == [each.word for each in result.words]
    assert len(stored["entities"]) == len(result.entities) > 0
    assert to_csv(result).splitlines()[0] == "word,start,end,tag,probability"
    table = answers.entities(result)
    assert [row.cells[:2] for row in table.rows] == [(e.text, e.kind) for e in result.entities]
    assert result.entities[0].kind in plain.tag(result)
    chips = answers.tag_chips(result, bert.tokenizer.vocabulary)
    assert [chip.text for chip in chips] == list(result.tokens.pieces)
    assert chips[0].level is None
    assert chips[0].note == ""
    by_start = {word.start: word for word in result.words}
    for position in result.tokens.content:
        start = result.tokens.offsets[position][0]
        if start in by_start:
            word = by_start[start]
            assert f"{word.word}: {word.tag}, " in chips[position].note
            assert chips[position].level == (None if word.tag == "O" else word.probability)
    assert all(chip_payload(chip) for chip in chips)
