"""What many tests share: the embedded model and tiny ones, loaded once, never changed.

Nothing here reaches a network: the hub's cache is an empty folder, and the only server that a
test talks to runs on this machine.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from bert_core.model.devices import polite_threads
from bert_core.settings import COMMAND_LINE
from tests import tiny

# Read by the libraries when they are imported first, so set before any test module is.
pytest_plugins = ("tests.browser.chromium",)
_HOME = tempfile.mkdtemp(prefix="bert-explorer-tests-")
os.environ["HF_HOME"] = _HOME
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["BERT_EXPLORER_HOME"] = os.path.join(_HOME, "explorer")
# The runs of tests have no pages to give way to.
os.environ[COMMAND_LINE] = "1"
for name in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "HF_TOKEN", "TRANSFORMERS_OFFLINE"):
    os.environ.pop(name, None)

# One thread for each process: the workers share the machine's cores, and the numbers of a run
# are the same on every machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# As loading does, before anything imports torch.
polite_threads()

# The same examples in every run: a failure is a change of the code, and no limit of time.
settings.register_profile("project", deadline=None, max_examples=50, derandomize=True)
# New ones, many of them, for `make nightly`; what failed is kept in .hypothesis and tried first.
settings.register_profile("nightly", deadline=None, max_examples=1_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "project"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """Stop at an error of collection; with workers, pytest would run what could be collected."""
    said = node.config.pluginmanager.getplugin("terminalreporter").stats.get("error", ())
    errors = sum(isinstance(each, pytest.CollectReport) for each in said)
    if errors:
        raise pytest.Session.Interrupted(f"{errors} error{'s'[: errors > 1]} during collection")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Have nobody look for garbage among libraries and tests: a million objects, which stay.

    Full collections were a third of the time until the first test, and then a tenth of all.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True, scope="module")
def _what_stays_is_not_looked_through() -> None:
    """The same anew, where a test has undone it."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


@pytest.fixture
def all_looked_through() -> None:
    """Undo it, for a test that is about garbage: all objects are looked through, as usual."""
    gc.unfreeze()
    gc.collect()


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that models may be opened from, as an operator would allow it."""
    from bert_core.settings import PROJECT

    folder = tmp_path_factory.mktemp("models").resolve()
    before = os.environ.get("BERT_EXPLORER_FOLDERS")
    os.environ["BERT_EXPLORER_FOLDERS"] = os.pathsep.join(
        [str(tmp_path_factory.getbasetemp().resolve()), str(PROJECT)]
    )
    yield folder
    if before is None:
        del os.environ["BERT_EXPLORER_FOLDERS"]
    else:
        os.environ["BERT_EXPLORER_FOLDERS"] = before


@pytest.fixture(scope="session")
def embedded():  # type: ignore[no-untyped-def]
    """The model that ships with the project, exact, on the CPU. Read only."""
    from bert_core.model.loading import load

    return load()


MAKERS: dict[str, Callable[[Path], Path]] = {
    **{
        f"bert-{head}": (lambda folder, head=head: tiny.write_bert(folder, head))  # type: ignore[misc]
        for head in tiny.BERT_HEADS
    },
    "bert-cased": lambda folder: tiny.write_bert(folder, cased=True),
    "bert-multilingual": lambda folder: tiny.write_bert(
        folder, cased=True, extra="äöüßéñçПриветмяшалкكتابहिन्दी" + tiny.CHINESE
    ),
    "bert-chinese": lambda folder: tiny.write_bert(folder, extra=tiny.CHINESE),
    "distilbert": tiny.write_distilbert,
    "distilbert-classification": lambda folder: tiny.write_distilbert(
        folder, "DistilBertForSequenceClassification"
    ),
    "roberta": tiny.write_roberta,
    "roberta-classification": lambda folder: tiny.write_roberta(
        folder, "RobertaForSequenceClassification"
    ),
    "xlm-roberta": tiny.write_xlm_roberta,
}


@pytest.fixture(scope="session")
def folder_of(models: Path) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint by its name in ``MAKERS``, made once. Read only."""

    def made(name: str) -> Path:
        folder = models / name
        return folder if folder.exists() else MAKERS[name](folder)

    return made


@pytest.fixture
def own_copy(folder_of: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Path]:
    """A copy of a tiny checkpoint that a test may damage."""

    def copied(name: str) -> Path:
        return Path(shutil.copytree(folder_of(name), tmp_path / name))

    return copied


@pytest.fixture(scope="session")
def encoder_of(folder_of: Callable[[str], Path]):  # type: ignore[no-untyped-def]
    """A loaded tiny encoder by the name of its checkpoint."""
    from bert_core.model.choice import ModelChoice
    from bert_core.model.loading import load

    loaded = {}

    def get(name: str):  # type: ignore[no-untyped-def]
        if name not in loaded:
            loaded[name] = load(ModelChoice(source=str(folder_of(name))))
        return loaded[name]

    return get


@pytest.fixture(scope="session")
def tiny_bert(encoder_of):  # type: ignore[no-untyped-def]
    """A random two-layer BERT with both heads of pretraining."""
    return encoder_of("bert-pretraining")


@pytest.fixture(scope="session")
def tiny_cased(encoder_of):  # type: ignore[no-untyped-def]
    """The same, cased."""
    return encoder_of("bert-cased")


@pytest.fixture(scope="session")
def tiny_distilbert(encoder_of):  # type: ignore[no-untyped-def]
    """A random two-layer DistilBERT."""
    return encoder_of("distilbert")


@pytest.fixture(scope="session")
def tiny_roberta(encoder_of):  # type: ignore[no-untyped-def]
    """A random two-layer RoBERTa."""
    return encoder_of("roberta")


@pytest.fixture(scope="session")
def tiny_xlm_roberta(encoder_of):  # type: ignore[no-untyped-def]
    """A random two-layer XLM-RoBERTa."""
    return encoder_of("xlm-roberta")
