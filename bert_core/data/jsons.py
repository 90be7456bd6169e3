"""JSON as strangers write it: parsed strictly, with a sentence for what is wrong."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from bert_core.errors import InputError

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(text: str) -> tuple[Any, int]:
    """The value of a JSON text.

    Half of a surrogate pair, which JSON can spell and no encoding can write, becomes U+FFFD;
    lengths and offsets stay.

    Returns:
        The value, and the number of texts in which that was needed.

    Raises:
        InputError: it is no JSON, an object has one name twice, or it is nested too deeply.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object)
        if not _SURROGATE_ESCAPE.search(text):
            return value, 0
        return _whole(value)
    except json.JSONDecodeError as error:
        where = f"column {error.colno}" if error.lineno == 1 else f"line {error.lineno}"
        raise InputError(f"This is not JSON ({error.msg}, {where}).") from None
    except RecursionError:
        raise InputError("This JSON is nested too deeply.") from None
    except ValueError as error:  # a number of thousands of digits
        raise InputError(f"This JSON cannot be read ({error}).") from None


def as_text(value: object) -> str | None:
    """A cell as text: numbers as JSON spells them, None for null, NaN, lists and objects."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    return None


def is_blank(text: str) -> bool:
    """Whether a text has nothing that BERT would see: only spaces and control characters."""
    return not any(character.isprintable() and character != " " for character in text)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"The name {twice[:60]!r} stands twice in one object.")
    return found


def _whole(value: Any) -> tuple[Any, int]:
    """The value with U+FFFD for lone surrogates, and how many texts had one."""
    if isinstance(value, str):
        text, count = _SURROGATE.subn("\ufffd", value)
        return text, min(count, 1)
    if isinstance(value, list):
        parts = [_whole(part) for part in value]
        return [part for part, _ in parts], sum(count for _, count in parts)
    if isinstance(value, dict):
        pairs = [(_whole(name)[0], _whole(part)) for name, part in value.items()]
        return {name: part for name, (part, _) in pairs}, sum(count for _, (_, count) in pairs)
    return value, 0
