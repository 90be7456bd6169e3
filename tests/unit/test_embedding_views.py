"""A word in its sentences as figures, words and files: exact, harmless, offline."""

import contextlib
import csv
import io
import json

import numpy as np
import pytest

from bert_core.analysis.embeddings.geometry import Geometry, space
from bert_core.analysis.embeddings.layers import token_layers
from bert_core.analysis.embeddings.neighbours import nearest_sentences, nearest_words
from bert_core.analysis.embeddings.projection import project
from bert_core.analysis.embeddings.senses import sense_curve, senses
from bert_core.analysis.embeddings.sentences import ready_sets
from bert_core.analysis.embeddings.vectors import word_in_context
from bert_core.model.choice import ModelChoice
from bert_core.views import embedding_figures, embedding_files, embedding_tables, layer_figures
from bert_core.views.embedding_snippets import token_snippet, word_snippet
from bert_core.views.numbers import typed

HOSTILE = "</script><img src=x onerror=alert(1)>"
LINES = "\n".join(
    [
        f"=bird{HOSTILE} | The heron {HOSTILE} waits",
        f"=bird{HOSTILE} | =A heron reads",
        "ship\t-Our heron by the river is <b>bold</b>",
        "ship | She writes to the heron",
        "a heron of no sense",
    ]
)


@pytest.fixture(scope="module")
def heron(tiny_bert):
    return word_in_context(tiny_bert, LINES, "heron")


@pytest.fixture(scope="module")
def scored(tiny_bert, heron):
    return senses(tiny_bert, heron, rounds=20)


@pytest.fixture(scope="module")
def bank(embedded):
    return word_in_context(embedded, ready_sets()["bank"].sentences, "bank")


def every_figure(trace, result) -> dict[str, object]:
    here = space(trace, 1)
    placed = [None, project(here, trace.labels), project(space(trace, 2), trace.labels)]
    curve = sense_curve(trace)
    return {
        "points": embedding_figures.points(placed[1], trace.occurrences, 0),
        "all": embedding_figures.small_multiples(placed, trace.occurrences, curve),
        "matrix": embedding_figures.matrix(here, trace.occurrences),
        "lines": embedding_figures.sense_lines(curve, "cosine"),
        "readings": embedding_figures.readings(result),
        "by layer": embedding_figures.readings_by_layer(result),
    }


def test_no_text_reaches_a_figure_as_markup(heron, scored, tiny_bert) -> None:
    figures = every_figure(heron, scored)
    words = token_layers(tiny_bert, f"snow {HOSTILE}")
    for draw in (layer_figures.to_start, layer_figures.to_neighbours, layer_figures.paths,
                 layer_figures.together):  # fmt: skip
        figures[draw.__name__] = draw(words)
    for name, figure in figures.items():
        drawn = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
        assert "<img" not in drawn, name
        assert "<b>bold" not in drawn, name
    said = figures["points"].to_json()
    assert "\\u003cb\\u003eheron\\u003c\\u002fb\\u003e" in said or "<b>heron</b>" in said


def test_the_points_are_the_sentences(bank) -> None:
    figure = embedding_figures.points(project(space(bank, 5), bank.labels), bank.occurrences)
    assert [each.name for each in figure.data] == ["river", "money"]
    numbers = [int(n) for each in figure.data for n, _ in each.customdata]
    assert sorted(numbers) == list(range(24))
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol
    assert "<b>bank</b>" in figure.data[0].customdata[0][1]
    low, high = figure.layout.yaxis.range
    heights = [y for each in figure.data for y in each.y]
    assert low < min(heights) < max(heights) < high


def test_the_axis_of_all_pieces_is_whole(tiny_bert) -> None:
    for centre in (True, False):
        found = token_layers(tiny_bert, "the snow is on the river", centre=centre)
        low, high = layer_figures.together(found).layout.yaxis.range
        assert low < min(0.0, found.to_all.min())
        assert high > 1.0


def test_the_matrix_is_sorted_by_sense(heron) -> None:
    here = space(heron, 2)
    (heat,) = embedding_figures.matrix(here, heron.occurrences).data
    assert [name.split(":")[0] for name in heat.x] == ["1", "2", "3", "4", "5"]
    values = np.array(heat.z, dtype=float)
    off = ~np.eye(5, dtype=bool)
    assert np.isnan(np.diag(values)).all()
    assert np.allclose(values[off], here.values[off])


def test_the_figure_of_five_readings(embedded, bank) -> None:
    result = senses(embedded, bank)
    bars, luck, guessing = embedding_figures.readings(result).data
    assert list(bars.x) == [each.best.accuracy for each in reversed(result.readings)]
    assert list(luck.x) == [each.luck for each in reversed(result.readings)]
    assert guessing.x[0] == result.chance
    said = [each.text for each in embedding_figures.readings(result).layout.annotations]
    assert said[0] == "Both sides in every layer: BERT · <b>100.0\xa0%</b>, layer 5"
    assert said[-1] == "No context: the word alone · <b>47.8\xa0%</b>"
    words = typed(embedding_tables.verdict(result))
    assert "24 of 24 sentences" in words
    assert "(100.0 %, layer 5)" in words
    assert words.endswith("The word without its sentence is at 47.8 %; guessing gives 47.8 %.")
    assert len(embedding_tables.layer_rows(result)) == 1 + 4 * 7


