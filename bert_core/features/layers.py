"""Which layers are read, and how they are called.

In this project 0 is the input of the lowest layer and n the output of the nth; extract_features.py
counts the outputs alone, so that its 0 is the first. Counted from the end both say the same: -1
is the last layer. Files name layers so.
"""

import re
from collections.abc import Sequence

from bert_core.checks import a_list, is_whole, shown
from bert_core.errors import InputError


def parse_layers(text: str) -> tuple[int, ...]:
    """Read numbers of layers with commas between them.

    Raises:
        InputError: something is no whole number.

    Example:
        >>> parse_layers("-1, -2")
        (-1, -2)
    """
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not re.fullmatch(r"[+-]?[0-9]{1,9}", part):
            raise InputError(
                f"'{part[:40]}' is no layer. Write whole numbers with commas between them: -1,-2 "
                "are the last two.",
                field="layers",
            )
    return tuple(int(part) for part in parts)


def from_end(layers: Sequence[int], number: int) -> tuple[int, ...]:
    """Layers as they are called in files, counted from the end.

    Args:
        layers: counted from the end (-1 is the last), or from 0 (the input of the lowest).
        number: layers of the model (L).

    Returns:
        Numbers from -1, the last layer, to ``-(L + 1)``, the input of the lowest; in the order
        given.

    Raises:
        InputError: none, no such layer, or one twice.

    Example:
        >>> from_end((12, -2, 0), 12)
        (-1, -2, -13)
    """
    a_list("The layers", layers, field="layers")
    if not layers:
        raise InputError("No layer is named. -1 is the last one.", field="layers")
    found: list[int] = []
    for layer in layers:
        if not is_whole(layer, -number - 1, number):
            raise InputError(
                f"There is no layer {shown(layer)}: this model has -1, the last, to {-number}, the "
                f"first, and {-number - 1} or 0, what goes into the first.",
                field="layers",
            )
        named = layer if layer < 0 else layer - number - 1
        if named in found:
            raise InputError(f"Layer {layer} is named twice. Name it once.", field="layers")
        found.append(named)
    return tuple(found)
