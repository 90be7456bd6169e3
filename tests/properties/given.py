"""What the functions are given: sound values, and what a file, a form or a script may hold instead.

A :class:`Kind` of value has both. Half of the examples are sound throughout; in the others one or
two of the arguments are not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests import tiny


@dataclass(frozen=True, slots=True)
class Kind:
    """Values of an argument.

    Attributes:
        sound: such as the documentation promises to take.
        wrong: others; some of them may be sound all the same.
    """

    sound: st.SearchStrategy[Any]
    wrong: st.SearchStrategy[Any]


@dataclass(frozen=True, slots=True)
class Given:
    """One example under way.

    Attributes:
        draw: one value of a strategy.
        encoder_of: a loaded tiny model by its name in ``tests.conftest.MAKERS``.
        folder_of: its folder. Read only.
        folder: of this example alone.
    """

    draw: Callable[[st.SearchStrategy[Any]], Any]
    encoder_of: Callable[[str], Any]
    folder_of: Callable[[str], Path]
    folder: Path

    def encoder(self, *names: str, lacking: str | None = None) -> Any:
        """A model, drawn by its name; now and then one that lacks the head."""
        name = self.draw(st.sampled_from(names))
        without = lacking is not None and self.draw(st.integers(0, 9)) == 7
        return self.encoder_of(lacking if without else name)

    def arguments(self, **kinds: Kind) -> dict[str, Any]:
        """Values by the names of arguments: in most examples all sound, else one or two not."""
        spoilt = self.draw(spoiling(tuple(kinds)))
        return {
            name: self.draw(kind.wrong if name in spoilt else kind.sound)
            for name, kind in kinds.items()
        }


def mostly(sound: st.SearchStrategy[Any], *wrong: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Sound values in most examples."""
    return st.integers(0, 4).flatmap(lambda n: st.one_of(*wrong) if n == 3 else sound)


def spoiling(names: tuple[str, ...]) -> st.SearchStrategy[frozenset[str]]:
    """None of the names in about half of the examples, else one or two."""
    return st.frozensets(st.sampled_from(names), min_size=1, max_size=2).flatmap(
        lambda some: st.sampled_from((frozenset[str](), some))
    )


def either(*values: Any, wrong: st.SearchStrategy[Any] | None = None) -> Kind:
    """A choice from a list, or something that is not on it."""
    return Kind(st.sampled_from(values), ANYTHING if wrong is None else wrong)


# ---- texts -------------------------------------------------------------------------------------

MASKS = ("[MASK]", "[mask]", "<mask>", "___", "_____")
ODD = (
    *MASKS, "[Mask]", "[MASK", "__", "[SEP]", "[CLS]", "[PAD]", "[UNK]", "[unused1]", "<s>", "</s>",
    "##ing", "##", "{slot}", "{", "%s", "\\n", "|||", " ||| ", " | ", "\t", "\n", "\r\n", "\0",
    "\x07", "\x1b[31m", "\x7f", "\x85", "\u00a0", "\u00ad", "\u200b", "\u200d", "\u202e", "\u2028",
    "\u3000", "\ufeff", "\ufffd", "\U000e0041", "\ud800", "\udfff", "e\u0301\u0301\u0301", "É",
    "İstanbul", "ß", "ﬁ", "Ⅷ", "河", "湖边", "हिन्दी", "ﷺ", "مرحبا", "👩‍👩‍👧", "🇩🇪", "'", '"', "<b>",
    "?", "...", "!!", "O'Neill", "3,000", "-1e999", "🄰", "𝒜", "ǅ", "ŉ", "a" * 120, "Zürich",
)  # fmt: skip
"""Characters and words on which something has broken somewhere."""

words = st.sampled_from(tiny.WORDS)
signs = st.sampled_from(tuple(ODD))
odd_words = signs | words | st.text(max_size=6)
sentences = st.lists(words, min_size=1, max_size=9).map(" ".join)
readable = st.builds("{}{} {}".format, sentences, st.sampled_from((",", " -", "")), sentences)
endless = st.sampled_from(("a" * 100_001, "river " * 70, "a" * 5_000, "\u0301" * 900, "é" * 300))
blank = st.sampled_from(("", " ", "\t\n", "\u200b", "\0", "\u00ad\u00ad", "\u3000"))
hostile = (
    st.lists(odd_words, max_size=9).map("".join) | st.lists(odd_words, max_size=9).map(" ".join)
    | st.text(max_size=30) | blank | endless
)  # fmt: skip
NOT_TEXTS = (None, True, 0, 1.5, (), ["a"], {"text": "a"}, b"river")
not_texts = st.sampled_from(NOT_TEXTS)

TEXT = Kind(readable | sentences, hostile | not_texts)
PAIR = Kind(st.none() | sentences, hostile | not_texts)
SECOND = Kind(sentences, hostile | not_texts)


@st.composite
def with_masks(draw: Any, most: int = 3) -> str:
    """A sentence with one mask or more, some of them inside a word or beside a sign."""
    parts = [draw(sentences)]
    for _ in range(draw(st.integers(1, most))):
        parts += [draw(st.sampled_from(MASKS)), draw(words | st.just("") | st.just("."))]
    return " ".join(parts)


MASKED = Kind(with_masks(), hostile | not_texts | with_masks(14))


def texts(kind: Kind, least: int = 1, most: int = 4) -> Kind:
    """A list of texts; a wrong one has too few or many, or one that is no text."""
    sound = st.lists(kind.sound, min_size=least, max_size=most)
    mixed = st.lists(kind.sound | kind.wrong, max_size=most + 1)
    return Kind(sound, mixed | st.just(["river"] * 1_001) | not_lists)


not_lists = st.sampled_from((None, True, 7, 0.5, "", "river"))

# ---- numbers and choices -----------------------------------------------------------------------

HUGE = 10**400
"""Larger than any float, and as long as a paragraph."""
NOT_WHOLE = (
    0, -1, -7, 2**31, 2**63, -(2**64), HUGE, True, False, None, 1.0, 2.5, float("nan"),
    float("inf"), float("-inf"), "3", "", [], {}, (1,),
)  # fmt: skip
numbers = st.sampled_from(NOT_WHOLE) | st.integers(-5, 1_200)
ANYTHING = (
    st.sampled_from((None, True, 0, 1.5, float("nan"), "", [], {}, ["a"], "Google", "EAGER", "\0"))
    | st.text(max_size=8) | endless
)  # fmt: skip


def whole(least: int, most: int) -> Kind:
    """A whole number between two, or something else."""
    return Kind(st.integers(least, most), numbers)


YES_OR_NO = Kind(st.booleans(), st.booleans())
POSITIONS = Kind(
    st.lists(st.integers(1, 3), max_size=2, unique=True), st.lists(numbers, max_size=3) | not_lists
)
