"""The server: the pages, and a health check.

The router lives inside pages/, so that no folder of that name lies beside the main script:
Streamlit would take it for a multipage app of the old kind and show a visitor whose first hit
is a deep link a page without its router.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.routing import Route

PROJECT = Path(__file__).resolve().parent
sys.path.insert(0, str(PROJECT))  # pages import bert_core, whatever folder this is started from

from pages._shared.health import Health  # noqa: E402

health = Health()
app = st.App(
    PROJECT / "pages" / "main.py",
    routes=[Route("/healthz", health.answer)],
    lifespan=health.lifespan,
)
