"""Errors of the JSON API as problem+json (RFC 9457)."""

import json
from collections.abc import Mapping

from starlette.responses import JSONResponse

from bert_core.errors import BusyError
from bert_core.serving.refusals import Refused

_KINDS = {
    "malformed": (400, "No JSON"),
    "token": (401, "Token missing or wrong"),
    "closed": (403, "Not open"),
    "no-route": (404, "No such route"),
    "method": (405, "Another method"),
    "slow": (408, "Too slow"),
    "often": (429, "Too often"),
    "large": (413, "Too large"),
    "media-type": (415, "Another media type"),
    "invalid": (422, "Not what the route may be asked"),
    "input": (422, "The question cannot be answered"),
    "model": (422, "The model cannot be asked this"),
    "fault": (500, "A fault of the server"),
    "left": (503, "Ended"),
    "busy": (503, "Too much to do"),
}


class Problem(JSONResponse):
    """One problem.

    Args:
        kind: which; it decides the status.
        detail: what is wrong, where, and what to do.
        field: name of the field at fault, if there is one.
        item: index of the item at fault, counted from 0, if there is one.
        headers: further headers.
    """

    media_type = "application/problem+json"

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        item: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        status, title = _KINDS[kind]
        where = {"field": field, "item": item}
        body = {
            "type": f"urn:bert-explorer:problem:{kind}",
            "title": title,
            "status": status,
            "detail": detail,
            **{name: value for name, value in where.items() if value is not None},
        }
        super().__init__(body, status, {"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: object) -> bytes:
        """JSON of ASCII letters: a quoted name may hold what UTF-8 does not."""
        return json.dumps(content).encode()


def of(error: Refused) -> Problem:
    """A refused request as a problem."""
    headers = None if error.seconds is None else {"Retry-After": str(error.seconds)}
    return Problem(error.kind, str(error), field=error.field, item=error.item, headers=headers)


def often(error: BusyError) -> Problem:
    """A visitor who asks too often."""
    return Problem("often", str(error), headers={"Retry-After": str(error.seconds)})
