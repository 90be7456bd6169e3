"""What is here: models that need no download, and devices."""

from dataclasses import dataclass

from bert_core.errors import ModelError
from bert_core.model.allowed import is_allowed
from bert_core.model.checkpoints import Checkpoint, inspect
from bert_core.model.devices import Device, list_devices
from bert_core.model.hub import cached_models
from bert_core.model.run_models import all_results
from bert_core.model.sources import SHIPPED


@dataclass(frozen=True, slots=True)
class Inventory:
    """What can be used without a download.

    Attributes:
        models: those that come with the project, what runs here trained, and the encoders in the
            hub's local cache.
        devices: places to compute.
    """

    models: tuple[Checkpoint, ...]
    devices: tuple[Device, ...]


def list_models() -> Inventory:
    """Find the models that can be opened at once.

    Those of other kinds are passed over, and those that the operator does not allow.
    """
    found = [inspect(folder, source=name) for name, folder in SHIPPED.items()]
    places = [(name, folder, None) for name, folder in all_results()]
    for source, folder, revision in [*places, *cached_models()]:
        if not is_allowed(source):
            continue
        try:
            found.append(inspect(folder, source=source, revision=revision))
        except (ModelError, OSError):
            continue  # a cache holds all kinds of models; a run may be damaged or just deleted
    return Inventory(models=tuple(found), devices=list_devices())
