"""The page of a new run, filled in for a small one on our own sample."""

from pathlib import Path

from tests.faults.visitor import Visitor

SETTINGS = {"Epochs": 1000, "Batch size": 4, "Max seq length": 16, "Save every": 5}
"""A run that no test waits for, with a checkpoint every few moments."""


def fill_in(visitor: Visitor, model: Path, *, batch: int = 4) -> Visitor:
    """Open the page and fill it in.

    Args:
        visitor: who opens it.
        model: folder of the checkpoint that the run begins with.
        batch: examples of a step.
    """
    visitor.open("fine_tune")
    visitor.select("Start from", str(model))
    for label, value in {**SETTINGS, "Batch size": batch}.items():
        visitor.number(label, value)
    assert not visitor.alerts
    return visitor
