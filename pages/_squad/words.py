"""Which words of the question the answer hangs on."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.question_words import question_words
from bert_core.views import question_words as views
from pages._shared.answers import kept
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes
from pages._shared.tables import ProgressBar, show
from pages._squad.reading import Reading


def panel(choice: ModelChoice, reading: Reading) -> None:
    """Each word masked in turn, in the window of the answer."""
    best = reading.result.best
    if best is None:
        st.caption("There is no answer whose words could be weighed.")
        return
    place = reading.trace.layout, best.window, best.start_piece, best.end_piece
    key = ("question words", choice, reading.result.context, reading.result.question, place)
    bar = ProgressBar("Words")
    found = kept(key, lambda: question_words(encoder_with_progress(choice), reading.trace, best,
                                             on_progress=bar))  # fmt: skip
    show(views.question_words(found), key="qa_words")
    st.caption("Each word of the question is masked in turn and the answer scored again in its "
               "window: the effect itself, not an estimate. Words work together, so the bars do "
               "not add up.")  # fmt: skip
    show_notes(found.notes)
