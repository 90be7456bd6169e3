"""The encoder families that can be opened, and what each has or lacks.

BERT (Devlin et al. 2019) has segments and a next-sentence head. RoBERTa (Liu et al. 2019) and
DistilBERT (Sanh et al. 2019) were trained without either; nothing is made up in their place.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """One architecture.

    Attributes:
        name: its name for people.
        masked_word_tensor: a tensor that only a trained masked-word head brings.
        next_sentence_tensor: the same for next sentence, or None where the family has no such head.
        classifier_tensor: the same for a classifier.
        has_segments: whether segment ids reach the model.
        position_offset: positions that are taken up by padding (RoBERTa counts from 2).
        lacks: a sentence on what a user of BERT will miss, or "".
    """

    name: str
    masked_word_tensor: str
    next_sentence_tensor: str | None
    classifier_tensor: str
    has_segments: bool
    position_offset: int
    lacks: str


_ROBERTA_LACKS = "It has no segments and no next-sentence head: a pair is two texts side by side."


def _roberta(name: str) -> Family:
    return Family(
        name=name,
        masked_word_tensor="lm_head.dense.weight",
        next_sentence_tensor=None,
        classifier_tensor="classifier.dense.weight",
        has_segments=False,
        position_offset=2,
        lacks=_ROBERTA_LACKS,
    )


FAMILIES: Mapping[str, Family] = {
    "bert": Family(
        name="BERT",
        masked_word_tensor="cls.predictions.transform.dense.weight",
        next_sentence_tensor="cls.seq_relationship.weight",
        classifier_tensor="classifier.weight",
        has_segments=True,
        position_offset=0,
        lacks="",
    ),
    "distilbert": Family(
        name="DistilBERT",
        masked_word_tensor="vocab_transform.weight",
        next_sentence_tensor=None,
        classifier_tensor="pre_classifier.weight",
        has_segments=False,
        position_offset=0,
        lacks=_ROBERTA_LACKS,
    ),
    "roberta": _roberta("RoBERTa"),
    "camembert": _roberta("CamemBERT"),
    "xlm-roberta": _roberta("XLM-RoBERTa"),
}
