"""A text's way to word pieces, one step at a time, each character with its place as typed.

The steps are run by the tokenizer's own parts, so they are what the tokenizer does and no account
of it. BERT's four are those of ``BasicTokenizer`` and ``WordpieceTokenizer`` in google-research/
bert's tokenization.py; where this library differs is said by :mod:`.google`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from tokenizers import PreTokenizedString, Regex
from tokenizers import Tokenizer as Backend
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from bert_core.analysis.tokenization.spans import Span, together
from bert_core.model.marks import MarkedText, mark
from bert_core.model.tokenizer import Tokenizer
from bert_core.model.tokens import Tokens

_EVERY_CHARACTER = Regex(r"[\s\S]")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters that a step leaves or changes together; in a list, one word or piece.

    Attributes:
        text: what stands there after the step; empty where something was removed.
        start: first character of what was typed that it comes from.
        end: the character after the last.
        before: what stood there before the step; None where the step changed nothing.
    """

    text: str
    start: int
    end: int
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one step makes of the texts.

    Attributes:
        name: ``mask``, ``clean``, ``chinese``, ``letters`` or, for other families, ``normal``;
            then ``words`` and ``pieces``.
        rule: what it does, in a sentence.
        listed: whether it leaves a list of words or pieces; else a text.
        texts: the stretches of the text and of the second text, if there is one. Those of a
            text that is no list join to what the next step gets.
    """

    name: str
    rule: str
    listed: bool
    texts: tuple[tuple[Stretch, ...], ...]

    @property
    def changes(self) -> int:
        """Number of stretches that the step changed."""
        return sum(each.before is not None for text in self.texts for each in text)


class _Stage(NamedTuple):
    name: str
    rule: str
    part: Any  # a normalizer, or None where this checkpoint has none of that kind


class _Item(NamedTuple):
    text: str
    span: Span
    mask: bool = False  # a typed "[MASK]" may also be a text


def steps_of(tokenizer: Tokenizer, tokens: Tokens, *, masks: bool = True) -> tuple[Step, ...]:
    """All steps from the texts as typed to their pieces.

    Args:
        tokenizer: the checkpoint's.
        tokens: the texts in pieces, whole, as that tokenizer cut them.
        masks: as in :meth:`Tokenizer.encode`.

    Returns:
        The steps in order. The last one holds the pieces of ``tokens`` without the special ones.
    """
    texts = [text for text in (tokens.text, tokens.pair) if text is not None]
    marked = [_marked(text, tokenizer.mask_token, masks) for text in texts]
    stages = _stages(tokenizer.backend)
    before = [[_Item(c, (n, n + 1)) for n, c in enumerate(text)] for text in texts]
    found = []
    for count in range(len(stages) + 1):
        after = [_normalized(each, stages[:count]) for each in marked]
        if count or tokens.masks:
            name, rule = stages[count - 1][:2] if count else ("mask", _MASK)
            changed = tuple(map(_stretches, before, after))
            found.append(Step(name, rule, False, changed))
        before = after
    words = tuple(_words(each, stages, tokenizer) for each in marked)
    found.append(Step("words", _word_rule(tokenizer.backend), True, words))
    pieces = tuple(_pieces(tokens, which) for which in range(len(texts)))
    found.append(Step("pieces", _piece_rule(tokenizer.backend), True, pieces))
    return tuple(found)


def _marked(text: str, mask_token: str, masks: bool) -> list[_Item]:
    """A text in parts: what stands between masks, and the masks, with the places as typed."""
    whole = mark(text, mask_token) if masks else MarkedText(text, tuple(range(len(text) + 1)))
    between = whole.text.split(mask_token) if masks else [whole.text]
    found, at = list[_Item](), 0
    for number, part in enumerate(between):
        if number:
            found.append(_Item(mask_token, whole.to_original(at, at + len(mask_token)), mask=True))
            at += len(mask_token)
        if part:
            found.append(_Item(part, whole.to_original(at, at + len(part))))
        at += len(part)
    return found


def _normalized(parts: Sequence[_Item], stages: Sequence[_Stage]) -> list[_Item]:
    """The characters after some stages; a mask counts as one."""
    found = list[_Item]()
    for part in parts:
        if part.mask:
            found.append(part)
            continue
        string = _run(part.text, stages)
        string.split(lambda _, text: text.split(_EVERY_CHARACTER, "isolated"))
        found += _items(string, part.span[0])
    return found


def _run(text: str, stages: Sequence[_Stage]) -> PreTokenizedString:
    string = PreTokenizedString(text)
    for stage in stages:
        if stage.part is not None:
            string.normalize(stage.part.normalize)
    return string


def _items(string: PreTokenizedString, begin: int) -> list[_Item]:
    return [
        _Item(text, (begin + start, begin + end))
        for text, (start, end), _ in string.get_splits("original", "char")
    ]


def _stretches(before: Sequence[_Item], after: Sequence[_Item]) -> tuple[Stretch, ...]:
    """What changed between two steps, and what did not, as long as possible."""
    groups = []
    for old, new in together([each.span for each in before], [each.span for each in after]):
        parts = [before[n] for n in old], [after[n] for n in new]
        spans = [each.span for part in parts for each in part]
        texts = ["".join(each.text for each in part) for part in parts]
        groups.append((texts[0], texts[1], min(s for s, _ in spans), max(e for _, e in spans)))
    found = []
    for changed, run in groupby(groups, key=lambda group: group[0] != group[1]):
        olds, news, starts, ends = zip(*run, strict=True)
        was = "".join(olds) if changed else None
        found.append(Stretch("".join(news), min(starts), max(ends), was))
    return tuple(found)


def _words(
    parts: Sequence[_Item], stages: Sequence[_Stage], tokenizer: Tokenizer
) -> tuple[Stretch, ...]:
    found = list[Stretch]()
    for part, following in pairwise([*parts, _Item("", (0, 0))]):
        if part.mask:
            found.append(Stretch(part.text, *part.span))
            continue
        # A mask takes the space before it along; other families would make a piece of it.
        text = part.text.rstrip() if following.text else part.text
        string = _run(text, stages)
        if tokenizer.backend.pre_tokenizer is not None:
            tokenizer.backend.pre_tokenizer.pre_tokenize(string)
        found += [Stretch(each.text, *each.span) for each in _items(string, part.span[0])]
    return tuple(found)


def _pieces(tokens: Tokens, sequence: int) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(tokens.pieces[position], *(tokens.offsets[position] or (0, 0)))
        for position in tokens.content
        if tokens.sequences[position] == sequence
    )


# ---- what each step does, in words -------------------------------------------------------------

_MASK = "What was typed for a mask becomes the mask token, which the steps below leave alone."


def _stages(backend: Backend) -> list[_Stage]:
    """What is done to a text before it is cut into words, as the tokenizer's own parts."""
    whole = backend.normalizer
    if whole is None:
        return []
    if not isinstance(whole, BertNormalizer):
        rule = f"Letters are brought to one form by the tokenizer's own rules ({_kind(whole)})."
        return [_Stage("normal", rule, whole)]
    strip = whole.lowercase if whole.strip_accents is None else whole.strip_accents
    return [
        _stage("clean", whole.clean_text, clean_text=True),
        _stage("chinese", whole.handle_chinese_chars, handle_chinese_chars=True),
        _Stage(
            "letters",
            _LETTERS[whole.lowercase, strip],
            _bert(lowercase=whole.lowercase, strip_accents=strip),
        ),
    ]


