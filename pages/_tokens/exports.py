"""Link, downloads and snippet of the tokens page."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.tokenization.tokenize import Tokenization
from bert_core.views import records
from bert_core.views.token_snippets import tokens_snippet
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar
from pages._tokens.state import LINKED


def panel(choice: ModelChoice, result: Tokenization) -> None:
    """The toolbar of the page."""
    values = st.session_state
    snippet = tokens_snippet(choice, result.text, result.pair, masks=values["tk_masks"])
    downloads = (
        Download("Pieces (CSV)", "tokens.csv", "text/csv", lambda: records.to_csv(result)),
        Download("Steps and pieces (JSON)", "tokens.json", "application/json",
                 lambda: records.to_json(result)),
    )  # fmt: skip
    toolbar(address(LINKED, values), downloads, snippet, key="tk_export")
