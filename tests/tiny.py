"""Makers of tiny checkpoints with random weights: every family, with and without each head.

They are written as a person would get them, with ``save_pretrained`` into a folder, so that a
test goes the whole way from files to numbers. All words and sentences here are our own.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORDS = (
    "a", "an", "and", "bakery", "bread", "by", "cold", "every", "fresh", "from", "garden", "goes",
    "grey", "heron", "her", "in", "is", "it", "lake", "late", "letter", "letters", "morning",
    "near", "of", "old", "on", "opens", "our", "rain", "reads", "river", "she", "ships", "slow",
    "snow", "station", "the", "to", "town", "train", "waits", "warm", "water", "window", "winter",
    "with", "writes",
)  # fmt: skip
ENDINGS = ("ed", "er", "ing", "ly", "s")
SENTENCES = (
    "The heron waits near the cold lake every morning.",
    "Our bakery opens late in winter, and the bread is warm.",
    "She writes slow letters to an old garden.",
    "It rained on the grey station; the train was late.",
    "Fresh snow goes with a river of ships by the town window.",
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CHINESE = "今天天气很好我们去公园里看书和湖边的船"
SIZES: dict[str, Any] = {
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "hidden_size": 32,
    "intermediate_size": 48,
}
BERT_HEADS = {
    "pretraining": "BertForPreTraining",
    "masked": "BertForMaskedLM",
    "next_sentence": "BertForNextSentencePrediction",
    "classification": "BertForSequenceClassification",
    "tagging": "BertForTokenClassification",
    "multiple_choice": "BertForMultipleChoice",
    "span": "BertForQuestionAnswering",
    "bare": "BertModel",
}
"""What a test calls a head, and the library's class that brings it."""


def vocabulary(*, cased: bool = False, extra: str = "") -> list[str]:
    """Word pieces: own words, all ASCII letters, digits and signs, each also as a continuation.

    Args:
        cased: whether capital letters and capitalised words are pieces of their own.
        extra: further characters, each a piece.
    """
    signs = [chr(code) for code in range(33, 127) if not chr(code).isalnum()]
    letters = [chr(code) for code in range(33, 127) if chr(code).isalnum()]
    words = list(WORDS)
    if cased:
        words += [word.capitalize() for word in WORDS if len(word) > 1]
    else:
        letters = [letter for letter in letters if letter == letter.lower()]
    pieces = [*SPECIAL, *signs, *letters, *dict.fromkeys(extra), *words]
    pieces += ["##" + part for part in (*letters, *dict.fromkeys(extra), *ENDINGS)]
    return list(dict.fromkeys(pieces))


def write_bert(
    folder: Path,
    head: str = "pretraining",
    *,
    cased: bool = False,
    extra: str = "",
    seed: int = 1,
    **config: Any,
) -> Path:
    """A BERT with the vocabulary of :func:`vocabulary` as ``vocab.txt``, as Google names it.

    Args:
        folder: where to; it is made.
        head: a key of ``BERT_HEADS``.
        cased: whether the tokenizer keeps capitals and accents.
        extra: further characters of the vocabulary.
        seed: of the random weights.
        config: further or other values of ``config.json``.
    """
    import transformers

    pieces = vocabulary(cased=cased, extra=extra)
    sizes = {**SIZES, "vocab_size": len(pieces), "max_position_embeddings": 64, **config}
    shape = transformers.BertConfig(initializer_range=0.2, **sizes)
    _save(getattr(transformers, BERT_HEADS[head]), shape, folder, seed)
    write_vocabulary(folder, pieces, lower=not cased)
    return folder


def write_vocabulary(folder: Path, pieces: list[str], *, lower: bool) -> None:
    """``vocab.txt`` and ``tokenizer_config.json`` of a WordPiece tokenizer."""
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": lower}),
        encoding="utf-8",
    )


def write_distilbert(folder: Path, name: str = "DistilBertForMaskedLM", *, seed: int = 2) -> Path:
    """A DistilBERT, which names its sizes differently and has no segments."""
    import transformers

    pieces = vocabulary()
    shape = transformers.DistilBertConfig(
        vocab_size=len(pieces), dim=32, n_layers=2, n_heads=4, hidden_dim=48,
        max_position_embeddings=64, initializer_range=0.2,
    )  # fmt: skip
    _save(getattr(transformers, name), shape, folder, seed)
    write_vocabulary(folder, pieces, lower=True)
    return folder


def write_roberta(folder: Path, name: str = "RobertaForMaskedLM", *, seed: int = 3) -> Path:
    """A RoBERTa with byte-level pieces learnt from ``SENTENCES``."""
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=special,
        show_progress=False,
    )
    learner.train_from_iterator(SENTENCES, trainer)
    learnt = json.loads(learner.to_str())["model"]
    tokenizer = transformers.RobertaTokenizer(
        vocab=learnt["vocab"], merges=[tuple(pair) for pair in learnt["merges"]]
    )
    _save(
        getattr(transformers, name),
        _roberta_shape(transformers.RobertaConfig, len(learnt["vocab"])),
        folder,
        seed,
    )
    tokenizer.save_pretrained(folder)
    return folder


def write_xlm_roberta(folder: Path, *, seed: int = 4) -> Path:
    """An XLM-RoBERTa-like encoder: unigram pieces, ``▁`` for a space."""
    import transformers

    special = ["<s>", "<pad>", "</s>", "<unk>"]
    words = ["▁" + word for word in WORDS]
    letters = [chr(code) for code in range(33, 127)]
    scored = [(piece, 0.0) for piece in special]
    scored += [(piece, -4.0) for piece in words] + [("▁", -6.0)]
    scored += [(letter, -8.0) for letter in letters] + [("<mask>", 0.0)]
    tokenizer = transformers.XLMRobertaTokenizer(vocab=scored)
    shape = _roberta_shape(transformers.XLMRobertaConfig, len(scored))
    _save(transformers.XLMRobertaForMaskedLM, shape, folder, seed)
    tokenizer.save_pretrained(folder)
    return folder


def _roberta_shape(kind: Callable[..., Any], pieces: int) -> Any:
    # Positions count from 2 here, so 66 of them read 64 pieces.
    return kind(
        **SIZES, vocab_size=pieces, max_position_embeddings=66, type_vocab_size=1,
        initializer_range=0.2, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    )  # fmt: skip


def _save(kind: Callable[..., Any], shape: Any, folder: Path, seed: int) -> None:
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = kind(shape)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                # Fresh biases are 0 and would hide a bias that was forgotten.
                if name.endswith("bias"):
                    weight.normal_(0, 0.1)
    model.save_pretrained(folder)
