"""The peer of the SQuAD benchmark: the usual ways to ask a reader with transformers alone.

Written as the library's question-answering example is (run_qa.py, utils_qa.py), without its
Trainer and its data set on disk, which would only make it slower; and as demonstrations are, one
question after another.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import transformers

from bert_core.data.examples import QuestionExample
from bert_core.settings import READER_MODEL

MAX_LENGTH = 384
SHARED = 128
"""Pieces that two windows share, the example's ``doc_stride``."""
BATCH = 8
"""The library's default batch of an evaluation."""
N_BEST = 20
MAX_ANSWER = 30

Examples = Sequence[QuestionExample]
Texts = dict[str, str]
"""Answers by the id of the question."""


class Peer:
    """The shipped reader in the library's own classes, in float32."""

    def __init__(self) -> None:
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(READER_MODEL)
        self.model = transformers.AutoModelForQuestionAnswering.from_pretrained(
            READER_MODEL, dtype=torch.float32
        ).eval()

    def windows(self, examples: Examples, padding: str | bool, **more: Any) -> Any:
        """Questions in windows, with the characters of each piece."""
        return self.tokenizer(
            [each.question.lstrip() for each in examples],
            [each.context for each in examples],
            truncation="only_second",
            max_length=MAX_LENGTH,
            stride=SHARED,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            padding=padding,
            **more,
        )

    def logits(self, windows: Any) -> tuple[list[Any], list[Any]]:
        """Start and end logits of windows; those that are not padded yet are, batch by batch."""
        names = self.tokenizer.model_input_names
        starts: list[Any] = []
        ends: list[Any] = []
        for first in range(0, len(windows["input_ids"]), BATCH):
            part = {name: windows[name][first : first + BATCH] for name in names}
            with torch.inference_mode():
                out = self.model(**self.tokenizer.pad(part, return_tensors="pt"))
            starts += list(out.start_logits.numpy())
            ends += list(out.end_logits.numpy())
        return starts, ends

    def batched(self, examples: Examples, padding: str | bool) -> Texts:
        """Answers as the example gives them.

        Args:
            examples: the questions.
            padding: ``"max_length"``, the example's default; False: to the longest of a batch.
        """
        windows = self.windows(examples, padding)
        return answers(examples, windows, *self.logits(windows))

    def one_by_one(self, examples: Examples, padding: str) -> Texts:
        """Answers as demonstrations give them: from the best start to the best end.

        Args:
            examples: the questions.
            padding: ``"max_length"``, or ``"longest"``: none, but among windows of one question.
        """
        found = {}
        for each in examples:
            windows = self.windows([each], padding, return_tensors="pt")
            inputs = {name: windows[name] for name in self.tokenizer.model_input_names}
            with torch.inference_mode():
                out = self.model(**inputs)
            starts, ends = out.start_logits.numpy(), out.end_logits.numpy()
            best = int(np.argmax(starts.max(axis=1) + ends.max(axis=1)))
            offsets = windows["offset_mapping"][best]
            first, last = int(np.argmax(starts[best])), int(np.argmax(ends[best]))
            found[each.id] = each.context[offsets[first][0] : offsets[last][1]]
        return found


def answers(examples: Examples, windows: Any, starts: list[Any], ends: list[Any]) -> Texts:
    """The best spans by the example's rules, for questions that have an answer."""
    windows_of: dict[int, list[int]] = {}
    for window, question in enumerate(windows["overflow_to_sample_mapping"]):
        windows_of.setdefault(question, []).append(window)
    found = {}
    for number, example in enumerate(examples):
        spans = []
        for window in windows_of[number]:
            places = [
                place if owner == 1 else None
                for place, owner in zip(
                    windows["offset_mapping"][window], windows.sequence_ids(window), strict=True
                )
            ]
            spans += _spans(places, starts[window], ends[window])
        spans = sorted(spans, key=lambda span: span["score"], reverse=True)[:N_BEST]
        for span in spans:
            span["text"] = example.context[span["start"] : span["end"]]
        scores = np.array([span["score"] for span in spans] or [0.0])
        weights = np.exp(scores - scores.max())
        for span, probability in zip(spans, weights / weights.sum(), strict=False):
            span["probability"] = probability
        found[example.id] = spans[0]["text"] if spans else "empty"
    return found


def _spans(places: list[Any], starts: Any, ends: Any) -> list[dict[str, Any]]:
    """The allowed pairs of the best starts and ends of one window."""
    best_starts = np.argsort(starts)[: -N_BEST - 1 : -1].tolist()
    best_ends = np.argsort(ends)[: -N_BEST - 1 : -1].tolist()
    found = []
    for start in best_starts:
        for end in best_ends:
            if start >= len(places) or end >= len(places):
                continue
            if places[start] is None or places[end] is None:
                continue
            if end < start or end - start + 1 > MAX_ANSWER:
                continue
            found.append(
                {
                    "start": places[start][0],
                    "end": places[end][1],
                    "score": starts[start] + ends[end],
                    "start_logit": starts[start],
                    "end_logit": ends[end],
                }
            )
    return found
