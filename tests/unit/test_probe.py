"""Template probes: figures by hand, and what cannot be probed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.errors import InputError
from bert_core.tasks.candidates import score_candidates
from bert_core.tasks.probe import probe
from tests.unit import reference

TEMPLATES = ["The {slot} waits near the [MASK].", "Our ___ is cold by the {slot}."]
SLOTS = ["heron", "train", "bakery"]
ONE_PIECE = st.lists(
    st.sampled_from(["river", "lake", "snow", "water", "bread", "rain", "town", "window"]),
    min_size=2,
    max_size=6,
    unique=True,
)


def ratio(encoder, text: str, mask: int, group_a, group_b) -> float:
    """ln(mean P of A / mean P of B) for words of one piece, from the library."""
    tokens = encoder.tokenize(text)
    line = reference.log_probabilities_of(encoder, tokens)[tokens.masks[mask]]
    pieces = encoder.tokenizer.vocabulary.pieces
    means = [
        np.mean([math.exp(line[pieces.index(word)]) for word in group])
        for group in (group_a, group_b)
    ]
    return math.log(means[0] / means[1])


def test_log_odds_and_the_correction_by_hand(tiny_bert) -> None:
    group_a, group_b = ["river", "lake"], ["station", "town", "garden"]
    table = probe(tiny_bert, TEMPLATES, SLOTS, group_a, group_b)
    bare = [
        ratio(tiny_bert, "The [MASK] waits near the [MASK].", 1, group_a, group_b),
        ratio(tiny_bert, "Our [MASK] is cold by the [MASK].", 0, group_a, group_b),
    ]
    assert table.baseline == pytest.approx(bare, abs=1e-4)
    for row in table.rows:
        each = [
            ratio(tiny_bert, template.replace("{slot}", row.slot), 0, group_a, group_b)
            for template in TEMPLATES
        ]
        assert row.by_template == pytest.approx(each, abs=1e-4)
        assert row.log_odds == pytest.approx(np.mean(each), abs=1e-4)
        assert row.corrected == pytest.approx(np.mean(each) - np.mean(bare), abs=1e-4)
    assert sorted(row.slot for row in table.rows) == sorted(SLOTS)
    assert [row.log_odds for row in table.rows] == sorted(
        (row.log_odds for row in table.rows), reverse=True
    )


def test_words_of_many_pieces_are_scored_whole(tiny_bert) -> None:
    table = probe(tiny_bert, TEMPLATES[:1], ["heron"], ["lakes"], ["river"])
    tokens = tiny_bert.tokenize("The heron waits near the [MASK].")
    logs = {
        row.word: row.log_probability
        for row in score_candidates(tiny_bert, tokens, ["lakes", "river"]).rows
    }
    assert table.rows[0].log_odds == pytest.approx(logs["lakes"] - logs["river"], abs=1e-6)
    assert any("different numbers of pieces" in note for note in table.notes)


def test_a_slot_that_stands_several_times(tiny_bert) -> None:
    text = "The {slot} and the {slot} near the [MASK] by a {slot}."
    table = probe(tiny_bert, [text], ["heron"], ["lake"], ["river"])
    bare = ratio(tiny_bert, text.replace("{slot}", "[MASK]"), 2, ["lake"], ["river"])
    assert table.baseline == pytest.approx([bare], abs=1e-4)


@given(words=ONE_PIECE, data=st.data())
def test_swapping_the_groups_turns_every_sign(tiny_bert, words: list[str], data) -> None:
    cut = data.draw(st.integers(1, len(words) - 1))
    there = probe(tiny_bert, TEMPLATES, SLOTS[:2], words[:cut], words[cut:])
    back = probe(tiny_bert, TEMPLATES, SLOTS[:2], words[cut:], words[:cut])
    turned = {row.slot: row for row in back.rows}
    for row in there.rows:
        assert row.log_odds == pytest.approx(-turned[row.slot].log_odds, abs=1e-9)
        assert row.corrected == pytest.approx(-turned[row.slot].corrected, abs=1e-9)
    assert there.baseline == pytest.approx([-value for value in back.baseline], abs=1e-9)


def test_a_longer_group_has_no_advantage(tiny_bert) -> None:
    once = probe(tiny_bert, TEMPLATES, SLOTS, ["lake"], ["river"])
    many = probe(tiny_bert, TEMPLATES, SLOTS, ["lake", "lake", "lake"], ["river"])
    for row, other in zip(once.rows, many.rows, strict=True):
        assert row.log_odds == pytest.approx(other.log_odds, abs=1e-9)


def test_progress_rises_to_the_total(tiny_bert) -> None:
    told: list[tuple[int, int]] = []
    probe(
        tiny_bert, TEMPLATES, SLOTS, ["lake"], ["river"],
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert told == [(done, 8) for done in range(1, 9)]


def test_the_notes_count_the_templates(tiny_bert) -> None:
    assert probe(tiny_bert, TEMPLATES, SLOTS, ["lake"], ["river"]).notes[0].startswith("2 ")
    one = probe(tiny_bert, TEMPLATES[:1], SLOTS, ["lake"], ["river"])
    assert one.notes[0].startswith("1 template:")
    assert len(one.notes) == 1


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"templates": ["The heron waits near the [MASK]."]}, "templates", "Template 1"),
        ({"templates": [*TEMPLATES, "The {slot} waits."]}, "templates", "Template 3"),
        ({"templates": ["[MASK] and [MASK] {slot}"]}, "templates", "it has 1 and 2"),
        ({"templates": []}, "templates", "1 to 20"),
        ({"templates": TEMPLATES * 11}, "templates", "22 given"),
        ({"slots": []}, "slots", "Slots"),
        ({"slots": ["heron"] * 201}, "slots", "1 to 200"),
        ({"slots": ["heron", "a ___ b"]}, "slots", "a ___ b"),
        ({"templates": ["The {slot}_ [MASK]"], "slots": ["__"]}, "slots", "mask"),
        ({"templates": ["The {slot}___"], "slots": ["heron"]}, None, ""),
        ({"group_a": []}, "group_a", "Group a"),
        ({"group_b": []}, "group_b", "Group b"),
        ({"group_b": ["river", "lake"]}, "group_b", "'lake' is in both"),
        ({"group_b": ["Lake"]}, "group_b", "'Lake' is in both"),
        ({"group_a": ["lake", "\u4eca"]}, "group_a", "cannot spell '\u4eca'"),
        ({"group_b": [""]}, "group_b", "cannot spell"),
        ({"group_b": ["\ud800"]}, "group_b", "surrogate"),
        ({"slots": ["\ud800"]}, "text", "surrogate"),
        ({"slots": ["heron " * 70]}, "text", "64"),
    ],
)
def test_what_cannot_be_probed_is_named(tiny_bert, changed, field, said: str) -> None:
    given = {"templates": TEMPLATES, "slots": SLOTS, "group_a": ["lake"], "group_b": ["river"]}
    if field is None:
        assert len(probe(tiny_bert, **{**given, **changed}).rows) == 1
        return
    with pytest.raises(InputError) as refused:
        probe(tiny_bert, **{**given, **changed})
    assert refused.value.field == field
    assert said in str(refused.value)