def _stage(name: str, on: bool, **options: bool) -> _Stage:
    return _Stage(name, _RULES[name, on], _bert(**options) if on else None)


def _bert(**options: bool) -> BertNormalizer:
    off = dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False)
    return BertNormalizer(**(off | options))


_RULES = {
    ("clean", True): "Control characters go; every kind of white space becomes a space.",
    ("clean", False): "This checkpoint leaves control characters as they are.",
    ("chinese", True): "Spaces around every Chinese character make it a word of its own.",
    ("chinese", False): "This checkpoint does not set Chinese characters apart.",
}
_LETTERS = {
    (True, True): "Accents are taken off, and capitals become small letters.",
    (True, False): "Capitals become small letters; accents stay.",
    (False, True): "Accents are taken off; capitals stay.",
    (False, False): "This checkpoint is cased: capitals and accents stay.",
}


def _word_rule(backend: Backend) -> str:
    if isinstance(backend.pre_tokenizer, BertPreTokenizer):
        return "The text is cut at spaces, and on both sides of every punctuation sign."
    return f"The text is cut by the tokenizer's own rules ({_kind(backend.pre_tokenizer)})."


def _piece_rule(backend: Backend) -> str:
    model = backend.model
    if not isinstance(model, WordPiece):
        return f"Words are cut into pieces of the vocabulary ({_kind(model)})."
    return (
        "From its left, each word is cut into the longest pieces that the vocabulary has; "
        f"{model.continuing_subword_prefix} goes on inside a word. What cannot be spelled so, or "
        f"has over {model.max_input_chars_per_word} characters, is {model.unk_token}."
    )


def _kind(part: object) -> str:
    return "none" if part is None else type(part).__name__
