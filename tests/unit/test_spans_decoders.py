"""Three decoders on the same logits: those of transformers against what its own code answers.

``hf_decode`` and ``pipeline_decode`` in ``tests/golden/own`` hold the windows' logits and the
answers of utils_qa.py and of the pipeline's module, both run unchanged.
"""

import gzip
import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert_core.data.examples import QuestionExample
from bert_core.errors import InputError, ModelError
from bert_core.model.choice import READER, ModelChoice
from bert_core.model.encoder import Encoder
from bert_core.model.loading import load
from bert_core.settings import READER_MODEL
from bert_core.tasks.spans.answers import REASONS, SpanAnswer
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import DECODERS, Decoder, decide
from bert_core.tasks.spans.export import run_squad_files
from bert_core.tasks.spans.features import SpanSettings, encode
from bert_core.tasks.spans.places import piece_places
from bert_core.tasks.spans.trace import SpanTrace
from bert_core.tasks.spans.whole_words import grown, word_starts
from bert_core.tasks.squad import trace_questions
from tests.unit.reference import library_tokenizer

OWN = Path(__file__).parents[1] / "golden" / "own"
CLOSE = 1e-6
"""The references compute in float32."""


def rows(name: str) -> list[dict[str, Any]]:
    text = gzip.decompress((OWN / f"{name}.jsonl.gz").read_bytes()).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


FEATURES = {row["id"]: row for row in rows("squad_features")}
HF = rows("hf_decode")
PIPELINE = rows("pipeline_decode")


@pytest.fixture(scope="module")
def reader() -> Encoder:
    """The reader that ships with the project."""
    return load(ModelChoice(source=READER))


def trace_of(
    encoder: Encoder,
    question: str,
    context: str,
    layout: SpanSettings,
    logits: Sequence[tuple[Any, Any]] | None = None,
) -> SpanTrace:
    """One question in windows, with logits written by hand; all of them 0 without any."""
    tokenizer = encoder.tokenizer
    example = QuestionExample(1, "q", "", question, context, ())
    features = encode(
        [example],
        encoder.cut_words,
        cls_id=tokenizer.cls_id,
        sep_id=tokenizer.sep_id,
        seps_between=tokenizer.seps_between,
        settings=layout,
    )
    sides = zip(*logits, strict=True) if logits else [[np.zeros(9999)] * len(features.windows)] * 2
    starts, ends = (
        tuple(
            np.array(row, dtype=np.float32)[: len(window.ids)]
            for row, window in zip(rows_of, features.windows, strict=True)
        )
        for rows_of in sides
    )
    return SpanTrace(
        model="golden",
        examples=(example,),
        layout=layout,
        features=features,
        starts=starts,
        ends=ends,
        places=piece_places(features.contexts, encoder.places_in_words),
        pieces=tokenizer.vocabulary.pieces,
        unknown_id=tokenizer.vocabulary.unknown_id,
        lower=tokenizer.lower,
    )


def decided(
    reader: Encoder, case: dict[str, Any], decoder: Decoder, *, keep_rejected: bool = False
) -> SpanAnswer:
    source = FEATURES[case["features_id"]] if case["features_id"] else case
    layout = SpanSettings(case["max_seq_length"], case["doc_stride"], 32, overlap=True)
    logits = [(each["start"], each["end"]) for each in case["logits"]]
    trace = trace_of(reader, source["question"], source["context"], layout, logits)
    # The recorded rows are as long as the windows that the reference made.
    assert [len(row["start"]) for row in case["logits"]] == [len(row) for row in trace.starts]
    settings = DecodeSettings(
        n_best=case["n_best"],
        max_answer_length=case["max_answer_length"],
        impossible=case["impossible"],
        null_threshold=case.get("null_threshold", 0.0),
    )
    (answer,) = decide(trace, settings, decoder=decoder, keep_rejected=keep_rejected)
    # What stands where: whatever the decoder, the text is that of its characters.
    assert all(source["context"][each.start : each.end] == each.text for each in answer.nbest), (
        case["id"]
    )
    return answer


