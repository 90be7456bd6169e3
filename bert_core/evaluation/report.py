"""The figures of an evaluation, as metrics.json holds them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bert_core.errors import InputError
from bert_core.evaluation.kinds import Kind
from bert_core.evaluation.settings import Asked
from bert_core.tasks.spans.answers import Reason


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that have something in common.

    Attributes:
        name: what.
        count: number of questions.
        exact: exact match in per cent.
        f1: F1 in per cent.
    """

    name: str
    count: int
    exact: float
    f1: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the questions of a file.

    Attributes:
        read: questions of the file, or of its first part.
        repeated: left out, since a later question has the same id.
        without_gold: nobody said what their answer is; they are not scored.
        scored: the others.
        missing: of these, without a prediction; they count as wrong.
        unknown: predictions for questions that are not asked; they are ignored.
        without_na: questions without a no-answer score where others have one; theirs is 0.
        misplaced: gold answers that stand elsewhere than at their offset; they count as written.
        absent: gold answers that do not stand in their context; they count as written.
        cut: questions whose end was not read, being longer than ``max_query_length``.
    """

    read: int
    repeated: int
    without_gold: int
    scored: int
    missing: int
    unknown: int
    without_na: int
    misplaced: int
    absent: int
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading took.

    Attributes:
        seconds: for reading and deciding, without loading the model, all sittings together.
        questions_per_second: questions over ``seconds``.
        windows: inputs that went through the model.
        reasons: how many questions got their answer for which reason.
    """

    seconds: float
    questions_per_second: float
    windows: int
    reasons: Mapping[Reason, int]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well the questions of a file were answered.

    Attributes:
        data: the file of questions.
        data_sha256: of its bytes.
        asked: what a model was asked; None for somebody's predictions.
        predictions: the file of somebody's predictions; None for a model.
        na_threshold: no-answer score above which such a prediction counts as no answer; None
            without no-answer scores.
        metrics: by the official names, in per cent; see
            :class:`bert_core.metrics.squad.SquadScore`. Empty without gold answers.
        counts: what became of the questions.
        question_words: by the first question word of the question.
        answer_lengths: by the words of the shortest gold answer.
        document_lengths: by the words of the context.
        kinds: number of questions of each kind, see :data:`bert_core.evaluation.kinds.Kind`.
        reading: what reading took; None for somebody's predictions.
        notes: what a reader should know, in sentences.
    """

    data: str
    data_sha256: str
    asked: Asked | None
    predictions: str | None
    na_threshold: float | None
    metrics: Mapping[str, int | float]
    counts: Counts
    question_words: tuple[Group, ...]
    answer_lengths: tuple[Group, ...]
    document_lengths: tuple[Group, ...]
    kinds: Mapping[Kind, int]
    reading: Reading | None
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """The contents of metrics.json."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, path: Path) -> "Evaluation":
        """Read metrics.json.

        Raises:
            InputError: it is missing or something else.
        """
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except (OSError, ValidationError):
            raise InputError(f"{path} holds no figures of an evaluation.", field="path") from None
