"""Browser components, registered from the texts in ``assets/components``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).resolve().parents[2] / "assets" / "components"


def register(name: str) -> Callable[..., Any]:
    """Register one component; its script and style follow what all of them share.

    Args:
        name: name of its script and style in ``assets/components``.

    Returns:
        The function that mounts it. Call ``register`` once per process: at import.
    """
    script, style = (
        "\n".join((_ASSETS / f"{part}.{kind}").read_text("utf-8") for part in ("common", name))
        for kind in ("js", "css")
    )
    return st.components.v2.component(f"bert_{name}", js=script, css=style)
