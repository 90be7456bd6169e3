"""How a run is trained: every number that can be set, with the paper's default and its reason.

The page, the command line and the run folder all read this one table. Defaults follow
appendix A.3 of the BERT paper (Devlin et al. 2019) and the flags of google-research/bert.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bert_core.errors import InputError

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Optimizer = Literal["adamw", "google"]


class TrainSettings(BaseModel):
    """The settings of one run. Frozen; every field has a unit and a range."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_seq_length: int = Field(
        128, ge=8, le=512, description="Longest input in word pieces; what is longer is cut."
    )
    batch_size: int = Field(
        32, ge=1, le=4096, description="Examples per step on one device. The paper: 16 or 32."
    )
    accumulation: int = Field(
        1, ge=1, le=1024, description="Batches added up before one optimizer step: saves memory."
    )
    learning_rate: float = Field(
        3e-5, gt=0, le=1, description="Highest rate. The paper: 5e-5, 3e-5 or 2e-5."
    )
    epochs: float = Field(
        3, gt=0, le=1000, description="Times the training data is read. The paper: 2, 3 or 4."
    )
    max_steps: int | None = Field(
        None, ge=1, description="Stop after so many optimizer steps, whatever the epochs say."
    )
    warmup: float = Field(
        0.1, ge=0, lt=1, description="Share of the steps in which the rate rises. The paper: 0.1."
    )
    weight_decay: float = Field(
        0.01, ge=0, le=1, description="Pull of weights towards 0, not of biases and LayerNorm."
    )
    seed: int = Field(
        42, ge=0, lt=2**32, description="Start of all random numbers: head, order, dropout."
    )
    precision: Precision = Field(
        "auto", description="Type of the products; auto takes 16 bits where they are native."
    )
    optimizer: Optimizer = Field(
        "adamw", description="adamw is torch's; google is BERT's own, without bias correction."
    )
    lora_rank: int = Field(
        0, ge=0, le=256, description="Train low-rank additions of this rank only; 0 trains all."
    )
    gradient_checkpointing: bool = Field(
        False, description="Compute activations twice to save memory; slower by about a third."
    )
    attention_dropout: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Attention weights left out at random; empty: as the model "
        "has it (BERT: 0.1). With 0 a CPU takes its fused kernel, faster on long inputs.",
    )
    compile: bool = Field(
        False,
        description="Compile the layers first, which takes up to a minute; a GPU then computes "
        "faster. Needs a C compiler.",
    )
    patience: int = Field(
        0, ge=0, le=1000, description="Stop after so many measurements without gain; 0 never."
    )
    eval_every: int = Field(
        0, ge=0, description="Optimizer steps between measurements; 0: at the end of each epoch."
    )
    save_every: int = Field(
        0, ge=0, description="Optimizer steps between checkpoints; 0: at the end of each epoch."
    )
    keep_checkpoints: int = Field(
        2, ge=1, le=100, description="Checkpoints that stay on disk, the best one apart."
    )
    grouped: bool = Field(
        True, description="Put inputs of like length into one batch, so that little is padding."
    )
    max_rows: int | None = Field(
        None, ge=1, description="Train on the first so many examples only."
    )
    doc_stride: int = Field(
        128, ge=1, le=512, description="Span answers: step between windows, as in run_squad."
    )
    max_query_length: int = Field(
        64, ge=1, le=500, description="Span answers: longest question in word pieces."
    )
    max_answer_length: int = Field(
        30, ge=1, le=512, description="Span answers: longest answer in word pieces."
    )
    n_best: int = Field(20, ge=1, le=200, description="Span answers: candidates per window.")
    null_threshold: float = Field(
        0.0, description="SQuAD 2.0: no answer if its score leads by more than this (nats)."
    )
    masked_share: float = Field(
        0.15, gt=0, lt=1, description="Pre-training: share of the pieces that are to be guessed."
    )
    max_predictions: int = Field(
        20, ge=1, le=512, description="Pre-training: most masked pieces in one input."
    )
    dupe_factor: int = Field(
        5, ge=1, le=100, description="Pre-training: times the text is read, with other masks."
    )
    short_share: float = Field(
        0.1, ge=0, le=1, description="Pre-training: share of inputs made short on purpose."
    )
    whole_words: bool = Field(
        False, description="Pre-training: mask all pieces of a word together."
    )
    from_scratch: bool = Field(
        False, description="Pre-training: random weights and a vocabulary learnt from the text."
    )
    vocabulary_size: int = Field(
        8_000, ge=200, le=200_000, description="Pre-training from scratch: number of word pieces."
    )


def read_settings(
    values: Mapping[str, object], defaults: Mapping[str, object] | None = None
) -> TrainSettings:
    """Settings from texts or numbers, as typed or as stored.

    Args:
        values: by name of the field.
        defaults: a task's own defaults, below ``values``.

    Raises:
        InputError: a name or a value that cannot be used; it says which and what would be.
    """
    try:
        return TrainSettings.model_validate({**(defaults or {}), **values})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            known = list(TrainSettings.model_fields)
            near = get_close_matches(name, known, n=1)
            there = f"Perhaps {near[0]} is meant." if near else f"There are: {', '.join(known)}."
            raise InputError(f"There is no setting '{name}'. {there}", field=name) from None
        raise InputError(
            f"{name} = {first.get('input')!r} cannot be used: {_lowered(first['msg'])}. "
            f"{TrainSettings.model_fields[name].description}",
            field=name,
        ) from None


def limits(name: str) -> dict[str, Any]:
    """The bounds of a field: ``ge``, ``gt``, ``le`` and ``lt``, those that it has."""
    found: dict[str, Any] = {}
    for constraint in TrainSettings.model_fields[name].metadata:
        for bound in ("ge", "gt", "le", "lt"):
            if hasattr(constraint, bound):
                found[bound] = getattr(constraint, bound)
    return found


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
