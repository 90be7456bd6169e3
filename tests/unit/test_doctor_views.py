"""The doctor's findings as tables, a sentence and figures."""

import csv
import io
from pathlib import Path

import pytest

from bert_core.data.doctor import Report
from bert_core.training.inspection import inspect_data
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks import find_task
from bert_core.training.text_preview import LOOKED_AT, preview_text
from bert_core.views import doctor
from bert_core.views.bars import bars_payload

GOOD = "".join(
    f"{text},{label}\n"
    for text, label in (
        ("The soup was warm.", "good"), ("Nobody came.", "bad"), ("I would come back.", "good"),
        ("The window did not close.", "bad"), ("A view over the lake and the town.", "good"),
    )
)  # fmt: skip


def report(folder: Path, train: str, dev: str | None = None, length: int = 128) -> Report:
    files = []
    for name, text in (("train", train), ("dev", dev)):
        path = folder / f"{name}.csv"
        if text is not None:
            path.write_text("text,label\n" + text, encoding="utf-8")
        files.append(path if text is not None else None)
    settings = TrainSettings(max_seq_length=length)
    return inspect_data(find_task("sentences"), files[0], files[1], settings).report


def whole(table) -> None:
    bars_payload(table.rows, table.columns, table.scale)


def test_a_clean_file_has_counts_and_nothing_to_say(tmp_path: Path) -> None:
    found = report(tmp_path, GOOD, GOOD.replace(".", "!"))
    table = doctor.checks(found)
    whole(table)
    cells = {row.cells[0]: row.cells[1:] for row in table.rows}
    assert cells["records"] == cells["usable"] == ("5", "5")
    assert cells["classes"] == ("2", "2")
    assert cells["longer than 128"] == ("0", "0")
    assert doctor.why_blocked(found) is None


def test_a_problem_is_named_with_its_row_and_blocks(tmp_path: Path) -> None:
    found = report(tmp_path, GOOD + "The lock is broken.,\nThe soup was warm.,good\n")
    table = doctor.problems(found)
    whole(table)
    first, *others = table.rows
    assert first.cells[:2] == ("✕ blocks", "training 7")
    assert first.emphasis
    assert any(row.cells[0] == "! warning" for row in others)
    sentence = doctor.why_blocked(found)
    assert sentence is not None
    assert sentence.startswith("Training data, row 7: ")
    assert doctor.summary(found).startswith("1 blocking, ")


def test_the_usable_rows_are_those_that_a_cleaned_file_keeps(tmp_path: Path) -> None:
    found = report(tmp_path, GOOD, GOOD + "Something else.,unheard of\n")
    dev = {row.cells[0]: row.cells[2] for row in doctor.checks(found).rows}
    assert (dev["records"], dev["usable"]) == ("6", "5")


def test_all_listed_problems_are_in_the_csv(tmp_path: Path) -> None:
    found = report(tmp_path, GOOD + 'A row with a "quote, and comma".,\n' + "x,\n" * 150)
    rows = list(csv.DictReader(io.StringIO(doctor.problems_csv(found))))
    assert len(rows) == len(found.findings) > doctor.MOST_ROWS
    assert rows[0]["severity"] == "blocking"
    assert rows[0]["row"] == "7"
    table = doctor.problems(found)
    assert len(table.rows) == doctor.MOST_ROWS
    assert "shown" in table.badge


def test_balance_lists_a_class_of_one_file_only(tmp_path: Path) -> None:
    found = report(tmp_path, GOOD, GOOD + "Neither.,other\n")
    table = doctor.labels(found)
    whole(table)
    cells = {row.cells[0]: row.cells[1:] for row in table.rows}
    assert cells["good"] == ("60.0\xa0%", "3", "3")
    assert cells["other"][1:] == ("0", "1")


@pytest.mark.parametrize(("length", "line"), [(8, True), (128, False)])
def test_the_line_of_the_longest_input_is_drawn_where_it_can_be_seen(
    tmp_path: Path, length: int, line: bool
) -> None:
    found = report(tmp_path, GOOD, length=length)
    figure = doctor.length_figure(found)
    assert sum(figure.data[0].y) == pytest.approx(1)
    assert bool(figure.layout.shapes) is line
    assert f"max_seq_length {length}" in figure.layout.annotations[0].text
    over = {row.cells[0]: row.cells[1] for row in doctor.checks(found).rows}
    assert over[f"longer than {length}"] == ("1" if length == 8 else "0")


def test_the_beginning_of_a_long_text_is_previewed(tmp_path: Path) -> None:
    text = tmp_path / "long.txt"
    sentence = "Der Fährmann zählte die Schafe, und die Schafe zählten ihn.\n"
    text.write_text((sentence * 9 + "\n") * 1_000, encoding="utf-8")
    found = preview_text(text, TrainSettings(dupe_factor=1))
    assert found.size == text.stat().st_size
    assert LOOKED_AT - 200 < found.looked_at <= LOOKED_AT
    assert found.statistics.text.documents > 100
    assert len(found.instances) == 20
    assert max(found.instances[0].ids) < len(found.pieces)
