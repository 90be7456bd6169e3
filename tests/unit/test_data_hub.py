"""Data sets of the hub, as far as that goes without one."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bert_core.data.conll import read_tagged
from bert_core.data.hub import fetch_hub, is_hub_name, write_rows
from bert_core.data.squad import read_squad
from bert_core.errors import InputError


def point_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", url)


def refuse(said: str, home: Path, name: str = "hub:town/boats", split: str = "train") -> None:
    with pytest.raises(InputError, match=said) as refused:
        fetch_hub(name, split=split, home=home)
    assert "\n" not in str(refused.value)
    assert not list(home.rglob("*.jsonl")), "nothing half-written stays"


class Answer(BaseHTTPRequestHandler):
    """Says of everything that it is not there, or what else the server is to say."""

    server: "Hub"

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, headers, body = self.server.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Not to the terminal."""


class Hub(ThreadingHTTPServer):
    """A server with one answer."""

    daemon_threads = True
    answer: tuple[int, dict[str, str], bytes] = (404, {"X-Error-Code": "RepoNotFound"}, b"")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        point_at(f"http://127.0.0.1:{running.server_address[1]}", monkeypatch)
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


def test_out_of_reach_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    point_at(f"http://127.0.0.1:{port}", monkeypatch)
    refuse("hub cannot be reached.*give a file", tmp_path)


def test_what_the_hub_does_not_have(tmp_path: Path, server: Hub) -> None:
    refuse("no data set 'town/boats'", tmp_path)
    assert server.asked == ["/api/datasets/town/boats"]
    server.answer = (403, {"X-Error-Code": "GatedRepo"}, b"")
    refuse("licence agreement.*HF_TOKEN", tmp_path)
    server.answer = (500, {}, b"")
    refuse("answered with an error", tmp_path)
    server.answer = (200, {"Content-Type": "text/html"}, b"<html>Log in</html>")
    refuse("cannot be reached", tmp_path)


@pytest.mark.parametrize(
    "name",
    ["town/boats", "hub:", "hub:../boats", "hub:a/b/c", "hub:a/b:", "hub:a/b:../c", "hub:a b"],
)
def test_names_that_cannot_be_meant_ask_nobody(tmp_path: Path, server: Hub, name: str) -> None:
    if name == "hub:a/b:":  # an empty configuration is none
        refuse("no data set 'a/b'", tmp_path, name)
        return
    refuse("no data set of the hub. Its form is hub:owner/name", tmp_path, name)
    assert server.asked == []
    assert is_hub_name(name) == name.startswith("hub:")


@pytest.mark.parametrize("split", ["", "../train", "train[", "train/x", "a b"])
def test_splits_that_cannot_be_meant(tmp_path: Path, server: Hub, split: str) -> None:
    refuse("is no split", tmp_path, split=split)
    assert server.asked == []


def test_what_was_brought_before_needs_no_network(tmp_path: Path, server: Hub) -> None:
    refuse("no data set", tmp_path, "hub:town/boats:small", "train[:10]")
    folder = tmp_path / "data" / "hub"
    folder.mkdir(parents=True)
    kept = folder / "town--boats--small--train%5B%3A10%5D.jsonl"
    kept.write_text("{}\n")
    assert fetch_hub("hub:town/boats:small", split="train[:10]", home=tmp_path) == kept
    assert len(server.asked) == 1
    with pytest.raises(InputError, match="no data set"):
        fetch_hub("hub:town/boats:small", split="train[1:0]", home=tmp_path)


def test_rows_are_written_with_the_names_of_their_classes(tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset, Features, List, Value

    features = Features({
        "id": Value("string"), "context": Value("string"), "question": Value("string"),
        "answers": {"text": List(Value("string")), "answer_start": List(Value("int32"))},
        "tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=["O", "B-LOC"])),
        "label": ClassLabel(names=["bad", "good"]),
    })  # fmt: skip
    row = {
        "id": "q", "context": "To Oslo.", "question": "Where to?",
        "answers": {"text": ["Oslo"], "answer_start": [3]},
        "tokens": ["Oslo", "é"], "ner_tags": [1, 0],
    }  # fmt: skip
    rows = Dataset.from_list([row | {"label": label} for label in (1, -1, None)], features=features)
    path = tmp_path / "rows.jsonl"
    write_rows(rows, rows.features, path)
    written = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["label"] for line in written] == ["good", None, None]
    assert read_tagged(path).examples[0].tags == ("B-LOC", "O")
    [first] = read_squad(path, version_2=False).examples
    assert first.answers[0].text == "Oslo"
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


def test_columns_that_are_no_text_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not text"):
        write_rows([{"picture": b"\x00"}], {"picture": None}, tmp_path / "rows.jsonl")
    assert list(tmp_path.iterdir()) == []
