"""A document on its way to the browser: runs, UTF-16 units and the heat strip."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.views.document import KINDS, Mark, Strip, cut_runs, document_payload, strip

RAFT = "The raft \N{ROWBOAT}\N{ROWBOAT} sank.\nLucie swam."
TEXTS = st.text(st.sampled_from("ab \n\u00e9\u4e2d\N{ROWBOAT}\N{FAMILY}\ud83d\u0301"), max_size=40)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Mark]]:
    """A text, and marks in it that overlap and nest as they like."""
    text = draw(TEXTS.filter(bool))
    edges = st.integers(0, len(text))
    spans = st.lists(st.tuples(edges, edges).map(sorted), max_size=8)
    kinds = st.sampled_from(KINDS)
    return text, [
        Mark(start, end, draw(kinds), f"mark {number}")
        for number, (start, end) in enumerate(draw(spans))
        if start < end
    ]


def utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def cut(text: str, run: dict[str, int]) -> str:
    """What JavaScript's ``text.slice(run.start, run.end)`` gives."""
    return utf16(text)[2 * run["start"] : 2 * run["end"]].decode("utf-16-le", "surrogatepass")


@given(marked())
def test_runs_join_to_the_text_and_carry_every_mark(case):
    text, marks = case
    runs = cut_runs(len(text), marks)
    assert "".join(text[run.start : run.end] for run in runs) == text
    for run in runs:
        over = [mark for mark in marks if mark.start <= run.start and run.end <= mark.end]
        touching = [mark for mark in marks if mark.start < run.end and run.start < mark.end]
        assert over == touching
        assert run.kinds == tuple(kind for kind in KINDS if kind in {mark.kind for mark in over})
        assert run.tip == "\n".join(mark.label for mark in over)
    said = [line for run in runs for line in run.said.splitlines()]
    assert sorted(said) == sorted(mark.label for mark in marks)


@given(marked())
def test_the_browser_cuts_the_same_runs(case):
    text, marks = case
    sent = document_payload(text, marks, [], None)
    runs = cut_runs(len(text), marks)
    assert [cut(text, run) for run in sent["runs"]] == [text[r.start : r.end] for r in runs]
    assert json.loads(json.dumps(sent)) == sent


def test_an_emoji_counts_twice():
    start = RAFT.index("Lucie")
    row = Strip("start", (0.5,), ("start 50.0 % at 'Lucie'",), (start,))
    sent = document_payload(RAFT, [Mark(start, start + 5, "answer", "answer")], [row], start)
    marked = [run for run in sent["runs"] if run["kinds"]]
    assert [cut(RAFT, run) for run in marked] == ["Lucie"]
    assert sent["focus"] == marked[0]["start"] == sent["strips"][0]["places"][0] == start + 2


def test_only_the_text_changes_its_fingerprint():
    one = document_payload(RAFT, [], [], None)
    other = document_payload(RAFT, [Mark(0, 3, "window")], [], 3)
    assert one["id"] == other["id"]
    assert one["id"] != document_payload(RAFT + " ", [], [], None)["id"]
    assert document_payload("", [], [], 0)["runs"] == []


@pytest.mark.parametrize(
    "mark",
    [
        Mark(-1, 3, "answer"),
        Mark(0, len(RAFT) + 1, "answer"),
        Mark(3, 2, "candidate"),
        Mark(3, 3, "window"),
        Mark(0, 3, "anser"),
    ],
)
def test_marks_that_are_no_spans_are_refused(mark):
    with pytest.raises(ValueError, match="no span"):
        document_payload(RAFT, [mark], [], None)


@pytest.mark.parametrize(
    ("row", "focus", "said"),
    [
        (Strip("start", (1.5,), ("",), (0,)), None, r"outside \[0, 1\]"),
        (Strip("start", (float("nan"),), ("",), (0,)), None, r"outside \[0, 1\]"),
        (Strip("start", (0.5,), (), (0,)), None, "for each bin"),
        (Strip("start", (0.5,), ("",), (len(RAFT) + 1,)), None, "place"),
        (Strip("start", (), (), ()), len(RAFT) + 1, "focus"),
        (Strip("start", (), (), ()), -1, "focus"),
    ],
)
def test_what_lies_outside_is_refused(row, focus, said):
    with pytest.raises(ValueError, match=said):
        document_payload(RAFT, [], [row], focus)


