"""Models whose files go away, and a hub that does, while they are served."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path

import pytest

from pages._server.api import WORKERS
from pages._server.threads import FETCHING
from tests import tiny
from tests.faults.serving import Served, sentence, served
from tests.faults.visitor import Visitor
from tests.unit.test_hub import REPO, Answer, Hub

WEIGHTS = "model.safetensors"
TEXT = "The heron ___ near the lake."
AS_MANY_AS_ARE_KEPT = 3


class Stalling(Hub):
    """A hub that stops in the middle of a file, and neither ends it nor hangs up.

    Attributes:
        stalls: names of such files.
        over: set to let it go.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.RequestHandlerClass = StallingAnswer
        self.stalls: set[str] = set()
        self.over = threading.Event()


class StallingAnswer(Answer):
    """One request to :class:`Stalling`."""

    server: Stalling

    def file(self, commit: str, name: str) -> None:
        """Give a file, or the half of it."""
        if name not in self.server.stalls or self.command != "GET":
            super().file(commit, name)
            return
        content = self.server.files[name]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.server.over.wait()
        self.close_connection = True


@pytest.fixture(scope="module")
def hub(folder_of: Callable[[str], Path]) -> Iterator[Stalling]:
    with Stalling(folder_of("bert-pretraining")) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.over.set()
        running.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served").resolve()


@pytest.fixture(scope="module")
def server(folder: Path, hub: Stalling) -> Iterator[Served]:
    extra = {
        "BERT_EXPLORER_FOLDERS": str(folder), "HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"),
        "HF_HUB_DOWNLOAD_TIMEOUT": "1", "HF_HUB_DISABLE_XET": "1",
        "BERT_EXPLORER_MEMORY_MIB": "512",
    }  # fmt: skip
    with served(folder / "home", **extra) as running:
        yield running.ready()
        running.is_calm()


@pytest.fixture(autouse=True)
def embedded_answers(server: Served) -> Iterator[None]:
    """Whatever happens to others, the built-in model answers."""
    yield
    assert server.ask("fill", text=TEXT).json()["masks"]
    assert server.get("/healthz").json()["status"] == "ok"


def push_out(server: Served, folder: Path, copy: Path) -> None:
    """Have so many other models loaded that a model is let go."""
    for number in range(AS_MANY_AS_ARE_KEPT):
        other = folder / f"other-{number}"
        if not other.exists():
            shutil.copytree(copy, other)
        assert server.ask("fill", text=TEXT, model=str(other)).status_code == 200


def shown(server: Served, model: str, revision: str = "") -> str:
    """What the masked-word page says of a model that cannot be opened."""
    with Visitor(server.url) as visitor:
        said = visitor.open("masked_word", text=TEXT, model=model, revision=revision).alerts
    assert said, "the page says nothing"
    return said[0]


def removed(model: Path) -> None:
    (model / WEIGHTS).unlink()


def cut_short(model: Path) -> None:
    with (model / WEIGHTS).open("r+b") as file:
        file.truncate(5_000)


def all_gone(model: Path) -> None:
    shutil.rmtree(model)


def another(model: Path) -> None:
    """In the same file: what the process may have mapped changes under it."""
    tiny.write_bert(model / "new", hidden_size=16, seed=7)
    (model / WEIGHTS).write_bytes((model / "new" / WEIGHTS).read_bytes())
    shutil.rmtree(model / "new")


@pytest.mark.parametrize("kind", ["bert-pretraining", "distilbert", "roberta"])
def test_weights_that_are_cut_short_take_nobody_along(
    server: Served, folder: Path, folder_of: Callable[[str], Path], kind: str
) -> None:
    model = folder / f"mapped-{kind}"
    shutil.copytree(folder_of(kind), model)
    before = server.ask("fill", text=TEXT, model=str(model)).json()["masks"]
    cut_short(model)
    again = server.ask("fill", text=TEXT, model=str(model))
    assert again.json()["masks"] == before, "what is in memory answers on"


def test_models_that_go_away(
    server: Served, folder: Path, folder_of: Callable[[str], Path]
) -> None:
    good = folder_of("bert-pretraining")
    models = []
    for fault in (removed, cut_short, all_gone, another):
        model = folder / f"model-{fault.__name__}"
        shutil.copytree(good, model)
        asked = {"text": TEXT, "model": str(model)}
        assert server.ask("fill", **asked).status_code == 200
        fault(model)
        assert server.ask("fill", **asked).status_code == 200, "it is in memory"
        assert server.ask("attend", **asked).status_code == 200, "with its attention weights"
        models.append(model)
    push_out(server, folder, good)
    for model in models:
        told = sentence(server.ask("fill", text=TEXT, model=str(model)), 422)
        assert told["field"] == "model"
        assert shown(server, str(model)) == told["detail"]
    shutil.copytree(good, models[0], dirs_exist_ok=True)
    assert server.ask("fill", text=TEXT, model=str(models[0])).status_code == 200, "it is back"


@pytest.mark.parametrize(("fault", "revision"), [("breaks", "main"), ("stalls", "v1")])
def test_a_hub_that_goes_away_in_the_middle_of_a_file(
    server: Served, folder: Path, hub: Stalling, fault: str, revision: str
) -> None:
    asked = {"text": TEXT, "model": REPO, "revision": revision}
    shutil.rmtree(folder / "hf", ignore_errors=True)
    getattr(hub, fault).add(WEIGHTS)
    told = sentence(server.ask("fill", **asked), 422)
    assert (told["field"], WEIGHTS in told["detail"]) == ("model", True), told
    hub.answer = 503, {}, b""
    assert "hub" in shown(server, REPO, revision), "half a file is not taken for a whole one"
    hub.answer = None
    getattr(hub, fault).clear()
    assert server.ask("fill", **asked).json()["masks"]


def test_a_hub_that_is_waited_for_keeps_nobody_else_waiting(
    server: Served, folder: Path, hub: Stalling
) -> None:
    """Neither who asks for little nor who asks for much: both have threads of their own."""
    shutil.rmtree(folder / "hf", ignore_errors=True)
    hub.stalls.add(WEIGHTS)
    many = FETCHING + WORKERS
    with ThreadPoolExecutor(many) as pool:
        try:
            asked = [pool.submit(server.ask, "fill", text=TEXT, model=REPO) for _ in range(many)]
            refused = [each.result() for each in islice(as_completed(asked), WORKERS)]
            assert server.ask("fill", text=TEXT).json()["masks"]
        finally:
            hub.stalls.clear()
    assert [answer.status_code for answer in refused] == [503] * WORKERS
    assert all(answer.headers["Retry-After"] for answer in refused)
    rest = [each.result() for each in asked if each.result() not in refused]
    assert len(rest) == FETCHING
    assert {answer.status_code for answer in rest} <= {200, 422}, "come, or given up"
