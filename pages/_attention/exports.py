"""Link, downloads and snippet of what the attention page shows."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_files import attention_csv, attention_json, attention_npz
from bert_core.views.attention_html import attention_html
from bert_core.views.snippets import attend_snippet
from pages._attention.state import LINKED
from pages._attention.weights import Seen
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar


def panel(choice: ModelChoice, seen: Seen) -> None:
    """The toolbar of the page; files are written when they are asked for."""
    values, result = st.session_state, seen.result
    link = address(LINKED, values)
    layer, head = seen.place
    snippet = attend_snippet(choice, result.tokens, values["at_masked"], result,
                             hide=values["at_hide"], renormalise=seen.renormalised,
                             target=seen.target, place=seen.place)  # fmt: skip
    chosen = Pick(result.layers[layer], result.heads[head] if result.heads else None)
    downloads = (
        Download("Weights (NPZ)", "attention.npz", "application/octet-stream",
                 lambda: attention_npz(result)),
        Download("Weights (CSV)", "attention.csv", "text/csv", lambda: attention_csv(result)),
        Download("Weights (JSON)", "attention.json", "application/json",
                 lambda: attention_json(result)),
        Download("Grid and heads (HTML, opens offline)", "attention.html", "text/html",
                 lambda: attention_html(result, selected=chosen, link=link, snippet=snippet)),
    )  # fmt: skip
    toolbar(link, downloads, snippet, key="at_export")
