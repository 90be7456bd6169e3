"""Properties of what is read from files of data and predictions."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import bert_core
from bert_core.evaluation.settings import EvaluationSettings
from tests.properties import given as g
from tests.properties.given import Given
from tests.properties.heads import THRESHOLD
from tests.properties.outcome import outcome

values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 99) | st.floats() | st.text(max_size=4)
    | st.sampled_from((10**9, -1, 2**63, "a" * 400)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner,
                                                                 max_size=3),
    max_leaves=8,
)  # fmt: skip
lines = st.lists(g.odd_words | g.sentences, max_size=12).map("".join)
encodings = st.sampled_from(("utf-8", "utf-16", "utf-8-sig", "latin-1"))
contents = st.binary(max_size=200) | st.builds(
    lambda text, encoding: text.encode(encoding, "replace"), lines, encodings
) | values.map(lambda value: json.dumps(value).encode())  # fmt: skip
tables = st.builds(
    lambda head, rows: "\n".join((head, *rows)).encode("utf-8", "replace"),
    st.sampled_from(("text", "sentence,label", "a\ttext", '{"text": "river"}', "", "text,text")),
    st.lists(g.odd_words | st.just('"river') | st.just("river,1"), max_size=4),
)
plain = st.lists(g.sentences, min_size=1, max_size=5).map(lambda rows: "\n".join(rows).encode())


def written(given: Given, name: str, content: bytes) -> Path:
    """A file of this example."""
    path = given.folder / name
    path.write_bytes(content)
    return path


def place(given: Given, *names: str) -> g.Kind:
    """Where a result may go, or may not."""
    inside = given.folder
    wrong = (
        "no/such/x.npz",
        "x",
        "",
        ".",
        "a\0.npz",
        "b" * 300 + ".npz",
        "x.npz/y.npz",
        "lines.txt",
    )
    return g.Kind(
        st.sampled_from([inside / name for name in names]),
        st.sampled_from([str(inside / name) for name in (*names, *wrong)]),
    )


def token_statistics(given: Given) -> Any:
    """A file of any kind under any name."""
    tokenizer = given.encoder("bert-pretraining", "roberta").tokenizer
    suffix = given.draw(st.sampled_from((".txt", ".csv", ".tsv", ".jsonl", ".json", "")))
    path = written(given, f"file-1{suffix}", given.draw(g.mostly(plain | tables, contents)))
    asked = given.arguments(
        path=g.Kind(st.just(path), st.sampled_from((given.folder, "a\0b", "no/such", path))),
        column=g.Kind(st.none(), st.sampled_from(("text", "label", "", "\0", "c" * 900))),
        most=g.whole(1, 20),
    )  # fmt: skip
    found = outcome(bert_core.token_statistics, tokenizer, **asked)
    if found is not None:
        assert found.lines == found.blank + found.unseen + found.seen
        assert found.pieces >= found.seen
        assert 0 <= found.unknown_share <= 1
        assert found.longest >= found.special
        assert len(found.split_words) <= asked["most"]
    return found


def extract(given: Given) -> Any:
    """Lines of a file to hidden states of some layers."""
    model = given.encoder("bert-bare", "roberta")
    path = written(given, "lines.txt", given.draw(g.mostly(plain, contents)))
    asked = given.arguments(
        path=g.Kind(st.just(path), st.sampled_from((given.folder, "a\0b", "no/such"))),
        out=place(given, "x.npz", "x.jsonl", "x.parquet"),
        layers=g.Kind(
            st.lists(st.integers(-3, -1), min_size=1, max_size=3, unique=True),
            st.lists(g.numbers, max_size=3) | g.not_lists,
        ),
        max_length=g.Kind(st.none() | st.integers(8, 64), g.numbers),
        pool=g.either("none", "cls", "mean"),
    )  # fmt: skip
    found = outcome(bert_core.extract, model, **asked)
    if found is not None:
        assert Path(asked["out"]).stat().st_size == found.bytes
        assert found.lines >= found.blank + found.pairs
        assert found.rows == (found.pieces if found.pool == "none" else found.lines)
        assert len(found.first_cut) == min(found.cut, 100)
    else:
        left = {each.name for each in given.folder.iterdir()} - {"lines.txt"}
        assert left == set(), "a refusal leaves nothing behind"
    return found


@st.composite
def questions(draw: Any) -> list[dict[str, Any]]:
    """Questions on a text, with answers or without."""
    count = draw(st.integers(1, 4))
    return [
        {
            "id": str(n % 3),
            "question": draw(g.TEXT.sound | g.hostile),
            "answers": draw(st.just([]) | st.just([{"text": "river", "answer_start": 4}])),
        }
        for n in range(count)
    ]


squad = st.builds(
    lambda context, asked: {"data": [{"paragraphs": [{"context": context, "qas": asked}]}]},
    st.just("the river is cold in winter") | g.TEXT.sound | g.hostile, questions(),
).map(lambda whole: json.dumps(whole).encode())  # fmt: skip
broken_squad = contents | values.map(
    lambda value: json.dumps({"data": [{"paragraphs": value}]}).encode()
)


def score_predictions(given: Given) -> Any:
    """Two or three files of somebody's."""
    told = st.dictionaries(st.sampled_from("0123"), st.just("river") | g.hostile, max_size=3)
    odds = st.dictionaries(st.sampled_from("012"), st.floats(0, 1), max_size=3)
    spoilt = given.draw(g.spoiling(("gold", "predictions", "na_probs")))
    files = {
        "gold": written(given, "gold.json", given.draw(broken_squad if "gold" in spoilt else squad))
    }
    for name, sound in (("predictions", told), ("na_probs", odds)):
        content = given.draw(
            contents if name in spoilt else sound.map(lambda each: json.dumps(each).encode())
        )
        files[name] = written(given, f"{name}.json", content)
    if given.draw(st.booleans()):
        del files["na_probs"]
    threshold = given.arguments(threshold=THRESHOLD)["threshold"]
    found = outcome(bert_core.score_predictions, **files, threshold=threshold)
    if found is not None:
        assert found.counts.scored + found.counts.without_gold == found.counts.read - (
            found.counts.repeated
        )
        assert 0 <= found.metrics["exact"] <= found.metrics["f1"] + 1e-9 <= 100 + 1e-6
        assert sum(found.kinds.values()) == found.counts.scored
    return found


