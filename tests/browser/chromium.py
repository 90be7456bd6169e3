"""What happens to the browser tests where there is no Chromium: one line, or in CI a failure.

Not in this folder's conftest: with several workers the process that ends the run and prints the
summary is none of them, and reads the conftest of the whole tests only.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
LEFT_OUT = pytest.StashKey[int]()
WHY = "no Chromium found (install Debian's chromium, or name one in CHROMIUM)"


def find_chromium() -> str | None:
    """Path of the browser to drive: the one CHROMIUM names, else the first that is installed."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


def must_run() -> bool:
    """Whether a missing browser is a failure."""
    return os.environ.get("CI", "").lower() == "true"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave this folder's tests out where no browser can be had."""
    ours = [item for item in items if HERE in item.path.parents]
    if not ours or find_chromium():
        return
    output = getattr(config, "workeroutput", None)  # of one of several workers
    if must_run():
        if output is None:
            refuse()
        return
    if output is not None:
        output["browser_tests_left_out"] = len(ours)
    config.stash[LEFT_OUT] = len(ours)
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in ours]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """The same refusal where workers collect: what one of them raises would be a trace."""
    if must_run() and not find_chromium():
        folder = HERE.relative_to(node.config.rootpath).as_posix()
        if any(each.startswith(f"{folder}/") for each in ids):
            refuse()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear from a worker what it left out; all of them collect the same."""
    left_out = getattr(node, "workeroutput", {}).get("browser_tests_left_out")
    if left_out:
        node.config.stash[LEFT_OUT] = left_out


def refuse() -> None:
    """End the run."""
    raise pytest.UsageError(f"Browser tests cannot run: {WHY}.")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say in one line that browser tests did not run."""
    count = config.stash.get(LEFT_OUT, 0)
    if count:
        terminalreporter.write_line(f"{count} browser tests did not run: {WHY}.", yellow=True)
