"""A file through a reader: files, figures, going on after a stop, a kill or a full disk."""

import json
import os
import resource
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bert_core.errors import InputError, ModelError
from bert_core.evaluation import run as module
from bert_core.evaluation.blocks import BLOCK_QUESTIONS, blocks
from bert_core.evaluation.folder import EvaluationFolder
from bert_core.evaluation.gold import GoldQuestion, read_gold
from bert_core.evaluation.listing import mistakes, null_odds
from bert_core.evaluation.report import Evaluation
from bert_core.evaluation.rows import AnswerRow, BestSpan, Candidate
from bert_core.evaluation.run import evaluate, judge_folder
from bert_core.evaluation.scoring import score_predictions
from bert_core.evaluation.settings import EvaluationSettings
from bert_core.metrics.squad import score
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.settings import PROJECT
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import DECODERS, decide
from bert_core.tasks.spans.export import run_squad_files
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import trace_questions
from tests import tiny
from tests.unit.fine_tuned import write

OWN = PROJECT / "tests" / "golden" / "own" / "own_squad_v2.json"
QUESTIONS, UNANSWERABLE = 150, 25
ABSTAINING = EvaluationSettings(null_threshold=-0.6)
"""The random model then answers about every second question."""
FILES = ("predictions.json", "nbest_predictions.json", "null_odds.json")


