"""Fields of the API's questions that mean nothing together are refused; the others are not."""

import json
from typing import Any

import pytest

from bert_core.serving import requests
from bert_core.serving.calls import ROUTES
from bert_core.serving.refusals import Refused

BY_NAME = {route.name: route for route in ROUTES}
LEAST: dict[str, dict[str, Any]] = {
    "fill": {"text": "the ___"},
    "next": {"text": "the man"},
    "ask": {"question": "who", "context": "the man"},
    "attend": {"text": "the man"},
}
OWN = {"candidates": ["man"]}
OWED = {"measure": "attribution"}

UNUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("fill", {"mask": 0}, "mask", "'candidates'"),
    ("fill", {**OWN, "k": 10}, "k", "'candidates'"),
    ("fill", {**OWN, "strategy": "independent"}, "strategy", "'candidates'"),
    ("fill", {**OWN, "width": 5}, "width", "'candidates'"),
    ("fill", {**OWN, "words_only": True}, "words_only", "'candidates'"),
    ("next", {}, "pair", "either pair or candidates"),
    ("next", {"pair": None}, "pair", "either pair or candidates"),
    ("next", {"pair": "a", **OWN}, "pair", "either pair or candidates"),
    ("ask", {"null_threshold": 0.0}, "null_threshold", "'impossible'"),
    ("ask", {"impossible": False, "null_threshold": 1}, "null_threshold", "'impossible'"),
    ("ask", {"impossible": True, "null_threshold": 1, "decoder": "pipeline"}, "null_threshold",
     "no threshold"),
    ("attend", {"renormalise": True}, "renormalise", "'hide_special'"),
    ("attend", {"target": {}}, "target", "attribution"),
    ("attend", {"measure": "flow", "target": {"word": "man"}}, "target", "attribution"),
    ("attend", {**OWED, "target": {"follows": False}}, "target.follows", "next_sentence"),
    ("attend", {**OWED, "target": {"span": [0, 1]}}, "target.span", "span"),
    ("attend", {**OWED, "target": {"head": "span", "word": "a"}}, "target.word", "masked_word"),
    ("attend", {**OWED, "target": {"head": "next_sentence", "position": 1}}, "target.position",
     "masked_word"),
]  # fmt: skip

USED: list[tuple[str, dict[str, Any]]] = [
    ("fill", {}),
    ("fill", {"k": 1, "strategy": "beam", "width": 2, "words_only": False, "candidates": None}),
    ("fill", {**OWN, "mask": 0, "masked": [1]}),
    ("next", {"pair": "a", "candidates": None}),
    ("next", {"pair": None, **OWN}),
    ("ask", {"impossible": True, "null_threshold": 0.0, "decoder": "hf"}),
    ("ask", {"impossible": True, "decoder": "pipeline"}),
    ("attend", {"hide_special": True, "renormalise": True}),
    ("attend", {"renormalise": False, "target": None}),
    ("attend", {**OWED, "target": {"head": "span", "span": [0, 1], "word": None}}),
    ("attend", {**OWED, "target": {"word": "man", "position": 1}}),
    ("attend", {**OWED, "target": {"head": "next_sentence", "follows": False}}),
]


def read(name: str, body: dict[str, Any]) -> requests.Asked:
    route = BY_NAME[name]
    return requests.read(json.dumps(body).encode(), route.single, route.batch)


def refused(name: str, body: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as caught:
        read(name, body)
    return caught.value


@pytest.mark.parametrize(("name", "more", "field", "words"), UNUSED)
def test_what_would_change_nothing_is_refused(
    name: str, more: dict[str, Any], field: str, words: str
) -> None:
    found = refused(name, {**LEAST[name], **more})
    assert (found.kind, found.field, found.item) == ("input", field, None)
    assert words in str(found)
    assert str(found).endswith(".")
    good = LEAST[name] if name != "next" else {**LEAST[name], "pair": "a"}
    found = refused(name, {"items": [good, {**LEAST[name], **more}]})
    assert (found.kind, found.field, found.item) == ("input", field, 1)


@pytest.mark.parametrize(("name", "more"), USED)
def test_what_means_something_is_read(name: str, more: dict[str, Any]) -> None:
    body = {**LEAST[name], **more}
    assert read(name, body).model_fields_set == set(body)
    read(name, {"items": [body]})


@pytest.mark.parametrize("model", ["embedded", "reader", "run:mine", "./mine", "/a/b/c"])
def test_only_hub_models_have_revisions(model: str) -> None:
    asked = {"text": "the ___", "model": model}
    for body in (asked, {"items": [{"text": "the ___"}], "model": model}):
        found = refused("fill", {**body, "revision": "main"})
        assert (found.kind, found.field, found.item) == ("input", "revision", None)
        assert read("fill", {**body, "revision": None}).revision is None
    assert read("fill", {**asked, "model": "me/mine", "revision": "main"}).revision == "main"


@pytest.mark.parametrize("name", ["fill", "next"])
def test_a_list_of_no_candidates_is_not_taken_for_none(name: str) -> None:
    found = refused(name, {**LEAST[name], "candidates": []})
    assert (found.kind, found.field) == ("invalid", "candidates")
    assert str(found) == "The field 'candidates' is an empty list. Give one entry or more."
