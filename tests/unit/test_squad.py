"""Span answers against the library: the best span, its place in the text, and what is refused."""

import json

import numpy as np
import pytest
import torch
import transformers

from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import answer, decide_answer, read_document, trace_answer
from bert_core.views import plain
from bert_core.views.records import to_csv, to_json
from tests import tiny
from tests.unit.fine_tuned import CLASSES, close, rewrite, write

QUESTION = "Where does the heron wait?"
CONTEXT = "The heron waits near the cold lake.\n\nOur bakery opens late in winter, and it is warm."
LONG = " ".join(f"{each} {other}" for each in tiny.SENTENCES for other in reversed(tiny.SENTENCES))
SHORT = SpanSettings(max_seq_length=64, doc_stride=16, max_query_length=16)


@pytest.fixture(scope="module")
def encoders(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    """A reader of each family."""
    found = {}
    for family in CLASSES:
        folder = write(tmp_path_factory.mktemp("answer") / family, family, "span")
        found[family] = load(ModelChoice(source=str(folder)))
    return found


@pytest.fixture
def bert(encoders):  # type: ignore[no-untyped-def]
    """The BERT among them."""
    return encoders["bert"]


def library(encoder, family: str, question: str, context: str):  # type: ignore[no-untyped-def]
    """Start and end logits of one whole input, its tokenizer's offsets, and what is context."""
    folder = encoder.checkpoint.folder
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = getattr(transformers, CLASSES[family]["span"]).from_pretrained(folder)
    # The words of our contexts stand after a space, as inside a sentence.
    lead = " " if family == "roberta" else ""
    batch = tokenizer(
        lead + question, lead + context, return_tensors="pt", return_offsets_mapping=True
    )
    offsets = (batch.pop("offset_mapping")[0] - len(lead)).tolist()
    inside = [place for place, which in enumerate(batch.sequence_ids(0)) if which == 1]
    with torch.inference_mode():
        out = model.eval()(**batch)
    return out.start_logits[0].numpy(), out.end_logits[0].numpy(), offsets, inside


@pytest.mark.parametrize("family", CLASSES)
@pytest.mark.parametrize("longest", [30, 3])
def test_the_best_span_equals_the_library(encoders, family: str, longest: int) -> None:  # type: ignore[no-untyped-def]
    """Every pair of start and end is tried, with nothing of ours but the rule of the length."""
    encoder, context = encoders[family], CONTEXT.split("\n")[0]
    start, end, offsets, inside = library(encoder, family, QUESTION, context)
    score, first, last = max(
        (float(start[i]) + float(end[j]), i, j)
        for i in inside
        for j in inside
        if i <= j < i + longest
    )
    found = answer(encoder, QUESTION, context, n_best=200, max_answer_length=longest, layout=SHORT)
    best = found.nbest[0]
    close([best.start_logit, best.end_logit], [start[first], end[last]])
    close(best.score, score)
    assert (best.start_piece, best.end_piece) == (first, last)
    assert found.windows == 1
    assert found.best == best
    assert context[best.start : best.end] == found.text == best.text
    span = offsets[first][0] + (context[offsets[first][0]] == " "), offsets[last][1]
    if family == "roberta":  # its pieces cannot be aligned: the words that hold them
        assert best.start <= span[0]
        assert span[1] <= best.end
        assert not context[best.start - 1 : best.start].strip()
    else:
        assert (best.start, best.end) == span


def test_candidates_are_ranked_and_stand_in_the_text(bert) -> None:  # type: ignore[no-untyped-def]
    found = answer(bert, QUESTION, CONTEXT, layout=SHORT)
    scores = [each.score for each in found.nbest]
    assert scores == sorted(scores, reverse=True)
    weights = np.exp(np.array(scores) - scores[0])
    close([each.probability for each in found.nbest], weights / weights.sum())
    assert len({each.text for each in found.nbest}) == len(found.nbest) == 20
    for each in found.nbest:
        assert " ".join(CONTEXT[each.start : each.end].split()) == each.text
    assert found.text == found.nbest[0].text
    assert found.best == found.nbest[0]
    assert (found.null_score, found.null_odds) == (None, None)


def test_a_long_context_is_read_in_windows(bert) -> None:  # type: ignore[no-untyped-def]
    """Every candidate has the logits of the library's pass over its own window."""
    from bert_core.data.examples import QuestionExample
    from bert_core.tasks.spans.features import encode

    found = answer(bert, QUESTION, LONG, n_best=50, layout=SHORT)
    windows = encode(
        [QuestionExample(1, "1", "", QUESTION, LONG, ())],
        bert.tokenizer.cut_many,
        cls_id=bert.tokenizer.cls_id,
        sep_id=bert.tokenizer.sep_id,
        settings=SHORT,
    ).windows
    assert found.windows == len(windows) > 5
    model = transformers.BertForQuestionAnswering.from_pretrained(bert.checkpoint.folder).eval()
    for each in found.nbest:
        window = windows[each.window]
        with torch.inference_mode():
            out = model(
                input_ids=torch.tensor(window.ids[None].astype(np.int64)),
                token_type_ids=torch.tensor(window.segments[None].astype(np.int64)),
            )
        close(each.start_logit, out.start_logits[0, each.start_piece])
        close(each.end_logit, out.end_logits[0, each.end_piece])
        assert LONG[each.start : each.end] == each.text
    assert len({each.window for each in found.nbest}) > 1


def test_no_answer_where_it_is_allowed(bert) -> None:  # type: ignore[no-untyped-def]
    context = CONTEXT.split("\n")[0]
    start, end, *_ = library(bert, "bert", QUESTION, context)
    null = float(start[0]) + float(end[0])
    found = answer(bert, QUESTION, context, impossible=True, layout=SHORT)
    close(found.null_score, null)
    spans = [each for each in found.nbest if each.text]
    assert found.null_odds == pytest.approx(null - spans[0].score, abs=1e-5)
    assert len(found.nbest) - len(spans) == 1, "the null answer is one of the candidates"
    yes = answer(
        bert, QUESTION, context, impossible=True, layout=SHORT,
        null_threshold=found.null_odds + 0.1,
    )  # fmt: skip
    no = answer(
        bert, QUESTION, context, impossible=True, layout=SHORT,
        null_threshold=found.null_odds - 0.1,
    )  # fmt: skip
    assert yes.text == spans[0].text
    assert (no.text, no.best) == ("", None)
    assert no.why.startswith("No answer: its score less the best")
    assert no.nbest == yes.nbest


def test_capitals_and_accents_come_back_as_they_were(bert) -> None:  # type: ignore[no-untyped-def]
    context = "THE HÉRON waits, NEAR the Cold Lake."
    for each in answer(bert, QUESTION, context, layout=SHORT).nbest:
        assert context[each.start : each.end] == each.text


def test_typed_special_tokens_are_text(bert) -> None:  # type: ignore[no-untyped-def]
    found = answer(bert, "where is [SEP]?", "the [SEP] [MASK] is by [CLS] lake", layout=SHORT)
    assert found.text
    assert found.windows == 1


def test_what_is_left_out_or_unknown_is_said(bert) -> None:  # type: ignore[no-untyped-def]
    notes = answer(bert, "snow " * 20, "rain 今 天", layout=SHORT).notes
    assert notes == (
        "The last 4 of the question's 20 word pieces were left out: at most 16 are read.",
        "2 words of the context are unknown to the vocabulary.",
    )


def test_words_are_cut_as_inside_a_sentence(encoder_of) -> None:  # type: ignore[no-untyped-def]
    words = ["heron", "Lake,", "x"]
    for name in ("bert-span", "bert-cased", "roberta", "xlm-roberta"):
        encoder = encoder_of(name)
        assert encoder.cut_words(words) == [list(encoder.pieces_of(word)) for word in words]
    roberta = encoder_of("roberta").tokenizer
    assert roberta.cut_words(["lake"]) != roberta.cut_many(["lake"])


def test_it_is_known_which_models_read_capitals(encoder_of) -> None:  # type: ignore[no-untyped-def]
    assert encoder_of("bert-span").tokenizer.lower
    assert not encoder_of("bert-cased").tokenizer.lower
    assert not encoder_of("roberta").tokenizer.lower


def test_models_without_the_head_are_refused(encoder_of) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ModelError, match=r"no answer span head \(it has: classification\)"):
        answer(encoder_of("bert-classification"), QUESTION, CONTEXT)


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"question": " "}, "question", "The question is empty"),
        ({"context": ""}, "context", "The context is empty"),
        ({"question": "\u200b"}, "question", "The question has no character that the model"),
        ({"context": "\u200b \x07"}, "context", "The context has no character that the model"),
        (
            {"context": "a" * 1_000_001},
            "context",
            "has 1,000,001 characters, about 2,000",
        ),
        ({"context": "a \ud800"}, "context", "surrogate"),
        ({"n_best": 0}, "n_best", "n_best is 0"),
        ({"n_best": 201}, "n_best", "1 to 200"),
        ({"max_answer_length": 0}, "max_answer_length", "max_answer_length is 0"),
        ({"layout": SpanSettings(64, 16, 61)}, "max_seq_length", "leaves a context no room"),
        ({"layout": SpanSettings(64, 0, 16)}, "doc_stride", "doc_stride is 0"),
    ],
)
def test_what_cannot_be_asked_is_refused(bert, changed, field: str, said: str) -> None:  # type: ignore[no-untyped-def]
    given = {"question": QUESTION, "context": CONTEXT, "layout": SHORT, **changed}
    with pytest.raises(InputError, match=said) as refused:
        answer(bert, **given)
    assert refused.value.field == field