def squad(path: Path, *, version_2: bool) -> Path:
    """150 questions on 30 short texts; in SQuAD 2.0 every sixth has no answer."""
    paragraphs: list[dict[str, object]] = []
    for number in range(QUESTIONS):
        if number % 5 == 0:
            pair = tiny.SENTENCES[number % 4], tiny.SENTENCES[number // 5 % 5]
            context = f"Text {number}. " + "\n".join(pair)
            paragraphs.append({"context": context, "qas": []})
        words = [word.strip(".,") for word in context.split() if len(word) > 3]
        word = words[1 + number % 5]
        gold = [{"text": word, "answer_start": context.index(word)}]
        answers = [] if version_2 and number % 6 == 0 else gold
        asked = f"Where is the {tiny.WORDS[number % len(tiny.WORDS)]}?"
        paragraphs[-1]["qas"].append({"id": f"q{number}", "question": asked, "answers": answers})  # type: ignore[attr-defined]
    path.write_text(json.dumps({"data": [{"title": "x", "paragraphs": paragraphs}]}))
    return path


@pytest.fixture(scope="module")
def v1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return squad(tmp_path_factory.mktemp("data") / "v1.json", version_2=False)


@pytest.fixture(scope="module")
def v2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return squad(tmp_path_factory.mktemp("data") / "v2.json", version_2=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, models) -> Path:  # type: ignore[no-untyped-def]
    """A random BERT that answers, and reads 384 pieces."""
    path = tmp_path_factory.mktemp("evaluate") / "bert"
    return write(path, "bert", "span", max_position_embeddings=384)


@pytest.fixture(scope="module")
def encoder(folder: Path):  # type: ignore[no-untyped-def]
    return load(ModelChoice(source=str(folder)))


@pytest.fixture(scope="module")
def done(encoder, v2: Path, tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    """The folder of a whole evaluation. Read only."""
    out = tmp_path_factory.mktemp("evaluated") / "v2"
    evaluate(encoder, v2, out, ABSTAINING)
    return out


def metrics_of(out: Path) -> Evaluation:
    return Evaluation.from_json(out / "metrics.json")


def contents(out: Path) -> list[bytes]:
    return [(out / name).read_bytes() for name in FILES]


class Stopped(Exception):
    """What a caller raises to stop."""


def stop_at(number: int):  # type: ignore[no-untyped-def]
    def tell(done: int, total: int) -> None:
        if done >= number:
            raise Stopped

    return tell


# ---- what it writes ----------------------------------------------------------------------------


def test_the_files_are_run_squads(encoder, done: Path, v2: Path) -> None:  # type: ignore[no-untyped-def]
    """Written a question at a time in blocks, they are those of all questions at once."""
    gold = read_gold(v2)
    trace = trace_questions(encoder, [each.example() for each in gold.questions])
    answers = decide(trace, DecodeSettings(impossible=True, null_threshold=-0.6))
    expected = run_squad_files([each.id for each in gold.questions], answers, impossible=True)
    for name in FILES:
        text = (done / name).read_text(encoding="ascii")
        found = json.loads(text)
        assert list(found) == list(expected[name])
        assert text == json.dumps(found, indent=4) + "\n"
    assert json.loads((done / FILES[0]).read_text()) == expected[FILES[0]]
    odds = json.loads((done / "null_odds.json").read_text())
    assert odds == pytest.approx(expected["null_odds.json"], abs=1e-4)


def test_figures_agree_with_the_files_and_the_official_rules(done: Path, v2: Path) -> None:
    found = metrics_of(done)
    again = score_predictions(done / "predictions.json", v2)
    shared = dict(again.metrics)
    assert shared.items() <= dict(found.metrics).items()
    assert found.counts == again.counts
    assert found.kinds == again.kinds
    for groups in ("question_words", "answer_lengths", "document_lengths"):
        assert getattr(found, groups) == getattr(again, groups)
    gold = read_gold(v2)
    said = json.loads((done / "predictions.json").read_text())
    assert dict(score(gold.texts, said).metrics) == shared
    assert found.reading is not None
    assert found.reading.windows >= 150
    assert sum(found.reading.reasons.values()) == 150
    assert found.asked is not None
    assert found.asked.impossible


def test_thresholds_are_swept_over_spans_that_were_not_emptied(done: Path, v2: Path) -> None:
    rows = list(EvaluationFolder(done).rows())
    assert any(row.text == "" and row.best is not None for row in rows)
    spans = {row.id: row.best.text if row.best else "" for row in rows}
    odds = json.loads((done / "null_odds.json").read_text())
    wanted = score(read_gold(v2).texts, spans, odds)
    found = metrics_of(done).metrics
    for name in ("best_exact", "best_f1", "best_f1_thresh", "pr_f1_ap", "pr_oracle_ap"):
        assert found[name] == wanted.metrics[name]
    emptied = score_predictions(done / "predictions.json", v2, done / "null_odds.json")
    assert found["pr_f1_ap"] > emptied.metrics["pr_f1_ap"]


def test_every_line_says_where_the_best_span_stands(done: Path, v2: Path) -> None:
    contexts = {each.id: each.context for each in read_gold(v2).questions}
    for row in EvaluationFolder(done).rows():
        assert row.best is not None
        words = contexts[row.id][row.best.start : row.best.end]
        assert " ".join(words.split()) == row.best.text
        assert row.probability == next(c.probability for c in row.nbest if c.text == row.text)
        assert row.windows >= 1
        assert row.seconds > 0


def test_the_list_of_errors_comes_from_the_folder(done: Path, v2: Path, v1: Path) -> None:
    judged = judge_folder(done, v2)
    found = metrics_of(done)
    assert dict(judged.metrics) == dict(found.metrics)
    wrong = list(mistakes(judged))
    assert len(wrong) == 150 - found.kinds["right"]
    assert all(each.probability is not None and each.null_odds is not None for each in wrong)
    scores = null_odds(judged)
    assert (len(scores.has_answer), len(scores.no_answer)) == (150 - UNANSWERABLE, UNANSWERABLE)
    assert judged.curves["f1"].average == pytest.approx(found.metrics["pr_f1_ap"] / 100)
    with pytest.raises(InputError, match=r"evaluation of v2.json, which had other bytes"):
        judge_folder(done, v1)


def test_squad_1_has_no_null_odds(encoder, v1: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    found = evaluate(encoder, v1, tmp_path, EvaluationSettings(limit=12))
    assert not (tmp_path / "null_odds.json").exists()
    assert found.counts.read == found.metrics["total"] == 12
    assert not any(name.startswith("best_") for name in found.metrics)
    again = score_predictions(tmp_path / "predictions.json", v1)
    assert again.counts.missing == 150 - 12
    assert found.asked is not None
    assert not found.asked.impossible


@pytest.mark.parametrize("decoder", DECODERS)
def test_decoders_and_lengths_reach_the_reader(
    encoder, v2: Path, tmp_path: Path, decoder: str
) -> None:  # type: ignore[no-untyped-def]
    settings = EvaluationSettings(
        decoder=decoder,  # type: ignore[arg-type]
        impossible=True, n_best=3, max_answer_length=4, max_seq_length=40, doc_stride=10,
        max_query_length=20, limit=6,
    )  # fmt: skip
    found = evaluate(encoder, v2, tmp_path, settings)
    assert found.asked is not None
    assert found.asked.layout == SpanSettings(40, 10, 20, overlap=decoder != "google")
    gold = read_gold(v2, limit=6)
    trace = trace_questions(
        encoder, [each.example() for each in gold.questions], layout=found.asked.layout
    )
    answers = decide(
        trace,
        DecodeSettings(n_best=3, max_answer_length=4, impossible=True),
        decoder=decoder,  # type: ignore[arg-type]
    )
    said = json.loads((tmp_path / "predictions.json").read_text())
    assert list(said.values()) == [answer.text for answer in answers]
    assert found.reading is not None
    assert found.reading.windows == len(trace.features.windows) > 6


def test_without_gold_predictions_are_written_nevertheless(encoder, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "asked.jsonl"
    records = [
        {"id": "a", "question": "Where is the heron?", "context": "The heron is near the lake."},
        {"id": "nothing to see", "question": "Who?", "context": " \u200b "},
        {"id": "long", "question": "who " * 80, "context": "The bakery opens late."},
    ]
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    found = evaluate(encoder, path, tmp_path / "out")
    assert dict(found.metrics) == {}
    assert found.counts.without_gold == 3
    assert found.counts.cut == 1
    assert "no gold answers" in found.notes[0]
    assert found.reading is not None
    assert found.reading.reasons["no window"] == 1
    said = json.loads((tmp_path / "out" / "predictions.json").read_text())
    assert said["nothing to see"] == "empty", "as run_squad writes it in SQuAD 1.1"
    assert said["a"] in records[0]["context"]
    assert metrics_of(tmp_path / "out") == found


def test_a_file_that_asks_for_no_answer_is_told(encoder, v2: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    found = evaluate(encoder, v2, tmp_path, EvaluationSettings(impossible=False, limit=10))
    assert found.kinds["should have answered"] == 0
    assert any("made to answer" in note for note in found.notes)


# ---- stopping and going on ---------------------------------------------------------------------


def test_going_on_after_a_stop_gives_the_same_bytes(
    encoder, done: Path, v2: Path, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Stopped):
        evaluate(encoder, v2, tmp_path, ABSTAINING, on_progress=stop_at(BLOCK_QUESTIONS + 1))
    kept = list(EvaluationFolder(tmp_path).rows())
    assert len(kept) == len(next(blocks(read_gold(v2).questions)))
    assert not (tmp_path / "predictions.json").exists()
    with pytest.raises(InputError, match=rf"has answers to {len(kept)} of 150 questions"):
        judge_folder(tmp_path, v2)
    seen: list[int] = []
    evaluate(encoder, v2, tmp_path, ABSTAINING, on_progress=lambda done, total: seen.append(done))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (len(kept), 150)
    assert list(EvaluationFolder(tmp_path).rows())[: len(kept)] == kept
    assert contents(tmp_path) == contents(done)


@pytest.mark.parametrize("lines", [0, 140])
def test_a_torn_last_line_is_asked_again(
    encoder, done: Path, v2: Path, tmp_path: Path, lines: int
) -> None:  # type: ignore[no-untyped-def]
    whole = (done / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "evaluation.json").write_bytes((done / "evaluation.json").read_bytes())
    (tmp_path / "answers.jsonl").write_bytes(b"".join(whole[:lines]) + whole[lines][:40])
    evaluate(encoder, v2, tmp_path, ABSTAINING)
    assert (tmp_path / "answers.jsonl").read_bytes().startswith(b"".join(whole[:lines]))
    assert contents(tmp_path) == contents(done)


KILLED = """
import sys
from bert_core.evaluation.run import evaluate
from bert_core.evaluation.settings import EvaluationSettings
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load

def tell(done, total):
    if done > 135:
        print(done, flush=True)
        sys.stdin.read()

encoder = load(ModelChoice(source=sys.argv[1]))
settings = EvaluationSettings(null_threshold=-0.6)
evaluate(encoder, sys.argv[2], sys.argv[3], settings, on_progress=tell)
"""


def test_a_killed_process_loses_a_block_at_most(  # type: ignore[no-untyped-def]
    encoder, folder: Path, done: Path, v2: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(folder), str(v2), str(out)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=PROJECT, **pipes) as child:
        try:
            assert child.stdout is not None
            assert 135 < int(child.stdout.readline()) < 150
            with pytest.raises(InputError, match="Another evaluation is writing"):
                evaluate(encoder, v2, out, ABSTAINING)
        finally:
            os.kill(child.pid, signal.SIGKILL)
    kept = (out / "answers.jsonl").read_bytes()
    assert 0 < kept.count(b"\n") <= 135
    evaluate(encoder, v2, out, ABSTAINING)
    assert (out / "answers.jsonl").read_bytes().startswith(kept)
    assert contents(out) == contents(done)


def test_a_finished_evaluation_is_not_read_again(encoder, done: Path, v2: Path) -> None:  # type: ignore[no-untyped-def]
    passes, before = encoder.passes, contents(done)
    found = evaluate(encoder, v2, done, ABSTAINING)
    assert encoder.passes == passes
    assert contents(done) == before
    assert found == metrics_of(done)


@contextmanager
def small_files(most: int) -> Iterator[None]:
    """No file of this process may grow larger than so many bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_ends_in_a_sentence_and_goes_on(
    encoder, done: Path, v2: Path, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    full = (done / "answers.jsonl").stat().st_size
    with small_files(full // 3), pytest.raises(InputError) as refused:
        evaluate(encoder, v2, tmp_path, ABSTAINING)
    kept = len(list(EvaluationFolder(tmp_path).rows()))
    assert 0 < kept < 150
    assert str(refused.value) == (
        f"The disk is full. {kept} answers are kept in {tmp_path}. Run the same again to go on."
    )
    evaluate(encoder, v2, tmp_path, ABSTAINING)
    assert contents(tmp_path) == contents(done)


@pytest.mark.parametrize("name", ["predictions.json", "metrics.json"])
def test_a_full_disk_leaves_the_old_files(
    encoder, done: Path, v2: Path, tmp_path: Path, name: str
) -> None:  # type: ignore[no-untyped-def]
    for each in ("evaluation.json", "answers.jsonl"):
        (tmp_path / each).write_bytes((done / each).read_bytes())
    (tmp_path / name).write_text("old")
    (tmp_path / f"{name}.new").symlink_to("/dev/full")
    with pytest.raises(InputError, match=r"The disk is full. 150 answers are kept"):
        evaluate(encoder, v2, tmp_path, ABSTAINING)
    assert (tmp_path / name).read_text() == "old"
    evaluate(encoder, v2, tmp_path, ABSTAINING)
    assert contents(tmp_path) == contents(done)
    assert metrics_of(tmp_path) == metrics_of(done)


# ---- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (replace(ABSTAINING, n_best=5), "with n_best = 20, not 5"),
        (replace(ABSTAINING, decoder="hf"), "with decoder = google, not hf"),
        (replace(ABSTAINING, impossible=False), "with impossible = True, not False"),
        (replace(ABSTAINING, limit=9), "with limit = None, not 9"),
        (replace(ABSTAINING, doc_stride=64), "with doc_stride = 128, not 64"),
    ],
)
def test_other_settings_do_not_mix(encoder, done: Path, v2: Path, settings, expected: str) -> None:  # type: ignore[no-untyped-def]
    before = {path: path.read_bytes() for path in done.iterdir()}
    with pytest.raises(InputError, match=expected):
        evaluate(encoder, v2, done, settings)
    assert {path: path.read_bytes() for path in done.iterdir()} == before


def test_another_file_or_model_does_not_mix(
    encoder, done: Path, v1: Path, v2: Path, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"of a data file with other bytes \(v2.json\)"):
        evaluate(encoder, v1, done)
    other = load(ModelChoice(source=str(write(tmp_path / "other", "bert", "span", seed=5,
                                              max_position_embeddings=384))))  # fmt: skip
    with pytest.raises(InputError, match="of a model with other files"):
        evaluate(other, v2, done)
    asked = EvaluationFolder(done).asked
    newer = replace(asked, versions={**asked.versions, "torch": "9.9"})
    assert list(asked.differences(newer)) == [
        f"made by torch {asked.versions['torch']}, not 9.9"
    ]  # fmt: skip
    moved = replace(asked, data="/elsewhere/own.json", model="other name")
    assert list(asked.differences(moved)) == []


def test_a_folder_with_something_else_is_left_alone(encoder, v2: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "file"
    file.write_text("x")
    for out in (file, file / "below"):
        with pytest.raises(InputError, match="is a file or lies in one"):
            evaluate(encoder, v2, out, ABSTAINING)
    for name in ("answers.jsonl", "predictions.json", "metrics.json"):
        out = tmp_path / name.replace(".", "-")
        out.mkdir()
        (out / name).write_text("theirs")
        with pytest.raises(InputError, match=f"has a {name} of something else"):
            evaluate(encoder, v2, out, ABSTAINING)
        assert (out / name).read_text() == "theirs"
    (out / "evaluation.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be read, so it is not known what was asked"):
        evaluate(encoder, v2, out, ABSTAINING)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda lines: [lines[1], lines[0]], "Line 1 of .* is not the answer to question 1"),
        (lambda lines: [lines[0], b"{}\n"], "Line 2 of .* is damaged"),
        (lambda lines: [*lines, lines[0]], "Line 151 of .* is not the answer"),
    ],
)
def test_answers_that_were_changed_are_refused(  # type: ignore[no-untyped-def]
    encoder, done: Path, v2: Path, tmp_path: Path, change, expected: str
) -> None:
    lines = (done / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "evaluation.json").write_bytes((done / "evaluation.json").read_bytes())
    (tmp_path / "answers.jsonl").write_bytes(b"".join(change(lines)))
    with pytest.raises(InputError, match=expected):
        evaluate(encoder, v2, tmp_path, ABSTAINING)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"decoder": "bing"}, "decoder is 'bing'"),
        ({"n_best": 0}, "n_best is 0"),
        ({"max_answer_length": 1000}, "max_answer_length is 1000"),
        ({"limit": 0}, "limit is 0"),
        ({"null_threshold": float("nan")}, "null_threshold is nan"),
        ({"max_seq_length": 512}, "reads at most 384"),
        ({"max_seq_length": 40}, "leaves a context no room"),
        ({"doc_stride": 0}, "doc_stride is 0"),
        ({"doc_stride": 380}, "doc_stride is 380"),
        ({"doc_stride": 380, "overlap": True}, "cannot move on"),
    ],
)
def test_bad_settings_write_nothing(
    encoder, v2: Path, tmp_path: Path, settings, expected: str
) -> None:  # type: ignore[no-untyped-def]
    out = tmp_path / "out"
    with pytest.raises(InputError, match=expected):
        evaluate(encoder, v2, out, EvaluationSettings(**settings))
    assert not out.exists()


def test_a_model_without_the_head_writes_nothing(
    embedded, encoder, v2: Path, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match="span"):
        evaluate(embedded, v2, tmp_path / "out")
    long = tmp_path / "long.jsonl"
    long.write_text(json.dumps({"id": "a", "question": "?", "context": "x " * 600_000}))
    with pytest.raises(InputError, match="context of question 1 has 1,200,000 characters"):
        evaluate(encoder, long, tmp_path / "out")
    assert not (tmp_path / "out").exists()


# ---- memory ------------------------------------------------------------------------------------


def asked(number: int, context: str) -> GoldQuestion:
    return GoldQuestion(number, str(number), "?", context, ())


def test_blocks_are_bounded_and_keep_a_context_together() -> None:
    contexts = ["a" * 10, "b" * 10, "c" * 95, "d" * 300]
    order = [0, 1, 0, 2, 1, 0, 3, 3, 2, *[1] * 9]
    questions = [asked(n, contexts[which]) for n, which in enumerate(order)]
    found = list(blocks(questions, most=8, characters=200))
    assert sorted(each.row for block in found for each in block) == list(range(len(order)))
    for block in found:
        assert len(block) <= 8
        weight = sum(len(each.context) for each in block)
        assert weight <= 200 or len(block) == 1
    flat = [each.context for block in found for each in block]
    assert flat == sorted(flat), "questions on one context follow each other"
    homes = [n for n, block in enumerate(found) for each in block if each.context == contexts[0]]
    assert len(set(homes)) == 1
    assert list(blocks([])) == []


def test_the_reader_never_gets_more_than_a_block(
    encoder, v1: Path, tmp_path: Path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    sizes = []
    real = module.trace_questions

    def watched(encoder, examples, **more):  # type: ignore[no-untyped-def]
        sizes.append(len(examples))
        return real(encoder, examples, **more)

    monkeypatch.setattr(module, "trace_questions", watched)
    evaluate(encoder, v1, tmp_path)
    assert sum(sizes) == 150
    assert max(sizes) <= BLOCK_QUESTIONS < 150


@pytest.mark.usefixtures("all_looked_through")  # when garbage goes is a matter of all objects
def test_files_are_written_without_holding_them(tmp_path: Path) -> None:
    peaks = []
    for number in (100, 1_000):
        out = EvaluationFolder(tmp_path / str(number))
        out.path.mkdir()
        nbest = tuple(Candidate(f"candidate {n}", 0.05, 1.0, 2.0) for n in range(8))
        row = AnswerRow("", "x", BestSpan("x", 0, 1), 0.5, 1.5, 0.1, "best span", 1, 0, 0.1, nbest)
        out.append(replace(row, id=str(n)) for n in range(number))
        out.write_predictions(impossible=True)  # what is made once is made now
        tracemalloc.start()
        out.write_predictions(impossible=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(json.loads((out.path / "nbest_predictions.json").read_text())) == number
    assert peaks[1] < 1.5 * peaks[0]
