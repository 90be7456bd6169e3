"""What is wrong with a field of a request, in a sentence."""

from collections.abc import Set as AbstractSet
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bert_core.checks import shown
from bert_core.serving.names import BASE
from bert_core.serving.refusals import Refused

_KINDS = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "tuple": "a list",
    "model": "an object",
}
"""What is expected, by the first word of a fault's type."""


def first_fault(
    error: ValidationError, of_request: AbstractSet[str], of_items: AbstractSet[str]
) -> Refused:
    """The first fault of a request: where it is, and what is expected there.

    Args:
        error: what pydantic found.
        of_request: fields of the request, which stand beside the items.
        of_items: fields of one question, which stand in each of the items where there are several.
    """
    first = error.errors(include_url=False)[0]
    where = list(first["loc"])
    item = None
    if len(where) > 1 and where[0] == "items" and isinstance(where[1], int):
        item, where = where[1], where[2:]
    field = ".".join(str(part)[:80] for part in where) or "items"
    said = _said(field, item, first, first.get("ctx", {}))
    if first["type"] == "extra_forbidden":
        if item is not None and field in of_request:
            said = f"The field '{field}' stands beside 'items', once for all of them."
        elif item is None and field in of_items:
            said = f"The field '{field}' stands in each of the items, not beside them."
    return Refused(said, kind="invalid", field=field, item=item)


def _said(field: str, item: int | None, fault: ErrorDetails, limits: dict[str, Any]) -> str:
    """A sentence on one fault."""
    given = fault["input"]
    what = "One of the items" if item is not None and field == "items" else f"The field '{field}'"
    is_ = f"{what} is {'null' if given is None else shown(given)}"
    match fault["type"]:
        case "missing":
            return f"The field '{field}' is missing."
        case "extra_forbidden":
            return f"There is no field '{field}'. See {BASE}/openapi.json for those there are."
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case "greater_than_equal":
            return f"{is_}; at least {limits['ge']:,} is expected."
        case "less_than_equal":
            return f"{is_}; at most {limits['le']:,} is taken."
        case "literal_error":
            return f"{is_}; use one of {limits['expected'].replace(' or ', ', ')}."
        case "string_too_short":
            return f"The field '{field}' is empty."
        case "string_too_long":
            most = limits["max_length"]
            return f"The field '{field}' has {len(given):,} characters; at most {most:,} are taken."
        case "too_short":
            return f"The field '{field}' is an empty list. Give one entry or more."
        case "too_long":
            most = limits["max_length"]
            return f"The field '{field}' has {len(given):,} entries; at most {most:,} are taken."
        case kind:
            expected = _KINDS.get(kind.partition("_")[0], "something else")
            return f"{is_}; {expected} is expected."
