"""The tokenizer files of a checkpoint, read through the library and checked against its model."""

import json
import logging
from typing import Any

import numpy as np
from tokenizers import Tokenizer as Backend

from bert_core.errors import ModelError
from bert_core.model.checkpoints import MIN_PIECES, Checkpoint
from bert_core.model.foreign import ForeignFiles
from bert_core.model.vocabulary import Vocabulary, spell, starts_word

_FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model")


def read_tokenizer(checkpoint: Checkpoint) -> tuple[Any, dict[str, Any]]:
    """The library's tokenizer of a checkpoint, which has a mask, and its own description.

    Raises:
        ModelError: no files, damaged ones, or none that belong to the model.
    """
    # Without files the library makes up a vocabulary of five pieces and says nothing.
    if not any((checkpoint.folder / name).is_file() for name in _FILES):
        raise ModelError(
            f"{checkpoint.source} has no tokenizer: a folder needs tokenizer.json or vocab.txt.",
            field="model",
        )
    from transformers import AutoTokenizer

    logging.getLogger("transformers.tokenization_utils_base").setLevel(logging.ERROR)
    with ForeignFiles(f"The tokenizer or config.json of {checkpoint.source} cannot be read."):
        library = AutoTokenizer.from_pretrained(
            checkpoint.folder, local_files_only=True, trust_remote_code=False
        )
        description: dict[str, Any] = json.loads(library.backend_tokenizer.to_str())
        int(library.model_max_length)
    if library.mask_token is None:
        raise ModelError(f"{checkpoint.source} has no mask token.", field="model")
    _check(library, description["model"], checkpoint)
    return library, description


def _check(library: Any, model: dict[str, Any], checkpoint: Checkpoint) -> None:
    """Refuse a tokenizer whose ids mean nothing to the model."""
    size = max(library.get_vocab().values(), default=-1) + 1
    # Some models have more rows than pieces, to reach a round number; never twice as many.
    if not checkpoint.vocabulary / 2 < size <= checkpoint.vocabulary:
        raise ModelError(
            f"The tokenizer of {checkpoint.source} has {size:,} pieces, its model "
            f"{checkpoint.vocabulary:,}: they do not belong together.",
            field="model",
        )
    if library.model_max_length < MIN_PIECES:
        raise ModelError(
            f"The tokenizer of {checkpoint.source} gives model_max_length = "
            f"{library.model_max_length}; at least {MIN_PIECES} word pieces are needed.",
            field="model",
        )
    named = (library.unk_token, library.cls_token, library.sep_token, library.mask_token)
    if model["type"] == "WordPiece" and not set(named) <= model["vocab"].keys():
        # The library would put them behind the last piece, on ids that mean something else.
        lost = ", ".join(str(token) for token in named if token not in model["vocab"])
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


def read_vocabulary(library: Any, description: dict[str, Any]) -> Vocabulary:
    """All pieces of the library's tokenizer, as spelled and as shown."""
    ids: dict[str, int] = library.get_vocab()
    pieces = [""] * (max(ids.values()) + 1)
    for piece, id_ in ids.items():
        pieces[id_] = piece
    wordpiece = description["model"]["type"] == "WordPiece"
    special_ids = set(library.all_special_ids)
    decoded = library.backend_tokenizer.decode_batch(
        [[id_] for id_ in range(len(pieces))], skip_special_tokens=False
    )
    return Vocabulary(
        pieces=tuple(pieces),
        words=tuple(spell(piece, word) for piece, word in zip(pieces, decoded, strict=True)),
        starts_word=np.array([starts_word(piece, wordpiece=wordpiece) for piece in pieces]),
        special=np.array(
            [
                id_ in special_ids or piece.startswith("[unused") or not piece
                for id_, piece in enumerate(pieces)
            ]
        ),
        unknown_id=library.unk_token_id,
    )
