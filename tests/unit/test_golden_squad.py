"""Windows, decoding and answer texts against those of run_squad.py, on texts of our own.

``tests/golden/own`` holds what google-research/bert answers. The pieces are the reference's too:
its basic tokenizer first, then the embedded vocabulary with its limit of 200 characters a word.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer as Backend

from bert_core.data.examples import Answer, QuestionExample
from bert_core.metrics import squad
from bert_core.tasks.spans.basic import BasicTokenizer
from bert_core.tasks.spans.decode import DecodeSettings, decode
from bert_core.tasks.spans.export import run_squad_files
from bert_core.tasks.spans.features import SpanFeatures, SpanSettings, encode
from bert_core.tasks.spans.final_text import final_text

OWN = Path(__file__).parents[1] / "golden" / "own"


def rows(name: str) -> list[dict[str, Any]]:
    data = (OWN / name).read_bytes()
    text = gzip.decompress(data) if name.endswith(".gz") else data
    return [json.loads(line) for line in text.decode("utf-8").split("\n") if line]


FEATURES = {row["id"]: row for row in rows("squad_features.jsonl.gz")}
DECODED = rows("squad_decode.jsonl.gz")


class Google:
    """The reference's pieces, and examples laid out with them."""

    def __init__(self, tokenizer: Any) -> None:
        description = json.loads(tokenizer._plain.to_str())
        description["model"]["max_input_chars_per_word"] = 200
        self._pieces = Backend.from_str(json.dumps(description))
        self._basic = BasicTokenizer(lower=True)
        self._tokenizer = tokenizer
        self.vocabulary: Sequence[str] = tokenizer.vocabulary.pieces

    def cut(self, texts: Sequence[str]) -> list[list[int]]:
        spaced = [self._basic.spaced(text) for text in texts]
        return [each.ids for each in self._pieces.encode_batch(spaced, add_special_tokens=False)]

    def encode(self, examples: Sequence[QuestionExample], **options: Any) -> SpanFeatures:
        ids = {"cls_id": self._tokenizer.cls_id, "sep_id": self._tokenizer.sep_id}
        return encode(examples, self.cut, **ids, **options)


@pytest.fixture(scope="module")
def google(embedded: Any) -> Google:
    return Google(embedded.tokenizer)


def example_of(row: dict[str, Any]) -> QuestionExample:
    training = row["training"] or {"answer": None, "is_impossible": False}
    answer = training["answer"]
    return QuestionExample(
        row=1,
        id=row["id"],
        title="",
        question=row["question"],
        context=row["context"],
        answers=(Answer(answer["text"], answer["answer_start"]),) if answer else (),
        impossible=training["is_impossible"],
    )


def padded(values: Sequence[int], length: int) -> list[int]:
    return [*values, *[0] * (length - len(values))]


def described(features: SpanFeatures, google: Google, length: int) -> dict[str, Any]:
    """The windows of one question as the golden file spells them."""
    context = features.contexts[0]
    return {
        "doc_tokens": context.words.some(0, len(context.words)),
        "orig_to_tok_index": context.first_piece.tolist(),
        "doc_spans": [[window.first, len(window.words)] for window in features.windows],
        "features": [
            {
                "doc_span_index": window.number,
                "tokens": [google.vocabulary[id_] for id_ in window.ids],
                "segment_ids": padded(window.segments.tolist(), length),
                "token_to_orig_map": by_position(window.offset, window.words.tolist()),
                "token_is_max_context": by_position(window.offset, window.best_here.tolist()),
            }
            for window in features.windows
        ],
    }


def by_position(offset: int, values: Sequence[Any]) -> dict[str, Any]:
    return {str(offset + n): value for n, value in enumerate(values)}


def test_all_rows_are_there() -> None:
    assert len(FEATURES) == 396
    assert len(DECODED) == 90


