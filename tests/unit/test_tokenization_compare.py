"""Two tokenizers on one text, and a file's figures against a naive count."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bert_core.analysis.tokenization import statistics
from bert_core.analysis.tokenization.compare import (
    changed_cutter,
    compare_tokenizers,
    own_cutter,
)
from bert_core.analysis.tokenization.statistics import token_statistics
from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load_tokenizer
from bert_core.model.tokenizer import Tokenizer

TEXT = "The Lighthouse keeper's café re-opened, unbelievably."
LINES = [
    "The ferry left at six in the morning.",
    "Ornithological photographs fill the hall; ornithological maps fill the cellar.",
    "",
    "The \U0001f9a9 sleeps. A \U0001f9a9 eats.",
    "\u200b\u200b",
    "   ",
    "one " * 126,
    "one " * 127,
    "one " * 382,
    "one " * 383,
    "one " * 510,
    "one " * 511,
    "one " * 900,
]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(ModelChoice())


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_same_tokenizer_twice_is_alike(tokenizer: Tokenizer) -> None:
    own = own_cutter(tokenizer)
    result = compare_tokenizers(own, own, TEXT)
    assert all(place.alike for place in result.places)
    assert result.first == result.second
    assert result.first.pieces == len(tokenizer.cut_many([TEXT])[0])
    assert result.first.per_word == result.first.pieces / 6
    assert result.shared == result.first.vocabulary == len(tokenizer.vocabulary)


def test_capitals_kept_are_unknown_to_an_uncased_vocabulary(tokenizer: Tokenizer) -> None:
    result = compare_tokenizers(
        own_cutter(tokenizer), changed_cutter(tokenizer, "other case"), TEXT
    )
    other = {place.characters: place.second for place in result.places if not place.alike}
    assert other == {"The": ("[UNK]",), "Lighthouse": ("[UNK]",), "café": ("[UNK]",)}
    assert (result.first.unknown, result.second.unknown) == (0, 3)


def test_a_cased_checkpoint_is_lower_cased_instead(folder_of: Callable[[str], Path]) -> None:
    cased = load_tokenizer(ModelChoice(str(folder_of("bert-cased"))))
    changed = changed_cutter(cased, "other case")
    assert changed.name.endswith("lower-cased, without accents")
    result = compare_tokenizers(own_cutter(cased), changed, "The Heron")
    assert [place.characters for place in result.places if not place.alike] == ["The", "Heron"]
    assert "".join(result.places[1].second).replace("##", "") == "heron"


def test_a_shorter_vocabulary_spells_everything_with_more(tokenizer: Tokenizer) -> None:
    shorter = changed_cutter(tokenizer, "first 3,000 pieces")
    result = compare_tokenizers(own_cutter(tokenizer), shorter, TEXT)
    assert result.second.unknown == 0
    assert result.second.pieces > result.first.pieces
    assert result.second.vocabulary == result.shared < 5_000
    kept = set(tokenizer.vocabulary.pieces[:3_000])
    for place in result.places:
        assert TEXT[place.start : place.end] == place.characters
        assert all(p in kept or len(p.removeprefix("##")) == 1 for p in place.second)


def test_families_that_spell_otherwise_meet_at_words(
    tokenizer: Tokenizer, folder_of: Callable[[str], Path]
) -> None:
    roberta = load_tokenizer(ModelChoice(str(folder_of("roberta"))))
    result = compare_tokenizers(own_cutter(tokenizer), own_cutter(roberta), "the herons wait")
    assert [place.characters for place in result.places] == ["the", "herons", "wait"]
    assert all(place.first and place.second for place in result.places)
    with pytest.raises(ModelError, match="no WordPiece tokenizer"):
        changed_cutter(roberta, "other case")


def test_what_only_one_sees_has_nothing_on_the_other_side(
    tokenizer: Tokenizer, folder_of: Callable[[str], Path]
) -> None:
    roberta = own_cutter(load_tokenizer(ModelChoice(str(folder_of("roberta")))))
    own = own_cutter(tokenizer)
    result = compare_tokenizers(own, roberta, "a \u200b b")
    lone = [place for place in result.places if not place.first]
    assert lone
    assert "\u200b" in "".join(place.characters for place in lone)
    with pytest.raises(InputError, match="Neither"):
        compare_tokenizers(own, own, "\u200b")
    with pytest.raises(InputError, match="empty"):
        compare_tokenizers(own, own, "  ")


def test_figures_are_those_of_a_naive_count(tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = write(tmp_path / "lines.txt", "\n".join(LINES) + "\n")
    told: list[tuple[int, int]] = []
    result = token_statistics(tokenizer, path, on_progress=lambda *at: told.append(at))
    kept = [line for line in LINES if line.strip()]
    cut = [tokenizer.cut_many([line])[0] for line in kept]
    seen = [ids for ids in cut if ids]
    assert (result.lines, result.blank, result.unseen) == (len(LINES), 2, 1)
    assert result.pieces == sum(map(len, seen))
    assert result.words == sum(
        len(line.split()) for line, ids in zip(kept, cut, strict=True) if ids
    )
    assert result.unknown == sum(ids.count(100) for ids in seen) == 2
    assert result.longest == max(map(len, seen)) + 2
    for limit in (128, 384, 512):
        assert result.fitting(limit) == sum(len(ids) + 2 <= limit for ids in seen)
    assert result.seen == len(seen)
    assert result.lengths[513] == 2
    best = result.split_words[0]
    assert (best.word.lower(), best.count) == ("ornithological", 1)
    assert {each.word for each in result.unknown_words} == {"\U0001f9a9"}
    assert result.unknown_words[0].count == 2
    assert result.exact
    size = path.stat().st_size
    assert told == [(size, size)]


def test_every_split_word_is_counted(tokenizer: Tokenizer, tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "Unflappable herons.\nunflappable, unflappable herons\n")
    words = {each.word: each for each in token_statistics(tokenizer, path).split_words}
    assert words["unflappable"].count == 2
    assert words["Unflappable"].count == 1
    for word in words.values():
        pieces = [tokenizer.vocabulary.pieces[id_] for id_ in tokenizer.cut_many([word.word])[0]]
        assert list(word.pieces) == pieces
        assert len(pieces) > 1


def test_rare_words_make_room_for_frequent_ones(
    tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "KEPT_WORDS", 50)
    rare = [f"qzx{number}qzx" for number in range(300)]
    lines = [f"{word} unflappable" for word in rare]
    result = token_statistics(tokenizer, write(tmp_path / "a.txt", "\n".join(lines)))
    assert not result.exact
    assert result.split_words[0].word == "unflappable"
    assert 250 < result.split_words[0].count <= 300


def test_a_table_gives_one_column(tokenizer: Tokenizer, tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv", 'id,text\n1,"Rain, again."\n2,\n3,Snow.\n4,Snow.,more\n')
    result = token_statistics(tokenizer, table)
    assert (result.column, result.lines, result.blank, result.left_out) == ("text", 3, 1, 1)
    assert result.pieces == len(tokenizer.cut_many(["Rain, again."])[0]) + 2
    records = [{"note": "Fog."}, {"note": None}, {"note": "Hail."}]
    jsonl = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, records)))
    assert token_statistics(tokenizer, jsonl).column == "note"
    listed = write(tmp_path / "b.jsonl", '{"text": ["Fog."]}\n{"text": 7}\n')
    result = token_statistics(tokenizer, listed)
    assert (result.lines, result.blank, result.words) == (2, 1, 1), "a list is no text"


@pytest.mark.parametrize(
    ("name", "content", "column", "words"),
    [
        ("a.txt", b"", None, "no line"),
        ("a.txt", "\u200b\n \n".encode(), None, "no line"),
        ("a.txt", b"good\nbad \xff\n", None, "line 2"),
        ("a.txt", b"x" * (2**20 + 1), None, "longer than"),
        ("a.csv", b"id,words\n1,a\n", None, "no column 'text'"),
        ("a.csv", b"id,text\n1,a\n", "body", "no column 'body'"),
        ("a.csv", b"id,text\n1,caf\xe9\n", None, "not UTF-8, see line 2"),
        ("a.csv", b"text,text\na,b\n", None, "2 columns are called 'text'"),
        ("a.txt", b"good\n", "text", "a.txt is read as a text, which has no columns"),
        ("a.json", b"", None, "The file has no records"),
    ],
)
def test_files_that_say_nothing_are_refused(
    name: str, content: bytes, column: str | None, words: str, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        token_statistics(tokenizer, path, column=column)


def test_a_missing_file_is_said(tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        token_statistics(tokenizer, tmp_path / "none.txt")


def test_the_count_can_be_stopped(tokenizer: Tokenizer, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(_done: int, _total: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        token_statistics(tokenizer, write(tmp_path / "a.txt", "a\n" * 200_000), on_progress=stop)


def test_a_tokenizer_alone_brings_no_weights() -> None:
    import subprocess

    code = (
        "import sys, bert_core\n"
        "tokenizer = bert_core.load_tokenizer(bert_core.ModelChoice())\n"
        "assert bert_core.tokenize(tokenizer, 'Rain.').pieces[1].piece == 'rain'\n"
        "assert 'safetensors.torch' not in sys.modules\n"
        "assert 'bert_core.model.body' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
