"""Link, downloads and snippet of what the attention page shows."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.attend import AttentionResult, only_head
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_files import (
    MOST_WEIGHTS,
    attention_csv,
    attention_json,
    attention_npz,
)
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
    # Read here: a file is made in a thread that has no session.
    scale, share = values["at_scale"], values["at_share"] / 100
    snippet = snippet_of(seen, hide=values["at_hide"])
    name = "attention" if seen.side == "this" else f"attention-{seen.side}"
    chosen = Pick(result.layers[layer], result.heads[head] if result.heads else None)
    one, alone = only_head(result, seen.place), f"layer {chosen.layer}"
    alone += f", head {chosen.head}" if chosen.head else ""
    # What is too large as text is offered of the open head.
    table, said = (result, "") if result.weights.size <= MOST_WEIGHTS else (one, f" of {alone}")
    drawn, heads = (result, "Grid and heads") if least_bytes(result) <= LARGEST_FILE else (
        one, alone.capitalize())  # fmt: skip
    downloads = (
        Download("Weights (NPZ)", f"{name}.npz", "application/octet-stream",
                 lambda: attention_npz(result)),
        Download(f"Weights{said} (CSV)", f"{name}.csv", "text/csv", lambda: attention_csv(table)),
        Download(f"Weights{said} (JSON)", f"{name}.json", "application/json",
                 lambda: attention_json(table)),
        Download(_html_label(heads, drawn), f"{name}.html", "text/html",
                 lambda: attention_html(drawn, selected=chosen, scale=scale, share=share, link=link,
                                        snippet=snippet)),
    )  # fmt: skip
    toolbar(link, downloads, snippet, key="at_export")


def _html_label(what: str, result: AttentionResult) -> str:
    """Says how large the file will be where that takes patience."""
    size = least_bytes(result)
    large = f", about {size / 1_000_000:.0f} MB" if size > LARGE else ""
    return f"{what} (HTML, opens offline{large})"
