"""Where in a context does the answer stand? (BERT paper, sections 4.2 and 4.3; run_squad.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bert_core.data.dataset import Dataset
from bert_core.data.examples import QuestionExample
from bert_core.data.squad import read_squad
from bert_core.metrics import squad as squad_metrics
from bert_core.model.checkpoints import Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.tasks.spans import decode
from bert_core.tasks.spans import features as span_features
from bert_core.tasks.spans.answers import SpanAnswer
from bert_core.tasks.spans.export import run_squad_files
from bert_core.training import models
from bert_core.training.kinds.base import Check, Features, Score
from bert_core.training.kinds.examples import ExampleKind
from bert_core.training.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class ReadContexts:
    """What decoding needs besides the logits.

    Attributes:
        encoded: the questions in windows.
        pieces: the vocabulary, by id.
        lower: whether the model lower-cases its text.
    """

    encoded: span_features.SpanFeatures
    pieces: Sequence[str]
    lower: bool


class SpanKind(ExampleKind):
    """Answers as spans of the context.

    Args:
        version_2: whether a question may have no answer (SQuAD 2.0).
    """

    head: Head = "span"
    roles = ()

    def __init__(self, *, version_2: bool) -> None:
        self.version_2 = version_2

    def read(self, path: Path, mapping: Mapping[str, str]) -> Dataset[QuestionExample]:
        """Read SQuAD's JSON; see :func:`bert_core.data.squad.read_squad`."""
        return read_squad(path, version_2=self.version_2)

    def encode(
        self,
        examples: Sequence[QuestionExample],
        tokenizer: Tokenizer,
        settings: TrainSettings,
        *,
        labels: Sequence[str] = (),
        training: bool = True,
        check: Check = lambda: None,
    ) -> Features:
        """One row for each window; see :func:`bert_core.tasks.spans.features.encode`."""
        encoded = span_features.encode(
            examples,
            tokenizer.cut_words,
            cls_id=tokenizer.cls_id,
            sep_id=tokenizer.sep_id,
            seps_between=tokenizer.seps_between,
            settings=span_features.SpanSettings(
                max_seq_length=min(settings.max_seq_length, tokenizer.max_pieces),
                doc_stride=settings.doc_stride,
                max_query_length=settings.max_query_length,
            ),
            training=training,
            check=check,
        )
        windows = encoded.windows
        return Features(
            ids=[window.ids for window in windows],
            segments=[window.segments for window in windows],
            labels={
                "start_positions": [window.start for window in windows],
                "end_positions": [window.end for window in windows],
            }
            if training
            else {},
            cut=sum(question.cut > 0 for question in encoded.questions),
            lost=len(encoded.lost),
            extra=ReadContexts(encoded, tokenizer.vocabulary.pieces, tokenizer.lower),
        )

    def lengths(self, examples: Sequence[QuestionExample], tokenizer: Tokenizer) -> list[int]:
        """Pieces of question and whole context; what is longer than an input is read in windows."""
        contexts = list(dict.fromkeys(example.context for example in examples))
        pieces = tokenizer.cut_many(contexts)
        of = {text: len(found) for text, found in zip(contexts, pieces, strict=True)}
        questions = tokenizer.cut_many([example.question for example in examples])
        extra = 2 + tokenizer.seps_between
        return [
            len(question) + of[example.context] + extra
            for question, example in zip(questions, examples, strict=True)
        ]

    def model(self, folder: Path, *, labels: Sequence[str], seed: int) -> Any:
        """The encoder with two scores, start and end, over every piece."""
        return models.build("AutoModelForQuestionAnswering", folder, seed=seed, num_labels=2)

    def measure(
        self,
        outputs: Sequence[Mapping[str, NDArray[Any]]],
        features: Features,
        examples: Sequence[QuestionExample],
        settings: TrainSettings,
        *,
        labels: Sequence[str],
    ) -> Score:
        """Exact match and F1 by the official rules, in per cent.

        For SQuAD 2.0 also the best figures over all thresholds, with those thresholds.
        """
        read: ReadContexts = features.extra
        answers = decode.decode(
            read.encoded,
            [output["start_logits"] for output in outputs],
            [output["end_logits"] for output in outputs],
            read.pieces,
            decode.DecodeSettings(
                n_best=settings.n_best,
                max_answer_length=settings.max_answer_length,
                impossible=self.version_2,
                null_threshold=settings.null_threshold,
                lower=read.lower,
            ),
        )
        ids = [example.id for example in examples]
        said = {id_: answer.text for id_, answer in zip(ids, answers, strict=True)}
        metrics = dict(squad_metrics.score(examples, said).metrics)
        if self.version_2:
            metrics |= self._best_thresholds(examples, ids, answers)
        return Score(
            metrics=metrics,
            answers=tuple(said.values()),
            files=run_squad_files(ids, answers, impossible=self.version_2),
        )

    def _best_thresholds(
        self, examples: Sequence[QuestionExample], ids: Sequence[str], answers: Sequence[SpanAnswer]
    ) -> dict[str, float]:
        spans = {i: a.best.text if a.best else "" for i, a in zip(ids, answers, strict=True)}
        odds = {i: a.null_odds or 0.0 for i, a in zip(ids, answers, strict=True)}
        found = squad_metrics.score(examples, spans, odds).metrics
        return {name: value for name, value in found.items() if name.startswith("best_")}
