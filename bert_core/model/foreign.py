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
# What has no error class of its own has only its words.
_NO_MEMORY = ("Allocator", "CUBLAS_STATUS_ALLOC_FAILED", "Cannot allocate memory")


class ForeignFiles:
    """A block in which a library reads files of a checkpoint, and nothing else happens.

    A checkpoint comes from anywhere and any value in it may be absurd. The libraries check little
    and raise what their code happens to stumble over; their tokenizer even raises bare
    ``Exception``, which is caught here by its exact type.

    Args:
        sentence: what is wrong then; the library's own words follow in brackets. Where memory
            ran out nothing is wrong with the files, and that is said instead.
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
        if kind is None or issubclass(kind, CoreError):
            return
        if lacks_memory(error):
            raise ModelError(
                "There is not enough memory to read the model's files. Close other programs, or "
                "use a smaller model.",
                field="model",
            ) from None
        from huggingface_hub.errors import StrictDataclassError
        from safetensors import SafetensorError

        known = (*_KINDS, SafetensorError, StrictDataclassError)
        if kind is Exception or issubclass(kind, known):
            said = f"{self._sentence.removesuffix('.')} ({reason(error)})."
            raise ModelError(said, field="model") from None


def lacks_memory(error: object) -> bool:
    """Whether the memory of the processor or of a device ran out."""
    return isinstance(error, MemoryError) or (
        isinstance(error, OSError | RuntimeError) and any(word in str(error) for word in _NO_MEMORY)
    )


def reason(error: BaseException | None) -> str:
    """What a library says about an error, as one short line."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:200]}".removesuffix(": ").rstrip(".")
