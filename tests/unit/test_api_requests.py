"""What the API may be asked, its document, its events and its meters; no server."""

import io
import json
import re
from collections.abc import Iterator
from threading import Thread
from typing import Any, get_args

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from bert_core.errors import BusyError, ModelError
from bert_core.features.one_text import MOST_VALUES, embed
from bert_core.serving import fills, requests
from bert_core.serving.calls import ROUTES, ApiRoute, results
from bert_core.serving.docstrings import attributes
from bert_core.serving.events import EventLog
from bert_core.serving.meters import Meters, ModelLabels, ModelNumbers, Now
from bert_core.serving.models import served_models
from bert_core.serving.names import NAMES
from bert_core.serving.openapi import document
from bert_core.serving.record_schema import record_schema
from bert_core.serving.refusals import Refused, refused
from bert_core.settings import Settings, read_settings
from bert_core.tasks.filling import Strategy
from bert_core.views.api_lines import curl, field_rows, laid_out
from bert_core.views.records import to_record

BY_NAME = {route.name: route for route in ROUTES}
MODEL_OF = {"ask": "bert-span"}


def read(name: str, body: Any) -> requests.Asked:
    route = BY_NAME[name]
    return requests.read(json.dumps(body).encode(), route.single, route.batch)


def refusal(name: str, body: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        requests.read(body, BY_NAME[name].single, BY_NAME[name].batch)
    return caught.value


def answers(name: str, body: Any, encoder_of: Any) -> list[Any]:
    encoder = encoder_of(MODEL_OF.get(name, "bert-pretraining"))
    return list(results(BY_NAME[name], read(name, body), encoder, on_progress=lambda *_: None))


def schema_of(name: str) -> dict[str, Any]:
    """The document's schema of a route's bodies, with what it refers to."""
    whole = document()
    content = whole["paths"][f"/{name}"]["post"]["requestBody"]["content"]
    return {**content["application/json"]["schema"], "components": whole["components"]}


# ---- requests ----------------------------------------------------------------------------------


def test_the_names_are_those_of_the_routes() -> None:
    assert tuple(BY_NAME) == NAMES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_model_is_named_in_every_request(route: ApiRoute) -> None:
    one = read(route.name, {**route.example, "model": "me/mine", "revision": "v2"})
    several = read(route.name, {"items": [route.example], "model": "me/mine", "precision": "fast"})
    assert one.choice().source == several.choice().source == "me/mine"
    assert (one.revision, several.precision) == ("v2", "fast")
    usual = "reader" if route.name == "ask" else "embedded"
    assert read(route.name, route.example).model == usual
    assert read(route.name, {"items": [route.example]}).model == usual


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b'{"text": NaN}', "no JSON"),
        (b'{"text": "a", "k": Infinity}', "no JSON"),
        (b'{"text": "\\ud800"}', "no JSON"),
        (b'{"text": "\xff"}', "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "no object"),
        (b"null", "no object"),
        (b'"text"', "no object"),
    ],
)
def test_what_is_no_json_object_is_malformed(body: bytes, words: str) -> None:
    found = refusal("fill", body)
    assert found.kind == "malformed"
    assert words in str(found)


