"""Our pieces and ids against those of Google's own tokenizer, on 600 strings of our own.

``tests/golden/own/tokenization.jsonl`` holds what google-research/bert answers. The library's
tokenizer differs in three documented ways; the rows where it does are listed here one by one, by
cause. A row that starts to agree, or a new one that differs, fails.
"""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer as Backend
from tokenizers import normalizers

from bert_core.errors import InputError
from bert_core.model.tokenizer import Tokenizer

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "golden" / "own" / "tokenization.jsonl")
    .read_text(encoding="utf-8")
    .split("\n")
    if line
]


def numbered(*numbers: int) -> set[str]:
    return {f"tok-o{number:04}" for number in numbers}


DIFFERENCES = {
    # Google cuts words of up to 200 characters into pieces, the library of up to 100.
    "word of 101-200 characters": numbered(
        351, 352, 353, 354, 355, 356, 357, 358, 359, 370, 374, 375, 376, 377, 379, 380, 381, 382
    ),
    # Google keeps private-use characters as unknown words, the library drops them.
    "private use": numbered(210, 211, 212, 213, 214, 248, 250, 264, 268, 315, 575, 576),
    # Google lower-cases word by word, so a capital sigma at its end becomes a final one.
    "final sigma": numbered(33, 511, 512, 514, 515),
}
TYPED_SPECIAL_TOKENS = numbered(440, 442, 443, 449, 450)


@pytest.fixture(scope="module")
def tokenizers(embedded, folder_of) -> dict[bool, Tokenizer]:  # type: ignore[no-untyped-def]
    """The embedded tokenizer, and one over the same pieces that keeps capitals and accents."""
    cased = Tokenizer(embedded.checkpoint)
    backend = Backend.from_str(cased._plain.to_str())
    backend.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    cased._plain = backend
    return {True: embedded.tokenizer, False: cased}


def answer(tokenizer: Tokenizer, text: str) -> tuple[list[int], list[str]]:
    """Ids and pieces without the special ones; none for a text that is refused as invisible."""
    try:
        tokens = tokenizer.encode(text, masks=False, overflow="cut")
    except InputError:
        return [], []
    ids = [tokens.ids[position] for position in tokens.content]
    return ids, [tokens.pieces[position] for position in tokens.content]


def test_all_rows_are_there() -> None:
    assert len(ROWS) == 600
    assert {row["lower"] for row in ROWS} == {True, False}


def test_rows_agree_but_for_the_listed_ones(tokenizers: dict[bool, Tokenizer]) -> None:
    longest = tokenizers[True].max_pieces - 2
    differing: dict[str, set[str]] = {cause: set() for cause in DIFFERENCES}
    for row in ROWS:
        ids, pieces = answer(tokenizers[row["lower"]], row["text"])
        if (ids, pieces) != (row["ids"][:longest], row["pieces"][:longest]):
            differing.setdefault(row["hf_reason"] or "no known cause", set()).add(row["id"])
    assert differing == DIFFERENCES


def test_typed_special_tokens_are_text_as_for_google(tokenizers: dict[bool, Tokenizer]) -> None:
    rows = [row for row in ROWS if row["id"] in TYPED_SPECIAL_TOKENS]
    assert {row["id"] for row in rows} == TYPED_SPECIAL_TOKENS
    for row in rows:
        # The library's own tokenizer makes one special token of each.
        assert row["hf_reason"] == "special token typed in text"
        assert answer(tokenizers[row["lower"]], row["text"]) == (row["ids"], row["pieces"])
