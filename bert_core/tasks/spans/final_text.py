"""From the pieces of an answer back to the original text (``get_final_text`` of run_squad.py).

Pieces are lower-cased, without accents and split at punctuation. "steve smith" on the words
"Steve Smith's" should answer "Steve Smith": the normalised words are laid beside the original,
character by character without spaces, and what belongs to the pieces is cut out.
"""

from collections.abc import Iterable

from bert_core.tasks.spans.basic import BasicTokenizer


def final_text(predicted: str, original: str, tokenizer: BasicTokenizer) -> str:
    """The part of the original words that an answer stands for.

    Args:
        predicted: the answer's pieces, joined to words.
        original: the words of the context that hold them, joined by spaces.
        tokenizer: with the casing of the model.

    Returns:
        A part of ``original``; all of it where the two cannot be aligned.

    Example:
        >>> final_text("steve smith", "Steve Smith's", BasicTokenizer(lower=True))
        'Steve Smith'
    """
    start, end = align(predicted, original, tokenizer.spaced(original))
    return original[start:end]


def align(predicted: str, original: str, normal: str) -> tuple[int, int]:
    """Characters of ``original`` that ``predicted`` stands for, half-open.

    Args:
        predicted: a part of ``normal``, or else nothing can be aligned.
        original: a text.
        normal: its basic tokens with spaces between them.
    """
    whole = 0, len(original)
    first = normal.find(predicted)
    if first < 0 or not predicted or " " in (predicted[0], predicted[-1]):
        return whole
    letters = len(normal) - normal.count(" ")
    if len(original) - original.count(" ") != letters:
        return whole
    last = first + len(predicted) - 1
    places = [place for place, letter in enumerate(original) if letter != " "]
    start = places[first - normal.count(" ", 0, first)]
    end = places[last - normal.count(" ", 0, last)]
    return start, end + 1


def join_pieces(pieces: Iterable[str]) -> str:
    """Word pieces as words with spaces between them.

    Example:
        >>> join_pieces(["##smith", "'", "s", "tea", "##pot"])
        "smith ' s teapot"
    """
    joined = " ".join(pieces).replace(" ##", "").replace("##", "")
    return " ".join(joined.split())