@pytest.mark.parametrize(
    ("name", "body", "field", "item"),
    [
        ("fill", {}, "text", None),
        ("fill", {"text": 1}, "text", None),
        ("fill", {"text": "a", "k": 0}, "k", None),
        ("fill", {"text": "a", "k": 1.5}, "k", None),
        ("fill", {"text": "a", "k": True}, "k", None),
        ("fill", {"text": "a", "k": "3"}, "k", None),
        ("fill", {"text": "a", "k": 10**400}, "k", None),
        ("fill", {"text": "a", "strategy": "luck"}, "strategy", None),
        ("fill", {"text": "a", "masked": [-1]}, "masked.0", None),
        ("fill", {"text": "a", "top_k": 3}, "top_k", None),
        ("fill", {"items": []}, "items", None),
        ("fill", {"items": [{"text": "a"}] * 65}, "items", None),
        ("fill", {"items": [{"text": "a"}], "text": "a"}, "text", None),
        ("fill", {"items": [{"text": "a"}, {"text": None}]}, "text", 1),
        ("fill", {"items": [{"text": "a"}, "a"]}, "items", 1),
        ("fill", {"items": [{"text": "a", "model": "reader"}]}, "model", 0),
        ("fill", {"items": [{"text": "a" * 600_000}] * 2}, "items", None),
        ("next", {"pair": "a"}, "text", None),
        ("next", {"text": "a", "candidates": "b"}, "candidates", None),
        ("fill", {"text": "a", "mask": -1}, "mask", None),
        ("fill", {"items": [{"text": "a", "candidates": ["a" * 600_000]}] * 2}, "items", None),
        ("ask", {"question": "a"}, "context", None),
        ("attend", {"text": "a", "layer": 0}, "layer", None),
        ("attend", {"text": "a", "target": {"head": "tail"}}, "target.head", None),
        ("attend", {"text": "a", "target": {"span": [1]}}, "target.span.1", None),
        ("ask", {"question": "a", "context": "b", "doc_stride": 0}, "doc_stride", None),
        ("embed", {"text": "a", "layers": []}, "layers", None),
        ("embed", {"text": "a", "pool": "max"}, "pool", None),
    ],
)
def test_a_fault_is_named(name: str, body: Any, field: str, item: int | None) -> None:
    found = refusal(name, json.dumps(body).encode())
    assert (found.kind, found.field, found.item) == ("invalid", field, item)
    assert str(found).endswith(".")


@pytest.mark.parametrize(
    ("name", "changed", "sentence"),
    [
        ("fill", {"text": 1}, "The field 'text' is 1; a text is expected."),
        ("fill", {"text": None}, "The field 'text' is null; a text is expected."),
        ("fill", {"k": True}, "The field 'k' is true; a whole number is expected."),
        ("fill", {"k": 1.5}, "The field 'k' is 1.5; a whole number is expected."),
        ("fill", {"k": [1]}, "The field 'k' is a list; a whole number is expected."),
        ("fill", {"k": 0}, "The field 'k' is 0; at least 1 is expected."),
        ("fill", {"k": 1001}, "The field 'k' is 1001; at most 1,000 is taken."),
        ("fill", {"k": 10**400},
         "The field 'k' is a number of 401 digits; at most 1,000 is taken."),
        ("fill", {"words_only": 1}, "The field 'words_only' is 1; true or false is expected."),
        ("fill", {"strategy": "luck"},
         "The field 'strategy' is 'luck'; use one of 'independent', 'left-to-right', "
         "'confident-first', 'beam'."),
        ("fill", {"masked": 3}, "The field 'masked' is 3; a list is expected."),
        ("fill", {"masked": [1, -1]}, "The field 'masked.1' is -1; at least 0 is expected."),
        ("fill", {"candidates": ["a"] * 1001},
         "The field 'candidates' has 1,001 entries; at most 1,000 are taken."),
        ("fill", {"model": ""}, "The field 'model' is empty."),
        ("fill", {"model": "a" * 501},
         "The field 'model' has 501 characters; at most 500 are taken."),
        ("fill", {"top_k": 3},
         "There is no field 'top_k'. See /api/v1/openapi.json for those there are."),
        ("embed", {"layers": []}, "The field 'layers' is an empty list. Give one entry or more."),
        ("ask", {"null_threshold": "a"},
         "The field 'null_threshold' is 'a'; a number is expected."),
        ("attend", {"target": "a"}, "The field 'target' is 'a'; an object is expected."),
        ("attend", {"target": {"span": [1]}}, "The field 'target.span.1' is missing."),
        ("attend", {"target": {"span": [1, 2, 3]}},
         "The field 'target.span' has 3 entries; at most 2 are taken."),
    ],
)  # fmt: skip
def test_a_fault_is_said_in_a_sentence(name: str, changed: dict[str, Any], sentence: str) -> None:
    body = {**BY_NAME[name].example, **changed}
    assert str(refusal(name, json.dumps(body).encode())) == sentence


