"""What callers give, checked the same way everywhere: numbers, lists, and how they are repeated.

A form, an address, a JSON file or a script can hold anything in any place.
"""

import math
from collections.abc import Sequence
from numbers import Integral, Real

from bert_core.errors import InputError

SHOWN, SHOWN_PATH = 60, 200
"""Characters of a text, and of a path, that a sentence repeats."""


def shown(value: object, most: int = SHOWN) -> str:
    """What was given, short enough for a sentence.

    Args:
        value: anything.
        most: characters of a text that are repeated.

    Example:
        >>> shown("x" * 100)[-5:], shown(None), shown(True), shown(10**99), shown([1])
        ("xxx…'", 'nothing', 'true', 'a number of 100 digits', 'a list')
    """
    import numpy as np  # here: the server names its models before it can afford numpy

    if value is None:
        return "nothing"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value[:most]}{'…' * (len(value) > most)}'"
    if isinstance(value, int) and abs(value) >= 10**SHOWN:
        return f"a number of {int(math.log10(abs(value))) + 1} digits"
    if isinstance(value, int | float | np.integer | np.floating):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return "a list"
    return "an object" if isinstance(value, dict) else f"a value of type {type(value).__name__}"


def a_choice(name: str, value: object, known: Sequence[str], *, field: str) -> None:
    """Refuse a word that is none of the known ones.

    Args:
        name: what the words are.
        value: what was given.
        known: the words there are.
        field: name of the input at fault.

    Raises:
        InputError: with the words there are.
    """
    if not isinstance(value, str) or value not in known:
        said = shown(value)
        raise InputError(
            f"{said[0].upper()}{said[1:]} is no {name}: use one of {', '.join(known)}.", field=field
        )


def whole_number(name: str, value: object, most: int, *, field: str, least: int = 1) -> None:
    """Refuse anything but a whole number from ``least`` to ``most``.

    Args:
        name: what the number is called at the beginning of a sentence.
        value: what was given.
        most: the largest legal number.
        field: name of the input at fault.
        least: the smallest legal number.

    Raises:
        InputError: it is no whole number, or out of range.
    """
    if not is_whole(value, least, most):
        raise InputError(
            f"{name} is {shown(value)}; a whole number from {least:,} to {most:,} is expected.",
            field=field,
        )


def is_whole(value: object, least: int, most: int) -> bool:
    """Whether a value is a whole number between two; true and false are none."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and least <= int(value) <= most  # type: ignore[call-overload]


def number(name: str, value: object, *, field: str, finite: bool = True) -> None:
    """Refuse anything but a number.

    Args:
        name: what the number is called at the beginning of a sentence.
        value: what was given.
        field: name of the input at fault.
        finite: refuse infinity as well.

    Raises:
        InputError: it is none, or larger than a computer's numbers.
    """
    try:
        if isinstance(value, Real) and not isinstance(value, bool):
            exact = float(value)
            if math.isfinite(exact) or not (finite or math.isnan(exact)):
                return
    except OverflowError:
        pass  # a whole number of hundreds of digits
    raise InputError(f"{name} is {shown(value)}; a number is expected.", field=field)


def a_list(name: str, values: object, *, field: str) -> None:
    """Refuse a single value where several are expected; a text would be taken letter by letter.

    Args:
        name: what the values are called at the beginning of a sentence.
        values: what was given.
        field: name of the input at fault.

    Raises:
        InputError: it is no list.
    """
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise InputError(f"{name} are {shown(values)}; a list is expected.", field=field)


def a_text(name: str, value: object, *, field: str) -> None:
    """Refuse what is no text.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, str):
        raise InputError(f"{name} is {shown(value)}; a text is expected.", field=field)
