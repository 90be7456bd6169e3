"""Why a run failed, as a word that pages can act on and a sentence that says what to do."""

from collections.abc import Iterator

from bert_core.errors import CoreError, InputError
from bert_core.training.folder import DISK_FULL
from bert_core.training.settings import TrainSettings
from bert_core.training.states import Reason

# What libraries say in place of MemoryError and of OSError: their messages, in lower case.
_NO_MEMORY = (
    "cuda out of memory",
    "mps backend out of memory",
    "defaultcpuallocator",
    "cublas_status_alloc_failed",
    "cannot allocate memory",
)
_NO_SPACE = (
    "no space left on device",
    "disk quota exceeded",
    "file too large",
    "pytorchstreamwriter failed writing",
    "unexpected pos",  # torch.save to a full disk
    "iostream error",
)
_COMPILERS = ("torch._dynamo", "torch._inductor")
"""Modules of the errors that torch.compile raises."""


def classify(error: BaseException, settings: TrainSettings | None = None) -> tuple[Reason, str]:
    """Name what ended a run.

    Args:
        error: what was raised; those that led to it are looked at too.
        settings: of the run, to say which would need less memory.

    Returns:
        The reason, and one or two sentences: what happened and what to do.
    """
    chain = list(_chain(error))
    if any(map(_is_memory, chain)):
        return "out of memory", _memory_message(settings)
    if any(map(_is_disk, chain)):
        return "disk", (
            "The disk is full: something could not be saved. Free some space and resume; the last "
            "whole checkpoint can be used."
        )
    if isinstance(error, FloatingPointError):
        return "not a number", (
            f"Training went astray: {str(error).rstrip('.') or 'a number is not finite'}. Start "
            "anew with a lower learning rate or a longer warm-up, or with precision float32."
        )
    if any(type(each).__module__.startswith(_COMPILERS) for each in chain):
        return "other", (
            "The layers could not be compiled. Launch it again with compile=False. The end of the "
            "log has the details."
        )
    if isinstance(error, InputError):
        return "data", str(error)
    if isinstance(error, CoreError):
        return "other", str(error)
    first = (str(error).strip().splitlines() or [""])[0][:300]
    what = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return "other", f"{what.rstrip('.')}. The end of the log has the details."


def relaunch_settings(settings: TrainSettings) -> TrainSettings | None:
    """Settings that give the same training in less memory.

    The batch is cut to half (or to the next smaller size that divides it) and the accumulation
    raised in step, so that the effective batch stays; a batch of one computes its activations
    twice instead.

    Returns:
        The settings, or None where nothing is left to give.
    """
    batch = settings.batch_size
    smaller = next((size for size in range(batch // 2, 0, -1) if batch % size == 0), None)
    if smaller is None:
        if settings.gradient_checkpointing:
            return None
        return settings.model_copy(update={"gradient_checkpointing": True})
    values = {
        **settings.model_dump(),
        "batch_size": smaller,
        "accumulation": settings.accumulation * (batch // smaller),
    }
    most = 1024
    return TrainSettings.model_validate(values) if values["accumulation"] <= most else None


def _memory_message(settings: TrainSettings | None) -> str:
    begin = "The memory of the device was not enough."
    better = relaunch_settings(settings) if settings else None
    if settings is None or better is None:
        return f"{begin} Use shorter inputs (max_seq_length) or a smaller model."
    if better.batch_size == settings.batch_size:
        return f"{begin} Launch it again with gradient_checkpointing=True or shorter inputs."
    return (
        f"{begin} Launch it again with batch_size={better.batch_size} and "
        f"accumulation={better.accumulation} (now {settings.batch_size} and "
        f"{settings.accumulation}): the effective batch stays the same."
    )


def _is_memory(error: BaseException) -> bool:
    # By name: torch need not be in memory to tell that it ran out of it.
    named = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)
    return named or isinstance(error, MemoryError) or _says(error, _NO_MEMORY)


def _is_disk(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return True
    return _says(error, _NO_SPACE)


def _says(error: BaseException, texts: tuple[str, ...]) -> bool:
    # A sentence of our own may quote what somebody typed; libraries' errors are none of ours.
    message = "" if isinstance(error, CoreError) else str(error).lower()
    return any(text in message for text in texts)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        hidden = error.__suppress_context__
        error = error.__cause__ or (None if hidden else error.__context__)
