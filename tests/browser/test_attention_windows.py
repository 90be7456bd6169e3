"""A long text on the attention page: windows of the grid, and pictures to keep."""

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from bert_core import load
from bert_core.analysis.attention.attend import attend
from bert_core.views.attention_levels import quantise
from tests.browser.conftest import PROJECT

pytestmark = pytest.mark.browser
LONG = 60_000  # milliseconds
SIZE = 80  # dots of a window
LAYERS, HEADS = 6, 12
TEXT = " ".join(
    f"The {who} waited by the {where} until the {what} came."
    for who, where, what in zip(
        ["heron", "miller", "ferryman", "painter", "keeper", "sailor", "child", "crowd"] * 2,
        ["river", "bridge", "harbour", "mill", "gate"] * 4,
        ["rain", "cart", "dog"] * 6,
        strict=False,
    )
)


@pytest.fixture(scope="module")
def url(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    home = str(tmp_path_factory.mktemp("home"))
    address = serve(PROJECT / "app.py", fresh=True, BERT_EXPLORER_HOME=home)
    return f"{address}/attention"


def said(page: Page) -> Locator:
    return page.locator(".st-key-at_grid .said")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("option", name=re.compile(f"^{option}")).click()


def expect_dots(page: Page, levels: np.ndarray) -> None:
    """Every weight of the window is a dot of the canvas, the larger the darker."""
    canvas = page.locator(".st-key-at_grid .board canvas")
    content = base64.b64decode(canvas.evaluate("canvas => canvas.toDataURL()").partition(",")[2])
    reds = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))[..., 0].astype(int)
    step = reds.shape[1] // HEADS
    assert step >= SIZE + 4
    found = reds.reshape(LAYERS, step, HEADS, step).swapaxes(1, 2)
    inset = (step - SIZE) // 2
    cells = found[..., inset : inset + SIZE, inset : inset + SIZE]
    order = np.argsort(levels, axis=None)
    assert (np.diff(cells.ravel()[order]) <= 0).all()


def keep(page: Page, where: str, kind: str, folder: Path) -> Path:
    with page.expect_download(timeout=LONG) as caught:
        page.locator(f".st-key-{where}").get_by_role("button", name=kind).click()
    file = folder / caught.value.suggested_filename
    caught.value.save_as(file)
    return file


def test_windows_of_the_grid_and_pictures_to_keep(
    url: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    result = attend(load(), TEXT)
    levels, count = quantise(result.weights).values, len(result.units)
    assert 2 * SIZE < count < 3 * SIZE
    page = open_page(url)
    text = page.get_by_label("Text A")
    text.fill(TEXT)
    text.press("Enter")
    expect(said(page)).to_contain_text(f"for {count} × {count} do not fit", timeout=LONG)

    choose(page, "Rows", "pieces 81–160")
    words = f"Shown are pieces 81–160 (down) looking at 81–160 (across) of {count} pieces"
    expect(said(page)).to_contain_text(words, timeout=LONG)
    expect_dots(page, levels[..., 80:160, 80:160])
    choose(page, "Columns", "pieces 1–80")
    expect(said(page)).to_contain_text("looking at 1–80 (across)", timeout=LONG)
    expect_dots(page, levels[..., 80:160, 0:80])

    grid = keep(page, "at_grid_picture", "SVG", tmp_path)
    picture = Image.open(keep(page, "at_grid_picture", "PNG", tmp_path))
    assert picture.format == "PNG"
    content = grid.read_text("utf-8")
    assert "looking at 1–80" in content
    size = [
        int(found) for found in re.findall(r'<svg [^>]*width="(\d+)" height="(\d+)"', content)[0]
    ]
    assert list(picture.size) == [2 * side for side in size]
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 50

    page.get_by_text("Lines", exact=True).click()
    expect(page.locator(".st-key-at_head_detail .said").last).to_contain_text("lines")
    offline = open_page(keep(page, "at_head_picture", "SVG", tmp_path).as_uri())
    drawn = offline.locator("svg line")
    assert drawn.count() > 100
    expect(drawn.first).to_be_visible()
    assert drawn.first.evaluate("line => line.getBoundingClientRect().width") > 100
    offline.goto(grid.as_uri())
    expect(offline.locator("image")).to_be_visible()
    assert offline.locator("rect > title").count() == LAYERS * HEADS
    shot = tmp_path / "shot.png"
    offline.screenshot(path=shot)
    assert len(Image.open(shot).convert("RGB").getcolors(1 << 24)) > 50

    page.goto(f"{url}?window=500")
    expect(page.get_by_text("The window that was chosen lies outside")).to_be_visible(timeout=LONG)
