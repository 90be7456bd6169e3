"""The OpenAPI 3.1 document of the JSON API, made of the types that requests are read with."""

from typing import Any

from pydantic.json_schema import models_json_schema

import bert_core
from bert_core.serving.calls import ROUTES, ApiRoute
from bert_core.serving.models import ServedModels
from bert_core.serving.names import BASE
from bert_core.serving.record_schema import Schema, record_schema

PROBLEM = "application/problem+json"
_REF = "#/components/schemas/{model}"
_ABOUT = (
    "BERT's answers as JSON: the same calls as on the pages and the command line. A body is one "
    "question, or several with `items`; a question that has no answer refuses the whole request."
)
PROBLEMS: dict[int, str] = {
    400: "The body is no JSON object.",
    401: "The token is missing or wrong.",
    403: "The API is off, or was addressed by another name.",
    404: "There is no such route.",
    405: "The route takes another method.",
    408: "The body took too long.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The question cannot be answered; the field and item at fault are named.",
    429: "Too many requests from one visitor.",
    500: "A fault of the server.",
    503: "The server has too much to do.",
}
"""What each status means; all of them come as problem+json (RFC 9457)."""
_ANYWHERE = (401, 403, 405, 429, 500, 503)
_OPEN = (403, 405, 500, 503)
_WITH_BODY = (400, 408, 413, 415, 422)


def document(*, token: bool = False) -> Schema:
    """The document, ready for JSON.

    Args:
        token: whether the server wants a token.
    """
    schemas: dict[str, Schema] = {"Problem": _problem()}
    asked = [(kind, "validation") for route in ROUTES for kind in (route.single, route.batch)]
    _, made = models_json_schema(asked, ref_template=_REF)  # type: ignore[arg-type]
    schemas |= made["$defs"]
    paths = {f"/{route.name}": {"post": _operation(route, schemas)} for route in ROUTES}
    paths["/models"] = {
        "get": {
            "operationId": "models",
            "summary": "List the models and devices that can be used here without a download.",
            "responses": _answers(record_schema(ServedModels, schemas), _ANYWHERE),
        }
    }
    paths["/openapi.json"] = {
        "get": {
            "operationId": "openapi",
            "summary": "Give this document, to everybody who may know that there is an API.",
            "security": [],
            "responses": _answers({"type": "object"}, _OPEN),
        }
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "BERT Explorer", "version": bert_core.__version__, "description": _ABOUT},
        "servers": [{"url": BASE}],
        "security": [{"token": []}] if token else [],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Set by the operator; without one, only the server's own "
                    "machine is answered.",
                }
            },
        },
    }


def _operation(route: ApiRoute, schemas: dict[str, Schema]) -> Schema:
    single, batch = route.single.__name__, route.batch.__name__
    one = record_schema(route.result, schemas)
    several = {
        "type": "object",
        "properties": {
            "items": {
                "type": "array",
                "items": one,
                "description": "the answers, in the order of the questions",
            }
        },
        "required": ["items"],
        "additionalProperties": False,
    }
    examples = {
        "one": {"value": route.example},
        "several": {"value": {"items": [route.example, route.example]}},
    }
    body = {
        "schema": {"anyOf": [{"$ref": _REF.format(model=name)} for name in (single, batch)]},
        "examples": examples,
    }
    return {
        "operationId": route.name,
        "summary": route.summary,
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": _answers({"anyOf": [one, several]}, (*_WITH_BODY, *_ANYWHERE)),
    }


def _answers(schema: Schema, statuses: tuple[int, ...]) -> dict[str, Any]:
    problem = {"schema": {"$ref": _REF.format(model="Problem")}}
    answer = {"description": "The answer.", "content": {"application/json": {"schema": schema}}}
    others = {
        str(status): {"description": PROBLEMS[status], "content": {PROBLEM: problem}}
        for status in sorted(statuses)
    }
    return {"200": answer, **others}


def _problem() -> Schema:
    return {
        "type": "object",
        "description": "Why there is no answer (RFC 9457).",
        "properties": {
            "type": {"type": "string", "description": "the kind of problem, an identifier"},
            "title": {"type": "string", "description": "the kind of problem in words"},
            "status": {"type": "integer", "description": "the status of the answer"},
            "detail": {"type": "string", "description": "what is wrong, where, and what to do"},
            "field": {"type": "string", "description": "the field at fault"},
            "item": {"type": "integer", "description": "the item at fault, counted from 0"},
        },
        "required": ["type", "title", "status", "detail"],
        "additionalProperties": False,
    }
