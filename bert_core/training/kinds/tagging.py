"""A tag for every word (BERT paper, figure 4 d): the first piece of a word answers for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.data.conll import read_tagged
from bert_core.data.dataset import Dataset
from bert_core.data.examples import TaggedExample
from bert_core.metrics import tags as tag_metrics
from bert_core.model.checkpoints import Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import inputs, models
from bert_core.training.kinds.base import NOT_ASKED, Check, Features, Score
from bert_core.training.kinds.examples import ExampleKind, batches_of
from bert_core.training.settings import TrainSettings

OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class FirstPieces:
    """Where the words of each example answer.

    Attributes:
        places: for each example, the position of each word's first piece; -1 where the word was
            cut off or has no piece that the model can see.
    """

    places: tuple[tuple[int, ...], ...]


class TagKind(ExampleKind):
    """Tagging of words, measured in whole entities."""

    head: Head = "tagging"
    roles = ("words", "tags")

    def read(self, path: Path, mapping: Mapping[str, str]) -> Dataset[TaggedExample]:
        """Read CoNLL columns or JSONL; see :func:`bert_core.data.conll.read_tagged`."""
        return read_tagged(path, mapping)

    def labels(self, examples: Sequence[TaggedExample]) -> tuple[str, ...]:
        """All tags, ``O`` first."""
        found = {tag for example in examples for tag in example.tags} | {OUTSIDE}
        return tuple(sorted(found, key=lambda tag: (tag != OUTSIDE, tag[2:], tag)))

    def encode(
        self,
        examples: Sequence[TaggedExample],
        tokenizer: Tokenizer,
        settings: TrainSettings,
        *,
        labels: Sequence[str] = (),
        training: bool = True,
        check: Check = lambda: None,
    ) -> Features:
        """One row for each sentence; words are cut into pieces one by one."""
        index = {label: n for n, label in enumerate(labels)}
        places = inputs.room(tokenizer, settings.max_seq_length, pair=False)
        ids, segments, targets, firsts, cut = [], [], [], [], 0
        for part in batches_of(len(examples)):
            check()
            chunk = examples[part]
            pieces = iter(tokenizer.cut_words([word for each in chunk for word in each.words]))
            for example in chunk:
                words = [next(pieces) for _ in example.words]
                where, flat = _laid_out(words, places)
                cut += len(flat) < sum(map(len, words))
                row, zeros = inputs.joined(flat, None, tokenizer)
                ids.append(row)
                segments.append(zeros)
                firsts.append(where)
                if training:
                    target = np.full(len(row), NOT_ASKED, dtype=np.int64)
                    for place, tag in zip(where, example.tags, strict=True):
                        if place >= 0:
                            target[place] = index[tag]
                    targets.append(target)
        return Features(
            ids=ids,
            segments=segments,
            labels={"labels": targets} if training else {},
            cut=cut,
            extra=FirstPieces(tuple(firsts)),
        )

    def lengths(self, examples: Sequence[TaggedExample], tokenizer: Tokenizer) -> list[int]:
        """Pieces of all words of a sentence."""
        pieces = iter(tokenizer.cut_words([word for each in examples for word in each.words]))
        return [sum(len(next(pieces)) for _ in example.words) + 2 for example in examples]

    def model(self, folder: Path, *, labels: Sequence[str], seed: int) -> Any:
        """The encoder with a layer over every piece."""
        return models.build("AutoModelForTokenClassification", folder, labels=labels, seed=seed)

    def measure(
        self,
        outputs: Sequence[Mapping[str, NDArray[Any]]],
        features: Features,
        examples: Sequence[TaggedExample],
        settings: TrainSettings,
        *,
        labels: Sequence[str],
    ) -> Score:
        """Precision, recall and F1 of entities; words that were cut off count as ``O``."""
        said = []
        for output, places in zip(outputs, features.extra.places, strict=True):
            best = output["logits"].argmax(axis=-1)
            said.append([labels[best[p]] if p >= 0 else OUTSIDE for p in places])
        gold = [list(example.tags) for example in examples]
        overall, per_type = tag_metrics.entities(gold, said)
        return Score(overall, per_type, tuple(" ".join(tags) for tags in said))


def _laid_out(words: Sequence[Sequence[int]], places: int) -> tuple[tuple[int, ...], list[int]]:
    """Positions of the words' first pieces behind [CLS], and the pieces that fit."""
    where: list[int] = []
    flat: list[int] = []
    for pieces in words:
        fits = bool(pieces) and len(flat) < places
        where.append(len(flat) + 1 if fits else -1)
        flat += pieces
    return tuple(where), flat[:places]
