"""How the values of the operator's settings are written, and what is refused of each kind."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_core import PydanticCustomError

from bert_core.model_names import BUILT_IN, KINDS, is_model_name, meant

IN_WORDS = "in_words"
"""Marks a refusal that says itself what is wrong with a value."""


def parts(separator: str) -> BeforeValidator:
    """Let a list be written as one string."""

    def split(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(separator) if part.strip()]

    return BeforeValidator(split)


def resolved(path: Path) -> Path:
    """A folder's whole path, wherever the server is started."""
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise ValueError(str(error)) from None


def _sendable(secret: SecretStr) -> SecretStr:
    """A header carries nothing else as it is."""
    if re.fullmatch(r"[!-~]{16,}", secret.get_secret_value()) is None:
        raise ValueError("cannot be sent")
    return secret


def _no_truth(value: Any) -> Any:
    """Python takes true for the number 1; who writes it for a number has mixed up two keys."""
    if isinstance(value, bool):
        raise ValueError("no number")
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


def _a_model(entry: str) -> str:
    """Refuse an entry of ``models`` that opens nothing; most are words that are misspelt."""
    if entry in KINDS or is_model_name(entry):
        return entry
    near = meant(entry, (*KINDS, *BUILT_IN))
    words = (
        f"names '{entry[:80]}', which is neither {', '.join(KINDS)}, nor the name of a model, "
        "such as embedded, run:ID, ./a-folder or google-bert/bert-base-uncased."
    )
    words += f" Did you mean {near}?" if near else ""
    raise PydanticCustomError(IN_WORDS, "{words}", {"words": words})


_Plain = BeforeValidator(_no_truth)
Whole = Annotated[int, _Plain]
WholeOrNone = Annotated[int | None, _Plain]
NumberOrNone = Annotated[float | None, _Plain]
Token = Annotated[SecretStr, AfterValidator(_sendable)]
Folder = Annotated[Path, AfterValidator(resolved)]
ModelOrKind = Annotated[str, AfterValidator(_a_model)]
Level = Literal["debug", "info", "warning", "error"]
