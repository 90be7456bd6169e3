"""Where a run is computed: one process here, several ranks, or a cluster; one file each.

Nothing has to be registered: a module of this folder that defines ``ENGINE`` is an engine.
"""

import importlib
import pkgutil
from functools import cache

from bert_core.errors import RunError
from bert_core.training.engines.base import Engine


@cache
def all_engines() -> dict[str, Engine]:
    """Every engine by name, whether it can be used here or not."""
    found: dict[str, Engine] = {}
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        engine = getattr(importlib.import_module(module.name), "ENGINE", None)
        if engine is not None:
            found[engine.name] = engine
    return dict(sorted(found.items()))


def usable_engines() -> dict[str, Engine]:
    """The engines that can be used here, by name."""
    return {name: each for name, each in all_engines().items() if each.unavailable() is None}


def find_engine(name: str) -> Engine:
    """An engine by name.

    Raises:
        RunError: there is none of that name, or it cannot be used here.
    """
    engine = all_engines().get(name)
    if engine is None:
        known = ", ".join(usable_engines())
        raise RunError(f"There is no engine '{name}'. There are: {known}.", field="engine")
    why = engine.unavailable()
    if why is not None:
        raise RunError(f"The engine '{name}' cannot be used here: {why}", field="engine")
    return engine