SETTINGS = {
    "decoder": g.either("google", "hf", "pipeline"),
    "impossible": g.Kind(st.none() | st.booleans(), st.none()),
    "null_threshold": THRESHOLD,
    "n_best": g.whole(1, 20),
    "max_answer_length": g.whole(1, 30),
    "max_seq_length": g.Kind(st.none() | st.integers(30, 64), g.numbers),
    "doc_stride": g.Kind(st.none() | st.integers(1, 8), g.numbers),
    "max_query_length": g.Kind(st.none() | st.integers(4, 8), g.numbers),
    "overlap": g.Kind(st.none() | st.booleans(), st.none()),
    "limit": g.Kind(st.none() | st.integers(1, 5), g.numbers),
}


def evaluate(given: Given) -> Any:
    """A file of questions through a reader; asked again, the same figures."""
    model = given.encoder("bert-span", lacking="bert-masked")
    path = written(given, "data.json", given.draw(g.mostly(squad, broken_squad)))
    settings = EvaluationSettings(**given.arguments(**SETTINGS))
    out = given.folder / "out"
    found = outcome(bert_core.evaluate, model, path, out, settings)
    if found is not None:
        again = bert_core.evaluate(model, path, out, settings)
        assert again.metrics == found.metrics
        assert json.loads((out / "metrics.json").read_text())["counts"]["read"] > 0
        assert sum(found.reading.reasons.values()) == found.counts.read - found.counts.repeated
    return found


PROPERTIES = {
    "evaluate": evaluate,
    "extract": extract,
    "score_predictions": score_predictions,
    "token_statistics": token_statistics,
}