def test_the_highest_bin_has_the_tick():
    def top(*values: float) -> int | None:
        row = Strip("end", values, ("",) * len(values), (0,) * len(values))
        return document_payload(RAFT, [], [row], None)["strips"][0]["top"]

    assert top(0.1, 0.4, 0.4) == 1
    assert top(0.0, 0.0) is None
    assert top() is None


def test_the_caption_says_what_and_how():
    rows = [Strip(name, (), (), ()) for name in ("start", "end")]
    caption = document_payload(RAFT, [], rows, None)["caption"]
    assert caption.startswith("Start and end probability along the text.")
    assert "square root" in caption
    assert document_payload(RAFT, [], [], None)["caption"] == ""


def test_a_bin_has_its_strongest_piece():
    text = "the parish gave “Lucie” Arnaud"
    starts = [0, 4, 11, 17, 19, 24]  # "Lucie" is two pieces
    row = strip("start", [0.01, 0.02, 0.0005, 0.123, 0.02, 0.1], starts, text, bins=2)
    assert row.values == (0.02, 0.123)
    assert row.notes == ("start 2.0\xa0% at 'parish'", "start 12.3\xa0% at 'Lucie'")
    assert row.places == (4, 17)
    inside = strip("end", [0.0, 0.0, 0.0, 0.0, 0.0002, 0.0], starts, text, bins=2)
    assert inside.notes[1] == "end <\xa00.1\xa0% at 'Lucie'"
    assert strip("end", [0.5], [0], "...", bins=9).notes == ("end 50.0\xa0% at '...'",)


def test_an_empty_stretch_says_so():
    row = strip("start", [0.2, 0.1, 0.3], [0, 2, 29], "a b" + " " * 26 + "c")
    assert row.values == (0.2, 0.0, 0.3)
    assert row.notes[1] == "start: no word piece starts here"
    assert row.places == (0, 10, 29)
    assert strip("start", [], [], "") == Strip("start", (), (), ())


@given(st.data(), TEXTS.filter(bool), st.integers(1, 12))
def test_bins_share_the_text_equally(data, text, bins):
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, unique=True))
    chances = data.draw(st.lists(st.floats(0, 1), min_size=len(starts), max_size=len(starts)))
    row = strip("start", chances, starts, text, bins)
    count = min(bins, len(starts))
    expected = [0.0] * count
    for start, chance in zip(starts, chances, strict=True):
        number = start * count // len(text)
        expected[number] = max(expected[number], chance)
    assert list(row.values) == expected
    assert all(place * count // len(text) == k for k, place in enumerate(row.places))
    document_payload(text, [], [row], None)


def test_a_sure_piece_stands_out_in_a_long_text():
    text = "word " * 10_000
    starts = np.arange(0, len(text), 5)
    chances = np.full(len(starts), 1e-6, dtype=np.float32)
    chances[7_000] = np.float32(1.0000001)
    row = strip("start", chances, starts, text)
    assert len(row.values) == 120
    assert row.values[84] == 1.0
    assert sorted(row.values)[-2] < 1e-5
    assert row.places[84] == 35_000


@pytest.mark.parametrize(
    ("chances", "starts", "bins", "said"),
    [
        ([0.5], [0, 1], 9, "starts"),
        ([[0.5]], [[0]], 9, "starts"),
        ([0.5], [0], 0, "0 bins"),
        ([1.1], [0], 9, r"outside \[0, 1\]"),
        ([float("nan")], [0], 9, r"outside \[0, 1\]"),
        ([0.5], [len(RAFT)], 9, "outside a text"),
        ([0.5], [-1], 9, "outside a text"),
    ],
)
def test_a_strip_of_what_does_not_fit_is_refused(chances, starts, bins, said):
    with pytest.raises(ValueError, match=said):
        strip("start", chances, starts, RAFT, bins)
