"""This machine, one process: the training runs in the process of the run itself."""

from bert_core.training.control import Control
from bert_core.training.folder import RunFolder


class Local:
    """Trains in this process."""

    name = "local"
    title = "This machine"

    def unavailable(self) -> str | None:
        """Never: it needs nothing that the project does not need anyway."""
        return None

    def execute(self, folder: RunFolder, control: Control) -> None:
        """Train; see :func:`bert_core.training.loop.train`."""
        from bert_core.training.loop import train

        train(folder, control)


ENGINE = Local()
