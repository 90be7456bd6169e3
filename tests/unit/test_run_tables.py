"""Runs as lines and tables."""

import csv
import io

import pytest

from bert_core.training.folder import RunFolder
from bert_core.training.grid import GridResult, summarise
from bert_core.training.settings import TrainSettings
from bert_core.training.spec import DataFile, RunSpec
from bert_core.training.states import Status
from bert_core.training.tasks import find_task
from bert_core.views import outcomes, run_lines, run_tables
from bert_core.views.bars import bars_payload
from bert_core.views.numbers import typed
from bert_core.views.run_lines import RunLine
from bert_core.views.run_snippets import run_snippet

FILE = DataFile(path="/data/mine.csv", sha256="ab" * 32, size=10)


def line(number: int = 1, *, result: dict | None = None, status: Status | None = None, **spec):
    values = {"id": f"20260101-000000-sst2-{number:04d}", "task": "sst2", "train": FILE, **spec}
    return RunLine(RunSpec(**values), status or Status(), result, "accuracy")


FINISHED = line(
    1,
    status=Status(state="finished", step=90, total_steps=90, started=100.0, ended=400.0),
    result={
        "metrics": {"accuracy": 0.915, "loss": 0.25},
        "details": {"0": {"f1": 0.9, "support": 40}, "1": {"f1": 0.93, "support": 50}},
        "data": {"train": 200, "dev": 90, "cut": 3, "left_out": 0},
        "step": 60,
        "partial": False,
    },
)
RUNNING = line(
    2,
    name="my <b>run",
    settings=TrainSettings(learning_rate=5e-5, seed=7),
    status=Status(state="running", step=30, total_steps=90, eta_seconds=60.0,
                  best={"step": 20.0, "accuracy": 0.8}),
)  # fmt: skip


def whole(table) -> None:
    """Every row has a cell for every column."""
    bars_payload(table.rows, table.columns, table.scale)


def test_the_list_shows_state_progress_and_the_best_so_far() -> None:
    table = run_tables.run_list([RUNNING, FINISHED], total=5)
    whole(table)
    assert table.badge == "2 of 5 runs"
    running, finished = table.rows
    assert running.cells[:4] == ("my <b>run", "● running", "80.00", "accuracy")
    assert running.value == pytest.approx(1 / 3)
    assert finished.cells[:3] == ("sst2-0001", "✓ finished", "91.50")
    assert finished.value == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status(state="queued"), ""),
        (Status(state="preparing", message="Reading the data."), "Reading the data"),
        (Status(state="preparing", what="rows read", done=1200, total=5000),
         "rows read: 1,200 of 5,000"),
        (Status(state="running", step=5, total_steps=10, eta_seconds=125.0),
         "step 5 of 10 · 50 % · 2 min left"),
        (Status(state="running", step=10, total_steps=10, eta_seconds=0.0),
         "step 10 of 10 · 100 % · measuring and saving"),
        (Status(state="stopped", step=5, total_steps=10, eta_seconds=None), "step 5 of 10 · 50 %"),
        (Status(state="failed", reason="data"), ""),
    ],
)  # fmt: skip
def test_progress_in_words(status: Status, words: str) -> None:
    assert typed(run_lines.progress_words(status)) == words
    assert 0 <= run_lines.share_done(status) <= 1


def test_every_state_has_a_sign_of_its_own() -> None:
    states = ("queued", "preparing", "running", "stopping", "stopped", "finished", "failed", "lost")
    words = [run_lines.state_words(Status(state=state)) for state in states]
    assert len({each.split()[0] for each in words}) == len(states)
    assert run_lines.state_words(Status(state="stopped", step=3)) == "■ stopped, partial"


def test_filters_are_cumulative() -> None:
    every = [FINISHED, RUNNING, line(3, task="cola", group="grid-1")]

    def found(text="", task=None, states=()):
        return [each.spec.id[-1] for each in
                run_lines.filtered(every, text=text, task=task, states=states)]  # fmt: skip

    assert found() == ["1", "2", "3"]
    assert found(text="MY run") == ["2"]
    assert found(text="5e-05 seed 7") == ["2"]
    assert found(text="grid-1") == ["3"]
    assert found(task="sst2", states=["running"]) == ["2"]
    assert found(text="nothing of this") == []


def test_settings_that_differ_come_apart_from_those_that_do_not() -> None:
    other = line(3, dev=FILE, settings=TrainSettings(learning_rate=5e-5))
    differ, same = run_tables.settings_tables([FINISHED, other])
    whole(differ)
    whole(same)
    assert {row.cells for row in differ.rows} == {
        ("learning rate", "3e-05", "5e-05"),
        ("dev data", "held back", "ababababab"),
    }
    assert ("batch size", "32") in {row.cells for row in same.rows}
    assert differ.badge == "2 differences"


