"""The map of heads: every head once, the exact distances, the files, the clicks."""

import contextlib
import csv
import io
import json

import numpy as np
import pytest

from bert_core.analysis.attention.distances import HeadDistances, head_distances
from bert_core.analysis.attention.measures import trace_attention
from bert_core.analysis.attention.table import HeadTable, head_table
from bert_core.views import head_map
from bert_core.views.attention_clicks import Pick

TEXT = "The heron waits near the [MASK] lake."


@pytest.fixture
def seen(tiny_bert) -> tuple[HeadDistances, HeadTable]:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    weights = trace_attention(tiny_bert, tokens).attention
    assert weights is not None
    return head_distances(weights, tokens), head_table(weights, tokens)


def drawn(figure) -> dict[tuple[int, int], tuple[float, float, str, int]]:  # type: ignore[no-untyped-def]
    """Of each point its place, symbol and size, as the browser gets them."""
    found = {}
    for trace in json.loads(figure.to_json())["data"]:
        for at, data in enumerate(trace.get("customdata", ())):
            head = data[0] + 1, data[1] + 1
            assert head not in found, "a head stands once"
            place = figure.data[0].x is not None and (
                float(np.asarray(_trace(figure, trace["name"]).x)[at]),
                float(np.asarray(_trace(figure, trace["name"]).y)[at]),
            )
            found[head] = (*place, trace["marker"]["symbol"], trace["marker"]["size"][at])
    return found


def _trace(figure, name):  # type: ignore[no-untyped-def]
    return next(each for each in figure.data if each.name == name)


def test_every_head_is_one_point(seen) -> None:  # type: ignore[no-untyped-def]
    found, table = seen
    points = drawn(head_map.map_figure(found, table, Pick(2, 3)))
    assert len(points) == 8
    for row, place in zip(table.rows, found.points.tolist(), strict=True):
        x, y, symbol, size = points[row.layer, row.head]
        assert (x, y) == pytest.approx(place)
        assert symbol == head_map.SYMBOLS[row.pattern]
        assert (size > 11) == ((row.layer, row.head) == (2, 3)), "the open head is marked"


def test_no_two_patterns_share_a_symbol() -> None:
    assert len(set(head_map.SYMBOLS.values())) == len(head_map.SYMBOLS)


def test_names_that_would_lie_on_each_other_are_left_out(seen) -> None:  # type: ignore[no-untyped-def]
    points = np.array([[0, 0], [0.01, 0], [1, 0], [1, 0.02], [0.5, 0.5]])
    assert head_map.apart(points, first=1) == {1, 2, 4}
    assert head_map.apart(points, first=3, share=0.001) == {0, 1, 2, 3, 4}
    assert head_map.apart(np.zeros((3, 2)), first=2) == {2}
    found, table = seen

    def names(**options: bool) -> list[str]:
        figure = head_map.map_figure(found, table, Pick(1, 2), **options)
        return [name for trace in figure.data if trace.text for name in trace.text if name]

    assert "1.2" in names()
    assert sorted(names(all_names=True)) == [f"{a}.{b}" for a in (1, 2) for b in (1, 2, 3, 4)]


def test_the_nearest_are_nearest(seen) -> None:  # type: ignore[no-untyped-def]
    found, table = seen
    shown, rows = head_map.nearest(found, table, Pick(2, 3), most=5)
    from_here = found.distances[6]
    expected = [place for place in np.argsort(from_here, kind="stable") if place != 6][:5]
    assert [(row.layer - 1) * 4 + row.head - 1 for row in rows] == expected
    assert [bar.value for bar in shown.rows] == from_here[expected].tolist()
    assert [bar.cells for bar in shown.rows] == [
        (f"{row.layer}.{row.head}", row.pattern, f"{from_here[place]:.3f}")
        for row, place in zip(rows, expected, strict=True)
    ]
    assert shown.badge == "5 of 7"
    assert shown.scale == pytest.approx(np.sqrt(np.log(2)))


def test_what_the_map_keeps_is_said(seen) -> None:  # type: ignore[no-untyped-def]
    found, _ = seen
    said = head_map.kept_words(found)
    assert f"{100 * found.explained:.1f}\xa0% of the spread" in said
    assert "Compared" not in said
    part = HeadDistances(found.distances, found.points, 0.4, rows=(1, 3), of_rows=900)
    assert head_map.kept_words(part).endswith("Compared: 2 rows of 900.")


def test_files_hold_the_exact_distances(seen) -> None:  # type: ignore[no-untyped-def]
    found, table = seen
    rows = list(csv.DictReader(io.StringIO(head_map.distances_csv(found, heads=4))))
    assert len(rows) == 8 * 7 // 2
    for row in rows:
        one, two = (
            (int(row[f"layer_{side}"]) - 1) * 4 + int(row[f"head_{side}"]) - 1 for side in (1, 2)
        )
        assert one < two
        assert float(row["distance"]) == found.distances[one, two]
    record = json.loads(head_map.distances_json(found, table, "made up"))
    assert record["distances"] == found.distances.tolist()
    assert [[head["x"], head["y"]] for head in record["heads"]] == found.points.tolist()
    assert [head["pattern"] for head in record["heads"]] == [row.pattern for row in table.rows]
    assert (record["explained"], record["model"]) == (found.explained, "made up")


def test_the_lines_print_the_file(tiny_bert, seen) -> None:  # type: ignore[no-untyped-def]
    source = head_map.distances_snippet(tiny_bert.choice, tiny_bert.tokenize(TEXT), ())
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "snippet", "exec"), {})  # noqa: S102 - that it runs is what is tested
    expected = head_map.distances_csv(seen[0], heads=4)
    assert out.getvalue().splitlines() == [*expected.splitlines(), ""]


def test_a_click_names_a_head(seen) -> None:  # type: ignore[no-untyped-def]
    table = seen[1]
    assert head_map.picked_head([{"customdata": [1, 2, "2.3", "50.0 %"]}], table) == Pick(2, 3)


@pytest.mark.parametrize(
    "sent",
    [
        None, [], {}, [7], [{}], [{"customdata": None}], [{"customdata": [1]}],
        [{"customdata": [2, 0]}], [{"customdata": [0, 4]}], [{"customdata": [-1, 0]}],
        [{"customdata": [True, 0]}], [{"customdata": ["1", "2"]}], [{"customdata": [0.0, 1.0]}],
    ],
)  # fmt: skip
def test_what_names_no_head_is_no_click(seen, sent: object) -> None:  # type: ignore[no-untyped-def]
    assert head_map.picked_head(sent, seen[1]) is None


def test_comparing_tells_how_far_it_is(tiny_bert) -> None:  # type: ignore[no-untyped-def]
    tokens = tiny_bert.tokenize(TEXT)
    weights = trace_attention(tiny_bert, tokens).attention
    told: list[tuple[int, int]] = []
    found = head_distances(weights, tokens, on_progress=lambda *done: told.append(done))
    assert told[0] == (7, 28)
    assert told[-1] == (28, 28)
    assert told == sorted(told)
    np.testing.assert_array_equal(found.distances, head_distances(weights, tokens).distances)
