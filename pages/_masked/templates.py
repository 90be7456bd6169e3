"""Templates: one sentence, many words in its slot, two groups of words at its mask."""

import streamlit as st

from bert_core import ModelChoice, probe
from bert_core.model.costs import CHARACTERS, costly
from bert_core.tasks.candidates import split_words
from bert_core.views import tables
from bert_core.views.numbers import counted
from bert_core.views.snippets import call_snippet
from pages._shared.long_work import when_asked
from pages._shared.models import encoder
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports


def panel(choice: ModelChoice) -> None:
    """Templates and lists in, signed log-odds out."""
    left, right = st.columns(2)
    templates = left.text_area("Templates, one a line", key="mw_templates", height=100,
                               persist_state="session")  # fmt: skip
    slots = left.text_area("Words for {slot}", key="mw_slots", height=100,
                           persist_state="session")  # fmt: skip
    group_a = right.text_area("Group A, above 0", key="mw_group_a", height=100,
                              persist_state="session")  # fmt: skip
    group_b = right.text_area("Group B, below 0", key="mw_group_b", height=100,
                              persist_state="session")  # fmt: skip
    sentences = tuple(line.strip() for line in templates.splitlines() if line.strip())
    lists = tuple(split_words(each) for each in (slots, group_a, group_b))
    with shown_errors():
        held, each = encoder(choice), len(lists[0]) + 1
        result = when_asked(
            ("probe", choice, sentences, *lists),
            lambda bar: probe(held, sentences, *lists, on_progress=bar),
            long=costly(held, each * sum(map(len, sentences)) / CHARACTERS),
            label="Compute",
            about=f"{counted(each * len(sentences), 'sentence')} go through the model.",
            bar="Sentences",
            widget="mw_templates",
        )
        if result is None:
            return
        show(tables.probe(result), key="mw_probe")
        st.caption(escaped(f"Above 0: {', '.join(result.group_a)}. "
                           f"Below 0: {', '.join(result.group_b)}."))  # fmt: skip
        show_notes(result.notes)
        given = ", ".join(repr(list(each)) for each in (sentences, *lists))
        exports(result, "templates", call_snippet(choice, f"bert_core.probe(encoder, {given})"))
