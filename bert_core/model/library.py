"""The library that reads every form of checkpoint, imported when one needs it."""

import threading
from typing import Any

_FIRST_IMPORT = threading.Lock()
"""The library fills its modules as they are asked for: two threads that ask first, for different
models, can each find the other's half-filled ones."""


def transformers() -> Any:
    """The package transformers, with what loading needs of it; at once when it is there."""
    with _FIRST_IMPORT:
        import transformers as library
        from transformers import AutoModel, AutoTokenizer  # noqa: F401

    return library