def test_weights_that_are_no_numbers_are_said(tmp_path, models) -> None:  # type: ignore[no-untyped-def]
    folder = tiny.write_bert(tmp_path / "model", "span")
    rewrite(folder, lambda held: {**held, "qa_outputs.bias": np.full(2, np.nan, np.float32)})
    with pytest.raises(InputError, match="no numbers"):
        answer(load(ModelChoice(source=str(folder))), QUESTION, CONTEXT, layout=SHORT)


def test_windows_are_never_longer_than_the_model_reads(bert) -> None:  # type: ignore[no-untyped-def]
    """Unasked, run_squad's 384 pieces become the model's 64; asked for, they are refused."""
    trace = trace_answer(bert, QUESTION, LONG)
    assert trace.layout.max_seq_length == 64
    assert len(trace.features.windows) > 1
    assert {len(window.ids) for window in trace.features.windows[:-1]} == {64}
    with pytest.raises(InputError, match="reads at most 64") as caught:
        answer(bert, QUESTION, LONG, layout=SpanSettings())
    assert caught.value.field == "max_seq_length"


def test_a_step_longer_than_a_window_is_refused(bert) -> None:  # type: ignore[no-untyped-def]
    """run_squad would quietly step less far; here the step is what it says."""
    for stride, refused in ((45, False), (46, True)):
        layout = SpanSettings(max_seq_length=64, doc_stride=stride, max_query_length=16)
        if not refused:
            assert answer(bert, QUESTION, LONG, layout=layout).windows > 1
            continue
        with pytest.raises(InputError, match="Set it to 45 or less"):
            answer(bert, QUESTION, LONG, layout=layout)


