"""Why a request has no answer: a sentence, its kind, and the field and item at fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from bert_core.errors import BusyError, CoreError, InputError

Kind = Literal["malformed", "invalid", "input", "model", "busy", "left"]


class Refused(CoreError):
    """A request that has no answer.

    Args:
        message: what is wrong, where, and what to do.
        kind: ``"malformed"``: no JSON object; ``"invalid"``: not what the route may be asked;
            ``"input"``: what is asked cannot be answered; ``"model"``: the model cannot;
            ``"busy"``: too much is asked at this moment; ``"left"``: nobody waits for the answer
            any more.
        field: name of the field at fault, if there is one.
        item: index of the item at fault, counted from 0, where several questions were asked.
        seconds: for ``"busy"``, after how many to ask again.
    """

    def __init__(
        self,
        message: str,
        *,
        kind: Kind,
        field: str | None = None,
        item: int | None = None,
        seconds: int | None = None,
    ) -> None:
        super().__init__(message, field=field)
        self.kind = kind
        self.item = item
        self.seconds = seconds


def refused(error: CoreError, item: int | None = None) -> Refused:
    """An error of the core as the refusal of a request.

    Args:
        error: what the core said.
        item: index of the item it said it of.
    """
    if isinstance(error, Refused):
        return error
    if isinstance(error, BusyError):
        return Refused(str(error), kind="busy", seconds=error.seconds)
    kind: Kind = "input" if isinstance(error, InputError) else "model"
    return Refused(str(error), kind=kind, field=error.field, item=item)


@contextmanager
def of_item(number: int | None) -> Iterator[None]:
    """A block whose errors are the refusal of one item.

    Args:
        number: the item, counted from 0; None where one question was asked.
    """
    try:
        yield
    except CoreError as error:
        raise refused(error, number) from None
