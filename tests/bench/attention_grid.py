"""A page for the benchmark: all heads of a model of BERT-base's shape, weights made up."""

import numpy as np
import streamlit as st

from bert_core.views.attention_payload import grid_payload
from pages._shared.components import attention_grid
from tests.unit.made_attention import random_weights

LAYERS, HEADS = 12, 12


def made_weights(pieces: int) -> np.ndarray:
    """Random rows that sum to 1, shape (12, 12, pieces, pieces)."""
    return np.stack([random_weights(layer, HEADS, pieces, pieces) for layer in range(LAYERS)])


if __name__ == "__main__":
    st.set_page_config(page_title="Attention", layout="wide")
    numbers = range(1, LAYERS + 1)
    if "weights" not in st.session_state:
        st.session_state["weights"] = made_weights(int(st.query_params["pieces"]))
    if st.button("Draw"):
        weights = st.session_state["weights"]
        attention_grid(grid_payload(weights, layers=numbers, heads=numbers), key="grid")
