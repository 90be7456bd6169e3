"""The same run in Python."""

from bert_core.training.settings import TrainSettings
from bert_core.training.spec import RunSpec


def run_snippet(spec: RunSpec) -> str:
    """Lines that order the same run again, start it and wait for its end."""
    usual = TrainSettings().model_dump()
    changed = {
        name: value for name, value in spec.settings.model_dump().items() if value != usual[name]
    }
    settings = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    arguments = [f"task={spec.task!r}", f"train=Path({spec.train.path!r})"]
    if spec.dev is not None:
        arguments.append(f"dev=Path({spec.dev.path!r})")
    if spec.train.mapping:
        arguments.append(f"mapping={spec.train.mapping!r}")
    if spec.dev is not None and spec.dev.mapping != spec.train.mapping:
        arguments.append(f"dev_mapping={spec.dev.mapping!r}")
    if spec.model != "embedded":
        arguments.append(f"model={spec.model!r}")
    arguments.append(f"settings=TrainSettings({settings})")
    if spec.engine != "local":
        arguments += [f"engine={spec.engine!r}", f"processes={spec.processes}"]
    if spec.devices != ("cpu",):
        arguments.append(f"devices={spec.devices!r}")
    lines = [
        "import time", "from pathlib import Path", "",
        "from bert_core.training import orders, runs",
        "from bert_core.training.settings import TrainSettings", "",
        "folder = orders.create(", *(f"    {argument}," for argument in arguments), ")",
        "runs.launch(folder)",
        "while not runs.status(folder).over:", "    time.sleep(1)",
        "print(folder.read_result())",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
