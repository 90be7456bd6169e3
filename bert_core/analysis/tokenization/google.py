"""Where google-research/bert's own tokenizer cuts the same text otherwise, and why.

Its rules (tokenization.py: ``BasicTokenizer``, ``WordpieceTokenizer``) are run beside the
library's over the same vocabulary. Neither looks beyond a space, so that texts are held against
each other between two spaces.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer

from bert_core.model.tokenizer import Tokenizer
from bert_core.model.tokens import Tokens
from bert_core.tasks.spans.basic import BasicTokenizer

LONGEST_WORD = 200
"""Characters of the longest word that Google's tokenizer cuts into pieces."""
_CHUNK = re.compile(r"[^\t\n\r \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
"""What stands between two characters that both take for a space: tab, line ends, category Zs."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the two give other pieces.

    Attributes:
        sequence: 0 in the text, 1 in the second text.
        start: first character of the place, from space to space.
        end: the character after the last.
        characters: what was typed there.
        ours: the pieces that differ, as the model here gets them.
        google: those in their place by Google's rules.
        reasons: why, in sentences.
    """

    sequence: int
    start: int
    end: int
    characters: str
    ours: tuple[str, ...]
    google: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoogleCheck:
    """The text held against google-research/bert.

    Attributes:
        why_not: why there is nothing to hold it against, or None.
        places: number of places that were compared, from space to space.
        differences: those that differ, in order.
    """

    why_not: str | None
    places: int
    differences: tuple[Difference, ...]


def google_pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    """The pieces of a text by Google's rules, without special ones.

    Args:
        tokenizer: of a WordPiece checkpoint, whose vocabulary and case are taken.
        text: any text; special tokens and masks in it are text.
    """
    return _Google(tokenizer).pieces(text)


def check_google(tokenizer: Tokenizer, tokens: Tokens) -> GoogleCheck:
    """Hold a text's pieces against those of Google's tokenizer.

    Args:
        tokenizer: the checkpoint's.
        tokens: the texts in pieces, whole, as that tokenizer cut them.
    """
    model = tokenizer.backend.model
    if not isinstance(model, WordPiece) or model.continuing_subword_prefix != "##":
        return GoogleCheck("This tokenizer is of another kind than Google's for BERT.", 0, ())
    google = _Google(tokenizer)
    places, found = 0, []
    for sequence, text in enumerate((tokens.text, tokens.pair or "")):
        ours = _ours(tokens, sequence)
        for match in _CHUNK.finditer(text):
            places += 1
            mine = [piece for at, piece in ours if match.start() <= at < match.end()]
            theirs = google.pieces(match[0])
            if mine != theirs:
                head, tail = _same_ends(mine, theirs)
                found.append(
                    Difference(
                        sequence,
                        *match.span(),
                        match[0],
                        tuple(mine[head : len(mine) - tail]),
                        tuple(theirs[head : len(theirs) - tail]),
                        tuple(_reasons(tokenizer, match[0], masked=tokens.mask_piece in mine)),
                    )
                )
    return GoogleCheck(None, places, tuple(found))


class _Google:
    """Google's two tokenizers over a checkpoint's vocabulary."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._basic = BasicTokenizer(lower=tokenizer.lower)
        self._id = tokenizer.backend.token_to_id
        self._unknown = tokenizer.backend.model.unk_token

    def pieces(self, text: str) -> list[str]:
        words = self._basic.spaced(text).split(" ")
        return [piece for word in words for piece in self._cut(word)]

    def _cut(self, word: str) -> list[str]:
        """The longest piece that the vocabulary has, from the left, again and again."""
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        found: list[str] = []
        while word:
            prefix = "##" if found else ""
            ends = range(len(word), 0, -1)
            end = next((n for n in ends if self._id(prefix + word[:n]) is not None), None)
            if end is None:
                return [self._unknown]
            found.append(prefix + word[:end])
            word = word[end:]
        return found


def _ours(tokens: Tokens, sequence: int) -> list[tuple[int, str]]:
    """Where each piece of one text begins, and the piece."""
    return [
        ((tokens.offsets[position] or (0, 0))[0], tokens.pieces[position])
        for position in tokens.content
        if tokens.sequences[position] == sequence
    ]


def _same_ends(first: list[str], second: list[str]) -> tuple[int, int]:
    """How many pieces the two share at the front and, of the rest, at the back."""
    shorter = min(len(first), len(second))
    head = 0
    while head < shorter and first[head] == second[head]:
        head += 1
    tail = 0
    while tail < shorter - head and first[-1 - tail] == second[-1 - tail]:
        tail += 1
    return head, tail


def _reasons(tokenizer: Tokenizer, typed: str, *, masked: bool) -> Iterator[str]:
    """Why a place differs: every known cause that is there, or the one that remains."""
    model, rules = tokenizer.backend.model, tokenizer.backend.normalizer
    known = False
    limit = model.max_input_chars_per_word
    longest = max(map(len, BasicTokenizer(lower=tokenizer.lower).spaced(typed).split(" ")))
    causes = {
        "A typed mask is the mask token here; to Google's tokenizer it is text, and masks are put "
        "in by their id.": masked,
        f"Here a word of over {limit} characters is unknown, in Google's of over "
        f"{LONGEST_WORD}.": limit < longest <= LONGEST_WORD,
        "Private-use characters are dropped here and kept by Google's, where they make the word "
        "unknown.": any(unicodedata.category(c) == "Co" for c in typed),
        "A capital sigma that ends a word becomes ς in Google's, which lower-cases whole words, "
        "and σ here.": tokenizer.lower and typed.lower() != "".join(c.lower() for c in typed),
        "Google's sets these rare Chinese characters apart, this library does not.": any(
            0x2B820 <= ord(c) <= 0x2B91F for c in typed
        ),
        "This checkpoint's own settings for accents, Chinese or control characters differ from "
        "what Google's takes for granted.": not _usual(rules),
    }
    for reason, holds in causes.items():
        if holds:
            known = True
            yield reason
    if not known:
        yield "The two know different versions of the Unicode tables."


def _usual(rules: object) -> bool:
    return (
        isinstance(rules, BertNormalizer)
        and rules.strip_accents in (None, rules.lowercase)
        and rules.clean_text
        and rules.handle_chinese_chars
    )
