"""A tokenizer of the plainest form, read without the library: BERT's, with nothing added.

As with :mod:`.plain`, what is not exactly of that form is left to the library.
"""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

SPECIAL_PARTS = ("unk", "cls", "sep", "pad", "mask")
"""What special pieces are for."""
_OTHER_FILES = ("special_tokens_map.json", "added_tokens.json")
"""These may change what the others say."""


class PlainTokenizerConfig(BaseModel):
    """What a plain tokenizer_config.json may say."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    tokenizer_class: Literal["BertTokenizer", "BertTokenizerFast"]
    model_max_length: int
    unk_token: str
    cls_token: str
    sep_token: str
    pad_token: str
    mask_token: str
    do_lower_case: bool = True
    tokenize_chinese_chars: bool = True
    strip_accents: bool | None = None
    backend: Literal["tokenizers"] = "tokenizers"
    is_local: bool = True
    local_files_only: bool = True

    @property
    def named(self) -> dict[str, str]:
        """The special pieces by what they are for."""
        return {part: getattr(self, f"{part}_token") for part in SPECIAL_PARTS}


def read_plain_tokenizer(folder: Path) -> tuple[PlainTokenizerConfig, dict[str, Any]] | None:
    """A tokenizer's configuration and description; None when it is not of the plainest form.

    The description in tokenizer.json has to be, apart from its vocabulary, the one that the
    library makes up from the configuration.
    """
    if any((folder / name).exists() for name in _OTHER_FILES):
        return None
    try:
        config = PlainTokenizerConfig.model_validate_json(
            (folder / "tokenizer_config.json").read_text(encoding="utf-8")
        )
        description = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        vocabulary = description["model"]["vocab"]
        ids = {token: vocabulary[token] for token in config.named.values()}
        whole = sorted(vocabulary.values()) == list(range(len(vocabulary)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # the library says what is wrong with it
    if not whole or len(ids) < len(config.named):
        return None
    return (config, description) if description == _described(config, vocabulary, ids) else None


def _described(
    config: PlainTokenizerConfig, vocabulary: dict[str, int], ids: dict[str, int]
) -> dict[str, Any]:
    """What ``BertTokenizer`` in transformers' ``models/bert/tokenization_bert.py`` is made of."""
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": id_, "content": token, **flags, "special": True}
            for token, id_ in sorted(ids.items(), key=lambda item: item[1])
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": config.tokenize_chinese_chars,
            "strip_accents": config.strip_accents,
            "lowercase": config.do_lower_case,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": _template(config.cls_token, config.sep_token, ids),
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": config.unk_token,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }


def _template(cls: str, sep: str, ids: dict[str, int]) -> dict[str, Any]:
    """``[CLS] A [SEP]`` and ``[CLS] A [SEP] B [SEP]``, in which B is of segment 1."""
    begin, middle, end = (
        {"SpecialToken": {"id": token, "type_id": segment}}
        for token, segment in ((cls, 0), (sep, 0), (sep, 1))
    )
    first, second = (
        {"Sequence": {"id": text, "type_id": segment}} for text, segment in (("A", 0), ("B", 1))
    )
    return {
        "type": "TemplateProcessing",
        "single": [begin, first, middle],
        "pair": [begin, first, middle, second, end],
        "special_tokens": {
            token: {"id": token, "ids": [ids[token]], "tokens": [token]} for token in (cls, sep)
        },
    }
