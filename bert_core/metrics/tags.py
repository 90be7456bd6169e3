"""Entities in tagged words, by seqeval: an entity counts only as a whole, with its type.

seqeval's default reading is that of conlleval, the script of CoNLL-2003: IOB1, IOB2 and IOBES are
all understood, and an ``I-`` without a ``B-`` before it begins an entity.
"""

import warnings
from collections.abc import Sequence

from bert_core.errors import InputError

_NAMES = ("precision", "recall", "f1", "support")


def entities(
    gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Measure predicted tags.

    Args:
        gold: the tags of N sentences.
        predicted: as many tags for each.

    Returns:
        ``precision``, ``recall`` and ``f1`` over all entities (micro-averaged) and the
        ``accuracy`` of single tags, in [0, 1]; and for each type of entity ``precision``,
        ``recall``, ``f1`` and ``support``, the number of gold ones.

    Raises:
        InputError: no sentences, or one with more tags than words or fewer.

    Example:
        >>> overall, types = entities([["B-PER", "I-PER", "O"]], [["B-PER", "O", "O"]])
        >>> overall["f1"], types["PER"]["support"]
        (0.0, 1.0)
    """
    from seqeval.metrics import accuracy_score
    from seqeval.metrics.sequence_labeling import get_entities, precision_recall_fscore_support

    right, said = [list(tags) for tags in gold], [list(tags) for tags in predicted]
    _check(right, said)
    with warnings.catch_warnings():
        # Tags without a prefix, such as parts of speech: seqeval reads each run as an entity.
        warnings.filterwarnings("ignore", message=".*seems not to be NE tag")
        # In the library's own order, that of the columns below.
        types = sorted({type_ for type_, _, _ in (*get_entities(right), *get_entities(said))})
        columns = precision_recall_fscore_support(right, said, average=None, zero_division=0)
        micro = precision_recall_fscore_support(right, said, average="micro", zero_division=0)
    overall = {name: float(value) for name, value in zip(_NAMES[:-1], micro[:-1], strict=True)}
    overall["accuracy"] = float(accuracy_score(right, said))
    return overall, {
        type_: {name: float(value) for name, value in zip(_NAMES, row, strict=True)}
        for type_, row in zip(types, zip(*columns, strict=True), strict=True)
    }


def _check(gold: list[list[str]], predicted: list[list[str]]) -> None:
    if not any(gold):
        raise InputError("There are no tagged words to measure. Add some to the file.", field="dev")
    for row, (right, said) in enumerate(zip(gold, predicted, strict=True), start=1):
        if len(right) != len(said):
            raise InputError(
                f"Sentence {row} has {len(right)} gold tags and {len(said)} predicted ones.",
                field="tags",
            )