def agree(
    found: Iterable[tuple[str, float]], wanted: Iterable[tuple[str, float]], *, ties: bool
) -> bool:
    """Whether texts and figures are the same.

    With ties, texts of equal figures may change places; which ones are last is left open.
    """
    ours, theirs = list(found), list(wanted)
    if [score for _, score in ours] != pytest.approx([score for _, score in theirs], rel=CLOSE):
        return False
    if not ties:
        return [text for text, _ in ours] == [text for text, _ in theirs]
    groups = []
    for _, group in itertools.groupby(zip(ours, theirs, strict=True), key=lambda two: two[1][1]):
        one, other = zip(*group, strict=True)
        groups.append(Counter(text for text, _ in one) == Counter(text for text, _ in other))
    return all(groups[:-1])


# ---- the windows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lengths", [(384, 128), (128, 64), (64, 16)])
def test_windows_with_an_overlap_are_those_of_the_library(
    reader: Encoder, lengths: tuple[int, int]
) -> None:
    """Pieces and characters of each window, as run_qa asks the library's tokenizer for them."""
    length, overlap = lengths
    seen = 0
    for row in FEATURES.values():
        if row["group"] == "edge" or not row["id"].endswith("-384-128-64"):
            continue
        theirs = library_tokenizer(READER_MODEL)(
            row["question"],
            row["context"],
            truncation="only_second",
            max_length=length,
            stride=overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        layout = SpanSettings(length, overlap, 40, overlap=True)
        trace = trace_of(reader, row["question"], row["context"], layout)
        windows = trace.windows_of()
        assert [window.ids.tolist() for window in windows] == theirs["input_ids"], row["id"]
        for n, window in enumerate(windows):
            inside = slice(window.offset, window.offset + len(window.words))
            ours = trace.places[0][window.first : window.first + len(window.words)]
            assert ours.tolist() == [list(each) for each in theirs["offset_mapping"][n][inside]]
            assert theirs.sequence_ids(n)[inside] == [1] * len(window.words)
        seen += len(windows)
    assert seen > 100


# ---- run_qa --------------------------------------------------------------------------------------


def test_run_qa_answers_are_those_of_the_reference(reader: Encoder) -> None:
    for case in HF:
        answer = decided(reader, case, "hf")
        fallback = case["nbest"][0]["text"] == "empty"
        wanted = case["nbest"][1:] if fallback else case["nbest"]
        ties = case["kind"] == "ties"
        assert agree(
            [(each.text, each.score) for each in answer.nbest if each.text],
            [(each["text"], each["start_logit"] + each["end_logit"])
             for each in wanted if each["text"]],
            ties=ties,
        ), case["id"]  # fmt: skip
        places = [n for n, each in enumerate(wanted) if not each["text"]]
        assert [n for n, each in enumerate(answer.nbest) if not each.text] == places
        assert len(places) == case["impossible"]
        if fallback:
            assert (answer.text, answer.reason, answer.null_odds) == ("", "no span", None)
            assert answer.null_score == (
                pytest.approx(case["null_odds"], rel=CLOSE) if case["impossible"] else None
            )
            continue
        for ours, theirs in zip(answer.nbest, wanted, strict=True):
            assert ours.probability == pytest.approx(theirs["probability"], rel=CLOSE, abs=1e-12)
            if not ties:
                for name in ("start_logit", "end_logit"):
                    assert getattr(ours, name) == pytest.approx(theirs[name], rel=CLOSE)
        assert answer.null_odds == (
            pytest.approx(case["null_odds"], rel=CLOSE) if case["impossible"] else None
        ), case["id"]
        if not ties:
            assert answer.text == case["prediction"], case["id"]
        assert (answer.text == "") == (case["prediction"] == "")


def test_the_recorded_cases_of_run_qa_are_of_all_kinds() -> None:
    assert len(HF) == 65
    said = Counter(case["prediction"] for case in HF)
    assert said["empty"] > 5
    assert said[""] > 5
    assert {case["n_best"] for case in HF} >= {1, 5, 20}
    assert 20 < sum(case["impossible"] for case in HF) < 45
    assert max(len(case["logits"]) for case in HF) > 3


def test_the_word_empty_stands_in_the_files_only(reader: Encoder) -> None:
    case = next(case for case in HF if case["prediction"] == "empty" and not case["impossible"])
    answer = decided(reader, case, "hf")
    assert (answer.text, answer.nbest, answer.best) == ("", (), None)
    files = run_squad_files(["q"], [answer], impossible=False)
    assert files["predictions.json"] == {"q": "empty"}
    assert files["nbest_predictions.json"]["q"] == case["nbest"]


def test_run_qa_lists_every_pair_that_it_looked_at(reader: Encoder) -> None:
    rules = Counter[str]()
    for case in HF:
        answer = decided(reader, case, "hf", keep_rejected=True)
        assert replace(answer, rejected=()) == decided(reader, case, "hf")
        pairs = sum(min(case["n_best"], len(each["start"])) ** 2 for each in case["logits"])
        assert len(answer.rejected) + len(answer.nbest) == pairs + case["impossible"]
        for each in answer.rejected:
            logits = case["logits"][each.window]
            assert each.start_logit == np.float32(logits["start"][each.start_piece])
            assert each.end_logit == np.float32(logits["end"][each.end_piece])
            assert (each.end_piece < each.start_piece) >= (each.rule == "end before start")
            length = each.end_piece - each.start_piece + 1
            assert (length > case["max_answer_length"]) >= (each.rule == "too long")
        rules.update(each.rule for each in answer.rejected)
    assert set(rules) == {
        "start outside the context",
        "end outside the context",
        "end before start",
        "too long",
        "not among the best",
    }


CONTEXT = "The old mill\n stands by the river. The old bridge stands by the mill."
QUESTION = "What stands there?"
LAYOUT = SpanSettings(64, 16, 16, overlap=True)


def peaks(reader: Encoder, *at: tuple[str, int, float], null: float = -9.0) -> SpanTrace:
    """Logits of -5 but for words of ``CONTEXT``: the word, which of its places, and the logit."""
    trace = trace_of(reader, QUESTION, CONTEXT, LAYOUT)
    (window,) = trace.windows_of()
    row = np.full(len(window.ids), -5.0, dtype=np.float32)
    row[0] = null
    words = trace.features.contexts[0].words.some(0, 99)
    for word, which, logit in at:
        place = [n for n, each in enumerate(words) if each.strip(".") == word][which]
        row[window.offset + window.words.tolist().index(place)] = logit
    return replace(trace, starts=(row,), ends=(row,))


def test_run_qa_keeps_equal_texts_and_line_breaks(reader: Encoder) -> None:
    trace = peaks(reader, ("mill", 0, 5.0), ("mill", 1, 4.0), ("stands", 0, 3.0))
    settings = DecodeSettings(n_best=3, max_answer_length=2)
    (ours,) = decide(trace, settings, decoder="google")
    (theirs,) = decide(trace, settings, decoder="hf")
    assert [each.text for each in theirs.nbest] == ["mill", "mill\n stands", "mill"]
    assert [each.text for each in ours.nbest] == ["mill", "mill stands", "stands"]
    assert theirs.nbest[0].probability < ours.nbest[0].probability


@pytest.mark.parametrize(
    ("decoder", "first"), [("google", 0), ("hf", 1), ("pipeline", 0)], ids=DECODERS
)
def test_each_decoder_orders_equals_in_one_way(
    reader: Encoder, decoder: Decoder, first: int
) -> None:
    trace = peaks(reader, ("river", 0, 4.0), ("bridge", 0, 4.0))
    settings = DecodeSettings(n_best=2, max_answer_length=1)
    (answer,) = decide(trace, settings, decoder=decoder)
    texts = ["river", "bridge"]
    assert [each.text for each in answer.nbest] == [texts[first], texts[1 - first]]


@pytest.mark.parametrize(
    ("threshold", "text"), [(1.9, ""), (2.0, "mill"), (2.1, "mill"), (1e300, "mill")]
)
def test_run_qa_gives_no_answer_above_the_threshold(
    reader: Encoder, threshold: float, text: str
) -> None:
    trace = peaks(reader, ("mill", 0, 3.0), null=4.0)
    settings = DecodeSettings(impossible=True, null_threshold=threshold)
    (answer,) = decide(trace, settings, decoder="hf")
    assert (answer.text, answer.null_score, answer.null_odds) == (text, 8.0, 2.0)
    assert answer.reason == ("best span" if text else "null score")


# ---- the pipeline --------------------------------------------------------------------------------


def test_pipeline_answers_are_those_of_the_reference(reader: Encoder) -> None:
    for case in PIPELINE:
        answer = decided(reader, case, "pipeline")
        if "reference_error" in case:
            continue
        # With too few spans the reference fills its list with some that score nothing.
        wanted = [each for each in case["answers"] if each["score"] > 0]
        ties = case["kind"] == "ties"
        assert agree(
            [(each.text, each.probability) for each in answer.nbest],
            [(each["answer"], each["score"]) for each in wanted],
            ties=ties,
        ), case["id"]
        if ties:
            continue
        for ours, theirs in zip(answer.nbest, wanted, strict=True):
            assert (ours.start, ours.end) == (theirs["start"], theirs["end"]), case["id"]
        assert answer.text == (wanted[0]["answer"] if wanted else ""), case["id"]


def test_the_recorded_cases_of_the_pipeline_are_of_all_kinds(reader: Encoder) -> None:
    assert len(PIPELINE) == 67
    stopped = [case for case in PIPELINE if "reference_error" in case]
    assert [case["reference_error"] for case in stopped] == [
        "ValueError: kth(=36) out of bounds (36)"
    ]
    assert decided(reader, stopped[0], "pipeline").text == "It"
    answers = [case["answers"] for case in PIPELINE if case not in stopped]
    assert sum(bool(each) and not each[0]["answer"] for each in answers) > 5
    assert sum(bool(each) and each[0]["score"] > 1 for each in answers) > 0
    assert sum(any(not one["score"] for one in each) for each in answers) > 2


def test_pipeline_adds_up_what_differs_in_case_only(reader: Encoder) -> None:
    context = "Rain fell. The RAIN came back."
    trace = trace_of(reader, QUESTION, context, LAYOUT)
    (window,) = trace.windows_of()
    row = np.full(len(window.ids), -9.0, dtype=np.float32)
    pieces = [trace.pieces[id_] for id_ in window.ids]
    first, second = (n for n, piece in enumerate(pieces) if piece == "rain")
    row[[first, second]] = 2.0, 2.5
    trace = replace(trace, starts=(row,), ends=(row,))
    (answer,) = decide(trace, DecodeSettings(max_answer_length=1), decoder="pipeline")
    best = answer.nbest[0]
    shares = np.exp([2.0, 2.5]) / np.exp([2.0, 2.5]).sum()
    assert best.text == "RAIN"
    assert best.probability == pytest.approx((shares**2).sum(), rel=1e-3)
    assert (best.start_piece, best.start_logit, best.start) == (second, 2.5, 15)
    assert sum(each.probability for each in answer.nbest) < 0.9


def test_pipeline_scores_add_up_over_windows(reader: Encoder) -> None:
    """The same words in the overlap of two windows count twice: a score is no probability."""
    context = " ".join(f"word{n} heron" if n == 30 else f"word{n}" for n in range(60))
    trace = trace_of(reader, "Who?", context, SpanSettings(64, 50, 8, overlap=True))
    assert len(trace.starts) > 1
    heron = next(id_ for id_, piece in enumerate(trace.pieces) if piece == "heron")
    rows = tuple(
        np.where(window.ids == heron, 9.0, -9.0).astype(np.float32) for window in trace.windows_of()
    )
    seen = sum(bool((window.ids == heron).any()) for window in trace.windows_of())
    assert seen > 1
    trace = replace(trace, starts=rows, ends=rows)
    (answer,) = decide(trace, DecodeSettings(), decoder="pipeline")
    assert answer.text == "heron"
    assert answer.nbest[0].probability == pytest.approx(seen, rel=1e-3)


@pytest.mark.parametrize("threshold", [-90.0, 0.0, 90.0])
def test_pipeline_has_no_threshold(reader: Encoder, threshold: float) -> None:
    settings = DecodeSettings(n_best=1, impossible=True, null_threshold=threshold)
    (nothing,) = decide(peaks(reader, ("mill", 0, 3.0), null=3.1), settings, decoder="pipeline")
    (something,) = decide(peaks(reader, ("mill", 0, 3.0), null=2.9), settings, decoder="pipeline")
    assert (nothing.text, nothing.reason) == ("", "null first")
    assert nothing.best is not None
    assert (nothing.best.text, something.text) == ("mill", "mill")
    assert nothing.null_odds == pytest.approx(0.2, rel=1e-3)
    assert something.null_odds == pytest.approx(-0.2, rel=1e-3)
    assert nothing.null_score == pytest.approx(np.log(nothing.nbest[0].probability))
    (even,) = decide(peaks(reader, ("mill", 0, 3.0), null=3.0), settings, decoder="pipeline")
    assert (even.text, even.null_odds) == ("mill", 0.0)


def test_no_answer_of_the_pipeline_is_that_of_the_window_where_it_is_least_likely(
    reader: Encoder,
) -> None:
    trace = trace_of(reader, QUESTION, " ".join([CONTEXT] * 8), LAYOUT)
    rows = [np.zeros(len(window.ids), dtype=np.float32) for window in trace.windows_of()]
    assert len(rows) > 2
    for number, row in enumerate(rows):
        row[0] = 1.0 if number == 1 else 3.0 + number
    trace = replace(trace, starts=tuple(rows), ends=tuple(rows))
    settings = DecodeSettings(n_best=200, impossible=True)
    (answer,) = decide(trace, settings, decoder="pipeline")
    (null,) = [each for each in answer.nbest if not each.text]
    share = np.exp(1.0) / (np.exp(1.0) + len(trace.windows_of()[1].words))
    assert (null.window, null.start_logit, null.start_piece, null.end) == (1, 1.0, 0, 0)
    assert null.probability == pytest.approx(share**2)
    assert answer.null_score == pytest.approx(2 * np.log(share))


def test_pipeline_without_a_span_that_scores_says_so(reader: Encoder) -> None:
    trace = peaks(reader, null=500.0)
    (answer,) = decide(trace, DecodeSettings(impossible=True), decoder="pipeline")
    assert (answer.text, answer.reason, answer.best) == ("", "no span", None)
    assert [each.probability for each in answer.nbest] == [1.0]
    (answer,) = decide(trace, DecodeSettings(), decoder="pipeline")
    assert (answer.text, answer.nbest, answer.null_odds) == ("", (), None)


# ---- whole words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "family", ["bert-pretraining", "bert-chinese", "bert-multilingual", "roberta", "xlm-roberta"]
)
def test_whole_words_are_those_of_the_tokenizer(encoder_of, family: str) -> None:  # type: ignore[no-untyped-def]
    encoder = encoder_of(family)
    context = (
        "The heron (grey, 1895-1943) waits: bakeries warm 今天 bread; unwarmly, lakes2nd\n… é!"
    )
    trace = trace_of(encoder, "heron", context, LAYOUT)
    lead = " " if family == "roberta" else ""
    words = context.split()
    theirs = library_tokenizer(encoder.checkpoint.folder)(
        lead + " ".join(words), add_special_tokens=False
    )
    ids = trace.features.contexts[0].ids
    assert theirs["input_ids"] == ids.tolist()
    of = theirs.word_ids()
    wanted = [n for n in range(len(of)) if not n or of[n] != of[n - 1]]
    found = word_starts(trace.features.contexts[0], trace.places[0], trace.pieces)
    assert found.tolist() == wanted
    assert len(words) <= len(wanted) < len(ids)


