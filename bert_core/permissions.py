"""What the operator does not let visitors do, in sentences; above all in a demonstration.

Pages hide what is refused here; the core refuses it too, for a request can be made without a
page. The command line and the runs it starts are the operator's own and are not bound.
"""

from bert_core.errors import InputError
from bert_core.settings import in_demo, read_settings

_WHY = "This is a demonstration for the public: {what} switched off. {instead}"


def refuse_training() -> None:
    """Refuse to order, start, resume, stop or delete a run.

    Raises:
        InputError: this process serves a demonstration.
    """
    _refuse("training is", "The finished runs can be looked at.", "training")


def refuse_upload() -> None:
    """Refuse a visitor's file.

    Raises:
        InputError: this process serves a demonstration.
    """
    _refuse("uploads are", "Take what is there already, or paste a text.", "upload")


def refuse_path() -> None:
    """Refuse a path that a visitor typed.

    Raises:
        InputError: this process serves a demonstration.
    """
    _refuse("files of this machine are", "Take what is there already, or paste a text.", "path")


def refuse_hub() -> None:
    """Refuse a data set of the hub.

    Raises:
        InputError: this process serves a demonstration, or the operator's setting ``models``
            does not name the hub.
    """
    _refuse("the hub is", "Take what is there already.", "data")
    if "hub" not in read_settings().models:
        raise InputError(
            "Nothing may be fetched from the hub here: the operator leaves hub out of "
            "BERT_EXPLORER_MODELS. Give a file.",
            field="data",
        )


def _refuse(what: str, instead: str, field: str) -> None:
    if in_demo():
        raise InputError(_WHY.format(what=what, instead=instead), field=field)
