"""What a call may end in: a result of sound numbers, or an error that a person can read."""

import dataclasses
import itertools
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bert_core.errors import InputError, ModelError, RunError

LONGEST = 600
"""Characters of an error's message; a long input is not repeated whole in it."""
_FOREIGN = ("Traceback", 'File "', "site-packages", "object at 0x", "<class ", "None")
"""What only a program says: a trace, a place of the installation, a value without a name."""

_LIBRARY = re.compile(r" \(\w+: .*\)")
"""What a library said of a file, in brackets: its own words."""


def outcome(call: Callable[..., Any], *values: Any, **named: Any) -> Any:
    """The result of a call, its numbers checked; None where it was refused with a sentence."""
    try:
        result = call(*values, **named)
    except (InputError, ModelError, RunError) as error:
        typed = repr("None")
        check_sentence(str(error), given=typed if typed in repr((values, named)) else "\0")
        return None
    assert result is not None
    check_numbers(result)
    return result


def check_sentence(message: str, given: str = "\0") -> None:
    """Refuse a message that is not for the person at the keyboard; it may repeat what was given."""
    assert 10 < len(message) < LONGEST, f"{len(message)} characters: {message[:300]!r}"
    assert message.isprintable(), f"cannot be shown on one line: {message!r}"
    ours = _LIBRARY.sub("", message).replace(given, "")
    assert not any(word in ours for word in _FOREIGN), message
    assert message.endswith("."), message
    first = message.split()[0]
    # A sentence begins with a capital, or with what is at fault: its name, or itself in quotes.
    assert first[:1].isupper() or not first.isalpha() or first in NAMES, message


NAMES = frozenset({"k", "limit"})
"""Words in small letters that sentences begin with."""


def check_numbers(value: Any) -> None:
    """Refuse a result that holds a number which is none, anywhere in it."""
    if isinstance(value, float | np.floating):
        assert math.isfinite(value), value
    elif isinstance(value, np.ndarray):
        assert value.dtype.kind not in "fc" or np.isfinite(value).all()
    elif isinstance(value, Mapping):
        check_numbers(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            check_numbers(each)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            check_numbers(getattr(value, field.name))


def descends(values: Any) -> bool:
    """Whether each value is at most the one before."""
    found = list(values)
    return all(one >= two for one, two in itertools.pairwise(found))
