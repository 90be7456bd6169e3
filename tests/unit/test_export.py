"""A run to take away: what the zip holds, what it hides, and how an upload fails and succeeds."""

import json
import os
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bert_core.errors import InputError, RunError
from bert_core.training.card import write_card
from bert_core.training.export import push, zip_result
from bert_core.training.folder import RunFolder
from bert_core.training.spec import DataFile, RunSpec
from bert_core.training.tasks import find_task

TOKEN = "hf_not_a_real_one"  # noqa: S105 - of the server below
RECORD = {
    "metric": "accuracy", "metrics": {"accuracy": 0.9}, "details": {}, "step": 3, "steps": 3,
    "partial": False, "seconds": 1.0, "data": {"train": 9, "dev": 3}, "start": "/home/ada/m",
}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, own_copy: Callable[[str], Path]) -> Path:
    """A finished run's folder."""
    spec = RunSpec(
        id="cafe-1",
        task="sst2",
        model="/home/ada/m",
        train=DataFile(path="/home/ada/data/train.tsv", sha256="0" * 64, size=1),
        command="python -m bert_core train --train /home/ada/data/train.tsv",
    )
    folder = RunFolder(tmp_path / "runs" / "cafe-1")
    folder.create(spec)
    own_copy("bert-classification").rename(folder.result)
    write_card(folder.result, spec, find_task("sst2"), RECORD)
    folder.write_result(RECORD)
    folder.append_metrics({"kind": "train", "step": 1, "loss": 0.5})
    folder.log_file.write_text("/home/ada/secret\n", encoding="utf-8")
    return folder.path


def test_a_zip_unpacks_to_a_folder_that_opens(run: Path, tmp_path: Path) -> None:
    from bert_core.model.checkpoints import inspect

    path = zip_result(run, tmp_path / "out" / "cafe.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "unpacked")
        names = set(archive.namelist())
        weights = archive.getinfo("cafe-1/model.safetensors")
        assert weights.compress_type == zipfile.ZIP_STORED
    assert {"cafe-1/config.json", "cafe-1/README.md", "cafe-1/run/metrics.jsonl"} <= names
    assert {"cafe-1/run/spec.json", "cafe-1/run/result.json"} <= names
    assert not any("log" in name or "status" in name for name in names)
    opened = inspect(tmp_path / "unpacked" / "cafe-1", source="unpacked")
    assert "classification" in opened.heads
    packed = (tmp_path / "unpacked/cafe-1/model.safetensors").read_bytes()
    assert packed == (run / "result/model.safetensors").read_bytes()


def test_a_zip_names_no_folder_of_this_machine(run: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(zip_result(run, tmp_path / "cafe.zip")) as archive:
        for name in archive.namelist():
            assert b"/home" not in archive.read(name), name
        spec = RunSpec.model_validate_json(archive.read("cafe-1/run/spec.json"))
        assert spec.train.path == "train.tsv"
        assert json.loads(archive.read("cafe-1/run/result.json"))["start"] == "m"


def test_the_same_run_gives_the_same_bytes(run: Path, tmp_path: Path) -> None:
    first = zip_result(run, tmp_path / "1.zip").read_bytes()
    os.utime(run / "result" / "config.json", (1, 1))
    assert zip_result(run, tmp_path / "2.zip").read_bytes() == first


def test_links_do_not_lead_out(run: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("mine", encoding="utf-8")
    (run / "result" / "extra.txt").symlink_to(secret)
    with zipfile.ZipFile(zip_result(run, tmp_path / "cafe.zip")) as archive:
        assert not any("extra" in name for name in archive.namelist())


def test_a_zip_that_cannot_be_written_leaves_the_old_one(run: Path, tmp_path: Path) -> None:
    target = zip_result(run, tmp_path / "cafe.zip")
    before = target.read_bytes()
    (tmp_path / "cafe.zip.part").mkdir()  # in the way of the new one, for root too
    with pytest.raises(RunError, match="cannot be written"):
        zip_result(run, target)
    assert target.read_bytes() == before


@pytest.mark.parametrize(
    "act", [lambda run: zip_result(run, run / "x.zip"), lambda run: push(run, "a/b")]
)
def test_a_run_without_a_result_says_so(run: Path, act: Callable[[Path], Any]) -> None:
    (run / "result" / "config.json").unlink()
    with pytest.raises(RunError, match="cafe-1 has no result yet"):
        act(run)


# ---- a hub


class Hub(ThreadingHTTPServer):
    """A hub that takes one repository, or refuses with ``status``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.status = 200
        self.created: list[dict[str, Any]] = []
        self.uploaded: set[str] = set()
        self.tokens: set[str | None] = set()


class Answer(BaseHTTPRequestHandler):
    """One request to :class:`Hub`."""

    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.answer({"sha": "0" * 40, "id": "ada/cafe", "siblings": []})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.tokens.add(self.headers.get("Authorization"))
        if self.path == "/api/repos/create":
            self.server.created.append(json.loads(body))
            self.answer({"url": self.repository, "name": "ada/cafe"})
        elif "/preupload/" in self.path:
            files = [
                {"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            self.answer({"files": files})
        elif "/commit/" in self.path:
            lines = [json.loads(line) for line in body.splitlines()]
            self.server.uploaded |= {
                line["value"]["path"] for line in lines if line["key"] == "file"
            }
            self.answer({"commitUrl": f"{self.repository}/commit/1", "commitOid": "1" * 40})
        else:
            self.answer({})

    @property
    def repository(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/ada/cafe"

    def answer(self, content: dict[str, Any]) -> None:
        body = json.dumps(content if self.server.status == 200 else {"error": "no"}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import constants

    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with Hub() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{running.server_address[1]}")
        yield running
        running.shutdown()
        thread.join()


def test_an_upload_sends_the_result_and_nothing_else(run: Path, hub: Hub) -> None:
    assert push(run, "ada/cafe").endswith("/ada/cafe/commit/1")
    here = {path.name for path in (run / "result").iterdir()}
    assert hub.uploaded == here
    assert "README.md" in here
    assert hub.created[0]["visibility"] == "private"
    assert hub.tokens == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "wrong, has no write access"), (403, "ada is somebody else"), (418, "answered with")],
)
def test_a_hub_that_refuses_is_explained(run: Path, hub: Hub, status: int, words: str) -> None:
    hub.status = status
    with pytest.raises(RunError, match=words) as caught:
        push(run, "ada/cafe")
    assert TOKEN not in str(caught.value)
    assert not hub.uploaded


def test_without_a_token_nobody_is_asked(run: Path, hub: Hub, monkeypatch: Any) -> None:
    monkeypatch.setenv("HF_TOKEN", " ")
    with pytest.raises(RunError, match="There is no token for the hub") as caught:
        push(run, "ada/cafe")
    assert caught.value.field == "token"
    assert not hub.created


def test_a_token_that_cannot_be_sent_is_not_shown(run: Path, hub: Hub, monkeypatch: Any) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_a\nb")
    with pytest.raises(RunError, match="is no token") as caught:
        push(run, "ada/cafe")
    assert "hf_a" not in str(caught.value)


def test_a_hub_out_of_reach_is_explained(run: Path, hub: Hub, monkeypatch: Any) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(RunError, match=r"did not go through .* Check the network"):
        push(run, "ada/cafe")


@pytest.mark.parametrize("repo", ["", "cafe", "ada/cafe/x", "../x", "ada/ca fe", "-a/b"])
def test_a_name_that_is_no_hub_id_is_refused(run: Path, repo: str, hub: Hub) -> None:
    with pytest.raises(InputError, match="is no hub id"):
        push(run, repo)
    assert not hub.created
