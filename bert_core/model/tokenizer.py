"""Text to :class:`Tokens` and back, with user text kept as text.

The library's tokenizer turns a typed ``[SEP]`` into the real separator. Here two copies are
made from its own description: one that knows no special token in text, one that knows the mask
token only. Both still add the template ([CLS] ... [SEP]) by id.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Literal

from tokenizers import Encoding
from tokenizers import Tokenizer as Backend

from bert_core.checks import a_list, a_text
from bert_core.errors import InputError
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.marks import MarkedText, mark
from bert_core.model.tokenizer_files import read_tokenizer, read_vocabulary, text_backend
from bert_core.model.tokens import Cut, Tokens
from bert_core.settings import read_settings

Overflow = Literal["refuse", "cut"]
_NOTHING_SEEN = (
    "The text has no character that the model can see: the tokenizer drops control characters "
    "and white space. Type some words."
)


class Tokenizer:
    """The tokenizer of one checkpoint.

    Nothing in it changes once it is made, so that several may cut texts at once.

    Attributes:
        source: the name under which its checkpoint was asked for.
        vocabulary: all word pieces.
        mask_token: how the checkpoint spells its mask.
        mask_id: the id of it.
        cls_id: the id of the first piece of an input.
        sep_id: the id of the piece after a text.
        pad_id: the id that fills a batch.
        seps_between: separators between two texts: one in BERT, two in RoBERTa.
        lower: whether capitals are read as small letters.
        max_pieces: longest input, special pieces included.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        files = read_tokenizer(checkpoint)
        self.source = checkpoint.source
        self.mask_token = str(files.named["mask"])
        self.mask_id, self.cls_id, self.sep_id, self.pad_id = (
            int(files.ids[part]) for part in ("mask", "cls", "sep", "pad")
        )
        self.max_pieces = min(checkpoint.max_pieces, files.longest)
        self.vocabulary = read_vocabulary(files)
        self._plain = text_backend(files.description)
        self._masking = text_backend(files.description, self.mask_token)
        self.seps_between = _seps_between(self._plain.encode("a", "a"))
        self.lower = self._plain.encode("ABCDE").ids == self._plain.encode("abcde").ids

    @property
    def backend(self) -> Backend:
        """The library's tokenizer, to which special tokens in a text are text. Read only."""
        return self._plain

    def encode(
        self,
        text: str,
        pair: str | None = None,
        *,
        masks: bool = True,
        overflow: Overflow = "refuse",
    ) -> Tokens:
        """Cut a text into word pieces.

        Args:
            text: what was typed; special tokens in it are ordinary text.
            pair: an optional second text.
            masks: whether ``[MASK]``, ``[mask]``, ``<mask>`` and ``___`` mean the mask token.
            overflow: what to do with a text that is longer than the model reads.

        Returns:
            The pieces; ``cut`` says what was left out when ``overflow`` is ``"cut"``.

        Raises:
            InputError: an empty text, a text with nothing the model can see, one that is too
                long, or one that cannot be written as UTF-8.
        """
        check_text(text, "text")
        if pair is not None:
            check_text(pair, "pair")
        parts = tuple(self._marked(part, masks) for part in (text, pair) if part is not None)
        backend = self._masking if masks else self._plain
        encoding = backend.encode(parts[0].text, parts[1].text if len(parts) > 1 else None)
        return self._finished(text, pair, parts, encoding, overflow)

    def encode_many(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut many single texts into pieces at once; the first faulty one is named by row.

        Raises:
            InputError: as :meth:`encode`, with the row.
        """
        a_list("The texts", texts, field="text")
        limit = read_settings().characters
        for row, text in enumerate(texts, start=1):
            with _in_row(row):
                check_text(text, "text", limit=limit)
        marked = [self._marked(text, True) for text in texts]
        # One call for all rows; the backend spreads a large batch over the cores.
        encodings = self._masking.encode_batch([part.text for part in marked])
        found = []
        for row, (text, part, encoding) in enumerate(
            zip(texts, marked, encodings, strict=True), start=1
        ):
            with _in_row(row):
                found.append(self._finished(text, None, (part,), encoding, "refuse"))
        return found

    def cut_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of the pieces of many texts, special pieces neither added nor recognised."""
        encodings = self._plain.encode_batch_fast(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def cut_words(self, words: Sequence[str]) -> list[list[int]]:
        """As :meth:`cut_many` for words that stand inside a sentence, each after a space.

        Word pieces know no spaces, but the pieces of RoBERTa and its like begin with one.
        """
        return self.cut_many([" " + word for word in words])

    def places_in_words(self, words: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Where the pieces of :meth:`cut_words` stand: half-open characters of their word."""
        encodings = self._plain.encode_batch(
            [" " + word for word in words], add_special_tokens=False
        )
        return [
            [(max(start - 1, 0), end - 1) for start, end in encoding.offsets]
            for encoding in encodings
        ]

    def pieces_of(self, word: str) -> tuple[int, ...]:
        """Ids of the pieces of a word as it stands inside a sentence, after a space."""
        encoding = self._plain.encode(" " + word, add_special_tokens=False)
        return tuple(encoding.ids)

    def _finished(
        self,
        text: str,
        pair: str | None,
        parts: tuple[MarkedText, ...],
        encoding: Encoding,
        overflow: Overflow,
    ) -> Tokens:
        tokens = self._whole(text, pair, parts, encoding)
        if not tokens.content:
            raise InputError(_NOTHING_SEEN, field="text")
        if len(tokens) <= self.max_pieces:
            return tokens
        shorter = self._cut(tokens)
        if overflow == "refuse" and shorter.cut is not None:
            raise self._too_long(tokens, shorter.cut)
        return shorter

    def _marked(self, text: str, masks: bool) -> MarkedText:
        if masks:
            return mark(text, self.mask_token)
        return MarkedText(text=text, origins=tuple(range(len(text) + 1)))

    def _whole(
        self, text: str, pair: str | None, parts: tuple[MarkedText, ...], encoding: Encoding
    ) -> Tokens:
        # One entry per piece: text, word within it, range; None for what the template adds.
        found = [
            None if owner is None or word is None else (owner, word, _trimmed(parts[owner], span))
            for owner, word, span in zip(
                encoding.sequence_ids, encoding.word_ids, encoding.offsets, strict=True
            )
        ]
        # Words of the second text are counted on from the first.
        second = 1 + max((each[1] for each in found if each and each[0] == 0), default=-1)
        return Tokens(
            text=text,
            pair=pair,
            ids=tuple(encoding.ids),
            pieces=tuple(self.vocabulary.pieces[id_] for id_ in encoding.ids),
            words=tuple(each and each[1] + each[0] * second for each in found),
            offsets=tuple(each and each[2] for each in found),
            sequences=tuple(each and each[0] for each in found),
            segments=tuple(encoding.type_ids),
            mask_id=self.mask_id,
            mask_piece=self.mask_token,
            originals=(None,) * len(encoding.ids),
        )

    def _cut(self, tokens: Tokens) -> Tokens:
        """The pieces that fit, the longer text shortened first, as BERT does.

        This is ``truncate_seq_pair`` of google-research/bert: on equal length the second text
        gives. The library's own truncation also builds every window that it leaves out, and all
        pairs of them for a pair of texts, which takes minutes for long ones.
        """
        kept = [tokens.sequences.count(which) for which in (0, 1)]
        for _ in range(len(tokens) - self.max_pieces):
            kept[0 if kept[0] > kept[1] else 1] -= 1
        left_out = [
            position
            for which in (0, 1)
            for position in [i for i, s in enumerate(tokens.sequences) if s == which][kept[which] :]
        ]
        first = left_out[0]
        word = tokens.same_word(first)
        span = tokens.offsets[word[0]] or (0, 0)
        cut = Cut(
            pieces=len(left_out),
            limit=self.max_pieces,
            first_word="".join(tokens.surface(i) for i in word),
            character=span[0],
            sequence=tokens.sequences[first] or 0,
        )
        return replace(tokens.without(left_out), cut=cut)

    def _too_long(self, tokens: Tokens, cut: Cut) -> InputError:
        word = cut.first_word if len(cut.first_word) <= 40 else cut.first_word[:40] + "…"
        return InputError(
            f"The text has {len(tokens):,} word pieces, special ones included; the model "
            f"reads {self.max_pieces:,}. Shorten it: the first word left out would be '{word}' "
            f"at character {cut.character + 1:,}.",
            field="pair" if cut.sequence else "text",
        )


@contextmanager
def _in_row(row: int) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"Row {row}: {error}", field=error.field) from None


def _trimmed(part: MarkedText, span: tuple[int, int]) -> tuple[int, int]:
    """A range in the original text, without the space that some tokenizers count in."""
    start, end = span
    while start < end and part.text[start].isspace():
        start += 1
    return part.to_original(start, end)


def check_text(value: str, field: str, *, limit: int | None = None) -> None:
    """Refuse a text that no tokenizer should be given.

    Args:
        value: what was typed.
        field: name of the input, also used in the sentence (``"question"``).
        limit: most characters; None: as the operator says.

    Raises:
        InputError: it is no text, empty, far too long, or cannot be written as UTF-8.
    """
    limit = read_settings().characters if limit is None else limit
    name = "second text" if field == "pair" else field
    a_text(f"The {name}", value, field=field)
    if not value.strip():
        raise InputError(f"The {name} is empty. Type some words.", field=field)
    if len(value) > limit:
        raise InputError(
            f"The {name} has {len(value):,} characters; at most {limit:,} are looked at. "
            "Shorten it.",
            field=field,
        )
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"Character {error.start + 1:,} is half of a surrogate pair and no text. Remove it.",
            field=field,
        ) from None


def _seps_between(pair: Encoding) -> int:
    owners = pair.sequence_ids
    first, second = owners.index(0), owners.index(1)
    return owners[first:second].count(None)
