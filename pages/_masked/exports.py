"""Link, downloads and snippet of a masked-word answer."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.tasks.masked import FillResult
from bert_core.views import records, reports, tables
from bert_core.views.snippets import fill_snippet
from pages._masked.state import LINKED
from pages._shared.link import address
from pages._shared.models import encoder
from pages._shared.toolbar import Download, toolbar


def panel(choice: ModelChoice, result: FillResult, mask: int) -> None:
    """The toolbar of the page."""
    state = st.session_state
    size = len(encoder(choice).tokenizer.vocabulary)
    link = address(LINKED, state)
    snippet = fill_snippet(
        choice, result.tokens.text, result.tokens.pair, state["mw_masked"], k=state["mw_k"],
        strategy=result.strategy, width=state["mw_width"], words_only=state["mw_words"],
    )  # fmt: skip
    shown = [tables.fits(each, size) for each in result.masks]
    if len(shown) > 1:
        shown.append(tables.sentences(result.sentences))
    downloads = (
        Download("Table (CSV)", "masked-word.csv", "text/csv", lambda: records.to_csv(result)),
        Download("All numbers (JSON)", "masked-word.json", "application/json",
                 lambda: records.to_json(result)),
        Download("Figure (SVG)", "masked-word.svg", "image/svg+xml",
                 lambda: reports.bars_svg(shown[mask])),
        Download("Report (HTML, opens offline)", "masked-word.html", "text/html",
                 lambda: reports.report_html(result, shown, link=link, snippet=snippet)),
    )  # fmt: skip
    toolbar(link, downloads, snippet, key="mw_export")
