"""Learns a WordPiece vocabulary from a text, for a model that starts from scratch."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unicodedata import normalize

from bert_core.data.pretraining.lines import LineReader
from bert_core.errors import InputError
from bert_core.model.google.vocabulary import write_tokenizer

SMALLEST, LARGEST = 200, 200_000
_SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_FIRST = (
    _SPECIAL["pad"],
    *(f"[unused{number}]" for number in range(99)),
    *list(_SPECIAL.values())[1:],
)
"""Ids 0 to 103 of bert-base-uncased: a place each for new words, and the special pieces."""
Batches = Callable[[], Iterator[list[str]]]


def learn_vocabulary(
    paths: Sequence[Path],
    folder: Path,
    *,
    size: int,
    lower: bool = True,
    longest: int = 512,
    check: Callable[[], None] = lambda: None,
) -> Path:
    """Learn word pieces and write the tokenizer's files, as a model folder has them.

    Memory grows with the number of different words, not with the text. The same text gives the
    same vocabulary.

    Args:
        paths: UTF-8 text files; line breaks mean nothing here.
        folder: where to; it is made where it is missing, and older files are replaced.
        size: V, the most pieces there may be, from 200 to 200,000. The first 104 have the places
            they have in BERT: [PAD] is 0, [UNK], [CLS], [SEP] and [MASK] are 100 to 103, and
            99 unused ones are between.
        lower: whether text is lower-cased and stripped of accents.
        longest: longest input of the model, in word pieces.
        check: called often; what it raises stops the work before anything is written.

    Returns:
        ``folder`` with vocab.txt, tokenizer.json and tokenizer_config.json. A short text gives
        fewer than ``size`` pieces: vocab.txt has one on each line.

    Raises:
        InputError: ``size`` is out of range, a file cannot be read, or there is no word in it.
    """
    if not SMALLEST <= size <= LARGEST:
        raise InputError(
            f"vocabulary_size is {size:,}; it must be from {SMALLEST:,} to {LARGEST:,}.",
            field="vocabulary_size",
        )

    def batches() -> Iterator[list[str]]:
        for batch in LineReader(paths).batches():
            check()
            yield batch

    pieces = _learnt(batches, size, lower)
    if len(pieces) <= len(_FIRST):
        raise InputError("The text has no word to learn from.", field="text")
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(folder, pieces, lower=lower, longest=longest)
    return folder


def _backend(model: Any, lower: bool) -> Any:
    """BERT's way of cutting text into words, before a model that cuts words into pieces."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers

    backend = Tokenizer(model)
    backend.normalizer = normalizers.BertNormalizer(lowercase=lower)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return backend


def _learnt(batches: Batches, size: int, lower: bool) -> list[str]:
    """The pieces in the order of their ids.

    The library breaks ties by the order in which it meets characters, which is another one each
    time. So a first pass finds the characters, and a second one is told them in order.
    """
    from tokenizers import models

    backend = _backend(models.WordPiece(unk_token=_SPECIAL["unk"]), lower)
    counts: Counter[str] = Counter()

    def counted() -> Iterator[list[str]]:
        for batch in batches():
            text = "".join(batch)
            counts.update(normalize("NFD", text.lower()) if lower else text)
            yield batch

    met = _train(backend, counted(), vocab_size=len(_FIRST), special_tokens=list(_FIRST))
    # A character can take two places, one of them with ##. Rare ones must leave most of the
    # vocabulary to words; at the usual 8,000 the limit is the library's own 1,000.
    frequent = sorted(met.keys() & counts.keys(), key=lambda each: (-counts[each], each))
    alphabet = sorted(frequent[: size // 8])
    found = _train(
        backend,
        batches(),
        vocab_size=size,
        special_tokens=[*_FIRST, *(f"##{each}" for each in alphabet if f"##{each}" in met)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
    )
    return sorted(found, key=found.__getitem__)


def _train(backend: Any, batches: Iterator[list[str]], **settings: Any) -> dict[str, int]:
    """Ids of the pieces after one pass over a text."""
    from tokenizers import trainers

    trainer = trainers.WordPieceTrainer(show_progress=False, **settings)
    backend.train_from_iterator(batches, trainer)
    found: dict[str, int] = backend.get_vocab()
    return found