def test_windows_are_those_of_the_reference(google: Google) -> None:
    for row in FEATURES.values():
        settings = SpanSettings(**row["settings"])
        features = google.encode([example_of(row)], settings=settings)
        found = described(features, google, settings.max_seq_length)
        assert found == {name: row[name] for name in found}, row["id"]


def test_training_positions_are_those_of_the_reference(google: Google) -> None:
    trained = [row for row in FEATURES.values() if row["training"]]
    assert len(trained) == 252 + 72 + 3
    for row in trained:
        settings = SpanSettings(**row["settings"])
        features = google.encode([example_of(row)], settings=settings, training=True)
        positions = [[window.start, window.end] for window in features.windows]
        assert positions == row["training"]["positions"], row["id"]
        lost = {0: "answer not in the context"} if row["training"]["skipped"] else {}
        assert features.lost == lost, row["id"]


def test_all_questions_together_are_as_one_by_one(google: Google) -> None:
    some = [row for row in FEATURES.values() if row["training"] and row["id"].endswith("-16-16")]
    settings = SpanSettings(**some[0]["settings"])
    features = google.encode([example_of(row) for row in some], settings=settings, training=True)
    assert len(features.contexts) == len({row["context"] for row in some}) < len(some)
    for n, (row, asked) in enumerate(zip(some, features.questions, strict=True)):
        own = features.windows[asked.first : asked.first + asked.windows]
        assert [window.question for window in own] == [n] * len(own)
        assert [[window.start, window.end] for window in own] == row["training"]["positions"]
        assert asked.pieces == len(row["query_tokens"])


def settings_of(case: dict[str, Any]) -> DecodeSettings:
    return DecodeSettings(
        n_best=case["n_best_size"],
        max_answer_length=case["max_answer_length"],
        impossible=case["version_2_with_negative"],
        null_threshold=case["null_score_diff_threshold"],
        lower=case["do_lower_case"],
    )


def decoded(google: Google, case: dict[str, Any], keep_rejected: bool = False) -> Any:
    row = FEATURES[case["features_id"]]
    features = google.encode([example_of(row)], settings=SpanSettings(**row["settings"]))
    starts, ends = ([np.array(each[side]) for each in case["logits"]] for side in ("start", "end"))
    (answer,) = decode(
        features, starts, ends, google.vocabulary, settings_of(case), keep_rejected=keep_rejected
    )
    return answer


def test_answers_are_those_of_the_reference(google: Google) -> None:
    for case in DECODED:
        answer = decoded(google, case)
        if "reference_error" in case:
            continue
        impossible = case["version_2_with_negative"]
        files = run_squad_files(["q"], [answer], impossible=impossible)
        assert files["predictions.json"]["q"] == case["prediction"], case["id"]
        nbest = files["nbest_predictions.json"]["q"]
        assert [each["text"] for each in nbest] == [each["text"] for each in case["nbest"]]
        for found, wanted in zip(nbest, case["nbest"], strict=True):
            for name in ("probability", "start_logit", "end_logit"):
                assert found[name] == pytest.approx(wanted[name], rel=1e-9, abs=1e-300), case["id"]
        if impossible:
            odds = files["null_odds.json"]["q"]
            assert odds == pytest.approx(case["null_odds"], rel=1e-9), case["id"]
        else:
            assert case["null_odds"] is None
            assert "null_odds.json" not in files


def test_where_the_reference_stops_there_is_no_answer_and_a_reason(google: Google) -> None:
    stopped = [case for case in DECODED if "reference_error" in case]
    assert len(stopped) == 9
    reasons = []
    for case in stopped:
        answer = decoded(google, case)
        assert answer.text == ""
        assert answer.best is None
        assert answer.null_odds is None
        reasons.append(answer.reason)
        files = run_squad_files(["q"], [answer], impossible=True)
        assert files["predictions.json"]["q"] == ""
        assert [each["text"] for each in files["nbest_predictions.json"]["q"]] == [""]
        json.dumps(files, allow_nan=False)
    assert sorted(reasons) == ["no span"] * 7 + ["no window"] * 2


