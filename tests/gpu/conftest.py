"""What the tests on a GPU share. `make test-gpu` runs them; without a CUDA device they fail."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bert_core.training import processes, runs
from bert_core.training.folder import RunFolder
from bert_core.training.settings import TrainSettings
from tests import tiny

DEVICE = "cuda:0"


@pytest.fixture(scope="session")
def device() -> str:
    """The first GPU."""
    import torch

    assert torch.cuda.is_available(), "these tests need a CUDA device"
    return DEVICE


@pytest.fixture(scope="session")
def base_of(models: Path) -> Callable[[str], Path]:
    """A random BERT as wide as BERT-base, of four layers, with a head of a name."""

    def made(head: str) -> Path:
        folder = models / f"base-{head}"
        if folder.exists():
            return folder
        return tiny.write_bert(
            folder, head, hidden_size=768, num_hidden_layers=4, num_attention_heads=12,
            intermediate_size=3072, max_position_embeddings=512,
        )  # fmt: skip

    return made


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own for runs; none outlives its test."""
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
    yield tmp_path
    for folder in runs.list_runs(tmp_path):
        processes.kill_all(folder)


@pytest.fixture
def launched(home: Path, folder_of: Callable[[str], Path], device: str) -> Callable[..., RunFolder]:
    """Orders and starts a run of the tiny checkpoint, on the GPU unless said otherwise."""

    def start(rows: int = 64, where: str = device, **settings: object) -> RunFolder:
        usual = {"batch_size": 8, "max_seq_length": 16, "epochs": 12, "learning_rate": 3e-3,
                 "precision": "float32"}  # fmt: skip
        data = table(home / f"train-{rows}.tsv", rows)
        folder = runs.create(
            task="sst2", train=data, dev=data, model=str(folder_of("bert-pretraining")),
            settings=TrainSettings.model_validate({**usual, **settings}), home=home,
            devices=(where,),
        )  # fmt: skip
        runs.launch(folder)
        return folder

    return start


def table(path: Path, rows: int, words: int = 5) -> Path:
    """Sentences of our own, the class told by one of two words."""
    lines = ["sentence\tlabel"]
    for row in range(rows):
        chosen = [tiny.WORDS[(row * 7 + n * 3) % len(tiny.WORDS)] for n in range(words)]
        chosen = [word for word in chosen if word not in ("warm", "cold")]
        chosen.insert(row % 5, "warm" if row % 2 else "cold")
        lines.append(f"{' '.join(chosen)}\t{row % 2}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
