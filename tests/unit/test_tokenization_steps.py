"""A text's way to ids: each step against the library's whole tokenizer and Google's answers."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.tokenization.google import google_pieces
from bert_core.analysis.tokenization.spans import together
from bert_core.analysis.tokenization.steps import Step
from bert_core.analysis.tokenization.tokenize import Tokenization, tokenize
from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load_tokenizer
from bert_core.model.tokenizer import Tokenizer

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden" / "own" / "tokenization.jsonl")
    .read_text(encoding="utf-8")
    .split("\n")
    if line
]
LOWER = [row for row in ROWS if row["lower"]]
CAUSES = {
    "word of 101-200 characters": "over 100 characters",
    "private use": "Private-use",
    "final sigma": "capital sigma",
}
NEW_MARKS = {"tok-o0209"}
NASTY = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(" \t\n\u200b\u00ad\u00a0\u0301\u0130\u03a3\u4e00\uac00\ue000_[]#.A'"),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return load_tokenizer(ModelChoice())


def named(result: Tokenization, name: str) -> Step:
    return next(step for step in result.steps if step.name == name)


def after(step: Step, which: int = 0) -> str:
    return "".join(each.text for each in step.texts[which])


def check_chain(result: Tokenization, tokenizer: Tokenizer) -> None:
    """Each step takes up what the one before left; every place is one of the text as typed."""
    for which, typed in enumerate(filter(None, (result.text, result.pair))):
        before = typed
        for step in result.steps:
            for each in step.texts[which]:
                assert 0 <= each.start <= each.end <= len(typed)
            if step.listed:
                continue
            left = [each.text if each.before is None else each.before for each in step.texts[which]]
            assert "".join(left) == before
            before = after(step, which)
        words, pieces = (named(result, name).texts[which] for name in ("words", "pieces"))
        cut = [
            token
            for word in words
            for token in (
                [word.text]
                if word.text == tokenizer.mask_token
                else [
                    tokenizer.vocabulary.pieces[each.id]
                    for each in tokenizer.backend.model.tokenize(word.text)
                ]
            )
        ]
        assert cut == [each.text for each in pieces]


def test_steps_end_where_the_tokenizer_does_on_all_golden_rows(tokenizer: Tokenizer) -> None:
    assert len(LOWER) > 400
    seen, differing = 0, 0
    for row in LOWER:
        assert google_pieces(tokenizer, row["text"]) == row["pieces"], row["id"]
        try:
            result = tokenize(tokenizer, row["text"], masks=False)
        except InputError:
            # Google makes an unknown word of private-use characters alone.
            assert not row["pieces"] or row["hf_reason"] == "private use"
            continue
        seen += 1
        tokens = tokenizer.encode(row["text"], masks=False)
        assert [each.id for each in result.pieces] == list(tokens.ids)
        assert [each.text for each in named(result, "pieces").texts[0]] == [
            tokens.pieces[position] for position in tokens.content
        ]
        check_chain(result, tokenizer)
        cause = CAUSES.get(row["hf_reason"])
        assert bool(result.google.differences) == (cause is not None), row["id"]
        differing += len(result.google.differences)
        if cause is not None:
            reasons = " ".join(why for each in result.google.differences for why in each.reasons)
            assert cause in reasons, row["id"]
    assert seen > 400
    assert differing >= 30


def test_a_mask_that_is_text_goes_all_the_way(tokenizer: Tokenizer) -> None:
    result = tokenize(tokenizer, "[MASK]", masks=False)
    check_chain(result, tokenizer)
    assert [each.text for each in named(result, "words").texts[0]] == ["[", "mask", "]"]
    assert named(result, "letters").changes == 1


def test_words_are_googles_basic_tokens(tokenizer: Tokenizer) -> None:
    other = set()
    for row in LOWER:
        # A private-use character is dropped here even where the word is unknown both ways.
        private = any(unicodedata.category(c) == "Co" for c in row["text"])
        if row["hf_differs"] or private or not row["basic"]:
            continue
        result = tokenize(tokenizer, row["text"], masks=False)
        if [each.text for each in named(result, "words").texts[0]] != row["basic"]:
            other.add(row["id"])
    # Their marks are too new for the library's tables; the words are unknown all the same.
    assert other == NEW_MARKS


@given(text=NASTY, pair=st.none() | NASTY)
def test_any_text_has_steps_whose_places_are_right(text: str, pair: str | None) -> None:
    tokenizer = _shared()
    try:
        result = tokenize(tokenizer, text, pair)
    except InputError:
        return
    check_chain(result, tokenizer)
    tokens = tokenizer.encode(text, pair)
    for position, each in enumerate(result.pieces):
        assert (each.piece, each.id) == (tokens.pieces[position], tokens.ids[position])
        if each.start is not None:
            typed = (pair if each.sequence else text) or ""
            assert each.characters == typed[each.start : each.end] != ""
            if each.piece not in ("[UNK]", "[MASK]"):
                # Cutting the characters alone gives the letters of the piece; a Korean syllable
                # gives those of its other pieces too.
                alone = "".join(
                    piece.removeprefix("##")
                    for piece in tokenizer.encode(each.characters, masks=False).pieces[1:-1]
                )
                assert each.piece.removeprefix("##") in alone or alone == "[UNK]"


_KEPT: list[Tokenizer] = []


def _shared() -> Tokenizer:
    """Hypothesis asks for no fixtures of a module."""
    if not _KEPT:
        _KEPT.append(load_tokenizer(ModelChoice()))
    return _KEPT[0]


@pytest.mark.parametrize("name", ["bert-cased", "roberta", "xlm-roberta", "distilbert"])
def test_other_families_and_cased_ones(name: str, folder_of: Callable[[str], Path]) -> None:
    tokenizer = load_tokenizer(ModelChoice(str(folder_of(name))))
    result = tokenize(tokenizer, "Die Héron ___ near  the lake.", "A [MASK] waits")
    check_chain(result, tokenizer)
    assert "mask" in [step.name for step in result.steps]
    if name == "bert-cased":
        assert named(result, "letters").changes == 0
        assert "cased" in named(result, "letters").rule
    if "roberta" in name:
        assert result.google.why_not
        assert not result.google.differences


def test_each_step_says_what_it_changed(tokenizer: Tokenizer) -> None:
    result = tokenize(tokenizer, "É\u200b東\tX ___", "[mask]")
    changed = {
        step.name: [
            (each.before, each.text, each.start, each.end)
            for text in step.texts
            for each in text
            if each.before is not None
        ]
        for step in result.steps
    }
    assert changed == {
        "mask": [("___", "[MASK]", 6, 9), ("[mask]", "[MASK]", 0, 6)],
        "clean": [("\u200b", "", 1, 2), ("\t", " ", 3, 4)],
        "chinese": [("東", " 東 ", 2, 3)],
        "letters": [("É", "e", 0, 1), ("X", "x", 4, 5)],
        "words": [],
        "pieces": [],
    }
    assert [each.segment for each in result.pieces] == [0, 0, 0, 0, 0, 0, 1, 1]
    reasons = [each.reasons[0] for each in result.google.differences]
    assert len(reasons) == 2
    assert all(reason.startswith("A typed mask") for reason in reasons)


def test_special_tokens_typed_are_said_to_be_text(tokenizer: Tokenizer) -> None:
    result = tokenize(tokenizer, "A [SEP] here")
    assert "sep" in [each.piece for each in result.pieces]
    assert any(note.startswith("[SEP] in a text is text") for note in result.notes)
    assert not result.google.differences


@pytest.mark.parametrize("text", ["", "  \t ", "\u200b\u200b", "\ud800", "word " * 600])
def test_what_no_model_can_be_fed_is_refused(text: str, tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError):
        tokenize(tokenizer, text)


SPANS = st.lists(st.integers(0, 30), max_size=20).map(
    lambda cuts: [(a, b) for a, b in zip(sorted(set(cuts)), sorted(set(cuts))[1:], strict=False)]
)


@given(first=SPANS, second=SPANS, dropped=st.sets(st.integers(0, 20)))
def test_stretches_end_where_both_do(
    first: list[tuple[int, int]], second: list[tuple[int, int]], dropped: set[int]
) -> None:
    second = [span for number, span in enumerate(second) if number not in dropped]
    found = together(first, second)
    assert [n for mine, _ in found for n in mine] == list(range(len(first)))
    assert [n for _, theirs in found for n in theirs] == list(range(len(second)))
    reached = 0
    for mine, theirs in found:
        spans = [first[n] for n in mine] + [second[n] for n in theirs]
        start, end = min(s for s, _ in spans), max(e for _, e in spans)
        assert start >= reached
        for cut in range(start + 1, end):  # none could be parted
            assert any(s < cut < e for s, e in spans)
        reached = end
