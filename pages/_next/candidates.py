"""Candidates: which of several texts follows text A best?"""

import streamlit as st

from bert_core import ModelChoice
from bert_core.model.costs import CHARACTERS, costly
from bert_core.tasks.next_pairs import MOST_CANDIDATES, rank_candidates
from bert_core.views import next_sentences
from bert_core.views.numbers import counted
from bert_core.views.snippets import call_snippet
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports


def panel(choice: ModelChoice) -> None:
    """A list of texts, the likeliest first."""
    text = st.session_state["nx_text"]
    typed = st.text_area("Texts that may follow text A, one on each line", key="nx_candidates",
                         height=150, persist_state="session",
                         help=f"At most {MOST_CANDIDATES:,}.")  # fmt: skip
    listed = tuple(line.strip() for line in typed.split("\n") if line.strip())
    with shown_errors():
        encoder = encoder_with_progress(choice)
        result = when_asked(
            ("followers", choice, text, listed),
            lambda bar: rank_candidates(encoder, text, listed, on_progress=bar),
            long=costly(encoder, sum(len(text) + len(each) for each in listed) / CHARACTERS),
            label=f"Rank {counted(len(listed), 'text')}",
            about="This takes a while.",
            bar="Candidates",
            widget="nx_candidates",
        )
        if result is None:
            return
        show(next_sentences.ranking(result), key="nx_ranking")
        show_notes([" ".join(result.notes)])
        exports(result, "candidates", call_snippet(
            choice, f"rank_candidates(encoder, {text!r}, {list(listed)!r})",
            "from bert_core.tasks.next_pairs import rank_candidates"))  # fmt: skip
