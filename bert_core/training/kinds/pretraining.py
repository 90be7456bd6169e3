"""Pre-training itself: masked words and next sentence on plain text (BERT paper, section 3.1)."""

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.data.beginning import copy_beginning
from bert_core.data.pretraining.build import build
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.store import Instance, InstanceStore
from bert_core.data.pretraining.vocabulary import learn_vocabulary
from bert_core.errors import InputError
from bert_core.metrics import pretraining as rates
from bert_core.model import sources
from bert_core.model.checkpoints import Checkpoint, Head, inspect
from bert_core.model.choice import ModelChoice
from bert_core.model.foreign import ForeignFiles
from bert_core.model.tokenizer import Tokenizer
from bert_core.training.kinds.base import NOT_ASKED, Check, Features, Kind, Prepared, Score
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec

HELD_BACK = 0.05
"""Share of the instances that is measured on when there is no text for it."""
MOST_MEASURED = 2_000
"""Instances that are measured on at most: their rates are then within a per cent or so."""
TRIAL_BYTES = 2**20
"""Bytes of the text that a pre-flight makes instances of."""
_REMEMBERED = 4_096


class PretrainingKind(Kind):
    """Masked words and next sentence, continued from a checkpoint or from random weights."""

    head: Head = "masked_word"
    measures_start = True

    def reduce(self, out: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Hits and losses of a batch in place of its vocabulary logits."""
        from bert_core.training.pretraining_model import counted

        return counted(out, dict(batch))

    def start(self, spec: RunSpec, folder: Path, *, check: Check) -> Checkpoint | None:
        """From scratch: a vocabulary learnt from the text, and random weights of the model's shape.

        They are made once: a run that is resumed finds them.
        """
        if not spec.settings.from_scratch:
            return None
        begin = folder / "start"
        if not (begin / "model.safetensors").exists():
            begin.mkdir(exist_ok=True)
            learn_vocabulary(
                [Path(spec.train.path)], begin, size=spec.settings.vocabulary_size, check=check
            )
            shape = sources.find(ModelChoice(source=spec.model, revision=spec.revision))
            _write_random(shape.folder, begin, spec.settings.seed)
        return inspect(begin, source="random weights")

    def prepare(
        self, spec: RunSpec, folder: Path, tokenizer: Tokenizer, *, check: Check
    ) -> Prepared:
        """Make instances of the text, once; those of a run that is resumed are still there."""
        train = self._store(spec.train.path, folder / "instances", spec, tokenizer, check)
        members = np.arange(len(train))
        if spec.dev is not None:
            dev_store = self._store(spec.dev.path, folder / "dev-instances", spec, tokenizer, check)
            dev_members = np.arange(len(dev_store))
        else:
            # The order is shuffled, so the same sentences are on both sides, masked otherwise:
            # this measures how well the text is learnt. A text of its own tells more.
            dev_store, cut = train, max(1, int(len(train) * HELD_BACK))
            dev_members, members = members[:cut], members[cut:]
        dev_members, members = dev_members[:MOST_MEASURED], members[: spec.settings.max_rows]
        if not len(members) or not len(dev_members):
            raise InputError("The text gives too few instances to train and measure on.")
        counts = {
            "train": len(members),
            "dev": len(dev_members),
            "inputs": len(members),
            "held_back": 0 if spec.dev else len(dev_members),
            "sentences": train.statistics().text.sentences,
            "documents": train.statistics().text.documents,
        }
        return Prepared(
            _features(train, members), _features(dev_store, dev_members), (), (), counts
        )

    def for_trial(self, spec: RunSpec, folder: Path) -> tuple[RunSpec, float]:
        """The first mebibytes of the text only: making all instances may take hours."""
        begin = folder / "beginning.txt"
        size, copied = copy_beginning(Path(spec.train.path), begin, limit=TRIAL_BYTES)
        part = {"path": str(begin), "sha256": "", "size": copied}
        return spec.changed(train=part, dev=None), size / max(1, copied)

    def _store(
        self, text: str, folder: Path, spec: RunSpec, tokenizer: Tokenizer, check: Check
    ) -> InstanceStore:
        pieces = tokenizer.vocabulary.pieces
        if folder.exists():
            return InstanceStore.open(folder, pieces)
        wanted = instance_settings(spec.settings, tokenizer.max_pieces)
        return build(
            [Path(text)], folder, wanted, cut=tokenizer.cut_many, pieces=pieces, check=check
        )

    def model(self, folder: Path, *, labels: Sequence[str], seed: int) -> Any:
        """BERT with both heads of pre-training.

        Raises:
            ModelError: the checkpoint lacks one of them.
        """
        import torch

        from bert_core.training.pretraining_model import LeanPreTraining

        checkpoint = inspect(folder, source=folder.name)
        checkpoint.require("masked_word")
        checkpoint.require("next_sentence")
        torch.manual_seed(seed)
        with ForeignFiles(f"The weights of {folder.name} do not fit its config.json."):
            return LeanPreTraining.from_pretrained(
                folder,
                dtype=torch.float32,
                attn_implementation="sdpa",
                local_files_only=True,
                use_safetensors=True,
            )

    def measure(
        self,
        outputs: Sequence[Mapping[str, NDArray[Any]]],
        features: Features,
        examples: Sequence[Any],
        settings: TrainSettings,
        *,
        labels: Sequence[str],
    ) -> Score:
        """Masked words right first and among five, perplexity, next sentences told right."""
        total = {name: float(sum(out[name] for out in outputs)) for name in outputs[0]}
        return Score(
            rates.rates(
                masked=total["masked"],
                first=total["first"],
                five=total["five"],
                nats=total["nats"],
                pairs=len(outputs),
                next_right=total["next"],
            )
        )


def instance_settings(settings: TrainSettings, max_pieces: int) -> InstanceSettings:
    """The part of a run's settings that decides its instances."""
    return InstanceSettings(
        max_seq_length=min(settings.max_seq_length, max_pieces),
        max_predictions=settings.max_predictions,
        masked_share=settings.masked_share,
        dupe_factor=settings.dupe_factor,
        short_share=settings.short_share,
        whole_words=settings.whole_words,
        seed=settings.seed,
    )


class _Rows(Sequence[Any]):
    """One column of some instances of a store, read when it is asked for."""

    def __init__(
        self,
        instances: "_Instances",
        column: Literal["ids", "segments", "labels", "next"],
    ) -> None:
        self._instances = instances
        self._column = column

    def __len__(self) -> int:
        return len(self._instances.members)

    def __getitem__(self, index: int) -> Any:  # type: ignore[override]
        instance = self._instances[index]
        if self._column == "ids":
            return instance.ids
        if self._column == "segments":
            return instance.segments
        if self._column == "next":
            return int(instance.is_random_next)
        labels = np.full(len(instance.ids), NOT_ASKED, dtype=np.int64)
        labels[instance.positions] = instance.labels
        return labels

    def __iter__(self) -> Iterator[Any]:
        return (self[index] for index in range(len(self)))


class _Instances:
    """Some instances of a store; the last few stay, since each has four columns."""

    def __init__(self, store: InstanceStore, members: NDArray[np.integer[Any]]) -> None:
        self.members = members
        self._store = store
        self._kept: OrderedDict[int, Instance] = OrderedDict()

    def __getitem__(self, index: int) -> Instance:
        if index not in self._kept:
            self._kept[index] = self._store[int(self.members[index])]
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return self._kept[index]


def _features(store: InstanceStore, members: NDArray[np.integer[Any]]) -> Features:
    instances = _Instances(store, members)
    return Features(
        ids=_Rows(instances, "ids"),
        segments=_Rows(instances, "segments"),
        labels={
            "labels": _Rows(instances, "labels"),
            "next_sentence_label": _Rows(instances, "next"),
        },
        sizes=store.lengths()[members].tolist(),
    )


def _write_random(shape: Path, folder: Path, seed: int) -> None:
    """Random weights in the shape of a checkpoint, for the vocabulary that lies in ``folder``."""
    import torch
    import transformers

    pieces = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    values = json.loads((shape / "config.json").read_text(encoding="utf-8"))
    if values.get("model_type") != "bert":
        raise InputError(
            f"From scratch only a BERT can be trained; {shape.name} is a "
            f"{values.get('model_type')}. Choose a BERT for the shape.",
            field="model",
        )
    values["vocab_size"] = len([piece for piece in pieces if piece])
    torch.manual_seed(seed)
    transformers.BertForPreTraining(transformers.BertConfig(**values)).save_pretrained(folder)
