"""Exact match, F1, thresholds and curves against those of evaluate-v2.0.py, on texts of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from bert_core.errors import InputError
from bert_core.metrics.squad import score

OWN = Path(__file__).parents[1] / "golden" / "own"
ROWS = [
    json.loads(line)
    for line in (OWN / "squad_metrics.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]
SCORED = [row for row in ROWS if "reference_error" not in row]
STOPPED = [row for row in ROWS if "reference_error" in row]


def gold_of(row: dict[str, Any]) -> dict[str, list[str]]:
    return {
        asked["id"]: [answer["text"] for answer in asked["answers"]]
        for article in row["data"]
        for paragraph in article["paragraphs"]
        for asked in paragraph["qas"]
    }


def scored(row: dict[str, Any]) -> Any:
    return score(gold_of(row), row["predictions"], row["na_probs"], row["na_prob_thresh"])


def test_all_rows_are_there() -> None:
    assert len(SCORED) == 40
    assert len(STOPPED) == 6


@pytest.mark.parametrize("row", SCORED, ids=lambda row: f"{row['id']} {row['kind']}")
def test_the_official_figures(row: dict[str, Any]) -> None:
    found = dict(scored(row).metrics)
    wanted = row["metrics"] | (row.get("pr_metrics") or {})
    if "pr_reference_error" in row:  # the script has no curves for such a file; ours has
        found = {name: value for name, value in found.items() if not name.startswith("pr_")}
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_what_stops_the_script_is_counted() -> None:
    """Questions without a prediction or a no-answer score, and files without questions."""
    said = {"missing": 0, "no score": 0, "no questions": 0}
    for row in STOPPED:
        if not gold_of(row):
            with pytest.raises(InputError, match="no questions"):
                scored(row)
            said["no questions"] += 1
            continue
        found = scored(row)
        assert found.missing or found.without_na
        assert found.metrics["total"] == len(gold_of(row))
        said["missing"] += bool(found.missing)
        said["no score"] += bool(found.without_na)
    assert said == {"missing": 3, "no score": 1, "no questions": 2}