def test_words_grow_no_further_than_the_window_shows() -> None:
    starts = np.array([0, 3, 4, 8])
    assert grown(5, 6, starts, (0, 10)) == (4, 7)
    assert grown(5, 6, starts, (5, 7)) == (5, 6)
    assert grown(3, 9, starts, (0, 10)) == (3, 9)


def test_a_context_without_pieces_has_no_words(reader: Encoder) -> None:
    trace = trace_of(reader, QUESTION, " ", LAYOUT)
    assert word_starts(trace.features.contexts[0], trace.places[0], trace.pieces).tolist() == []


# ---- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_context_without_words_is_answered_with_a_reason(
    reader: Encoder, decoder: Decoder
) -> None:
    trace = trace_of(reader, QUESTION, " ", LAYOUT)
    for impossible in (True, False):
        (answer,) = decide(trace, DecodeSettings(impossible=impossible), decoder=decoder)
        assert (answer.text, answer.reason, answer.nbest) == ("", "no window", ())
        assert answer.null_score is None


@pytest.mark.parametrize("decoder", DECODERS)
def test_logits_that_are_no_numbers_are_refused(reader: Encoder, decoder: Decoder) -> None:
    trace = peaks(reader, ("mill", 0, float("nan")))
    with pytest.raises(ModelError, match="question 1 is not a number"):
        decide(trace, DecodeSettings(), decoder=decoder)