def test_results_side_by_side_take_the_best_so_far_of_a_run_at_work() -> None:
    table = run_tables.results_table([FINISHED, RUNNING])
    whole(table)
    cells = {row.cells[0]: row.cells[1:] for row in table.rows}
    assert cells["accuracy"] == ("91.50", "80.00")
    assert cells["loss"] == ("0.250", "–")
    assert cells["step"] == ("60", "30")
    assert cells["time"][0] == "5 min"


def test_equal_names_get_their_ids() -> None:
    named = [line(1, name="a"), line(2, name="a"), line(3, name="b")]
    assert list(run_lines.labels_of(named).values()) == ["a (0001)", "a (0002)", "b"]


def test_a_grid_shows_mean_spread_and_every_seed() -> None:
    results = [
        GridResult(TrainSettings(learning_rate=rate, seed=seed), {"accuracy": value})
        for rate, seed, value in ((3e-5, 1, 0.9), (3e-5, 2, 0.92), (5e-5, 1, 0.8))
    ]
    summary = summarise(results, find_task("sst2"))
    table = run_tables.grid_table(summary)
    whole(table)
    assert [row.cells for row in table.rows] == [
        ("3e-05", "91.00 ± 1.41", "90.00 · 92.00"),
        ("5e-05", "80.00", "80.00"),
    ]
    assert [row.emphasis for row in table.rows] == [True, False]
    assert table.columns[0].title == "learning rate"


def test_what_a_run_came_to() -> None:
    table = outcomes.figures(FINISHED)
    whole(table)
    assert [row.cells for row in table.rows] == [("accuracy", "91.50"), ("loss", "0.250")]
    assert table.badge == "best, step 60"
    by_class = outcomes.details(FINISHED)
    assert by_class is not None
    whole(by_class)
    assert by_class.rows[1].cells == ("1", "93.00", "50")
    assert (
        outcomes.read_counts(FINISHED) == "200 trained on · 90 measured on · 3 cut while training"
    )
    assert any("91.5" in each for each in
               outcomes.comparisons(FINISHED, find_task("sst2"), 22_000_000))  # fmt: skip


def test_a_partial_result_is_labelled_and_compared_with_nothing() -> None:
    held = line(result={"metrics": {"accuracy": 0.9}, "step": 7, "partial": True})
    assert held.partial
    assert outcomes.figures(held).badge == "partial, step 7"
    assert outcomes.comparisons(held, find_task("sst2"), None) == ()
    assert outcomes.details(held) is None


def test_measurements_as_csv() -> None:
    rows = [{"kind": "train", "step": 1, "loss": 0.5}, {"kind": "dev", "step": 1, "accuracy": 0.9}]
    read = list(csv.DictReader(io.StringIO(run_tables.metrics_csv(rows))))
    assert read[0] == {"kind": "train", "step": "1", "loss": "0.5", "accuracy": ""}
    assert read[1]["accuracy"] == "0.9"


def test_the_snippet_orders_the_same_run(tmp_path, monkeypatch) -> None:
    from bert_core.training import runs

    train, dev = tmp_path / "it's.csv", tmp_path / "dev.csv"
    for file in (train, dev):
        file.write_text("review,stars\nGood,1\nBad,0\n", encoding="utf-8")
    mapping = {"text": "review", "label": "stars"}
    spec = line(
        settings=TrainSettings(learning_rate=5e-5, max_steps=3),
        train=DataFile(path=str(train), sha256="", size=0, mapping=mapping),
        dev=DataFile(path=str(dev), sha256="", size=0, mapping=mapping),
    ).spec
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
    begun = run_snippet(spec).split("runs.launch")[0]
    compile(run_snippet(spec), "snippet", "exec")
    exec(begun, {})  # noqa: S102 - orders the run and does not start it
    (made,) = runs.list_runs(tmp_path)
    for name in ("task", "model", "settings", "engine", "devices", "processes"):
        assert getattr(made.spec, name) == getattr(spec, name)
    assert made.spec.train.path == str(train)
    assert made.spec.train.mapping == made.spec.dev.mapping == mapping


def test_a_resumed_run_at_work_shows_no_result_of_its_stop(tmp_path) -> None:
    folder = RunFolder(tmp_path / "runs" / FINISHED.spec.id)
    folder.create(FINISHED.spec)
    folder.write_result({"metrics": {"accuracy": 0.5}, "partial": True})
    folder.write_status(Status(state="stopped", step=4))
    assert run_lines.read_line(folder).value == 0.5
    folder.write_status(Status(state="queued", best={"step": 4, "accuracy": 0.75}))
    held = run_lines.read_line(folder)
    assert (held.value, held.result, held.partial) == (0.75, None, False)
