"""Your words: any word scored at the mask, however many pieces it has."""

import streamlit as st

from bert_core import ModelChoice, Tokens, score_candidates
from bert_core.model.costs import costly
from bert_core.tasks.candidates import split_words
from bert_core.views import tables
from bert_core.views.numbers import counted
from bert_core.views.snippets import call_snippet, tokens_line
from pages._shared.long_work import when_asked
from pages._shared.models import encoder
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports


def panel(choice: ModelChoice, tokens: Tokens, mask: int) -> None:
    """A list of words, and their scores."""
    words = st.text_area(
        "Words to score at the mask", key="mw_candidates", height=68, persist_state="session",
        help="Separated by commas or one a line. A word of several pieces is scored piece by "
        "piece, with as many masks as it has pieces.",
    )  # fmt: skip
    listed = split_words(words)
    with shown_errors():
        held = encoder(choice)
        result = when_asked(
            ("candidates", choice, tokens, listed, mask),
            lambda bar: score_candidates(held, tokens, listed, mask=mask, on_progress=bar),
            long=costly(held, len(listed) * len(tokens)),
            label="Score the words",
            about=f"Up to {counted(len(listed), 'pass', 'passes')}, one for each word.",
            bar="Passes",
            widget="mw_candidates",
        )
        if result is None:
            return
        show(tables.candidates(result), key="mw_candidate_table")
        show_notes(result.notes)
        call = f"bert_core.score_candidates(encoder, tokens, {list(listed)!r}, mask={mask})"
        cut = tokens_line(tokens.text, tokens.pair, st.session_state["mw_masked"])
        exports(result, "your-words", call_snippet(choice, call, cut))
