"""Which words of the question the answer hangs on."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.question_words import question_words
from bert_core.model.costs import costly
from bert_core.views import question_words as views
from bert_core.views.numbers import counted
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes
from pages._shared.tables import show
from pages._squad.reading import Reading


def panel(choice: ModelChoice, reading: Reading) -> None:
    """Each word masked in turn, in the window of the answer."""
    best = reading.result.best
    if best is None:
        st.caption("There is no answer whose words could be weighed.")
        return
    place = reading.trace.layout, best.window, best.start_piece, best.end_piece
    key = ("question words", choice, reading.result.context, reading.result.question, place)
    encoder, words = encoder_with_progress(choice), len(reading.result.question.split())
    found = when_asked(
        key,
        lambda bar: question_words(encoder, reading.trace, best, on_progress=bar),
        long=costly(encoder, words * reading.trace.layout.max_seq_length),
        label="Leave out each word",
        about=f"{counted(words, 'pass', 'passes')} of one window.",
        bar="Words",
        widget="qa_words",
    )
    if found is None:
        return
    show(views.question_words(found), key="qa_words")
    st.caption("Each word of the question is masked in turn and the answer scored again in its "
               "window: the effect itself, not an estimate. A bar to the right: without the word "
               "this answer is less likely. Words work together, so the bars do not add "
               "up.")  # fmt: skip
    show_notes(found.notes)
