"""A route of the JSON API as it is shown: a line for a shell, and a table of its fields."""

import json
import shlex
from typing import Any

from bert_core.serving.calls import ApiRoute
from bert_core.serving.names import BASE

LONG = 8
"""Numbers of a list that are shown of a long one."""


def curl(route: ApiRoute | None, origin: str, *, token: bool, several: bool = False) -> str:
    """A line that asks a route, for a shell.

    Args:
        route: the route; None: the list of models.
        origin: scheme, host and port of the server.
        token: whether it wants one; it is then taken from the environment.
        several: ask the example twice in one request.
    """
    name = "models" if route is None else route.name
    parts = [f"curl -s {shlex.quote(f'{origin}{BASE}/{name}')}"]
    if token:
        parts.append('-H "Authorization: Bearer $BERT_EXPLORER_API_TOKEN"')
    if route is not None:
        body: Any = {"items": [route.example, route.example]} if several else route.example
        parts.append("-H 'Content-Type: application/json'")
        parts.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(parts)


def field_rows(route: ApiRoute) -> list[dict[str, str]]:
    """The fields of a question: name, type and limits, default, meaning."""
    schema = route.single.model_json_schema()
    return [
        {
            "Field": name,
            "Type": _type(field, schema.get("$defs", {})),
            "Default": json.dumps(field["default"]) if "default" in field else "required",
            "Meaning": field.get("description", ""),
        }
        for name, field in schema["properties"].items()
    ]


def laid_out(value: Any, indent: str = "") -> str:
    """An answer to be read by people: short lists in one line, long lists of numbers cut.

    Args:
        value: what JSON holds.
        indent: white space before every line but the first.
    """
    inner = indent + "  "
    if isinstance(value, dict) and value:
        parts = [f"{inner}{_written(key)}: {laid_out(each, inner)}" for key, each in value.items()]
        return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        parts = [inner + laid_out(each, inner) for each in value]
        return "[\n" + ",\n".join(parts) + f"\n{indent}]"
    if isinstance(value, list) and len(value) > LONG:
        if all(isinstance(each, float) for each in value):
            return f"[{_written(value[:LONG])[1:-1]}, ... {len(value) - LONG:,} more]"
    return _written(value)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in field:
        return _type(definitions[field["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in field:
        return " or ".join(_type(each, definitions) for each in field["anyOf"])
    if "enum" in field:
        return ", ".join(field["enum"])
    kind = str(field.get("type", "any"))
    if "minimum" in field and "maximum" in field:
        return f"{kind}, {field['minimum']:,} to {field['maximum']:,}"
    if kind == "array":
        return f"list of {_type(field['items'], definitions)}"
    if "maxLength" in field:
        return f"{kind}, up to {field['maxLength']:,} characters"
    return kind
