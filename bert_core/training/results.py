"""What a run leaves: the best weights so far, and a model folder that opens anywhere."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bert_core.training.saves import write_atomically

WEIGHTS = "weights.safetensors"
TOKENIZER_FILES = (
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentencepiece.bpe.model",
)


class Best:
    """The weights that measured best so far, kept on disk.

    Args:
        folder: where; it need not exist.
        metric: the figure that decides; higher is better.
        patience: measurements without gain after which training should end; 0: never.
    """

    def __init__(self, folder: Path, metric: str, patience: int) -> None:
        self._folder = folder
        self._metric = metric
        self._patience = patience
        self._record: dict[str, Any] = {"step": -1, "value": None, "waited": 0, "metrics": {}}
        self._record |= {"last": -1, "owed": -1}
        if (folder / "best.json").exists():
            self._record |= json.loads((folder / "best.json").read_text(encoding="utf-8"))

    @property
    def step(self) -> int:
        """Optimizer step of the best measurement, -1 before the first."""
        return int(self._record["step"])

    @property
    def metrics(self) -> Mapping[str, float]:
        """All figures of the best measurement."""
        return dict(self._record["metrics"])

    @property
    def exhausted(self) -> bool:
        """Whether patience is at its end."""
        return bool(self._patience) and self._record["waited"] >= self._patience

    @property
    def owed(self) -> int:
        """Step of a measurement that a stop broke off, -1 without one."""
        return int(self._record["owed"])

    def owe(self, step: int) -> None:
        """Note that the measurement of a step was broken off."""
        self._record["owed"] = step
        self._write()

    def offer(
        self, step: int, metrics: Mapping[str, float], model: Any, *, writes: bool = True
    ) -> bool:
        """Keep the weights if they are better than those kept.

        A step that was measured before counts once: a run that was resumed does some steps anew,
        with the same weights.

        Args:
            step: when it was measured.
            metrics: what was measured.
            model: that has the weights.
            writes: False for ranks other than 0: they count along, but keep nothing.

        Returns:
            Whether they were.
        """
        if step <= self._record["last"]:
            return False
        self._record |= {"last": step, "owed": -1}
        value = metrics[self._metric]
        better = self._record["value"] is None or value > self._record["value"]
        if better:
            if writes:
                self._keep(model)
            self._record |= {
                "step": step,
                "value": value,
                "waited": 0,
                "metrics": dict(metrics),
            }
        else:
            self._record["waited"] += 1
        if writes:
            self._write()
        return better

    def restore(self, model: Any) -> None:
        """Put the best weights into ``model``; nothing happens before the first measurement."""
        from safetensors.torch import load_model

        if (self._folder / WEIGHTS).exists():
            device = str(next(model.parameters()).device)
            load_model(model, self._folder / WEIGHTS, device=device)

    def _write(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_json(self._folder / "best.json", self._record)

    def _keep(self, model: Any) -> None:
        from safetensors.torch import save_model

        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{WEIGHTS}.part"
        save_model(model, str(fresh))
        os.replace(fresh, self._folder / WEIGHTS)


def write_result(model: Any, start: Path, result: Path) -> None:
    """Write a model folder: weights, configuration and the tokenizer it was trained with.

    It appears whole or not at all; one from before is replaced.

    Args:
        model: a plain transformers model.
        start: the checkpoint that training began from, for its tokenizer.
        result: where to.
    """
    fresh = _emptied(result.with_name(f"{result.name}.part"))
    model.save_pretrained(fresh)
    copy_tokenizer(start, fresh)
    _replace(fresh, result)


def copy_start(start: Path, result: Path) -> None:
    """Make the starting weights the result of a run that was stopped before its first step."""
    fresh = _emptied(result.with_name(f"{result.name}.part"))
    for path in [start / "config.json", *start.glob("model*.safetensors*")]:
        shutil.copyfile(path, fresh / path.name)
    copy_tokenizer(start, fresh)
    _replace(fresh, result)


def copy_tokenizer(start: Path, folder: Path) -> None:
    """Copy the files of a tokenizer from one model folder to another."""
    for name in TOKENIZER_FILES:
        if (start / name).exists():
            shutil.copyfile(start / name, folder / name)


def write_answers(path: Path, rows: Sequence[int], answers: Sequence[str]) -> None:
    """Write what the model answered on the dev data, a JSON object a line: row, answer."""
    lines = [
        json.dumps({"row": row, "answer": answer}, ensure_ascii=False)
        for row, answer in zip(rows, answers, strict=True)
    ]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON so that a reader sees the old file or the new one, never a part."""
    write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _replace(fresh: Path, final: Path) -> None:
    if final.exists():
        old = final.with_name(f"{final.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(final, old)
        os.replace(fresh, final)
        shutil.rmtree(old)
    else:
        os.replace(fresh, final)
