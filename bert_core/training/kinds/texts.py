"""One sentence or a pair, answered with a class or a number (BERT paper, figure 4 a and b)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.data.dataset import Dataset
from bert_core.data.examples import TextExample
from bert_core.data.texts import Layout, read_texts
from bert_core.metrics import labels as label_metrics
from bert_core.model.checkpoints import Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import inputs, models
from bert_core.training.kinds.base import Check, Features, Score
from bert_core.training.kinds.examples import ExampleKind, batches_of
from bert_core.training.settings import TrainSettings


class TextKind(ExampleKind):
    """Classification, or regression where the layout's labels are numbers.

    Args:
        layouts: the forms that a file may have: which column holds what.
        metrics: names of :mod:`bert_core.metrics.labels` that are reported.
    """

    head: Head = "classification"

    def __init__(self, layouts: Layout | Sequence[Layout], metrics: tuple[str, ...]) -> None:
        self.layouts = (layouts,) if isinstance(layouts, Layout) else tuple(layouts)
        self.metrics = metrics
        self.numbers = self.layouts[0].numbers
        paired = ("pair",) if any(layout.pair for layout in self.layouts) else ()
        self.roles = ("text", *paired, "label")

    def read(self, path: Path, mapping: Mapping[str, str]) -> Dataset[TextExample]:
        """Read a table; see :func:`bert_core.data.texts.read_texts`."""
        return read_texts(path, self.layouts, mapping)

    def labels(self, examples: Sequence[TextExample]) -> tuple[str, ...]:
        """The classes, whole numbers in their own order; () for regression."""
        if self.numbers:
            return ()
        found = {str(example.label) for example in examples if example.label is not None}
        if all(label.lstrip("-").isdecimal() for label in found):
            return tuple(sorted(found, key=int))
        return tuple(sorted(found))

    def encode(
        self,
        examples: Sequence[TextExample],
        tokenizer: Tokenizer,
        settings: TrainSettings,
        *,
        labels: Sequence[str] = (),
        training: bool = True,
        check: Check = lambda: None,
    ) -> Features:
        """One row for each example; the longer text of a pair is cut first."""
        ids, segments, cut = [], [], 0
        for part in batches_of(len(examples)):
            check()
            chunk = examples[part]
            firsts = tokenizer.cut_many([example.text for example in chunk])
            seconds = tokenizer.cut_many([example.pair or "" for example in chunk])
            for example, first, second in zip(chunk, firsts, seconds, strict=True):
                paired = example.pair is not None
                places = inputs.room(tokenizer, settings.max_seq_length, pair=paired)
                kept = inputs.shortened(first, second if paired else (), places)
                cut += len(kept[0]) + len(kept[1]) < len(first) + len(second)
                row = inputs.joined(kept[0], kept[1] if paired else None, tokenizer)
                ids.append(row[0])
                segments.append(row[1])
        return Features(
            ids=ids,
            segments=segments,
            labels={"labels": self._targets(examples, labels)} if training else {},
            cut=cut,
        )

    def _targets(self, examples: Sequence[TextExample], labels: Sequence[str]) -> list[Any]:
        if self.numbers:
            return [float(example.label or 0.0) for example in examples]
        index = {label: n for n, label in enumerate(labels)}
        return [index[str(example.label)] for example in examples]

    def lengths(self, examples: Sequence[TextExample], tokenizer: Tokenizer) -> list[int]:
        """Pieces of text and pair together."""
        firsts = tokenizer.cut_many([example.text for example in examples])
        seconds = tokenizer.cut_many([example.pair or "" for example in examples])
        extra = [2 if each.pair is None else 2 + tokenizer.seps_between for each in examples]
        return [
            len(first) + len(second) + more
            for first, second, more in zip(firsts, seconds, extra, strict=True)
        ]

    def model(self, folder: Path, *, labels: Sequence[str], seed: int) -> Any:
        """The encoder with a layer over the pooled first piece."""
        outputs = {} if labels else {"num_labels": 1, "problem_type": "regression"}
        return models.build(
            "AutoModelForSequenceClassification", folder, labels=labels, seed=seed, **outputs
        )

    def measure(
        self,
        outputs: Sequence[Mapping[str, NDArray[Any]]],
        features: Features,
        examples: Sequence[TextExample],
        settings: TrainSettings,
        *,
        labels: Sequence[str],
    ) -> Score:
        """Accuracy, F1, Matthews; Pearson and Spearman for numbers."""
        logits = np.stack([output["logits"] for output in outputs])
        if self.numbers:
            said = logits[:, 0].astype(float)
            gold = [float(example.label or 0.0) for example in examples]
            scores = label_metrics.regression(gold, said)
            return Score(metrics=scores, answers=tuple(f"{value:.3f}" for value in said))
        best = logits.argmax(axis=1)
        index = {label: n for n, label in enumerate(labels)}
        gold_ids = np.array([index[str(example.label)] for example in examples])
        return Score(
            metrics=label_metrics.classification(gold_ids, best, labels=labels, names=self.metrics),
            details=label_metrics.per_class(gold_ids, best, labels=labels),
            answers=tuple(labels[n] for n in best),
        )
