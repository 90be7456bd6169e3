"""An engine: where a run is computed."""

from typing import Protocol

from bert_core.training.control import Control
from bert_core.training.folder import RunFolder


class Engine(Protocol):
    """Carries out runs. A module of this folder that defines ``ENGINE`` is one.

    Attributes:
        name: what the command line calls it (``"local"``).
        title: its name for people.
    """

    name: str
    title: str

    def unavailable(self) -> str | None:
        """A sentence why it cannot be used here, or None when it can."""

    def execute(self, folder: RunFolder, control: Control) -> None:
        """Do the work of a run; it is this run's turn on its devices.

        Args:
            folder: of the run.
            control: what is told and asked meanwhile.

        Raises:
            Stopped: as asked, after saving.
            CoreError: with a sentence for the user. Any other error fails the run as well.
        """
