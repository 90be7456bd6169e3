"""What making instances has to know of a vocabulary."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import ModelError


class Pieces:
    """A WordPiece vocabulary as numbers.

    Args:
        pieces: V word pieces in the order of their ids; "" for an id without one.

    Attributes:
        cls: id of [CLS].
        sep: id of [SEP].
        mask: id of [MASK].
        unknown: id of [UNK].
        continues: whether a piece begins with ``##``, V of them.
        drawn: ids that a random replacement is drawn from: all with a piece, special ones too,
            as the reference does.
        dtype: the smallest integer type that holds every id.
        sha256: of the pieces, to tell vocabularies apart.

    Raises:
        ModelError: one of the four special pieces is missing.
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        found = {piece: number for number, piece in enumerate(pieces)}
        special = ("[CLS]", "[SEP]", "[MASK]", "[UNK]")
        if missing := [piece for piece in special if piece not in found]:
            raise ModelError(
                f"The vocabulary lacks {', '.join(missing)}. Pre-training needs the WordPiece "
                "vocabulary of a BERT.",
                field="model",
            )
        self.cls, self.sep, self.mask, self.unknown = (found[piece] for piece in special)
        self.continues: list[bool] = [piece.startswith("##") for piece in pieces]
        self.drawn: list[int] = [number for number, piece in enumerate(pieces) if piece]
        self.dtype: np.dtype[Any] = np.dtype(np.uint16 if len(pieces) <= 2**16 else np.uint32)
        self.sha256 = digest(pieces)

    def __len__(self) -> int:
        return len(self.continues)

    def checked(self, ids: NDArray[np.int64]) -> NDArray[np.integer[Any]]:
        """Ids in the small type.

        Raises:
            ModelError: an id that the vocabulary does not have.
        """
        if ids.size and not 0 <= ids.min() <= ids.max() < len(self):
            raise ModelError(
                f"The tokenizer gave the id {ids.max():,}, but the vocabulary has "
                f"{len(self):,} pieces. They do not belong together.",
                field="model",
            )
        return ids.astype(self.dtype)


def digest(pieces: Sequence[str]) -> str:
    """SHA-256 of a vocabulary, one piece a line, in hexadecimal."""
    return hashlib.sha256("".join(f"{piece}\n" for piece in pieces).encode()).hexdigest()
