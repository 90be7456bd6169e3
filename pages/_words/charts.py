"""A figure on the page; the camera on it saves an SVG."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages._shared.charts import CONFIG


def chart(figure: Any, *, key: str, on_point: Callable[[int], None] | None = None) -> None:
    """Draw a figure; ``on_point`` gets the number that a clicked point carries, before the run."""
    image = {"format": "svg", "filename": "words-in-context"}
    config = {**CONFIG, "toImageButtonOptions": image}

    def clicked() -> None:
        points = st.session_state[key]["selection"]["points"]
        data = points[0].get("customdata") if points else None
        if on_point is not None and data:
            on_point(int(data[0]))

    if on_point is None:
        st.plotly_chart(figure, key=key, config=config)
    else:
        st.plotly_chart(figure, key=key, config=config, on_select=clicked, selection_mode="points")
