"""Google's tokenizer, to the last character: the library's one differs from it in five ways.

The library takes capital sigma at the end of a word for one inside it, gives up on words of more
than 100 instead of 200 characters, drops private-use characters, leaves a block of ideographs
together, and keeps one format character. All but the second concern a few characters, so texts
without them go through as they are.
"""

import re
import unicodedata
from collections.abc import Sequence

from bert_core.data.pretraining.corpus import Cut

_LONGEST_WORD = 200
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_IDEOGRAPHS = "\U0002b820-\U0002b91f"
_FORMAT = "\u08e2"
_ODD = re.compile(f"[Σ{_PRIVATE}{_IDEOGRAPHS}{_FORMAT}]")
_STAND_IN = "\ua66e"
"""A letter that the library keeps and that no vocabulary has: it makes its word [UNK], as a
private-use character does."""


def google_cut(pieces: Sequence[str], *, lower: bool) -> Cut:
    """A tokenizer that gives what ``tokenization.py`` of google-research/bert gives.

    Args:
        pieces: a WordPiece vocabulary in the order of ids; "" for an id without a piece.
        lower: whether text is lower-cased and stripped of accents.

    Returns:
        Texts to ids, special pieces neither added nor recognised.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    ids = {piece: number for number, piece in enumerate(pieces) if piece}
    backend = Tokenizer(
        models.WordPiece(ids, unk_token="[UNK]", max_input_chars_per_word=_LONGEST_WORD)  # noqa: S106 - no password
    )
    backend.normalizer = normalizers.BertNormalizer(lowercase=lower)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def cut(texts: Sequence[str]) -> list[list[int]]:
        plain = [_plain(text, lower) if _ODD.search(text) else text for text in texts]
        encodings = backend.encode_batch_fast(plain, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    return cut


def _plain(text: str, lower: bool) -> str:
    """A text of which the library makes what Google's tokenizer makes of the given one."""
    text = re.sub(f"[{_IDEOGRAPHS}]", r" \g<0> ", text)
    text = re.sub(f"[{_PRIVATE}]", _STAND_IN, text)
    text = "".join(c for c in text if c in "\t\n\r" or unicodedata.category(c) not in ("Cc", "Cf"))
    return text.lower() if lower else text
