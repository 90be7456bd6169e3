"""The first pages of a plain text as pre-training instances, to be looked at before a run."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from bert_core.data.beginning import copy_beginning
from bert_core.data.pretraining.build import build
from bert_core.data.pretraining.statistics import Statistics
from bert_core.data.pretraining.store import Instance
from bert_core.model import sources
from bert_core.model.choice import ModelChoice
from bert_core.model.tokenizer import Tokenizer
from bert_core.training.kinds.pretraining import instance_settings
from bert_core.training.settings import TrainSettings

LOOKED_AT = 256 * 1024
"""Bytes of the text that are made into instances: a second's work."""
SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class TextPreview:
    """What pre-training would see of a text.

    Attributes:
        statistics: realised rates, of the part that was looked at.
        instances: the first few.
        pieces: the vocabulary of the model, in the order of ids.
        size: bytes of the file.
        looked_at: bytes that were made into instances.
    """

    statistics: Statistics
    instances: tuple[Instance, ...]
    pieces: tuple[str, ...]
    size: int
    looked_at: int


def preview_text(text: Path, settings: TrainSettings, *, model: str = "embedded") -> TextPreview:
    """Make instances of the beginning of a text.

    Args:
        text: one sentence a line, a blank line between documents.
        settings: lengths, rates and seed.
        model: whose word pieces the text is cut into.

    Raises:
        InputError: the text cannot be read, or has no sentence.
        ModelError: the model cannot be found or is no BERT.
    """
    tokenizer = Tokenizer(sources.find(ModelChoice(source=model)))
    pieces = tokenizer.vocabulary.pieces
    wanted = instance_settings(settings, tokenizer.max_pieces)
    with tempfile.TemporaryDirectory(prefix="bert-explorer-text-") as name:
        begin = Path(name) / text.name
        size, looked_at = copy_beginning(text, begin, limit=LOOKED_AT)
        store = build([begin], Path(name) / "store", wanted, cut=tokenizer.cut_many, pieces=pieces)
        first = tuple(store[index] for index in range(min(SHOWN, len(store))))
        statistics = store.statistics()
    return TextPreview(statistics, first, pieces, size, looked_at)
