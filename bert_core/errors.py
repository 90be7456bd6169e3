"""What can go wrong, as one tree.

    CoreError                 everything this package raises on purpose
    ├── InputError            the text, number or choice that was given cannot be used
    │   └── BusyError         nothing is wrong with it, but too much is asked at this moment
    ├── ModelError            the checkpoint cannot be found, read or asked for this
    └── RunError              a training run cannot be started, read or resumed

Every message is one or two sentences for the person at the keyboard: what is wrong, where,
and what to do. Pages show it as it is; the command line prints it to stderr with exit code 2.
"""


def one_line(message: str) -> str:
    r"""A message with what cannot be shown written out: it may repeat anything that was given.

    Line ends, signs that a terminal obeys, halves of surrogate pairs and their like would spoil a
    page, a log or a terminal.

    Example:
        >>> one_line("'a\x1b[2J' is no device.")
        "'a\\x1b[2J' is no device."
    """
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in message
    )


class CoreError(Exception):
    """Base of all errors that carry a sentence for the user.

    Args:
        message: what is wrong, where, and what to do.
        field: name of the input at fault, as the caller knows it (``"text"``), if there is one.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(one_line(message))
        self.field = field


class InputError(CoreError):
    """The input cannot be used as given."""


class BusyError(InputError):
    """Too much is asked at this moment; the same may be asked again.

    Args:
        message: who or what is in the way.
        seconds: after how many to ask again.
        field: name of the input at fault, if there is one.
    """

    def __init__(self, message: str, *, seconds: int, field: str | None = None) -> None:
        super().__init__(message, field=field)
        self.seconds = seconds


class ModelError(CoreError):
    """The model cannot be found, loaded, or lacks what was asked of it."""


class RunError(CoreError):
    """A training run cannot be started, read or resumed."""
