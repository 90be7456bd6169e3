"""All tasks, one file each: a module of this folder that defines ``TASK`` is a task.

Nothing has to be registered: a new task is one new file here.
"""

import importlib
import pkgutil
from functools import cache

from bert_core.errors import InputError
from bert_core.training.tasks.base import Task


@cache
def all_tasks() -> dict[str, Task]:
    """Every task by name, families together."""
    found = []
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        task = getattr(importlib.import_module(module.name), "TASK", None)
        if task is not None:
            found.append(task)
    return {task.name: task for task in sorted(found, key=lambda task: (task.family, task.name))}


def find_task(name: str) -> Task:
    """A task by name.

    Raises:
        InputError: there is none of that name.
    """
    try:
        return all_tasks()[name]
    except KeyError:
        known = ", ".join(all_tasks())
        raise InputError(f"There is no task '{name}'. There are: {known}.", field="task") from None