@pytest.mark.parametrize(
    ("changed", "field", "item", "sentence"),
    [
        ({"k": 3, "items": [{"text": "A [MASK]."}]}, "k", None,
         "The field 'k' stands in each of the items, not beside them."),
        ({"items": [{"text": "A [MASK]."}, {"text": "A [MASK].", "model": "reader"}]}, "model", 1,
         "The field 'model' stands beside 'items', once for all of them."),
        ({"top_k": 3, "items": [{"text": "A [MASK]."}]}, "top_k", None,
         "There is no field 'top_k'. See /api/v1/openapi.json for those there are."),
    ],
)  # fmt: skip
def test_a_field_in_the_wrong_place_is_told_its_place(
    changed: dict[str, Any], field: str, item: int | None, sentence: str
) -> None:
    refused = refusal("fill", json.dumps(changed).encode())
    assert (str(refused), refused.field, refused.item) == (sentence, field, item)


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ([], "The field 'items' is an empty list. Give one entry or more."),
        ({}, "The field 'items' is an object; a list is expected."),
        ([{"text": "a"}] * 65, "The field 'items' has 65 entries; at most 64 are taken."),
        (["a"], "One of the items is 'a'; an object is expected."),
        ([{}], "The field 'text' is missing."),
        ([{"text": "a" * 500_001}] * 2, "The items have 1,000,002 characters together; at most "
         "1,000,000 are read at once. Send them in several requests."),
    ],
    ids=["none", "no list", "many", "no object", "missing", "long"],
)  # fmt: skip
def test_a_fault_of_several_questions_is_said_in_a_sentence(items: Any, sentence: str) -> None:
    assert str(refusal("fill", json.dumps({"items": items}).encode())) == sentence


def test_no_number_is_no_threshold() -> None:
    found = refusal("ask", b'{"question": "a", "context": "b", "null_threshold": 1e999}')
    assert str(found) == "The field 'null_threshold' is inf; a finite number is expected."


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.text("a", min_size=490, max_size=510),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(("head", "word", "span", "text", "x")), inner, max_size=2),
    max_leaves=6,
)  # fmt: skip


@given(st.sampled_from(ROUTES), st.data())
def test_whatever_stands_in_a_field_the_sentence_is_ours(
    route: ApiRoute, data: st.DataObject
) -> None:
    fields = st.sampled_from(["items", *route.single.model_fields])
    body = {**route.example, data.draw(fields): data.draw(ANYTHING)}
    said = "Nothing."
    try:
        read(route.name, body)
    except Refused as error:
        said = str(error)
    assert not {"Input", "input", "should", "valid", "something"} & set(said.split())
    assert said.endswith(".")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    kinds = set()
    for route in ROUTES:
        try:
            requests.read(body, route.single, route.batch)
        except Refused as error:
            kinds.add(error.kind)
    assert kinds <= {"malformed", "invalid"}


def test_a_core_error_carries_its_item(encoder_of: Any) -> None:
    asked = {"items": [{"text": "the ___"}, {"text": "the"}]}
    with pytest.raises(Refused, match="Nothing is masked") as caught:
        answers("fill", asked, encoder_of)
    assert (caught.value.kind, caught.value.field, caught.value.item) == ("input", "text", 1)
    with pytest.raises(Refused) as caught:
        list(results(BY_NAME["fill"], read("fill", {"text": "the ___"}), encoder_of("bert-span"),
                     on_progress=lambda *_: None))  # fmt: skip
    assert (caught.value.kind, caught.value.item) == ("model", None)


def test_a_core_that_is_busy_says_when_to_ask_again() -> None:
    found = refused(BusyError("Too many.", seconds=7, field="model"), 3)
    assert (found.kind, found.seconds, str(found)) == ("busy", 7, "Too many.")


def test_answers_are_bounded(encoder_of: Any, tiny_bert: Any) -> None:
    text = "___ " * 60
    with pytest.raises(Refused, match="60,000 rows") as caught:
        answers("fill", {"text": text, "k": 1000}, encoder_of)
    assert caught.value.field == "k"
    assert len(answers("fill", {"text": text, "k": 300}, encoder_of)) == 1
    hidden = tiny_bert.checkpoint.hidden
    assert 64 * 3 * hidden < MOST_VALUES  # no tiny model reaches the bound of weights or vectors


