"""The attention page against bertviz in a browser, its reactions, and what its measures cost.

``python -m tests.bench.attention`` prints three tables; :mod:`.attention_drawing` and
:mod:`.attention_costs` say what is measured in the first and the last. The second is the page's
own script, run by Streamlit's AppTest with everything kept, after another head was chosen: the
server's part of a click. A reaction does not touch the model's weights, so the model has the 144
heads of BERT-base in smaller layers.
"""

import logging
import os
import statistics
import tempfile
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from bert_core import ModelChoice
from bert_core.settings import PROJECT
from tests import tiny
from tests.bench import attention_costs, attention_drawing
from tests.bench.attention_costs import text_of

LENGTHS = (32, 128, 512)
PLACES = ((1, 1), (5, 7), (5, 8), (12, 3), (2, 3), (9, 12), (9, 1))  # layers and heads


def write_small(folder: Path) -> Path:
    """A model with 12 layers of 12 heads, quick to load and to run."""
    return tiny.write_bert(
        folder, num_hidden_layers=12, num_attention_heads=12, hidden_size=48,
        max_position_embeddings=512,
    )  # fmt: skip


def opened(folder: Path, pieces: int, view: str) -> AppTest:
    """The page with a text of so many pieces, after its first run."""
    page = AppTest.from_file(PROJECT / "pages" / "attention.py", default_timeout=600)
    state = {"choice": ModelChoice(str(folder)), "_followed": {}, "at_view": view}
    for name, value in {**state, "at_text": text_of(pieces), "at_pair": ""}.items():
        page.session_state[name] = value
    run(page)
    return page


def run(page: AppTest) -> None:
    """Run it; an error would be quick and mean nothing."""
    page.run()
    assert not page.exception, page.exception
    assert not page.error, page.error


def reactions(page: AppTest) -> tuple[list[float], list[float]]:
    """Wall and processor seconds of the page's run after each choice of a head."""
    wall, processor = [], []
    for layer, head in PLACES:
        page.session_state["at_layer"], page.session_state["at_head"] = layer, head
        begun = time.perf_counter(), time.process_time()
        run(page)
        wall.append(time.perf_counter() - begun[0])
        processor.append(time.process_time() - begun[1])
    return wall, processor


def measure_reactions() -> None:
    """Print how long the page takes after another layer or head was chosen."""
    print("\nThe page's run after another layer or head, milliseconds")
    print(f"{'pieces':<8}{'view':<8}{'wall':>10}{'longest':>10}{'processor':>12}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BERT_EXPLORER_FOLDERS"] = folder
        model = write_small(Path(folder) / "small")
        for pieces in LENGTHS:
            for view in ("map", "lines"):
                wall, processor = reactions(opened(model, pieces, view))
                print(f"{pieces:<8}{view:<8}{1000 * statistics.median(wall):>10.0f}"
                      f"{1000 * max(wall):>10.0f}"
                      f"{1000 * statistics.median(processor):>12.0f}")  # fmt: skip


def main() -> None:
    """Measure drawing, reactions and costs."""
    logging.disable(logging.WARNING)  # AppTest says in every run that it has no session
    attention_drawing.main()
    measure_reactions()
    attention_costs.main()


if __name__ == "__main__":
    main()
