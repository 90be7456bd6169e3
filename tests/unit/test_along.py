"""Where along its text a span head looks: whose logits count, and what they add up to."""

import math
import unicodedata

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st

from bert_core.analysis.along import along, owner_of
from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.tasks.spans.windows import owners, plan_windows
from bert_core.tasks.squad import trace_answer
from tests import tiny
from tests.unit.fine_tuned import close, write
from tests.unit.span_traces import drawn, many, owner_by_hand, without_window

QUESTION = "Where does the heron wait?"
LONG = " ".join(f"{each} {other}" for each in tiny.SENTENCES for other in reversed(tiny.SENTENCES))


def test_every_piece_has_the_logits_of_the_window_that_sees_it_best(embedded) -> None:
    pieces = several = 0
    for trace in many(embedded, 40):
        found = along(trace)
        windows = trace.windows_of()
        several += len(windows) > 1
        for piece, number in enumerate(found.window.tolist()):
            assert number == owner_by_hand(trace, 0, piece)
            position = windows[number].offset + piece - windows[number].first
            assert found.start_logit[piece] == trace.starts[number][position]
            assert found.end_logit[piece] == trace.ends[number][position]
            pieces += 1
    assert pieces > 1000
    assert several > 10


def test_owned_pieces_of_all_windows_are_the_context_once(embedded) -> None:
    for trace in many(embedded, 40):
        owned = [
            window.first + n
            for window in trace.windows_of()
            for n in np.flatnonzero(window.best_here).tolist()
        ]
        assert sorted(owned) == list(range(len(trace.features.contexts[0].ids)))


@given(st.integers(1, 700), st.integers(1, 330), st.integers(1, 330))
def test_what_a_window_owns_is_in_one_stretch(pieces: int, room: int, step: int) -> None:
    """A last window that is much shorter gets less than its half; still nothing is torn."""
    owner = owners(plan_windows(pieces, room, step), pieces)
    assert np.all(np.diff(owner) >= 0)


def test_probabilities_add_up_to_one_over_the_text(embedded) -> None:
    seen = 0
    for trace in many(embedded, 40):
        found = along(trace)
        for logits, chances in ((found.start_logit, found.start), (found.end_logit, found.end)):
            assert chances.dtype == np.float64
            if not len(chances):
                continue
            top = logits.max()
            weights = [math.exp(each - top) for each in logits.tolist()]
            whole = math.fsum(weights)
            expected = [each / whole for each in weights]
            assert chances.tolist() == pytest.approx(expected, rel=1e-12)
            assert chances.sum() == pytest.approx(1.0, abs=1e-12)
            seen += 1
    assert seen > 50


def plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def test_places_are_the_characters_of_the_pieces(embedded) -> None:
    context = "The Café, (1895-1943).\n\nÉlan vital's\ttea;  unbelievably old 今天 …"
    trace = drawn(embedded, [(QUESTION, context)])
    found = along(trace)
    surfaces = [plain(context[start:end]) for start, end in found.places.tolist()]
    ids = trace.features.contexts[0].ids.tolist()
    assert len(surfaces) == len(ids) > 20
    for surface, id_ in zip(surfaces, ids, strict=True):
        if id_ != trace.unknown_id:
            assert surface == trace.pieces[id_].removeprefix("##")


def test_each_question_has_its_own_text(embedded) -> None:
    asked = [("Who?", LONG), ("What?", " "), ("Where?", "By the lake."), ("When?", LONG)]
    trace = drawn(embedded, asked)
    first, empty, short, again = (along(trace, question) for question in range(4))
    assert len(first.start) == len(again.start) > len(short.start) == 4
    assert first.start.tolist() != again.start.tolist()
    alone = trace.starts[trace.features.questions[2].first]
    assert short.start_logit.tolist() == alone[4:8].tolist()
    for values in (empty.start, empty.end, empty.start_logit, empty.window):
        assert values.shape == (0,)
    assert empty.places.shape == (0, 2)


def test_a_missing_window_leaves_its_pieces_without_an_owner(embedded) -> None:
    whole = drawn(embedded, [(QUESTION, LONG)])
    part = without_window(whole, len(whole.starts) - 1)
    found = along(part)
    missing = found.window < 0
    assert 0 < missing.sum() < len(missing)
    assert np.array_equal(missing, owner_of(whole, 0) == len(whole.starts) - 1)
    assert np.all(found.start[missing] == 0.0)
    assert np.all(np.isneginf(found.end_logit[missing]))
    assert np.all(found.start[~missing] > 0.0)
    assert found.start.sum() == pytest.approx(1.0)


def test_without_any_window_nothing_is_probable(embedded) -> None:
    trace = drawn(embedded, [(QUESTION, "By the lake.")])
    found = along(without_window(trace, 0))
    assert found.start.tolist() == found.end.tolist() == [0.0] * 4
    assert found.window.tolist() == [-1] * 4


@pytest.mark.parametrize("question", [-1, 1, 7])
def test_a_question_that_was_not_asked(embedded, question: int) -> None:
    with pytest.raises(InputError, match=rf"no question {question + 1}; 1 were asked"):
        along(drawn(embedded, [(QUESTION, LONG)]), question)


def test_one_window_is_the_librarys_softmax_over_the_context(tmp_path_factory, models) -> None:
    folder = write(tmp_path_factory.mktemp("along") / "bert", "bert", "span")
    context = tiny.SENTENCES[0]
    trace = trace_answer(load(ModelChoice(source=str(folder))), QUESTION, context)
    batch = transformers.AutoTokenizer.from_pretrained(folder)(
        QUESTION, context, return_tensors="pt"
    )
    inside = [n for n, which in enumerate(batch.sequence_ids(0)) if which == 1]
    model = transformers.AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    with torch.inference_mode():
        out = model(**batch)
    found = along(trace)
    close(found.start, out.start_logits[0, inside].double().softmax(0).numpy())
    close(found.end, out.end_logits[0, inside].double().softmax(0).numpy())
