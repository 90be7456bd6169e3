"""Link, downloads and snippet of the chosen run."""

import streamlit as st

from bert_core.training import runs
from bert_core.training.sharing import without_places
from bert_core.views.run_lines import RunLine
from bert_core.views.run_snippets import run_snippet
from bert_core.views.run_tables import metrics_csv
from pages._fine_tune.state import FIELDS
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar


def panel(line: RunLine) -> None:
    """The toolbar of the page, about the chosen run."""
    folder = runs.get(line.spec.id)
    downloads = (
        Download("Measurements (CSV)", f"{folder.id}.csv", "text/csv",
                 lambda: metrics_csv(folder.read_metrics().rows)),
        Download("Order (JSON)", f"{folder.id}.json", "application/json",
                 lambda: without_places(line.spec).model_dump_json(indent=1)),
        Download("Log", f"{folder.id}.txt", "text/plain", lambda: folder.read_log(10**8)),
    )  # fmt: skip
    toolbar(address(FIELDS, st.session_state), downloads, run_snippet(line.spec), key="ft_export")
