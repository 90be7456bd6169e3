"""vocab.txt of google-research/bert, and the tokenizer files that transformers wants.

Whether a model was trained on lower-cased text stands nowhere in a release: Google's scripts ask
for it (``--do_lower_case``) and check the answer against the folder's name (tokenization.py,
validate_case_matches_checkpoint). The same names decide here, and the vocabulary where they are
silent.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert_core.errors import ModelError

_SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_LONGEST_WORD = 200  # characters; a longer word is [UNK], as in Google's WordpieceTokenizer
_NAMES = (  # in this order: "uncased" holds "cased"
    ("uncased", True),
    ("cased", False),
    ("multilingual", True),  # Google's first multilingual release; multi_cased is the second
    ("chinese", True),
)


@dataclass(frozen=True, slots=True)
class Case:
    """Whether text is lower-cased before it is cut into pieces.

    Attributes:
        lower: yes or no.
        reason: how that was decided, a sentence for people.
    """

    lower: bool
    reason: str


def read_vocabulary(path: Path, size: int) -> tuple[str, ...]:
    """Read the word pieces, in the order of their ids.

    Args:
        path: vocab.txt, one piece a line.
        size: V, how many there have to be.

    Returns:
        V pieces. White space around a piece is dropped, as Google's reader does, except where
        nothing else is left.

    Raises:
        ModelError: not UTF-8, another number of lines, or a special piece is missing.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not UTF-8 text. Download or copy it again.") from error
    # Only "\n" ends a line: the multilingual vocabulary has pieces of exotic white space.
    lines = text.removesuffix("\n").split("\n")
    if len(lines) != size:
        raise ModelError(
            f"{path} has {len(lines):,} word pieces, but bert_config.json says {size:,}. "
            "They are not of the same model."
        )
    pieces = tuple(line.strip() or line for line in lines)
    if missing := [piece for piece in _SPECIAL.values() if piece not in pieces]:
        raise ModelError(f"{path} is no vocabulary of a BERT: it lacks {', '.join(missing)}.")
    return pieces


def decide_case(names: Sequence[str], pieces: Sequence[str], lower: bool | None) -> Case:
    """Decide whether a model wants its text lower-cased.

    Args:
        names: names the release goes by (its folder, its zip file), most telling first.
        pieces: the vocabulary.
        lower: the user's word, or None to decide here.

    Returns:
        The decision with its reason.
    """
    if lower is not None:
        return Case(lower, "It was asked for.")
    capitals = sum(piece != piece.lower() and not piece.startswith("[") for piece in pieces)
    for name in names:
        for word, answer in _NAMES:
            if word in name.lower():
                reason = f"The name '{name}' says '{word}'."
                if answer and capitals:
                    reason += f" (Yet {capitals:,} pieces of the vocabulary have capitals.)"
                return Case(answer, reason)
    if capitals:
        return Case(False, f"{capitals:,} pieces of the vocabulary have capitals.")
    return Case(True, "No piece of the vocabulary has a capital.")


def write_tokenizer(folder: Path, pieces: Sequence[str], *, lower: bool, longest: int) -> None:
    """Write vocab.txt, tokenizer.json and tokenizer_config.json.

    Args:
        folder: where to.
        pieces: the vocabulary in the order of ids; of equal ones the last counts, as in Google's.
        lower: whether text is lower-cased (and stripped of accents, which Google couples).
        longest: longest input of the model, in word pieces.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    ids = {piece: number for number, piece in enumerate(pieces)}
    cls, sep = _SPECIAL["cls"], _SPECIAL["sep"]
    model = models.WordPiece(ids, unk_token=_SPECIAL["unk"], max_input_chars_per_word=_LONGEST_WORD)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    tokenizer.post_processor = processors.BertProcessing((sep, ids[sep]), (cls, ids[cls]))
    tokenizer.add_special_tokens(list(_SPECIAL.values()))
    settings = {
        "tokenizer_class": "BertTokenizer",
        "do_lower_case": lower,
        "tokenize_chinese_chars": True,
        "strip_accents": None,
        "model_max_length": longest,
        **{f"{role}_token": piece for role, piece in _SPECIAL.items()},
    }
    (folder / "vocab.txt").write_bytes("".join(f"{piece}\n" for piece in pieces).encode())
    (folder / "tokenizer.json").write_bytes(tokenizer.to_str(pretty=True).encode())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
