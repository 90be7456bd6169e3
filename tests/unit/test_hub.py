"""Models from a hub: a small real server in this process speaks the routes that are needed."""

import hashlib
import json
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bert_core.errors import ModelError
from bert_core.model import hub
from bert_core.model.choice import ModelChoice
from bert_core.model.keys import key_of
from bert_core.model.loading import load
from bert_core.model.sources import find
from bert_core.serving.held import HeldModels

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OLDER = "89abcdef0123456789abcdef0123456789abcdef"
REPO = "town/tiny-bert"
EXTRA = {"pytorch_model.bin": b"a program", "README.md": b"words", "evil/model.safetensors": b"x"}


class Hub(ThreadingHTTPServer):
    """One repository and its misfortunes.

    Attributes:
        files: name and content of each file.
        branches: branch, tag or commit, and the commit it means.
        asked: method and path of every request.
        answer: replaces the answer about a repository: status, headers, body.
        breaks: names of files whose content breaks off in the middle.
        fails: names of files that are answered with status 500.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()} | EXTRA
        self.branches = {"main": COMMIT, "v1": OLDER, "refs/pr/1": OLDER}
        self.branches |= {COMMIT: COMMIT, OLDER: OLDER}
        self.asked: list[tuple[str, str]] = []
        self.answer: tuple[int, dict[str, str], bytes] | None = None
        self.breaks: set[str] = set()
        self.fails: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has hung up is no news."""


class Answer(BaseHTTPRequestHandler):
    """One request to :class:`Hub`."""

    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.respond()

    def do_GET(self) -> None:
        self.respond()

    def respond(self) -> None:
        path = urlsplit(self.path).path.replace("%2F", "/")
        self.server.asked.append((self.command, path))
        if path.startswith("/api/models/"):
            self.about(path.removeprefix("/api/models/"))
        elif path.startswith(f"/{REPO}/resolve/"):
            commit, _, name = path.removeprefix(f"/{REPO}/resolve/").partition("/")
            self.file(commit, name)
        else:
            self.send(404, {}, b"{}")

    def about(self, name: str) -> None:
        if self.server.answer is not None:
            self.send(*self.server.answer)
            return
        repo, _, revision = name.partition("/revision/")
        commit = self.server.branches.get(revision or "main")
        if repo != REPO:
            self.send(401, {"X-Error-Code": "RepoNotFound"}, b'{"error": "Repository not found"}')
        elif commit is None:
            self.send(404, {"X-Error-Code": "RevisionNotFound"}, b'{"error": "Invalid rev"}')
        else:
            files = [
                {"rfilename": name, "size": len(content)}
                for name, content in self.server.files.items()
            ]
            body = {"id": repo, "modelId": repo, "sha": commit, "siblings": files, "tags": []}
            self.send(200, {"Content-Type": "application/json"}, json.dumps(body).encode())

    def file(self, commit: str, name: str) -> None:
        content = self.server.files.get(name)
        if content is None or commit not in self.server.branches:
            self.send(404, {"X-Error-Code": "EntryNotFound"}, b"")
        elif name in self.server.fails and self.command == "GET":
            self.send(500, {}, b"")
        else:
            etag = hashlib.sha256(content).hexdigest()
            headers = {"ETag": f'"{etag}"', "X-Repo-Commit": self.server.branches[commit]}
            breaks = name in self.server.breaks and self.command == "GET"
            self.send(200, headers, content, keep=len(content) // 2 if breaks else None)

    def send(
        self, status: int, headers: dict[str, str], body: bytes, keep: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:keep])
        if keep is not None:
            self.close_connection = True


