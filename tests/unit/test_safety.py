"""Files, names and questions that mean harm, refused before they cost memory or time.

Those that need a running server are in ``tests/browser/test_safety.py``.
"""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from bert_core import Encoder, ModelChoice, probe, score_candidates
from bert_core.data.tables import read_table
from bert_core.data.uploads import keep_upload, local_file
from bert_core.errors import CoreError, InputError, ModelError, RunError
from bert_core.model.checkpoints import inspect
from bert_core.model.loading import load
from bert_core.model.sources import find
from bert_core.training import runs
from tests.unit.runs_of_tests import order
from tests.vectors import VECTORS

Copy = Callable[[str], Path]
GIB = 2**30


def grow(path: Path, size: int) -> None:
    """Make a file look as large as that, without writing it: reading it whole would not do."""
    with path.open("ab") as file:
        file.truncate(size)


# ---- models ----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [200 * 2**20, 300 * GIB])
@pytest.mark.parametrize("name", ["tokenizer.json", "config.json", "vocab.txt", "merges.txt",
                                  "tokenizer_config.json", "special_tokens_map.json",
                                  "sentencepiece.bpe.model", "chat_template.jinja"])  # fmt: skip
def test_a_huge_file_of_words_is_not_read(own_copy: Copy, name: str, size: int) -> None:
    folder = own_copy("bert-masked")
    grow(folder / name, size)
    with pytest.raises(ModelError, match=rf"{name} of mine has [\d,]+ MiB; at most 64"):
        inspect(folder, source="mine")


def test_a_tokenizer_as_large_as_published_ones_is_read(own_copy: Copy) -> None:
    folder = own_copy("bert-masked")
    (folder / "merges.txt").write_bytes(b"#" * 20 * 2**20)
    assert inspect(folder, source="mine").heads == ("masked_word",)


@pytest.mark.parametrize("header", [2 * GIB, 2**63, 2**64 - 1, 101 * 2**20])
@pytest.mark.parametrize("size", [100, 2 * GIB + 100])
def test_a_header_of_gigabytes_is_not_read(own_copy: Copy, header: int, size: int) -> None:
    path = own_copy("bert-masked") / "model.safetensors"
    path.write_bytes(struct.pack("<Q", header) + b'{"a": ')
    grow(path, size)
    with pytest.raises(ModelError, match=r"model\.safetensors of mine is damaged"):
        inspect(path.parent, source="mine")


@pytest.mark.parametrize(
    ("key", "value"),
    [("hidden_size", 10**9), ("num_hidden_layers", -6), ("vocab_size", 10**18),
     ("max_position_embeddings", 10**12), ("num_attention_heads", -1),
     ("intermediate_size", 10**9)],
)  # fmt: skip
def test_absurd_sizes_take_no_memory(own_copy: Copy, key: str, value: int) -> None:
    folder = own_copy("bert-masked")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps({**config, key: value}), encoding="utf-8")
    with pytest.raises(ModelError):
        load(ModelChoice(source=str(folder)))


# ---- names -----------------------------------------------------------------------------------

NAMES = ("..", "../secret", "../../etc/passwd", "/etc/passwd", "%2e%2e%2fsecret", "a/../../secret",
         "..\\secret", "nul\0", "a" * 5000, "é" * 300, "\ud800", "~root", ".", "", " ",
         "/proc/self/environ", *VECTORS)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a run, and beside its runs a folder that looks like one."""
    folder = tmp_path / "home"
    folder.mkdir()
    order(folder, "finish")
    secret = folder / "secret"
    secret.mkdir()
    for name in ("spec.json", "status.json"):
        (secret / name).write_bytes((folder / "runs" / "run-1" / name).read_bytes())
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(folder))
    monkeypatch.setenv("BERT_EXPLORER_FOLDERS", str(folder / "runs"))
    return folder


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_leads_to_no_other_folder(home: Path, name: str) -> None:
    with pytest.raises(RunError):
        runs.get(name)
    for source in (f"run:{name}", f"{home}/runs/{name}/../../secret", f"./{name}"):
        with pytest.raises(ModelError):
            find(ModelChoice(source=source))
    with pytest.raises(InputError):
        local_file(f"{home}/runs/../secret/../../{name}", [home / "runs"])


def test_what_is_kept_of_an_upload_has_no_name_of_the_visitors(home: Path) -> None:
    before = set(home.rglob("*"))
    for name in (*NAMES, *(f"{each}.csv" for each in NAMES)):
        content = name.encode("utf-8", "replace")
        file = home / "sent"
        file.write_bytes(content)
        try:
            with file.open("rb") as sent:
                kept = keep_upload(sent, name, home)
        except InputError:
            continue
        assert kept.parent == home / "uploads"
        assert len(kept.stem) == 64
        assert kept.suffix == ".csv"
    new = set(home.rglob("*")) - before - {home / "sent", home / "uploads"}
    assert {path.parent for path in new} == {home / "uploads"}


def test_a_link_in_the_folder_of_runs_is_no_way_out(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (home / "runs" / "way-out").symlink_to(tmp_path / "other")
    with pytest.raises(ModelError, match="outside the folders"):
        find(ModelChoice(source=str(home / "runs" / "way-out")))


# ---- tables and questions ----------------------------------------------------------------------


@pytest.mark.parametrize(("name", "row"), [("a.csv", "a,b\n"), ("a.tsv", "a\tb\n"),
                                           ("a.jsonl", '{"a":1}\n')])  # fmt: skip
def test_a_table_of_millions_of_rows_is_refused(tmp_path: Path, name: str, row: str) -> None:
    path = tmp_path / name
    path.write_text(row * 1_000_002, encoding="utf-8")
    with pytest.raises(InputError, match="more than 1,000,000 rows"):
        read_table(path)


def test_words_that_would_take_minutes_are_refused(embedded: Encoder) -> None:
    tokens = embedded.tokenize("The [MASK] waits " + "and waits " * 120)
    phrase = "near the lake " * 60
    with pytest.raises(InputError, match="word pieces; 300,000 are the most") as refused:
        score_candidates(embedded, tokens, [f"{number} {phrase}" for number in range(9)])
    assert refused.value.field == "candidates"
    with pytest.raises(InputError, match="300,000 are the most"):
        probe(embedded, ["A [MASK] {slot}"], ["a"] * 200, [phrase], [f"not {phrase}"])
    words = [f"the word {number}" for number in range(1_000)]  # as many as may be given
    with pytest.raises(CoreError, match="told"):
        score_candidates(embedded, embedded.tokenize("The [MASK] waits."), words,
                         on_progress=tell)  # fmt: skip


def tell(done: int, of: int) -> None:
    """Ends a question that was let through, at its first step."""
    raise CoreError("told")
