"""From a name to a folder, and the folders that are closed."""

import os
from pathlib import Path

import pytest

from bert_core.errors import ModelError
from bert_core.model.allowed import allowed_folder
from bert_core.model.choice import ModelChoice
from bert_core.model.sources import find
from bert_core.model_names import looks_like_folder
from bert_core.settings import PROJECT, read_settings


@pytest.mark.parametrize(
    "source",
    ["/models/bert", "./bert", "../bert", "~/bert", ".", "..", "a/b/c", "a\\b", "C:\\x",
     ".\\bert"],
)  # fmt: skip
def test_paths_mean_folders(source: str) -> None:
    assert looks_like_folder(source)


@pytest.mark.parametrize("source", ["my model", "bert base!!", "owner/na--me", "owner/..", "é"])
def test_what_is_neither_folder_nor_hub_id_is_said(source: str) -> None:
    with pytest.raises(ModelError, match="is neither 'embedded' nor 'reader', nor a folder"):
        find(ModelChoice(source))


@pytest.mark.parametrize(
    "source", ["bert-base-uncased", "google-bert/bert-base-uncased", "o/n.v1_2", "bad\0name"]
)
def test_ids_mean_the_hub(source: str) -> None:
    assert not looks_like_folder(source)


def test_the_embedded_model_is_found_without_a_folder() -> None:
    checkpoint = find(ModelChoice())
    assert checkpoint.source == "embedded"
    assert checkpoint.folder.is_relative_to(PROJECT)


def test_an_allowed_folder_is_found(folder_of) -> None:  # type: ignore[no-untyped-def]
    folder = folder_of("bert-masked")
    checkpoint = find(ModelChoice(source=str(folder)))
    assert checkpoint.folder == folder
    assert checkpoint.revision is None


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The one folder that is allowed."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    monkeypatch.setenv("BERT_EXPLORER_FOLDERS", str(folder))
    return folder.resolve()


def outside(source: Path | str) -> str:
    with pytest.raises(ModelError, match=r"outside the folders .*BERT_") as refused:
        allowed_folder(str(source))
    assert refused.value.field == "model"
    assert "BERT_EXPLORER_FOLDERS" in str(refused.value)
    return str(refused.value).replace(str(source), "…")


def test_other_folders_are_refused(only: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "allowed-not").mkdir()
    for source in (tmp_path / "other", tmp_path, "/", "/etc", only / ".." / "other"):
        outside(source)
    outside(tmp_path / "allowed-not")
    outside(f"{only}/../allowed-not")


def test_a_folder_outside_is_not_told_from_a_missing_one(only: Path, tmp_path: Path) -> None:
    """No probing of what the machine holds."""
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("x")
    assert outside(tmp_path / "there") == outside(tmp_path / "gone") == outside(tmp_path / "file")


def test_links_do_not_lead_out(only: Path, tmp_path: Path, folder_of) -> None:  # type: ignore[no-untyped-def]
    (only / "link").symlink_to(folder_of("bert-masked"))
    outside(only / "link")
    (tmp_path / "secret" / "inner").mkdir(parents=True)
    (only / "up").symlink_to(tmp_path / "secret")
    outside(only / "up" / "inner")


def test_links_inside_are_followed(only: Path) -> None:
    (only / "real").mkdir()
    (only / "link").symlink_to(only / "real")
    assert allowed_folder(str(only / "link")) == only / "real"


def test_a_missing_folder_is_named(only: Path) -> None:
    for source in (only / "gone", only / "gone" / "deeper"):
        with pytest.raises(ModelError, match="There is no folder") as refused:
            allowed_folder(str(source))
        assert str(source) in str(refused.value)
    (only / "file").write_text("x")
    with pytest.raises(ModelError, match="There is no folder"):
        allowed_folder(str(only / "file"))


def test_a_loop_of_links_is_refused(only: Path) -> None:
    (only / "a").symlink_to(only / "b")
    (only / "b").symlink_to(only / "a")
    with pytest.raises(ModelError):
        allowed_folder(str(only / "a"))


@pytest.mark.parametrize(
    "source", ["/a\0b", "~nobody-of-that-name/x", "/" + "x" * 5_000, "\ud800/x"]
)
def test_names_that_are_no_paths_are_refused(only: Path, source: str) -> None:
    with pytest.raises(ModelError):
        find(ModelChoice(source=source))


def test_the_operator_names_the_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BERT_EXPLORER_FOLDERS", os.pathsep.join([str(tmp_path), "", "~"]))
    assert read_settings().folders == (tmp_path.resolve(), Path.home().resolve())
    monkeypatch.setenv("BERT_EXPLORER_FOLDERS", "")
    assert read_settings().folders == (Path.home().resolve(), PROJECT)
    monkeypatch.delenv("BERT_EXPLORER_FOLDERS")
    assert read_settings().folders == (Path.home().resolve(), PROJECT)
