"""What a dataclass says of its fields, for those who do not read its source."""

import inspect
import re

_ENTRY = re.compile(r"    (\w+): (.*)")
_POINTS_ELSEWHERE = re.compile(r",? (?:see|as in) :\w+:`[^`]*`")
_NAME = re.compile(r":\w+:`[~.]*([^`]*)`")
_WORDS = {"None": "null", "True": "true", "False": "false"}
"""Python's, and those of JSON."""


def attributes(kind: type) -> dict[str, str]:
    """What a class says of each of its attributes, in one line each.

    Args:
        kind: a class whose docstring has a section ``Attributes:``; properties have their own.

    Raises:
        ValueError: it says nothing of them.
    """
    _, found, section = (inspect.getdoc(kind) or "").partition("\nAttributes:\n")
    if not found:
        raise ValueError(f"{kind.__name__} does not say what its attributes are.")
    said: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break  # the next section
        entry = _ENTRY.fullmatch(line)
        if entry is not None:
            name = entry[1]
            said[name] = entry[2]
        elif name and line:
            said[name] += f" {line.strip()}"
    for other, value in vars(kind).items():
        if isinstance(value, property):
            said[other] = (inspect.getdoc(value) or "").partition("\n")[0]
    return {name: plain(text) for name, text in said.items()}


def plain(text: str) -> str:
    """A sentence of a docstring for who reads JSON and not the source.

    Example:
        >>> plain("name of the model, see :attr:`Encoder.label`; None for ``no_model``.")
        'name of the model; null for `no_model`.'
    """
    found = _NAME.sub(r"`\1`", _POINTS_ELSEWHERE.sub("", text)).replace("``", "`")
    return re.sub(r"\b(None|True|False)\b", lambda word: _WORDS[word[0]], found)
