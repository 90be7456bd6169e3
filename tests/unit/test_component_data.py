"""What goes to the browser components and what comes back from them."""

import json

import pytest

from bert_core.views.bars import Bar, Column, bars_payload, picked_row
from bert_core.views.chips import Chip, ChipEvent, chip_event, chip_payload
from bert_core.views.events import Seen, new_events

COLUMNS = (Column("rank", "rank"), Column("word", "word"), Column("", "bar"))


def test_chip_payload_splits_the_continuation_mark():
    assert chip_payload(Chip("##ing", continues=True))["text"] == "ing"
    assert chip_payload(Chip("ing", continues=True))["text"] == "ing"
    assert chip_payload(Chip("####", continues=True))["text"] == "##"
    assert chip_payload(Chip("##", continues=False))["text"] == "##"


def test_chip_tip_names_what_is_masked():
    assert chip_payload(Chip("store", masked=True, note="rank 1"))["tip"] == (
        "Original: store\nrank 1"
    )
    assert chip_payload(Chip("store", note="rank 1"))["tip"] == "rank 1"
    assert chip_payload(Chip("store"))["tip"] == ""


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan"), float("inf")])
def test_chip_level_out_of_range_is_refused(level):
    with pytest.raises(ValueError, match="level"):
        chip_payload(Chip("a", level=level))


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "click",
        {},
        {"position": 5, "whole_word": False},
        {"position": -1, "whole_word": False},
        {"position": True, "whole_word": False},
        {"position": 1.0, "whole_word": False},
        {"position": 1, "whole_word": 1},
        {"position": 0, "whole_word": False},
    ],
)
def test_chip_event_believes_nothing(sent):
    pieces = [Chip("[CLS]", special=True), Chip("a"), Chip("b")]
    assert chip_event(sent, pieces) is None


def test_chip_event():
    sent = {"position": 1, "whole_word": True, "number": 1}
    assert chip_event(sent, [Chip("a"), Chip("b")]) == ChipEvent(1, whole_word=True)


def test_events_are_handled_once_and_in_order():
    clicks = [{"number": 1}, {"number": 2}]
    fresh, seen = new_events({"source": "s", "events": clicks}, Seen())
    assert fresh == clicks
    assert seen == Seen("s", 2)
    again = {"source": "s", "events": [*clicks, {"number": 3}]}
    assert new_events(again, seen) == ([{"number": 3}], Seen("s", 3))
    assert new_events({"source": "s", "events": clicks}, seen) == ([], seen)


def test_a_new_mount_counts_from_one():
    fresh, seen = new_events({"source": "t", "events": [{"number": 1}]}, Seen("s", 7))
    assert len(fresh) == 1
    assert seen == Seen("t", 1)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {"source": 1, "events": []},
        {"source": "s", "events": "x"},
        {"source": "s", "events": [None, {}, {"number": "1"}, {"number": 0}]},
    ],
)
def test_events_believe_nothing(sent):
    seen = Seen("s", 0)
    assert new_events(sent, seen) == ([], seen)


def test_bars_payload_scales():
    rows = [Bar(("1", "a"), 0.2), Bar(("2", "b"), 0.5)]
    longest = bars_payload(rows, COLUMNS, "max")
    assert longest["full"] == 0.5
    assert longest["diverging"] is False
    assert bars_payload(rows, COLUMNS, 1.0)["full"] == 1.0
    assert bars_payload([], COLUMNS, "max")["full"] == 1.0
    assert bars_payload([Bar(("1", "a"))], COLUMNS, "max")["full"] == 1.0
    below = bars_payload([*rows, Bar(("3", "c"), -2.0)], COLUMNS, "max")
    assert below["full"] == 2.0
    assert below["diverging"] is True
    assert json.loads(json.dumps(below)) == below


@pytest.mark.parametrize(
    ("row", "scale", "said"),
    [
        (Bar(("1",)), "max", "1 cells"),
        (Bar(("1", "a"), float("nan")), "max", "nan"),
        (Bar(("1", "a"), float("inf")), "max", "inf"),
        (Bar(("1", "a"), 0.5), 0.0, "scale"),
    ],
)
def test_bars_payload_refuses_what_cannot_be_drawn(row, scale, said):
    with pytest.raises(ValueError, match=said):
        bars_payload([row], COLUMNS, scale)


def test_picked_row_believes_nothing():
    assert picked_row({"row": 1}, 2) == 1
    for sent in (None, 1, {}, {"row": 2}, {"row": -1}, {"row": True}, {"row": "1"}):
        assert picked_row(sent, 2) is None
