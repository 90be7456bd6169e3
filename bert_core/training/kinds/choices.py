"""Which ending fits? (BERT paper, section 4.4): one pass for each ending, one score each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bert_core.data.choices import read_choices
from bert_core.data.dataset import Dataset
from bert_core.data.examples import ChoiceExample
from bert_core.errors import InputError
from bert_core.metrics import labels as label_metrics
from bert_core.model.checkpoints import Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.training import inputs, models
from bert_core.training.kinds.base import Check, Features, Score
from bert_core.training.kinds.examples import ExampleKind, batches_of
from bert_core.training.settings import TrainSettings


class ChoiceKind(ExampleKind):
    """Multiple choice with the same number of endings in every example."""

    head: Head = "multiple_choice"
    roles = ("context", "start", "endings", "label")

    def read(self, path: Path, mapping: Mapping[str, str]) -> Dataset[ChoiceExample]:
        """Read SWAG's layout; see :func:`bert_core.data.choices.read_choices`."""
        return read_choices(path, mapping)

    def encode(
        self,
        examples: Sequence[ChoiceExample],
        tokenizer: Tokenizer,
        settings: TrainSettings,
        *,
        labels: Sequence[str] = (),
        training: bool = True,
        check: Check = lambda: None,
    ) -> Features:
        """As many rows for an example as it has endings: context, then start and ending.

        Raises:
            InputError: the examples have different numbers of endings.
        """
        group = _endings(examples)
        places = inputs.room(tokenizer, settings.max_seq_length, pair=True)
        ids, segments, cut = [], [], 0
        for part in batches_of(len(examples)):
            check()
            chunk = examples[part]
            contexts = tokenizer.cut_many([example.context for example in chunk])
            texts = [f"{each.start} {end}".strip() for each in chunk for end in each.endings]
            endings = iter(tokenizer.cut_many(texts))
            for example, context in zip(chunk, contexts, strict=True):
                shortest = places
                for _ in example.endings:
                    kept = inputs.shortened(context, ending := next(endings), places)
                    shortest = min(shortest, places - len(context) - len(ending))
                    row = inputs.joined(*kept, tokenizer)
                    ids.append(row[0])
                    segments.append(row[1])
                cut += shortest < 0
        return Features(
            ids=ids,
            segments=segments,
            labels={"labels": [example.label for example in examples]} if training else {},
            group=group,
            cut=cut,
        )

    def lengths(self, examples: Sequence[ChoiceExample], tokenizer: Tokenizer) -> list[int]:
        """Pieces of the context with the longest ending."""
        extra = 2 + tokenizer.seps_between
        found = []
        for example in examples:
            texts = [f"{example.start} {ending}".strip() for ending in example.endings]
            context, *endings = tokenizer.cut_many([example.context, *texts])
            found.append(len(context) + max(map(len, endings), default=0) + extra)
        return found

    def model(self, folder: Path, *, labels: Sequence[str], seed: int) -> Any:
        """The encoder with one score over the pooled first piece."""
        return models.build("AutoModelForMultipleChoice", folder, seed=seed)

    def measure(
        self,
        outputs: Sequence[Mapping[str, NDArray[Any]]],
        features: Features,
        examples: Sequence[ChoiceExample],
        settings: TrainSettings,
        *,
        labels: Sequence[str],
    ) -> Score:
        """Share of the examples whose right ending scores highest."""
        best = np.array([int(output["logits"].argmax()) for output in outputs])
        gold = np.array([example.label for example in examples])
        names = [str(n + 1) for n in range(features.group)]
        return Score(
            metrics=label_metrics.classification(gold, best, labels=names, names=("accuracy",)),
            answers=tuple(each.endings[n] for each, n in zip(examples, best, strict=True)),
        )


def _endings(examples: Sequence[ChoiceExample]) -> int:
    first = len(examples[0].endings)
    for example in examples:
        if len(example.endings) != first:
            raise InputError(
                f"Row {example.row} has {len(example.endings)} endings, row {examples[0].row} has "
                f"{first}. Give every example the same number.",
                field="endings",
            )
    return first