def test_candidates_stand_where_they_say(google: Google) -> None:
    seen = 0
    for case in DECODED:
        context = FEATURES[case["features_id"]]["context"]
        for each in decoded(google, case).nbest:
            covered = context[each.start : each.end]
            for separator in "\t\r\n\u202f":
                covered = covered.replace(separator, " ")
            assert " ".join(filter(None, covered.split(" "))) == each.text, case["id"]
            seen += bool(each.text)
    assert seen > 500


def test_every_pair_of_best_pieces_is_a_candidate_or_rejected(google: Google) -> None:
    rules = set()
    for case in DECODED:
        plain, whole = decoded(google, case), decoded(google, case, keep_rejected=True)
        assert replace(whole, rejected=()) == plain
        pairs = sum(min(case["n_best_size"], len(each["start"])) ** 2 for each in case["logits"])
        nulls = case["version_2_with_negative"] and bool(case["logits"])
        assert len(whole.rejected) + len(whole.nbest) == pairs + nulls, case["id"]
        rules |= {each.rule for each in whole.rejected}
    assert len(rules) == 9


def test_final_texts_are_those_of_the_reference() -> None:
    tokenizers = {lower: BasicTokenizer(lower=lower) for lower in (True, False)}
    triples = rows("final_text.jsonl")
    assert len(triples) == 546
    for row in triples:
        tokenizer = tokenizers[row["do_lower_case"]]
        found = final_text(row["pred_text"], row["orig_text"], tokenizer)
        assert found == row["final_text"], row["id"]


def test_basic_tokens_are_those_of_the_reference() -> None:
    tokenizers = {lower: BasicTokenizer(lower=lower) for lower in (True, False)}
    for row in rows("tokenization.jsonl"):
        spaced = tokenizers[row["lower"]].spaced(row["text"])
        assert spaced == " ".join(row["basic"]), row["id"]


def read_questions(name: str) -> list[QuestionExample]:
    data = json.loads((OWN / name).read_text(encoding="utf-8"))["data"]
    return [
        QuestionExample(
            row=1,
            id=asked["id"],
            title=article["title"],
            question=asked["question"],
            context=paragraph["context"],
            answers=tuple(Answer(each["text"], each["answer_start"]) for each in asked["answers"]),
            impossible=asked.get("is_impossible", False),
        )
        for article in data
        for paragraph in article["paragraphs"]
        for asked in paragraph["qas"]
    ]


@pytest.mark.parametrize(
    ("name", "number"), [("own_squad_v1.json", 154), ("own_squad_v2.json", 180)]
)
def test_logits_that_know_the_answers_score_in_full(google: Google, name: str, number: int) -> None:
    """The whole way: gold positions as logits, decoded, are the gold answers by the scorer."""
    examples = read_questions(name)
    assert len(examples) == number
    settings = SpanSettings(max_seq_length=128, doc_stride=64, max_query_length=32)
    features = google.encode(examples, settings=settings, training=True)
    assert features.lost == {}

    def sure(position: int, length: int) -> Any:
        # A window without the answer points at [CLS], and less surely so.
        return np.where(np.arange(length) == position, 9.0 if position else 1.0, -9.0)

    starts = [sure(window.start, len(window.ids)) for window in features.windows]
    ends = [sure(window.end, len(window.ids)) for window in features.windows]
    impossible = name.endswith("v2.json")
    answers = decode(
        features, starts, ends, google.vocabulary, DecodeSettings(impossible=impossible)
    )
    ids = [example.id for example in examples]
    said = run_squad_files(ids, answers, impossible=impossible)["predictions.json"]
    found = squad.score(examples, said)
    assert found.metrics["exact"] == 100.0
    assert found.metrics["f1"] == 100.0
    assert found.metrics["total"] == number
