"""What the libraries raise over files that others wrote, turned into one sentence."""

from types import TracebackType

from bert_core.errors import CoreError, ModelError

_KINDS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,  # also RecursionError: JSON that is nested thousands deep
    TypeError,
    ValueError,
)


class ForeignFiles:
    """A block in which a library reads files of a checkpoint, and nothing else happens.

    A checkpoint comes from anywhere and any value in it may be absurd. The libraries check little
    and raise what their code happens to stumble over; their tokenizer even raises bare
    ``Exception``, which is caught here by its exact type.

    Args:
        sentence: what is wrong then; the library's own words follow in brackets.
    """

    def __init__(self, sentence: str) -> None:
        self._sentence = sentence

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        from huggingface_hub.errors import StrictDataclassError

        if kind is None or issubclass(kind, CoreError):
            return
        if kind is Exception or issubclass(kind, (*_KINDS, StrictDataclassError)):
            raise ModelError(f"{self._sentence} ({reason(error)})", field="model") from None


def reason(error: BaseException | None) -> str:
    """What a library says about an error, as one short line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:200]}".removesuffix(": ").rstrip(".")