def test_a_document_is_cut_once_and_its_pieces_stand_where_they_say(bert) -> None:  # type: ignore[no-untyped-def]
    document = read_document(bert, LONG)
    first = trace_answer(bert, QUESTION, document, layout=SHORT)
    second = trace_answer(bert, "When does the bakery open?", document, layout=SHORT)
    assert first.features.contexts[0] is second.features.contexts[0]
    places, ids = first.places[0], first.features.contexts[0].ids
    surface = [LONG[start:end].lower() for start, end in places]
    assert surface == [first.pieces[id_].removeprefix("##") for id_ in ids]


def test_deciding_again_makes_no_pass(bert) -> None:  # type: ignore[no-untyped-def]
    trace = trace_answer(bert, QUESTION, CONTEXT, layout=SHORT)
    before = bert.passes
    odds = decide_answer(trace, DecodeSettings(impossible=True)).null_odds
    texts = [
        decide_answer(trace, DecodeSettings(impossible=True, null_threshold=odds + step)).text
        for step in (-0.01, 0.0, 0.01)
    ]
    assert bert.passes == before
    assert texts[0] == ""
    assert texts[1] == texts[2] != ""


def test_progress_is_told_and_can_stop_the_work(bert) -> None:  # type: ignore[no-untyped-def]
    told: list[tuple[int, int]] = []
    found = answer(bert, QUESTION, LONG, layout=SHORT, on_progress=lambda *now: told.append(now))
    assert told[-1] == (found.windows, found.windows)
    assert [done for done, _ in told] == sorted({done for done, _ in told})

    class Enough(Exception):
        pass

    def stop(done: int, total: int) -> None:
        raise Enough

    before = bert.passes
    with pytest.raises(Enough):
        answer(bert, QUESTION, LONG, layout=SHORT, on_progress=stop)
    assert bert.passes == before + 1
    assert answer(bert, QUESTION, LONG, layout=SHORT) == found


def test_views_show_the_result(bert) -> None:  # type: ignore[no-untyped-def]
    result = answer(bert, QUESTION, CONTEXT, impossible=True, null_threshold=100.0, layout=SHORT)
    stored = json.loads(to_json(result))
    assert stored["text"] == result.text
    assert stored["nbest"][0]["start"] == result.nbest[0].start
    head = to_csv(result).splitlines()[0]
    assert head.startswith("text,probability,start_logit,end_logit,window,")
    assert plain.answer(result).startswith(f"{result.text}\nThe span with the highest score.")
