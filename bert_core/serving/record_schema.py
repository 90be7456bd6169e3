"""JSON Schema of results: of what :func:`bert_core.views.records.to_record` makes of a type."""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from bert_core.model.families import Family
from bert_core.model.tokens import Tokens
from bert_core.serving.docstrings import attributes

Schema = dict[str, Any]
_PLAIN = {
    str: {"type": "string"},
    Path: {"type": "string"},
    Family: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    type(None): {"type": "null"},
}
_TOKEN_FIELDS = ("text", "pair", "pieces", "ids", "masks")


def record_schema(kind: Any, found: dict[str, Schema]) -> Schema:
    """The schema of a type.

    Args:
        kind: a result's type, or that of one of its fields.
        found: schemas of dataclasses by name; those that are met are added.

    Returns:
        A schema that refers to ``found`` as ``#/components/schemas/NAME``.

    Raises:
        TypeError: a type that no result has.
    """
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        # Two modules have a Candidate.
        name = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
        if name not in found:
            found[name] = {}  # taken before its own fields are looked at
            found[name] |= _object(kind, found)
        return {"$ref": f"#/components/schemas/{name}"}
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [record_schema(each, found) for each in inside]}
    if origin is np.ndarray:
        return {"type": "array", "description": "Lists, one level for each axis."}
    if origin is tuple and inside[-1] is not Ellipsis:
        return _fixed(inside, found)
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": record_schema(inside[1], found)}
    if origin is not None and issubclass(origin, Sequence):
        return {"type": "array", "items": record_schema(inside[0], found)}
    raise TypeError(f"{kind} is nothing that a result holds.")


def _object(kind: type, found: dict[str, Schema]) -> Schema:
    hints = get_type_hints(kind)
    if kind is Tokens:
        hints["masks"] = tuple[int, ...]  # computed, and part of a record
        names: Sequence[str] = _TOKEN_FIELDS
    else:
        names = [field.name for field in dataclasses.fields(kind)]
    said = attributes(kind)
    parts = {name: _described(record_schema(hints[name], found), said[name]) for name in names}
    return {
        "type": "object",
        "description": (kind.__doc__ or "").partition("\n")[0],
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def _described(schema: Schema, said: str) -> Schema:
    """A schema with what its field is, before what there is to say of its type."""
    return {**schema, "description": " ".join([said, schema.get("description", "")]).strip()}


def _fixed(inside: tuple[Any, ...], found: dict[str, Schema]) -> Schema:
    """A tuple of so many entries."""
    return {
        "type": "array",
        "prefixItems": [record_schema(each, found) for each in inside],
        "minItems": len(inside),
        "maxItems": len(inside),
    }
