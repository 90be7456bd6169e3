"""Bodies of the JSON API's answers. Heavy, so imported by the first request, in a thread."""

import functools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any

from bert_core import Encoder
from bert_core.model.allowed import is_allowed
from bert_core.model.costs import costly
from bert_core.model.waiting import Left, admitted, until
from bert_core.model_names import is_hub_id, is_model_name
from bert_core.serving import requests
from bert_core.serving.calls import ROUTES, ApiRoute, results
from bert_core.serving.models import served_models
from bert_core.serving.openapi import document
from bert_core.serving.refusals import Refused, of_item
from bert_core.serving.sizes import pieces
from bert_core.views.records import to_record
from pages._server.threads import Later
from pages._shared.models import encoder, is_held, jobs

MOST_BYTES = 32 * 2**20
"""Largest answer."""
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_BY_NAME = {route.name: route for route in ROUTES}


def model(asked: requests.Asked) -> Encoder:
    """The model that is asked for: the same that the pages use.

    Raises:
        Refused: it cannot be opened.
    """
    with of_item(None):
        return encoder(asked.choice())


def is_away(asked: requests.Asked) -> bool:
    """Whether the model is one of the hub that is not in memory: to bring it can take minutes.

    Raises:
        Refused: a value of the request is not one of the legal ones.
    """
    with of_item(None):
        choice = asked.choice()
        named = is_hub_id(choice.source) and is_model_name(choice.source)
        return named and is_allowed(choice.source) and not is_held(choice)


def is_long(asked: requests.Asked, held: Encoder) -> bool:
    """Whether the answer takes so long that nobody else should have to wait for it.

    Args:
        asked: what is asked.
        held: the model that is asked for.

    Raises:
        Refused: a text that cannot be read.
    """
    found = 0.0
    for number, item in enumerate(_items(asked)):
        with of_item(number if isinstance(asked, requests.Batch) else None):
            found += pieces(held, item)
    return costly(held, found)


def answer(name: str, asked: requests.Asked, left: Event, held: Encoder | None = None) -> bytes:
    """The answer to a request.

    Args:
        name: of the route.
        asked: what is asked.
        left: set when nobody waits for the answer any more; what is left of it is not computed.
        held: the model that is asked for; None: it is looked up.

    Raises:
        Refused: there is no answer.
    """
    route = _BY_NAME[name]
    held = held or model(asked)
    with _wanted(left):
        try:
            parts = _parts(route, asked, held, left)
        except Refused:
            if held.loaded:
                raise
            # It made room for another model while it was asked.
            parts = _parts(route, asked, model(asked), left)
    if isinstance(asked, requests.Batch):
        return b'{"items":[' + b",".join(parts) + b"]}"
    return parts[0]


def answer_when_here(name: str, asked: requests.Asked, left: Event) -> bytes | Later:
    """As :func:`answer_or_later`, once the model has come from the hub.

    Raises:
        Refused: it cannot be opened, or there is no answer.
    """
    return answer_or_later(name, asked, left, model(asked))


def answer_or_later(name: str, asked: requests.Asked, left: Event, held: Encoder) -> bytes | Later:
    """As :func:`answer`, or how it is made where that takes long.

    Raises:
        Refused: there is no answer.
    """
    if is_long(asked, held):
        return Later(partial(answer_in_turn, name, asked), behind="line")
    with admitted():  # how many may wait is seen to by the threads
        return answer(name, asked, left, held)


def answer_in_turn(name: str, asked: requests.Asked, left: Event) -> bytes:
    """As :func:`answer`, when it is its turn among the long jobs of the pages and the API."""
    with _wanted(left), of_item(None), jobs().turn(), admitted():
        return answer(name, asked, left)


@contextmanager
def _wanted(left: Event) -> Iterator[None]:
    """A block that is given up where it waits for a turn when nobody wants its answer."""
    try:
        with until(left):
            yield
    except Left:
        raise Refused(
            "This answer was given up: the server is ending. Ask again later.", kind="left"
        ) from None


def _parts(route: ApiRoute, asked: requests.Asked, held: Encoder, left: Event) -> list[bytes]:
    """The answers to the questions of a request."""

    def tell(_done: int, _total: int) -> None:
        if left.is_set():
            raise Left

    parts: list[bytes] = []
    for result in results(route, asked, held, on_progress=tell):
        parts.append(rendered(result))
        if sum(map(len, parts)) > MOST_BYTES:
            raise Refused(
                f"The answer is larger than {MOST_BYTES // 2**20} MiB. Ask for less at once.",
                kind="input",
            )
    return parts


def read(name: str, body: bytes) -> requests.Asked:
    """A request's body, read.

    Raises:
        Refused: it is not what the route may be asked.
    """
    route = _BY_NAME[name]
    return requests.read(body, route.single, route.batch)


def questions(found: requests.Asked) -> int:
    """How many questions a request has."""
    return len(_items(found))


def _items(asked: requests.Asked) -> Sequence[Any]:
    return asked.items if isinstance(asked, requests.Batch) else (asked,)


def models() -> bytes:
    """The models that are here."""
    return rendered(served_models())


@functools.cache
def openapi(*, token: bool) -> bytes:
    """The OpenAPI document of a server that wants a token, or none."""
    return rendered(document(token=token))


def rendered(value: Any) -> bytes:
    """A result as JSON in UTF-8.

    Raises:
        Refused: the model answered with numbers that are no numbers.
    """
    try:
        text = _text(to_record(value))
    except ValueError:
        raise Refused("The model answered with numbers that are none.", kind="model") from None
    # Half a surrogate pair, as a folder's name may hold, is written as JSON writes it.
    return text.encode("utf-8", "backslashreplace")


def _text(record: Any) -> str:
    """JSON of a record, list by list.

    Other threads run between two lists. As one call, an answer of some MiB would keep them all
    waiting for a third of a second, the event loop among them.
    """
    if isinstance(record, dict):
        return "{" + ",".join(f"{_text(key)}:{_text(item)}" for key, item in record.items()) + "}"
    if isinstance(record, list) and record and isinstance(record[0], dict | list):
        return "[" + ",".join(map(_text, record)) + "]"
    return _JSON.encode(record)
