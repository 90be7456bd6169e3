"""A file of questions through a reader, block by block, so that a stop loses little.

Memory is bounded by the file of questions and one block of inputs. Answers are on the disk as
soon as their block is read; an evaluation that was stopped, killed or ran out of disk goes on
behind the last whole answer, with the same blocks and so the same numbers.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from bert_core.errors import InputError
from bert_core.evaluation.blocks import blocks
from bert_core.evaluation.folder import EvaluationFolder
from bert_core.evaluation.gold import Gold, GoldQuestion, read_gold
from bert_core.evaluation.judging import Judgement, judge_answers
from bert_core.evaluation.report import Evaluation
from bert_core.evaluation.rows import AnswerRow, rows_of
from bert_core.evaluation.settings import Asked, EvaluationSettings, ask_for
from bert_core.evaluation.summary import reading_of, summarise
from bert_core.model.encoder import Encoder
from bert_core.settings import read_settings
from bert_core.tasks.spans.decoders import decide
from bert_core.tasks.squad import trace_questions

Progress = Callable[[int, int], None]


def evaluate(
    encoder: Encoder,
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    settings: EvaluationSettings | None = None,
    *,
    on_progress: Progress | None = None,
) -> Evaluation:
    """Answer every question of a file and score the answers.

    Writes run_squad's files and metrics.json, see :mod:`bert_core.evaluation.folder`. Called
    again with the same folder it goes on where it ended.

    Args:
        encoder: a model with a span head.
        data: the questions, as SQuAD's JSON or JSONL.
        out: the folder to write; made where it is missing.
        settings: None: run_squad's.
        on_progress: told how many questions are answered, and of how many; may raise to stop.

    Raises:
        InputError: the file, the folder or a setting cannot be used, another evaluation is in
            the folder, or the disk is full.
        ModelError: the checkpoint has no span head, or its answers are no numbers.
    """
    settings = settings or EvaluationSettings()
    settings.check()
    encoder.checkpoint.require("span")
    gold = read_gold(data, limit=settings.limit)
    _refuse_long(gold)
    asked = ask_for(encoder, gold, settings)
    # Lengths and decoder that cannot be used are refused before anything is written.
    decide(trace_questions(encoder, [], layout=asked.layout), asked.decoding, decoder=asked.decoder)
    folder = EvaluationFolder(Path(out))
    with folder.opened(asked):
        _read(encoder, gold, asked, folder, on_progress or (lambda done, total: None))
        folder.write_predictions(impossible=asked.impossible)
        rows = _without_candidates(folder)
        evaluation = summarise(
            judge_answers(gold, rows, impossible=asked.impossible),
            asked=asked,
            reading=reading_of(rows),
            cut=sum(row.cut > 0 for row in rows),
        )
        folder.write_metrics(evaluation.to_json())
    return evaluation


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The answers of an evaluation that is complete, without the candidates.

    Attributes:
        asked: what was asked.
        gold: the questions.
        rows: the answer to each.
    """

    asked: Asked
    gold: Gold
    rows: tuple[AnswerRow, ...]


def judge_folder(out: str | os.PathLike[str], data: str | os.PathLike[str]) -> Judgement:
    """Judge each answer of an evaluation that is complete; no model is asked.

    See :func:`read_kept` for arguments and errors.
    """
    return judge_kept(read_kept(out, data))


def read_kept(out: str | os.PathLike[str], data: str | os.PathLike[str]) -> Kept:
    """Read the answers of an evaluation that is complete.

    Args:
        out: its folder.
        data: the file of questions that it was made of.

    Raises:
        InputError: the folder has no evaluation, a part of one, or one of another file.
    """
    folder = EvaluationFolder(Path(out))
    asked = folder.asked
    gold = read_gold(data, limit=asked.limit)
    if gold.sha256 != asked.data_sha256:
        raise InputError(
            f"{folder.path} holds an evaluation of {Path(asked.data).name}, which had other bytes "
            f"than {gold.path.name} has. Give that file.",
            field="data",
        )
    rows = _without_candidates(folder)
    if {row.id for row in rows} != {each.id for each in gold.questions}:
        raise InputError(
            f"{folder.path} has answers to {len(rows):,} of {len(gold.questions):,} questions. "
            "Run the evaluation again: it goes on behind them.",
            field="out",
        )
    return Kept(asked, gold, tuple(rows))


def judge_kept(answers: Kept, *, null_threshold: float | None = None) -> Judgement:
    """Judge answers, under another threshold if one is given.

    Args:
        answers: of a complete evaluation.
        null_threshold: decide again where no answer is given, by this threshold in nats; None:
            the one that was asked for.
    """
    asked, rows = answers.asked, answers.rows
    # The old pipeline has no threshold.
    if null_threshold is not None and asked.impossible and asked.decoder != "pipeline":
        rows = tuple(_decided(row, null_threshold) for row in rows)
    return judge_answers(answers.gold, rows, impossible=asked.impossible)


def _decided(row: AnswerRow, threshold: float) -> AnswerRow:
    """The answer under another threshold, from the best span and the odds that are kept."""
    given = row.best is not None and row.null_odds is not None and row.null_odds <= threshold
    text = row.best.text if given and row.best is not None else ""
    # The probability that is kept is that of the answer as it was.
    return row if text == row.text else replace(row, text=text, probability=None)


def _read(
    encoder: Encoder, gold: Gold, asked: Asked, folder: EvaluationFolder, report: Progress
) -> None:
    """Answer the questions that are not answered yet."""
    planned = list(blocks(gold.questions))
    kept = folder.kept([each.id for block in planned for each in block])
    total, begin = len(gold.questions), 0
    report(kept, total)
    for block in planned:
        end = begin + len(block)
        if end > kept:
            # A block of which a part is kept is read whole: the same batches, the same numbers.
            first, size = begin, len(block)

            def on_windows(done: int, windows: int, first: int = first, size: int = size) -> None:
                report(max(kept, first + min(size - 1, size * done // windows)), total)

            rows = _answer(encoder, block, asked, on_windows)
            folder.append(rows[max(0, kept - begin) :])
            report(end, total)
        begin = end


def _answer(
    encoder: Encoder, block: list[GoldQuestion], asked: Asked, on_windows: Progress
) -> list[AnswerRow]:
    began = time.perf_counter()
    examples = [each.example() for each in block]
    trace = trace_questions(encoder, examples, layout=asked.layout, on_progress=on_windows)
    answers = decide(trace, asked.decoding, decoder=asked.decoder)
    return rows_of(
        [each.id for each in block],
        answers,
        trace.features.questions,
        impossible=asked.impossible,
        seconds=time.perf_counter() - began,
    )


def _without_candidates(folder: EvaluationFolder) -> list[AnswerRow]:
    """All answers, without the candidates, which take most of the memory."""
    return [replace(row, nbest=()) for row in folder.rows()]


def _refuse_long(gold: Gold) -> None:
    most = read_settings().document_characters
    for each in gold.questions:
        if len(each.context) > most:
            raise InputError(
                f"The context of question {each.row:,} has {len(each.context):,} characters; at "
                f"most {most:,} are read. Give a part of it.",
                field="data",
            )
