"""Vocabularies learnt from a text: BERT's places, the same each time, and a tokenizer to open."""

import json
from pathlib import Path

import pytest

from bert_core.data.pretraining.build import build
from bert_core.data.pretraining.cutting import google_cut
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.vocabulary import learn_vocabulary
from bert_core.errors import InputError
from tests import tiny

LINES = (*tiny.SENTENCES, "Ünder the Brücke a grey heron waits.", "今天天气很好，我们去湖边。")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text("\n".join(LINES * 3), encoding="utf-8")
    return path


def pieces_of(folder: Path) -> list[str]:
    return (folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")


def test_special_pieces_have_berts_places(text: Path) -> None:
    folder = learn_vocabulary([text], text.parent / "new", size=400)
    pieces = pieces_of(folder)
    assert [pieces[place] for place in (0, 1, 99, 100, 101, 102, 103)] == [
        "[PAD]", "[unused0]", "[unused98]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
    ]  # fmt: skip
    assert len(pieces) == len(set(pieces)) <= 400
    assert {"heron", "the", "h", "##e"} <= set(pieces), "frequent words, and letters of both kinds"
    assert {path.name for path in folder.iterdir()} == {
        "vocab.txt", "tokenizer.json", "tokenizer_config.json"
    }  # fmt: skip


def test_the_same_text_gives_the_same_files(text: Path) -> None:
    first, second = (
        learn_vocabulary([text], text.parent / name, size=300) for name in ("one", "two")
    )
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


@pytest.mark.parametrize("lower", [True, False])
def test_the_tokenizer_opens_beside_a_model(models: Path, text: Path, lower: bool) -> None:
    from bert_core.model.choice import ModelChoice
    from bert_core.model.sources import find
    from bert_core.model.tokenizer import Tokenizer

    learnt = learn_vocabulary([text], models / f"learnt-{lower}", size=500, lower=lower, longest=64)
    pieces = pieces_of(learnt)
    folder = tiny.write_bert(models / f"scratch-{lower}", vocab_size=len(pieces))
    for path in learnt.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    tokenizer = Tokenizer(find(ModelChoice(source=str(folder))))
    assert list(tokenizer.vocabulary.pieces) == pieces
    assert tokenizer.max_pieces == 64
    assert (tokenizer.mask_id, tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id) == (
        103, 101, 102, 0
    )  # fmt: skip
    tokens = tokenizer.encode(LINES[0])
    expected = LINES[0].lower() if lower else LINES[0]
    shown = "".join(tokens.pieces[1:-1]).replace("##", "")
    assert shown == expected.replace(" ", "")
    cut = google_cut(pieces, lower=lower)
    assert cut(LINES) == tokenizer.cut_many(LINES)
    store = build(
        [text], models / f"instances-{lower}", InstanceSettings(dupe_factor=1),
        cut=tokenizer.cut_many, pieces=tokenizer.vocabulary.pieces,
    )  # fmt: skip
    assert store.statistics().text.unknown == 0


def test_capitals_and_accents_go_only_where_asked(text: Path) -> None:
    lower = pieces_of(learn_vocabulary([text], text.parent / "lower", size=500))
    cased = pieces_of(learn_vocabulary([text], text.parent / "cased", size=500, lower=False))
    assert not any(piece != piece.lower() for piece in lower[104:])
    assert "ü" not in lower
    assert {"Ü", "##ü", "T"} <= set(cased)
    settings = json.loads((text.parent / "cased" / "tokenizer_config.json").read_text())
    assert settings["do_lower_case"] is False


def test_rare_characters_leave_room_for_words(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    rare = "".join(chr(code) for code in range(0x4E00, 0x4E00 + 300))
    path.write_text(f"{rare}\n" + "the heron waits near the cold lake\n" * 20, encoding="utf-8")
    pieces = pieces_of(learn_vocabulary([path], tmp_path / "new", size=240))
    assert len(pieces) <= 240
    assert {"heron", "lake"} <= set(pieces)
    assert sum(piece in rare for piece in pieces) == 240 // 8 - len(set("theronwaitscoldlaker"))


def test_older_files_of_a_model_folder_are_replaced(text: Path) -> None:
    folder = text.parent / "new"
    learn_vocabulary([text], folder, size=300)
    (folder / "config.json").write_text("{}")
    learn_vocabulary([text], folder, size=250)
    assert len(pieces_of(folder)) <= 250
    assert (folder / "config.json").exists()


def test_a_stop_leaves_nothing(text: Path) -> None:
    class Stopped(Exception):
        pass

    def check() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        learn_vocabulary([text], text.parent / "new", size=300, check=check)
    assert [path.name for path in text.parent.iterdir()] == ["text.txt"]


@pytest.mark.parametrize("size", [199, 200_001])
def test_impossible_sizes_are_refused(text: Path, size: int) -> None:
    with pytest.raises(InputError, match="from 200 to 200,000") as caught:
        learn_vocabulary([text], text.parent / "new", size=size)
    assert caught.value.field == "vocabulary_size"


@pytest.mark.parametrize("content", [b"", b" \n\xc2\xa0\n", b"ab \xff"])
def test_texts_without_words_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        learn_vocabulary([path], tmp_path / "new", size=300)
    assert caught.value.field == "text"
    assert not (tmp_path / "new").exists()
