"""Which words of a question an answer hangs on, against masking them by hand."""

import json

import numpy as np
import pytest

from bert_core.analysis.question_words import question_words
from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import decide_answer, trace_answer
from bert_core.views.bars import bars_payload
from bert_core.views.question_words import question_words as table
from tests import tiny
from tests.unit.fine_tuned import write

QUESTION = "Where does the heron wait?"
CONTEXT = " ".join(tiny.SENTENCES)
SHORT = SpanSettings(max_seq_length=48, doc_stride=16, max_query_length=16)


@pytest.fixture(scope="module")
def reader(tmp_path_factory, models):  # type: ignore[no-untyped-def]
    folder = write(tmp_path_factory.mktemp("words") / "bert", "bert", "span")
    return load(ModelChoice(source=str(folder)))


def log_softmax(logits):  # type: ignore[no-untyped-def]
    return logits - np.logaddexp.reduce(logits.astype(np.float64))


def test_each_word_is_weighed_in_the_window_of_the_answer(reader) -> None:  # type: ignore[no-untyped-def]
    trace = trace_answer(reader, QUESTION, CONTEXT, layout=SHORT)
    best = next(each for each in decide_answer(trace, DecodeSettings()).nbest if each.window > 0)
    found = question_words(reader, trace, best)
    assert [unit.text for unit in found.units] == ["Where", "does", "the", "heron", "wait", "?"]

    at = trace.features.questions[0].first + best.window
    score = (
        log_softmax(trace.starts[at])[best.start_piece]
        + log_softmax(trace.ends[at])[best.end_piece]
    )
    assert found.before == pytest.approx(score, abs=1e-5)

    start, end = trace.seen_by(best.window)
    tokens = reader.tokenize(QUESTION, CONTEXT[start:end], masks=False)
    for unit, change in zip(found.units, found.change, strict=True):
        (rows,) = reader.head_logits("span", [tokens.masked(unit.pieces)], [range(len(tokens.ids))])
        after = log_softmax(rows[:, 0])[best.start_piece] + log_softmax(rows[:, 1])[best.end_piece]
        assert change == pytest.approx(after - score, abs=1e-5)

    drawn = table(found)
    assert [row.cells[0] for row in drawn.rows] == [unit.text for unit in found.units]
    np.testing.assert_allclose([row.value for row in drawn.rows], -found.change)
    json.dumps(bars_payload(drawn.rows, drawn.columns, drawn.scale))


def test_a_question_that_was_cut_is_refused(reader) -> None:  # type: ignore[no-untyped-def]
    layout = SpanSettings(max_seq_length=48, doc_stride=16, max_query_length=3)
    trace = trace_answer(reader, QUESTION, CONTEXT, layout=layout)
    best = decide_answer(trace, DecodeSettings()).nbest[0]
    with pytest.raises(InputError, match="end of the question was not read"):
        question_words(reader, trace, best)