def test_several_sentences_are_one_batch_in_their_order(encoder_of: Any) -> None:
    encoder = encoder_of("bert-pretraining")
    items = [{"text": f"the ___ {'day ' * n}", "k": n + 1} for n in range(12)]
    items[5] = {"text": "the ___", "candidates": ["man", "day"]}
    before = encoder.passes
    found = answers("fill", {"items": items}, encoder_of)
    assert encoder.passes == before + 2, "one batch, and one for the words that were given"
    for item, one in zip(items, found, strict=True):
        (alone,) = answers("fill", item, encoder_of)
        assert alone.tokens == one.tokens
        if "candidates" in item:
            assert to_record(one) == to_record(alone)
        else:
            assert [c.id for c in one.masks[0].candidates] == [
                c.id for c in alone.masks[0].candidates
            ]


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_width_says_how_many_sentences_there_are(strategy: str, encoder_of: Any) -> None:
    def told(**asked: Any) -> tuple[int, int]:
        text = {"text": "the ___ and the ___", "strategy": strategy}
        (found,) = answers("fill", {**text, **asked}, encoder_of)
        return len(found.masks[0].candidates), len(found.sentences)

    assert told(k=1) == (1, 5), "whatever k is"
    assert told(k=1, width=1) == (1, 1)
    assert told(k=7, width=3) == (7, 3)
    assert told() == (10, 5)


