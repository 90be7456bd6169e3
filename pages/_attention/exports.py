"""Link, downloads and snippet of what the attention page shows."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.attend import AttentionResult
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_files import attention_csv, attention_json, attention_npz
from bert_core.views.attention_html import LARGEST_FILE, attention_html, least_bytes
from pages._attention.snippets import snippet_of
from pages._attention.state import LINKED
from pages._attention.weights import Seen
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar

LARGE = 10_000_000  # bytes


def panel(choice: ModelChoice, seen: Seen) -> None:
    """The toolbar of the page; files are written when they are asked for."""
    values, result = st.session_state, seen.result
    link = address(LINKED, values)
    layer, head = seen.place
    snippet = snippet_of(seen, hide=values["at_hide"])
    name = "attention" if seen.side == "this" else f"attention-{seen.side}"
    chosen = Pick(result.layers[layer], result.heads[head] if result.heads else None)
    downloads = (
        Download("Weights (NPZ)", f"{name}.npz", "application/octet-stream",
                 lambda: attention_npz(result)),
        Download("Weights (CSV)", f"{name}.csv", "text/csv", lambda: attention_csv(result)),
        Download("Weights (JSON)", f"{name}.json", "application/json",
                 lambda: attention_json(result)),
        Download(_html_label(result), f"{name}.html", "text/html",
                 lambda: attention_html(result, selected=chosen, link=link, snippet=snippet)),
    )  # fmt: skip
    toolbar(link, downloads, snippet, key="at_export")


def _html_label(result: AttentionResult) -> str:
    """Says how large the file will be where that takes patience."""
    size = least_bytes(result)
    megabytes = f"{size / 1_000_000:.0f} MB"
    if size > LARGEST_FILE:
        return f"Grid and heads: {megabytes}, too large for one HTML file"
    large = f", about {megabytes}" if size > LARGE else ""
    return f"Grid and heads (HTML, opens offline{large})"
