"""Browser components, registered from the texts in ``assets/components``."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).resolve().parents[2] / "assets" / "components"


def register(name: str, *shared: str) -> Callable[..., Any]:
    """Register one component; its script and style follow what it shares with others.

    Args:
        name: name of its script and style in ``assets/components``.
        shared: further scripts that go before its own, with their styles where they have one.

    Returns:
        The function that mounts it. Call ``register`` once per process: at import.
    """
    script, style = (
        "\n".join(
            (_ASSETS / f"{part}.{kind}").read_text("utf-8")
            for part in ("common", *shared, name)
            if (_ASSETS / f"{part}.{kind}").exists()
        )
        for kind in ("js", "css")
    )
    mounted = st.components.v2.component(f"bert_{name}", js=script, css=style)

    def mount(*, data: Mapping[str, Any] | bytes, **how: Any) -> Any:
        # Among the values of a dictionary Streamlit looks for tables, and brings pandas into
        # memory to know them: 60 MiB that most pages do without. In a list it looks for none.
        return mounted(data=data if isinstance(data, bytes) else [data], **how)

    return mount
