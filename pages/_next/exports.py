"""Link, downloads and snippet of the pair."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.tasks.next_sentence import NextSentenceResult
from bert_core.views import records
from bert_core.views.snippets import call_snippet
from pages._next.state import LINKED
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar


def panel(choice: ModelChoice, result: NextSentenceResult) -> None:
    """The toolbar of the page."""
    call = f"bert_core.next_sentence(encoder, {result.tokens.text!r}, {result.tokens.pair!r})"
    downloads = (
        Download("Table (CSV)", "next-sentence.csv", "text/csv", lambda: records.to_csv(result)),
        Download("All numbers (JSON)", "next-sentence.json", "application/json",
                 lambda: records.to_json(result)),
    )  # fmt: skip
    toolbar(address(LINKED, st.session_state), downloads, call_snippet(choice, call),
            key="nx_export")  # fmt: skip
