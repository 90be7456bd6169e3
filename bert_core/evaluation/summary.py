"""From judged questions to the figures of an evaluation."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bert_core.evaluation.groups import (
    ANSWER_LENGTHS,
    DOCUMENT_LENGTHS,
    QUESTION_WORDS,
    answer_length,
    document_length,
)
from bert_core.evaluation.judging import JudgedQuestion, Judgement
from bert_core.evaluation.kinds import KINDS
from bert_core.evaluation.report import Counts, Evaluation, Group, Reading
from bert_core.evaluation.rows import AnswerRow
from bert_core.evaluation.settings import Asked

_NAMED = 5
"""Ids that a note names."""


def summarise(
    judged: Judgement,
    *,
    asked: Asked | None = None,
    reading: Reading | None = None,
    cut: int = 0,
    predictions: Path | None = None,
    na_threshold: float | None = None,
) -> Evaluation:
    """The figures of judged questions; see :class:`Evaluation` for the arguments."""
    rows, gold = judged.questions, judged.gold
    kinds = Counter(row.kind for row in rows)
    counts = Counts(
        read=gold.read,
        repeated=gold.repeated,
        without_gold=len(gold.questions) - len(rows),
        scored=len(rows),
        missing=len(judged.missing),
        unknown=len(judged.unknown),
        without_na=len(judged.without_na),
        misplaced=gold.misplaced,
        absent=gold.absent,
        cut=cut,
    )
    return Evaluation(
        data=str(gold.path),
        data_sha256=gold.sha256,
        asked=asked,
        predictions=None if predictions is None else str(predictions),
        na_threshold=na_threshold,
        metrics=dict(judged.metrics),
        counts=counts,
        question_words=_groups(rows, lambda row: row.question_word, QUESTION_WORDS),
        answer_lengths=_groups(rows, lambda row: answer_length(row.gold), ANSWER_LENGTHS),
        document_lengths=_groups(rows, lambda row: document_length(row.context), DOCUMENT_LENGTHS),
        kinds={kind: kinds[kind] for kind in KINDS},
        reading=reading,
        notes=tuple(_notes(judged, counts, asked, na_threshold)),
    )


def reading_of(rows: Sequence[AnswerRow]) -> Reading:
    """What reading took, from the answers to N >= 1 questions."""
    seconds = sum(row.seconds for row in rows)
    return Reading(
        seconds=seconds,
        questions_per_second=len(rows) / seconds if seconds else 0.0,
        windows=sum(row.windows for row in rows),
        reasons=dict(Counter(row.reason for row in rows)),
    )


def _groups(
    rows: Sequence[JudgedQuestion], name_of: Callable[[JudgedQuestion], str], names: Sequence[str]
) -> tuple[Group, ...]:
    """Questions by name, in the order of the names, those without a question left out."""
    members: Mapping[str, list[JudgedQuestion]] = {name: [] for name in names}
    for row in rows:
        members[name_of(row)].append(row)
    return tuple(
        Group(
            name=name,
            count=len(own),
            exact=100.0 * sum(row.exact for row in own) / len(own),
            f1=100.0 * sum(row.f1 for row in own) / len(own),
        )
        for name, own in members.items()
        if own
    )


def _notes(
    judged: Judgement, counts: Counts, asked: Asked | None, na_threshold: float | None
) -> Iterator[str]:
    if not counts.scored:
        yield "The file has no gold answers: there is nothing to score."
    elif counts.without_gold:
        yield f"{counts.without_gold:,} questions have no gold answers and are not scored."
    if judged.missing:
        yield f"{counts.missing:,} questions have no prediction and count as wrong: " + _some(
            judged.missing
        )
    if judged.unknown:
        yield f"{counts.unknown:,} predictions are for other questions and were ignored: " + _some(
            judged.unknown
        )
    if judged.without_na:
        yield f"{counts.without_na:,} questions have no no-answer score; theirs is 0: " + _some(
            judged.without_na
        )
    if counts.repeated:
        yield f"{counts.repeated:,} questions were left out: a later one has the same id."
    if counts.cut:
        yield f"The ends of {counts.cut:,} long questions were not read: see max_query_length."
    if asked is not None and judged.gold.impossible and not asked.impossible:
        yield "Some questions have no answer, and the model was made to answer each."
    emptied = any(row.prediction == "" for row in judged.questions)
    if asked is None and na_threshold is not None and emptied:
        yield (
            "Some predictions were empty before: the best thresholds are the best of those below "
            "the one they were made with."
        )


def _some(ids: Sequence[str]) -> str:
    more = ", ..." if len(ids) > _NAMED else "."
    return ", ".join(id_[:60] for id_ in ids[:_NAMED]) + more
