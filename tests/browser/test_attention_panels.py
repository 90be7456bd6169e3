"""The map of heads and the heads over many sentences, in a real browser."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from bert_core import Encoder
from bert_core.analysis.attention.corpus import head_statistics
from bert_core.analysis.attention.distances import head_distances
from bert_core.analysis.attention.measures import trace_attention
from bert_core.analysis.attention.table import head_table
from bert_core.cli import app
from bert_core.examples import examples
from bert_core.views import corpus_views, head_map
from bert_core.views.attention_clicks import Pick
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LONG = 60_000  # milliseconds
HELD_OUT = PROJECT / "tests" / "golden" / "held_out.txt"


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    address = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)
    return f"{address}/attention"


def title(page: Page, layer: int, head: int) -> None:
    said = page.locator(".st-key-at_head_detail .title")
    expect(said).to_have_text(f"Layer {layer}, head {head}", timeout=LONG)


def downloaded(page: Page, label: str, key: str) -> str:
    with page.expect_download() as caught:
        page.locator(f".st-key-{key}").get_by_role("button", name=label).click()
    return Path(caught.value.path()).read_text("utf-8")


def test_the_map_has_every_head_and_opens_one(url: str, open_page: Open, embedded: Encoder) -> None:
    tokens = embedded.tokenize(next(iter(examples("attention").values())).text)
    weights = trace_attention(embedded, tokens).attention
    found, table = head_distances(weights, tokens), head_table(weights, tokens)
    page = open_page(f"{url}?show=Map+of+heads&layer=6&head=3", height=1400)
    points = page.locator(".st-key-at_map .js-plotly-plot .points path")
    expect(points).to_have_count(len(table.rows), timeout=LONG)
    expect(page.get_by_text(head_map.kept_words(found))).to_be_visible()

    lines = csv.DictReader(io.StringIO(downloaded(page, "CSV", "export_head-distances-csv")))
    said = [float(line["distance"]) for line in lines]
    expected = found.distances[np.triu_indices(len(table.rows), k=1)]
    assert said == pytest.approx(expected.tolist(), abs=1e-4)

    gaps = np.linalg.norm(found.points[:, None] - found.points[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    alone = table.rows[int(gaps.min(axis=1).argmax())]
    drawn = [
        (data[0] + 1, data[1] + 1)
        for trace in head_map.map_figure(found, table, Pick(6, 3)).data
        for data in (trace.customdata if trace.customdata is not None else ())
    ]

    def click() -> None:
        point = points.nth(drawn.index((alone.layer, alone.head)))
        point.scroll_into_view_if_needed()
        box = point.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        title(page, alone.layer, alone.head)

    click()
    near, rows = head_map.nearest(found, table, Pick(alone.layer, alone.head))
    shown = page.get_by_role("table", name=re.compile(f"^{near.caption}"))
    first = shown.get_by_role("row").nth(1)
    for cell in near.rows[0].cells:
        expect(first).to_contain_text(cell)
    first.click()
    title(page, rows[0].layer, rows[0].head)
    expect(
        page.get_by_role("table", name=re.compile(f"head {near.rows[0].cells[0]}"))
    ).to_be_visible()
    expect(points).to_have_count(len(table.rows))
    click()


def test_a_file_of_sentences_gives_the_numbers_of_the_command(
    url: str, open_page: Open, embedded: Encoder, tmp_path: Path
) -> None:
    lines = [*HELD_OUT.read_text("utf-8").splitlines()[:20], "", "long " * 600]
    file, out = tmp_path / "mine.txt", tmp_path / "heads.csv"
    file.write_text("\n".join(lines), "utf-8")
    assert CliRunner().invoke(app, ["heads", str(file), "--out", str(out)]).exit_code == 0
    result = head_statistics(embedded, lines)

    page = open_page(f"{url}?show=Many+sentences&layer=5&head=7", height=1400)
    over = re.compile(r"^Head 5\.7 over 62 sentences: ")
    expect(page.get_by_text(over)).to_be_visible(timeout=LONG)
    page.get_by_role("radio", name="Upload", exact=True).click()
    page.locator(".st-key-at_upload input[type=file]").set_input_files(file)
    said = page.get_by_text(re.compile(r"^Head 5\.7 over 20 sentences: "))
    expect(said).to_be_visible(timeout=LONG)
    assert said.inner_text() == corpus_views.head_words(result, Pick(5, 7))
    expect(page.get_by_text("Left out: 2 rows")).to_be_visible()

    cells = page.locator(".st-key-at_corpus_table table tbody tr").first.locator("td")
    first = corpus_views.corpus_table(result)[0]
    expect(cells.filter(has_text=str(first["usual pattern"]))).to_have_count(1)
    assert float(cells.nth(4).inner_text()) == pytest.approx(first["entropy, bits"], abs=1e-3)

    def numbers(text: str) -> list[list[float | None]]:
        return [[float(cell) if cell else None for cell in row.values()]
                for row in csv.DictReader(io.StringIO(text))]  # fmt: skip

    kept = numbers(downloaded(page, "CSV", "export_heads-csv"))
    for row, expected in zip(kept, numbers(out.read_text("utf-8")), strict=True):
        assert row == pytest.approx(expected, abs=1e-5)
    record = json.loads(downloaded(page, "JSON", "export_heads-json"))
    assert [each["row"] for each in record["bad"]] == [21, 22]


def test_bad_files_are_answered_in_a_sentence_and_a_long_one_waits(
    url: str, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(f"{url}?show=Many+sentences", height=1400)
    page.get_by_role("radio", name="Upload", exact=True).click(timeout=LONG)
    sent = page.locator(".st-key-at_upload input[type=file]")
    alert = page.get_by_test_id("stAlert")
    for name, content, said in (
        ("none.txt", b"", "none.txt: The file is empty."),
        ("old.txt", "früh\n".encode("latin-1"), "old.txt: The file is not UTF-8, see line 1."),
        ("one.txt", b"\n\nlake\n", "No sentence of 3 can be used."),
    ):
        file = tmp_path / name
        file.write_bytes(content)
        sent.set_input_files(file)
        expect(alert).to_contain_text(said, timeout=LONG)
    assert page.get_by_test_id("stException").count() == 0

    file = tmp_path / "many.txt"
    file.write_text(HELD_OUT.read_text("utf-8") * 5, "utf-8")
    sent.set_input_files(file)
    expect(page.get_by_text(re.compile(r"^350 lines: about \d+ s\."))).to_be_visible(timeout=LONG)
    go = page.get_by_role("button", name="Read the sentences")
    go.click()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(go).to_be_visible(timeout=LONG)
    expect(page.locator(".st-key-at_corpus_table")).to_have_count(0)


def test_the_head_table_is_sorted_by_value_opens_a_head_and_is_saved(
    url: str, open_page: Open, embedded: Encoder
) -> None:
    tokens = embedded.tokenize(next(iter(examples("attention").values())).text)
    heads = head_table(trace_attention(embedded, tokens).attention, tokens).rows
    lowest = min(heads, key=lambda row: row.entropy)
    page = open_page(f"{url}?show=Head+table", height=2200)
    first = page.locator(".st-key-at_table table tbody tr").first.locator("td")
    expect(first.nth(1)).to_have_text("1", timeout=LONG)
    table = page.locator(".st-key-at_table .dvn-scroller")
    table.click(position={"x": 230, "y": 17})  # the head of the column of entropies
    expect(first.nth(0)).to_have_text(str(lowest.layer))
    expect(first.nth(1)).to_have_text(str(lowest.head))
    assert float(first.nth(3).inner_text()) == pytest.approx(lowest.entropy, abs=1e-3)
    table.click(position={"x": 160, "y": 52})  # the first row's pattern
    title(page, lowest.layer, lowest.head)

    lines = list(csv.DictReader(io.StringIO(downloaded(page, "CSV", "export_head-table-csv"))))
    for line, row in zip(lines, heads, strict=True):
        assert float(line["entropy"]) == pytest.approx(row.entropy, abs=1e-4)
        assert float(line["cls"]) == pytest.approx(row.cls, abs=1e-5)


def test_a_panel_that_follows_an_answer_asks_for_one(url: str, open_page: Open) -> None:
    page = open_page(f"{url}?show=Switch+heads+off", width=420)
    page.get_by_role("button", name="Mask “she”").click(timeout=LONG)
    ranking = page.get_by_role("table", name=re.compile("^What each head does alone"))
    expect(ranking.get_by_role("row")).to_have_count(21, timeout=LONG)
    expect(page.get_by_text("For “she”.")).to_be_visible()
    masked = page.locator(".st-key-at_chips .chip", has_text="[MASK]")
    expect(masked).to_have_count(1)
    page.get_by_role("radio", name="Is it an explanation?", exact=True).click()
    spearman = page.get_by_test_id("stMetric").filter(has_text="Spearman")
    expect(spearman).to_be_visible(timeout=LONG)

    masked.click()
    expect(page.get_by_role("button", name="Mask “she”")).to_be_visible(timeout=LONG)
    expect(spearman).to_have_count(0)


def test_a_measure_that_follows_an_answer_asks_for_one(url: str, open_page: Open) -> None:
    page = open_page(f"{url}?measure=attribution")
    go = page.get_by_role("button", name="Mask “she”")
    expect(go).to_be_visible(timeout=LONG)
    expect(page.locator(".st-key-at_grid")).to_have_count(0)
    go.click()
    page.locator(".st-key-at_grid [data-drawn]").wait_for(timeout=LONG)
    expect(go).to_have_count(0)