def point_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", url)
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for every test."""
    from huggingface_hub import constants

    folder = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    return folder


@pytest.fixture
def server(folder_of, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:  # type: ignore[no-untyped-def]
    with Hub(folder_of("bert-pretraining")) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        point_at(running.url, monkeypatch)
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that nothing listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    point_at(f"http://127.0.0.1:{port}", monkeypatch)


def refuse(said: str, repo: str = REPO, revision: str | None = None) -> ModelError:
    with pytest.raises(ModelError, match=said) as refused:
        hub.download(repo, revision)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500
    return refused.value


# ---- a download --------------------------------------------------------------------------------


def test_a_model_is_downloaded_and_computes(server: Hub, encoder_of, cache: Path) -> None:  # type: ignore[no-untyped-def]
    import numpy as np

    told: list[tuple[str, float | None]] = []
    encoder = load(
        ModelChoice(source=REPO), on_progress=lambda text, share: told.append((text, share))
    )
    assert encoder.checkpoint.source == REPO
    assert encoder.checkpoint.revision == COMMIT
    assert encoder.checkpoint.folder.is_relative_to(cache)
    same = encoder_of("bert-pretraining")
    tokens = encoder.tokenize("fresh [MASK]")
    np.testing.assert_allclose(
        encoder.trace(tokens, positions=[2]).logits,
        same.trace(tokens, positions=[2]).logits,
        atol=1e-5,
    )
    downloads = [(text, share) for text, share in told if text.startswith("Downloading")]
    assert len({text for text, _ in downloads}) == 4
    assert "model.safetensors (0.1 MiB)" in downloads[-1][0], "small files first"
    shares = [share for _, share in downloads]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == pytest.approx(1), "counted to the last byte"
    assert len(shares) > 4, "a file is counted while it comes"


def test_only_the_files_of_a_model_are_fetched(server: Hub) -> None:
    folder, _ = hub.download(REPO, None)
    fetched = {path.rpartition("/")[2] for method, path in server.asked if method == "GET"}
    assert {"pytorch_model.bin", "README.md"}.isdisjoint(fetched)
    assert not any("evil" in path for _, path in server.asked)
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt",
    ]  # fmt: skip


def test_programs_in_a_repository_are_not_run(server: Hub, tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    config = json.loads(server.files["config.json"])
    config["auto_map"] = {"AutoConfig": "evil.C", "AutoModel": f"{REPO}--evil.M"}
    config |= {"custom_pipelines": {"fill-mask": {"impl": "evil.P"}}, "trust_remote_code": True}
    cutter = json.loads(server.files["tokenizer_config.json"])
    cutter["auto_map"] = {"AutoTokenizer": ["evil.T", "evil.T"]}
    server.files |= {
        "config.json": json.dumps(config).encode(),
        "tokenizer_config.json": json.dumps(cutter).encode(),
        "evil.py": f"open({str(mark)!r}, 'w').close()\nC = M = P = T = object\n".encode(),
    }
    encoder = load(ModelChoice(source=REPO))
    assert encoder.tokenize("fresh [MASK]").masks
    assert not mark.exists()
    assert not any("evil.py" in path for _, path in server.asked)


def test_a_huge_tokenizer_is_not_fetched(server: Hub) -> None:
    server.files["tokenizer.json"] = bytes(65 * 2**20)
    refuse(r"tokenizer\.json of town/tiny-bert has 65 MiB; at most 64 MiB")
    assert not any("/resolve/" in path for _, path in server.asked)


def test_a_second_time_nothing_is_fetched(server: Hub) -> None:
    first = hub.download(REPO, None)
    server.asked.clear()
    assert hub.download(REPO, None) == first
    assert [path for _, path in server.asked] == [f"/api/models/{REPO}"]


@pytest.mark.parametrize("revision", [None, "main", "v1", "refs/pr/1", COMMIT, OLDER])
def test_without_a_server_it_comes_from_the_cache(
    server: Hub, revision: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find(ModelChoice(source=REPO, revision=revision))
    assert first.revision == server.branches[revision or "main"]
    server.shutdown()
    server.server_close()
    again = find(ModelChoice(source=REPO, revision=revision))
    assert again == first
    assert load(ModelChoice(source=REPO, revision=revision)).checkpoint == first


def test_revisions_are_kept_apart(server: Hub) -> None:
    main, older = hub.download(REPO, None), hub.download(REPO, "v1")
    assert (main[1], older[1]) == (COMMIT, OLDER)
    assert main[0] != older[0]


def test_names_of_one_commit_are_one_model_in_memory(server: Hub) -> None:
    came: list[str] = []
    held = HeldModels(9, on_loaded=lambda each: came.append(each.label))
    main = held.get(ModelChoice(REPO))
    assert all(held.get(ModelChoice(REPO, name)) is main for name in (None, "main", COMMIT))
    assert len(came) == 1
    assert {path for _, path in server.asked if "/resolve/" not in path} == {
        f"/api/models/{REPO}"
    }, "what is held is not asked for again"
    tag = held.get(ModelChoice(REPO, "v1"))
    assert tag is not main
    assert held.get(ModelChoice(REPO, "refs/pr/1")) is tag, "it turns out to be the same"
    assert held.get(ModelChoice(REPO, OLDER)) is tag
    assert held.loaded() == [main, tag]
    assert tag.loaded


def test_a_key_asks_no_network(server: Hub) -> None:
    never = ModelChoice(REPO, "v1")
    assert key_of(never) == never
    assert key_of(ModelChoice(REPO, "../../x")) == ModelChoice(REPO, "../../x")
    find(ModelChoice(REPO))
    server.asked.clear()
    assert key_of(ModelChoice(REPO)) == ModelChoice(REPO, COMMIT)
    assert key_of(ModelChoice(REPO, COMMIT, precision="fast")).precision == "fast"
    assert not server.asked


def test_a_branch_that_moved_is_fetched_anew(server: Hub) -> None:
    assert hub.download(REPO, None)[1] == COMMIT
    server.branches["main"] = OLDER
    assert hub.download(REPO, None)[1] == OLDER
    server.answer = (500, {}, b"")
    assert hub.download(REPO, None)[1] == OLDER, "and remembered"


# ---- a hub that says no ------------------------------------------------------------------------


def test_an_unknown_repository(server: Hub) -> None:
    error = refuse("no model 'town/other'.*spelling", repo="town/other")
    assert error.field == "model"


def test_what_was_fetched_before_may_have_been_meant(server: Hub) -> None:
    assert "Did you mean" not in str(refuse("no model 'town/tinybert' on", repo="town/tinybert"))
    hub.download(REPO, None)
    refuse(r"no model 'town/tinybert' on.*\. Did you mean 'town/tiny-bert'\?$", "town/tinybert")
    assert "Did you mean" not in str(refuse("no model 'village/other'", repo="village/other"))
    server.answer = (403, {"X-Error-Code": "GatedRepo"}, b'{"error": "gated"}')
    assert "Did you mean" not in str(refuse("licence", repo="town/tinybert")), "it is there"


def test_what_may_not_be_opened_is_not_named(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.download(REPO, None)
    monkeypatch.setenv("BERT_EXPLORER_MODELS", "town/tinybert")
    assert "Did you mean" not in str(refuse("no model 'town/tinybert' on", repo="town/tinybert"))


@pytest.mark.parametrize("name", ["a\0b", "x" * 200, "-bad", "town/.hidden"])
def test_a_name_that_cannot_be_one(server: Hub, name: str) -> None:
    refuse("There is no model", repo=name)


def test_an_unknown_revision(server: Hub) -> None:
    error = refuse("no revision 'v9'", revision="v9")
    assert error.field == "revision"


@pytest.mark.parametrize(
    "revision", ["", "../main", "a/../../b", "/etc/passwd", "a b", "v1\n", "a//b", "é", "x" * 500]
)
def test_a_revision_is_no_path(server: Hub, revision: str) -> None:
    assert refuse("is no revision", revision=revision).field == "revision"
    assert server.asked == []


def test_a_gated_repository(server: Hub) -> None:
    server.answer = (403, {"X-Error-Code": "GatedRepo"}, b'{"error": "gated"}')
    refuse("licence agreement.*HF_TOKEN")


def test_a_repository_without_safetensors(server: Hub) -> None:
    del server.files["model.safetensors"]
    refuse("no .safetensors weights")
    assert not any("resolve" in path for _, path in server.asked)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
def test_errors_of_the_hub(server: Hub, status: int) -> None:
    server.answer = (status, {}, b"")
    begun = time.monotonic()
    refuse(r"\w")
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize("body", [b"<html>Log in to the hotel</html>", b"", b"\xff\xfe"])
def test_a_log_in_page_in_place_of_the_hub(server: Hub, body: bytes) -> None:
    server.answer = (200, {"Content-Type": "text/html"}, body)
    refuse("something else")


@pytest.mark.parametrize("body", [b"[]", b"{}", b"3", b'{"siblings": 5}', b'{"siblings": [{}]}'])
def test_json_that_is_no_answer(server: Hub, body: bytes) -> None:
    server.answer = (200, {"Content-Type": "application/json"}, body)
    refuse(r"\w")


# ---- a network that fails ----------------------------------------------------------------------


def test_nobody_listens(nobody: None) -> None:
    begun = time.monotonic()
    said = str(refuse("hub cannot be reached.*embedded model"))
    assert time.monotonic() - begun < 5
    assert said == (
        "There is no model 'town/tiny-bert' on this machine, and the hub cannot be reached to look "
        "for it (ConnectError). Check the spelling and the network, or use the embedded model or a "
        "model folder."
    )
    refuse("'town/tiny-bert' at revision 'v1' on this machine, and", revision="v1")


@pytest.mark.parametrize("name", ["bert-base", "bert-base-uncased", "gpt2", "embeded/reader"])
def test_a_name_that_may_be_a_hub_id_is_asked_for(nobody: None, name: str) -> None:
    with pytest.raises(ModelError, match=f"no model '{name}' on this machine, and the hub cannot"):
        find(ModelChoice(name))


@pytest.mark.parametrize(
    ("name", "meant"),
    [("embeded", "embedded"), ("Embedded", "embedded"), ("embedded ", "embedded"),
     ("readers", "reader"), ("reeder!", "reader"), ("20260101-000000-sst2-0001", "run:{}"),
     ("20260101-000000-sst2-001", "run:20260101-000000-sst2-0001")],
)  # fmt: skip
def test_a_name_near_one_of_ours_is_no_question_of_the_network(
    server: Hub, name: str, meant: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "runs" / "20260101-000000-sst2-0001" / "result").mkdir(parents=True)
    with pytest.raises(ModelError) as refused:
        find(ModelChoice(name))
    assert str(refused.value) == f"There is no model '{name}'. Did you mean '{meant.format(name)}'?"
    assert refused.value.field == "model"
    assert server.asked == []


def test_a_run_that_may_not_be_opened_is_not_told(
    nobody: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BERT_EXPLORER_MODELS", "hub")
    (tmp_path / "home" / "runs" / "20260101-000000-sst2-0001" / "result").mkdir(parents=True)
    with pytest.raises(ModelError, match="hub cannot be reached") as refused:
        find(ModelChoice("20260101-000000-sst2-0001"))
    assert "Did you mean" not in str(refused.value)


def test_what_was_fetched_is_opened_however_like_one_of_ours_it_is(
    cache: Path, nobody: None, folder_of: Callable[[str], Path]
) -> None:
    snapshot = cache / "models--readers" / "snapshots" / COMMIT
    shutil.copytree(folder_of("bert-pretraining"), snapshot)
    refs = cache / "models--readers" / "refs"
    refs.mkdir()
    (refs / "main").write_text(COMMIT)
    assert find(ModelChoice("readers")).folder == snapshot


def test_a_hub_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts the connection and is silent; a person waits five seconds at most."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        point_at(f"http://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
        begun = time.monotonic()
        refuse("hub cannot be reached.*embedded model")
        assert time.monotonic() - begun < 6


def test_a_hub_that_answers_drop_by_drop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, the answer never does."""
    with socket.create_server(("127.0.0.1", 0)) as slow:
        stop = threading.Event()

        def drip() -> None:
            connection, _ = slow.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
                while not stop.wait(0.3):
                    connection.sendall(b" ")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        point_at(f"http://127.0.0.1:{slow.getsockname()[1]}", monkeypatch)
        begun = time.monotonic()
        try:
            refuse("hub cannot be reached")
            assert time.monotonic() - begun < 6
        finally:
            stop.set()
            thread.join(5)


