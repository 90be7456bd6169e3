"""The tokenizer files of a checkpoint, read and checked against its model."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import Tokenizer as Backend

from bert_core.errors import ModelError
from bert_core.model.checkpoints import MIN_PIECES, Checkpoint
from bert_core.model.foreign import ForeignFiles
from bert_core.model.library import transformers
from bert_core.model.plain_tokenizer import SPECIAL_PARTS, read_plain_tokenizer
from bert_core.model.vocabulary import Vocabulary, spell, starts_word

_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model")


@dataclass(frozen=True, slots=True, eq=False)
class TokenizerFiles:
    """What the tokenizer files of a checkpoint say.

    Attributes:
        backend: the tokenizer, which finds special pieces in a text.
        description: of it, as tokenizer.json has it.
        named: the special pieces by what they are for: unk, cls, sep, pad, mask.
        ids: their ids.
        special_ids: ids of all special pieces.
        longest: pieces of the longest input.
    """

    backend: Backend
    description: dict[str, Any]
    named: Mapping[str, str | None]
    ids: Mapping[str, Any]
    special_ids: frozenset[int]
    longest: int


def read_tokenizer(checkpoint: Checkpoint) -> TokenizerFiles:
    """The tokenizer files of a checkpoint, which has a mask.

    Raises:
        ModelError: no files, damaged ones, or none that belong to the model.
    """
    # Without files the library makes up a vocabulary of five pieces and says nothing.
    if not any((checkpoint.folder / name).is_file() for name in _FILES):
        raise ModelError(
            f"{checkpoint.source} has no tokenizer: a folder needs tokenizer.json or vocab.txt.",
            field="model",
        )
    with ForeignFiles(f"The tokenizer or config.json of {checkpoint.source} cannot be read."):
        files = _plain(checkpoint) or _of_library(checkpoint)
    if files.named["mask"] is None:
        raise ModelError(f"{checkpoint.source} has no mask token.", field="model")
    _check(files, checkpoint)
    return files


def _plain(checkpoint: Checkpoint) -> TokenizerFiles | None:
    plain = read_plain_tokenizer(checkpoint.folder)
    if plain is None:
        return None
    config, description = plain
    ids = {part: description["model"]["vocab"][token] for part, token in config.named.items()}
    return TokenizerFiles(
        backend=Backend.from_str(json.dumps(description)),
        description=description,
        named=config.named,
        ids=ids,
        special_ids=frozenset(ids.values()),
        longest=config.model_max_length,
    )


def _of_library(checkpoint: Checkpoint) -> TokenizerFiles:
    kind = transformers().AutoTokenizer
    logging.getLogger("transformers.tokenization_utils_base").setLevel(logging.ERROR)
    library = kind.from_pretrained(
        checkpoint.folder, local_files_only=True, trust_remote_code=False
    )
    backend: Backend = library.backend_tokenizer
    return TokenizerFiles(
        backend=backend,
        description=json.loads(backend.to_str()),
        named={part: getattr(library, f"{part}_token") for part in SPECIAL_PARTS},
        ids={part: getattr(library, f"{part}_token_id") for part in SPECIAL_PARTS},
        special_ids=frozenset(library.all_special_ids),
        longest=int(library.model_max_length),
    )


def _check(files: TokenizerFiles, checkpoint: Checkpoint) -> None:
    """Refuse a tokenizer whose ids mean nothing to the model."""
    size = max(files.backend.get_vocab().values(), default=-1) + 1
    # Some models have more rows than pieces, to reach a round number; never twice as many.
    if not checkpoint.vocabulary / 2 < size <= checkpoint.vocabulary:
        raise ModelError(
            f"The tokenizer of {checkpoint.source} has {size:,} pieces, its model "
            f"{checkpoint.vocabulary:,}: they do not belong together.",
            field="model",
        )
    if files.longest < MIN_PIECES:
        raise ModelError(
            f"The tokenizer of {checkpoint.source} gives model_max_length = {files.longest}; at "
            f"least {MIN_PIECES} word pieces are needed.",
            field="model",
        )
    model = files.description["model"]
    needed = [files.named[part] for part in ("unk", "cls", "sep", "mask")]
    if model["type"] == "WordPiece" and not set(needed) <= model["vocab"].keys():
        # The library would put them behind the last piece, on ids that mean something else.
        lost = ", ".join(str(token) for token in needed if token not in model["vocab"])
        raise ModelError(
            f"The vocabulary of {checkpoint.source} lacks {lost}. The file is damaged or of "
            "another model.",
            field="model",
        )


def text_backend(description: dict[str, Any], *kept: str) -> Backend:
    """A copy of the tokenizer to which special tokens in a text are text.

    Args:
        description: of the library's tokenizer.
        kept: special tokens that are still found in a text.
    """
    special = {token["content"] for token in description["added_tokens"]}.difference(kept)
    added = [
        # A mask takes the space before it along, as it does where these models were trained;
        # WordPiece drops spaces anyway.
        {**token, "lstrip": True}
        for token in description["added_tokens"]
        if token["content"] in kept
    ]
    model = description["model"]
    if model["type"] == "Unigram":
        # This model finds its special pieces by spelling. No text has a space in it by then.
        spelled = [[" " + piece if piece in special else piece, n] for piece, n in model["vocab"]]
        model = {**model, "vocab": spelled}
    changed = {"model": model, "added_tokens": added, "truncation": None, "padding": None}
    return Backend.from_str(json.dumps({**description, **changed}))


def read_vocabulary(files: TokenizerFiles) -> Vocabulary:
    """All pieces of a tokenizer, as spelled and as shown."""
    ids: dict[str, int] = files.backend.get_vocab()
    pieces = [""] * (max(ids.values()) + 1)
    for piece, id_ in ids.items():
        pieces[id_] = piece
    wordpiece = files.description["model"]["type"] == "WordPiece"
    decoded = files.backend.decode_batch(
        [[id_] for id_ in range(len(pieces))], skip_special_tokens=False
    )
    return Vocabulary(
        pieces=tuple(pieces),
        words=tuple(spell(piece, word) for piece, word in zip(pieces, decoded, strict=True)),
        starts_word=np.array([starts_word(piece, wordpiece=wordpiece) for piece in pieces]),
        special=np.array(
            [
                id_ in files.special_ids or piece.startswith("[unused") or not piece
                for id_, piece in enumerate(pieces)
            ]
        ),
        unknown_id=files.ids["unk"],
    )