def test_a_few_sentences_are_luck(scored) -> None:
    assert scored.readings[-1].p > 0.05
    assert embedding_tables.verdict(scored).endswith("no more than luck.")


def test_words_and_tables(embedded, bank) -> None:
    here = space(bank, 5, Geometry(centre=True, drop=2))
    baseline, centred, dropped = embedding_tables.space_words(here)
    assert f"({here.pairs:,} pairs)" in baseline
    assert "mean" in centred
    assert str(here.dropped[1].dimension) in dropped
    assert len(embedding_tables.space_words(space(bank, 5))) == 1
    near = nearest_sentences(here, 0)
    table = embedding_tables.near_sentences(bank, here, 0, near)
    assert [row.emphasis for row in table.rows] == [
        bank.labels[each.index] == "river" for each in near
    ]
    found = nearest_words(embedded, bank, 5, 0)
    assert [row.cells[0] for row in embedding_tables.near_words(found).rows] == [
        each.word for each in found
    ]


# ---- files -------------------------------------------------------------------------------------


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_vectors_come_back_exactly(heron) -> None:
    head, *rows = rows_of(embedding_files.vectors_csv(heron, 2))
    assert head[:4] == ["line", "sense", "sentence", "start"]
    numbers = np.array([row[8:] for row in rows], dtype=np.float32)
    assert np.array_equal(numbers, heron.vectors[2])
    assert rows[0][1].startswith("'=bird")
    assert rows[1][2] == "'=A heron reads"
    assert rows[1][3:7] == ["3", "8", "1", "heron"]

    with np.load(io.BytesIO(embedding_files.vectors_npz(heron)), allow_pickle=False) as file:
        assert np.array_equal(file["vectors"], heron.vectors)
        assert np.array_equal(file["others"], heron.others)
        for sentence, (start, end) in zip(file["sentences"], file["spans"], strict=True):
            assert str(sentence)[start:end] == "heron"
        assert file["labels"].tolist() == list(heron.labels)


def test_similarities_come_back_exactly(heron) -> None:
    here = space(heron, 1)
    head, *rows = rows_of(embedding_files.similarity_csv(heron, here))
    assert head == ["cosine", "sense", "1", "2", "3", "4", "5"]
    assert np.array_equal(np.array([row[2:] for row in rows], dtype=float), here.values)


@pytest.mark.parametrize("with_senses", [True, False])
def test_json_holds_what_is_shown(heron, scored, with_senses: bool) -> None:
    here = space(heron, 1, Geometry(drop=1))
    result = scored if with_senses else None
    record = json.loads(embedding_files.word_json(heron, 1, here, result, "http://x/?a=1"))
    assert record["word"] == "heron"
    assert record["geometry"] == {"metric": "cosine", "centre": False, "drop": 1}
    assert record["similarities"] == here.values.tolist()
    assert record["sentences"][0]["label"].endswith(HOSTILE)
    assert (record["senses"] is not None) == with_senses
    if with_senses:
        names = [each["reading"] for each in record["senses"]["readings"]]
        assert names == ["table", "left", "right", "shallow", "deep"]


def test_a_sentences_pieces_as_csv(tiny_bert) -> None:
    found = token_layers(tiny_bert, "=the snow")
    head, *rows = rows_of(embedding_files.token_layers_csv(found))
    assert len(rows) == found.to_start.size
    assert head[:3] == ["layer", "position", "piece"]
    assert float(rows[-1][3]) == found.to_start[-1, -1]
    assert rows[1][2] == "'="


def test_the_html_loads_nothing(heron, scored) -> None:
    figures = [(f"{HOSTILE} {name}", each) for name, each in every_figure(heron, scored).items()]
    page = embedding_files.figures_html(HOSTILE, figures, link="http://x", snippet=HOSTILE)
    assert "<img src=x" not in page
    assert "default-src 'none'" in page
    assert page.count("Plotly.newPlot(") >= len(figures)
    assert "<script src" not in page
    assert page.count("</html>") == 1


# ---- snippets ----------------------------------------------------------------------------------


def printed(source: str) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "snippet", "exec"), {})  # noqa: S102 - what is tested is that it runs
    return out.getvalue()


def test_the_snippet_prints_what_the_page_shows(tiny_bert, heron, scored) -> None:
    geometry = Geometry("euclidean", centre=True, drop=1)
    source = word_snippet(tiny_bert.choice, "heron", LINES, geometry, layer=1, pooling="last",
                          which={1: 1})  # fmt: skip
    out = printed(source)
    assert str(space(heron, 1, geometry).values.round(3)) in out
    assert [line.split()[0] for line in out.splitlines()[-5:]] == [
        "table", "left", "right", "shallow", "deep",
    ]  # fmt: skip


def test_the_snippet_of_a_ready_set_is_short(embedded) -> None:
    source = word_snippet(ModelChoice(), "bank", None, Geometry(), layer=5)
    assert "ready_sets()['bank']" in source
    assert len(source) < 800
    last = printed(source).splitlines()[-1]
    assert last == "deep 5 1.0"


def test_the_snippet_of_a_sentence_runs(tiny_bert) -> None:
    found = token_layers(tiny_bert, "snow 'quoted'", centre=False)
    out = printed(token_snippet(tiny_bert.choice, "snow 'quoted'", centre=False))
    assert str(found.to_start.round(3)) in out