def test_many_masks_are_computed_in_parts(encoder_of: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(fills, "PROJECTED_ROWS", 3)
    told: list[int] = []
    asked = read("fill", {"items": [{"text": "___ the ___"}] * 4 + [{"text": "___ " * 9}]})
    encoder = encoder_of("bert-pretraining")
    found = results(BY_NAME["fill"], asked, encoder, on_progress=lambda done, _: told.append(done))
    assert [len(each.masks) for each in found] == [2, 2, 2, 2, 9]
    assert told == [0, 1, 2, 3, 4]


def test_work_stops_when_it_is_told(encoder_of: Any) -> None:
    class Stopped(ModelError):
        pass

    def stop(done: int, _total: int) -> None:
        if done:
            raise Stopped("enough")

    encoder = encoder_of("bert-pretraining")
    asked = read("tokenize", {"items": [{"text": "the"}] * 3})
    found = results(BY_NAME["tokenize"], asked, encoder, on_progress=stop)
    assert next(found).text == "the"
    with pytest.raises(Refused, match="enough"):
        next(found)
    before = encoder.passes
    surprised = read("surprise", {"text": "the " * 50})
    with pytest.raises(Refused, match="enough"):
        list(results(BY_NAME["surprise"], surprised, encoder, on_progress=stop))
    assert encoder.passes == before + 1


def test_a_text_has_the_vectors_of_a_line_of_a_file(encoder_of: Any, tmp_path: Any) -> None:
    from bert_core.features.extract import extract

    encoder = encoder_of("bert-pretraining")
    path, out = tmp_path / "lines.txt", tmp_path / "lines.jsonl"
    path.write_text("the day ||| the man\n", encoding="utf-8")
    extract(encoder, path, out=out, layers=(-1, 0))
    line = json.loads(out.read_text("utf-8"))
    found = embed(encoder, "the day", "the man", layers=(-1, 0), pool="none")
    assert found.vectors.shape == (len(found.tokens), 2, encoder.checkpoint.hidden)
    for row, feature in zip(found.vectors, line["features"], strict=True):
        for vector, layer in zip(row, feature["layers"], strict=True):
            assert vector == pytest.approx(layer["values"], abs=2e-6)
    pooled = embed(encoder, "the day", "the man", layers=(-1, 0), pool="mean")
    assert pooled.vectors[0] == pytest.approx(found.vectors.mean(axis=0), abs=1e-6)


# ---- the document ------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_answers_are_what_the_document_says(route: ApiRoute, encoder_of: Any) -> None:
    (found,) = answers(route.name, route.example, encoder_of)
    schemas: dict[str, Any] = {}
    schema = record_schema(route.result, schemas)
    schema = {**schema, "components": {"schemas": schemas}}
    record = to_record(found)
    validator = jsonschema_rs.validator_for(schema)
    validator.validate(record)
    # Not because it says nothing: without one field it does not fit.
    record.pop(next(reversed(record)))
    assert not validator.is_valid(record)


def test_models_are_what_the_document_says_and_no_folder_is_named() -> None:
    schemas: dict[str, Any] = {}
    schema = {**record_schema(type(served_models()), schemas), "components": {"schemas": schemas}}
    record = to_record(served_models())
    jsonschema_rs.validator_for(schema).validate(record)
    assert [each["model"] for each in record["models"]][:2] == ["embedded", "reader"]
    assert "/" not in json.dumps(record["models"])


def properties(schema: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Every property of every object in a schema, with where it stands."""
    if isinstance(schema, dict):
        if isinstance(found := schema.get("properties"), dict):
            yield from ((f"{where}: {name}", each) for name, each in found.items())
        for name, inner in schema.items():
            yield from properties(inner, f"{where}/{name}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from properties(inner, f"{where}/{number}")


def test_the_document_says_what_every_property_is() -> None:
    said = {where: each.get("description", "") for where, each in properties(document())}
    assert len(said) > 300
    assert [where for where, text in said.items() if len(text.split()) < 1] == []
    foreign = re.compile(r":\w+:`|``|\bNone\b|\bTrue\b|\bFalse\b|\n")
    assert [(where, text) for where, text in said.items() if foreign.search(text)] == []
    of = "/components/schemas/"
    assert said[f"{of}masked.FillResult: sentences"].startswith("whole fillings, best first")
    assert said[f"{of}attend.AttentionResult: weights"].endswith("Lists, one level for each axis.")
    assert said[f"{of}candidates.CandidateScore: per_piece"].startswith("their mean, or null;")


def test_a_class_that_says_nothing_of_its_fields_is_noticed() -> None:
    class Silent:
        """Says nothing."""

    with pytest.raises(ValueError, match="Silent does not say"):
        attributes(Silent)


@pytest.mark.parametrize("token", [False, True])
def test_the_document_says_whether_a_token_is_wanted(token: bool) -> None:
    found = document(token=token)
    assert found["security"] == ([{"token": []}] if token else [])
    assert found["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    own = {path: next(iter(each.values())).get("security") for path, each in found["paths"].items()}
    assert own.pop("/openapi.json") == [], "it is open to who may know of it"
    assert set(own.values()) == {None}
    for path, each in found["paths"].items():
        statuses = set(next(iter(each.values()))["responses"])
        assert ("401" in statuses) == (path != "/openapi.json")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_examples_are_what_the_document_says(route: ApiRoute) -> None:
    validator = jsonschema_rs.validator_for(schema_of(route.name))
    validator.validate(route.example)
    validator.validate({"items": [route.example]})
    assert not validator.is_valid({**route.example, "other": 1})
    assert not validator.is_valid({"items": [{**route.example, "other": 1}]})


@given(st.sampled_from(ROUTES), st.data())
def test_the_document_and_the_types_agree(route: ApiRoute, data: st.DataObject) -> None:
    values = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(
        allow_nan=False, allow_infinity=False
    ).filter(lambda x: not x.is_integer()) | st.lists(st.integers(-3, 9), max_size=2)  # fmt: skip
    fields = list(route.single.model_fields)
    changes = data.draw(st.dictionaries(st.sampled_from(fields), values, max_size=2))
    body = {**route.example, **changes}
    try:
        read(route.name, body)
        accepted = True
    except Refused as error:
        # Each field is what it may be; that some mean nothing together, the document says in words.
        accepted = error.kind == "input"
    assert jsonschema_rs.validator_for(schema_of(route.name)).is_valid(body) == accepted


def test_a_line_for_a_shell_is_the_example() -> None:
    import shlex

    route = BY_NAME["ask"]
    words = shlex.split(curl(route, "http://h:1", token=True, several=True).replace("\\\n", " "))
    assert words[:3] == ["curl", "-s", "http://h:1/api/v1/ask"]
    assert "Authorization: Bearer $BERT_EXPLORER_API_TOKEN" in words
    assert json.loads(words[-1]) == {"items": [route.example] * 2}
    assert "Bearer" not in curl(None, "http://h:1", token=False)


def test_fields_are_told_with_their_limits() -> None:
    rows = {row["Field"]: row for row in field_rows(BY_NAME["fill"])}
    assert list(rows)[:2] == ["text", "pair"]
    assert rows["text"]["Default"] == "required"
    assert rows["k"]["Type"] == "integer, 1 to 1,000"
    assert "beam" in rows["strategy"]["Type"]


def test_a_laid_out_answer_is_json_unless_it_is_cut() -> None:
    value = {"a": [1, 2], "b": [{"c": "ü"}, []], "d": {}, "e": [[0.5] * 8], "f": None}
    assert json.loads(laid_out(value)) == value
    assert "... 4 more" in laid_out([0.5] * 12)


# ---- events and meters -------------------------------------------------------------------------


def test_an_event_is_a_line_and_holds_a_text_only_where_it_is_wanted() -> None:
    settings = read_settings()
    stream = io.StringIO()
    for log_events, log_texts in ((False, True), (True, False), (True, True)):
        changed: Settings = settings.model_copy(
            update={"log_events": log_events, "log_texts": log_texts}
        )
        log = EventLog(stream, lambda changed=changed: changed)
        log.write("api", visitor="v", route="fill", text="a secret\nline", status=200)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == 2
    assert "text" not in lines[0]
    assert "secret" not in json.dumps(lines[0])
    assert lines[1]["text"] == "a secret\nline"
    assert {"time", "event", "visitor", "route", "status"} <= set(lines[0])


def test_events_of_many_threads_stay_whole() -> None:
    stream = io.StringIO()
    settings = read_settings().model_copy(update={"log_events": True})
    log = EventLog(stream, lambda: settings)
    threads = [
        Thread(target=lambda n=n: [log.write("api", visitor=str(n), route="x") for _ in range(50)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert sorted({line["visitor"] for line in lines}) == [str(n) for n in range(8)]
    assert len(lines) == 400


def test_meters_count_and_forget_what_is_gone() -> None:
    meters = Meters()
    meters.began()
    meters.asked("fill", 3)
    meters.ended("fill", 200, 0.2)
    meters.visited("tokens")
    meters.drawn("tokens", 0.4)
    for callers, inputs in ((1, 1), (3, 7), (1, 30)):
        meters.passed(callers, inputs)
    meters.refused("too-often")
    meters.refused("model")
    meters.unloaded(2)
    first = ModelLabels("embedded", "cpu", "exact")
    now = Now(100, {first: ModelNumbers(86.5, 4, 2)}, 3, {"running": 2})
    found = samples(meters.text(now))
    assert found["bert_explorer_requests_total", "fill,200"] == 1
    assert found["bert_explorer_request_items_sum", "fill"] == 3
    assert found["bert_explorer_request_seconds_sum", "fill"] == pytest.approx(0.2)
    assert found["bert_explorer_requests_at_work", ""] == 0
    assert found["bert_explorer_page_visits_total", "tokens"] == 1
    assert found["bert_explorer_page_seconds_sum", "tokens"] == pytest.approx(0.4)
    assert found["bert_explorer_model_bytes", "cpu,embedded,exact"] == 86.5 * 2**20
    assert found["bert_explorer_model_passes", "cpu,embedded,exact"] == 4
    assert found["bert_explorer_model_waiting", "cpu,embedded,exact"] == 2
    assert found["bert_explorer_batch_callers_bucket", "2.0"] == 2
    assert found["bert_explorer_batch_callers_sum", ""] == 5
    assert found["bert_explorer_batch_inputs_count", ""] == 3
    assert found["bert_explorer_batch_inputs_sum", ""] == 38
    assert found["bert_explorer_refused_total", "too-often"] == 1
    assert found["bert_explorer_refused_total", "model"] == 1
    assert found["bert_explorer_models_unloaded_total", ""] == 1
    assert found["bert_explorer_models_unloaded_bytes_total", ""] == 2 * 2**20
    assert found["bert_explorer_memory_bytes", ""] == 100 * 2**20
    assert found["bert_explorer_long_jobs", ""] == 3
    assert found["bert_explorer_runs", "running"] == 2
    later = samples(meters.text(Now(100, {}, 0, {})))
    gone = {"model_bytes", "model_passes", "model_waiting", "runs"}
    assert not [name for name, _ in later if name.removeprefix("bert_explorer_") in gone]
    assert later["bert_explorer_requests_total", "fill,200"] == 1


def samples(text: bytes) -> dict[tuple[str, str], float]:
    """Numbers by their names and the values of their labels."""
    return {
        (each.name, ",".join(each.labels.values())): each.value
        for family in text_string_to_metric_families(text.decode())
        for each in family.samples
    }