def test_the_offline_switch_is_respected(server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    folder, _ = hub.download(REPO, None)
    server.asked.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert hub.download(REPO, None)[0] == folder
    refuse("hub cannot be reached", repo="town/other")
    assert server.asked == []


@pytest.fixture
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits a second before each of its retries."""
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)


@pytest.mark.usefixtures("_no_pauses")
@pytest.mark.parametrize("misfortune", ["breaks", "fails"])
def test_a_download_that_breaks_off(server: Hub, misfortune: str) -> None:
    getattr(server, misfortune).add("model.safetensors")
    refuse("download of model.safetensors from town/tiny-bert stopped.*try again")
    with pytest.raises(ModelError, match="stopped"):
        hub.download(REPO, None)
    getattr(server, misfortune).clear()
    folder, _ = hub.download(REPO, None)
    assert (folder / "model.safetensors").stat().st_size > 0


@pytest.mark.usefixtures("_no_pauses")
def test_half_a_download_is_not_taken_for_a_model(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.breaks.add("model.safetensors")
    refuse("stopped")
    server.answer = (503, {}, b"")
    refuse("answered with an error")


def test_a_cache_without_room_is_said(server: Hub, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    refuse("download of .* stopped")


def test_a_cache_that_lost_its_weights(server: Hub, cache: Path) -> None:
    hub.download(REPO, None)
    shutil.rmtree(next(cache.glob("models--*")) / "blobs")
    server.answer = (503, {}, b"")
    refuse("answered with an error")