def test_a_decoder_that_is_none_is_refused(reader: Encoder) -> None:
    with pytest.raises(InputError, match="choose one of google, hf, pipeline") as stopped:
        decide(peaks(reader), DecodeSettings(), decoder="facebook")  # type: ignore[arg-type]
    assert stopped.value.field == "decoder"


def first_questions(number: int) -> list[QuestionExample]:
    """The first question on each of some paragraphs."""
    data = json.loads((OWN / "own_squad_v1.json").read_text(encoding="utf-8"))["data"]
    paragraphs = [each for article in data for each in article["paragraphs"]][:number]
    return [
        QuestionExample(
            1, each["qas"][0]["id"], "", each["qas"][0]["question"], each["context"], ()
        )
        for each in paragraphs
    ]


def test_on_what_a_model_said_a_difference_has_a_rule(reader: Encoder) -> None:
    """A real reader in small windows: what run_qa answers otherwise, run_squad kept out."""
    examples = first_questions(12)
    trace = trace_questions(reader, examples, layout=SpanSettings(64, 16, 20))
    settings = DecodeSettings()
    ours = decide(trace, settings, decoder="google", keep_rejected=True)
    theirs = decide(trace, settings, decoder="hf")
    rules = Counter[str]()
    for google, hf in zip(ours, theirs, strict=True):
        assert google.best is not None
        assert hf.best is not None
        assert len({each.text for each in google.nbest}) == len(google.nbest)
        assert hf.best.score >= google.best.score - 1e-5
        spans = {(each.window, each.start_piece, each.end_piece): each for each in google.nbest}
        kept_out = {(each.window, each.start_piece, each.end_piece): each.rule
                    for each in google.rejected}  # fmt: skip
        for each in hf.nbest:
            place = each.window, each.start_piece, each.end_piece
            if place in spans:
                assert " ".join(each.text.split()) == spans[place].text
            else:
                rules[kept_out[place]] += 1
        if " ".join(hf.text.split()) != google.text:
            place = hf.best.window, hf.best.start_piece, hf.best.end_piece
            assert kept_out[place] == "more context in another window"
    same = sum(a.text == " ".join(b.text.split()) for a, b in zip(ours, theirs, strict=True))
    assert len(examples) * 0.7 < same
    assert rules["more context in another window"] > len(examples)
    assert set(rules) <= {"more context in another window", "same text as a better one"}


def test_every_reason_that_is_given_has_a_sentence(reader: Encoder) -> None:
    given = {decided(reader, case, "hf").reason for case in HF}
    given |= {decided(reader, case, "pipeline").reason for case in PIPELINE}
    assert given == {"best span", "null score", "null first", "no span"}
    assert given < set(REASONS)
