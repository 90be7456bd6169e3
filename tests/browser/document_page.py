"""A page for the browser tests: a document with marks and a heat strip, short or very long."""

import numpy as np
import streamlit as st

from bert_core.views.document import Mark, strip
from pages._shared.components import document

st.set_page_config(page_title="Document", layout="wide")

BOAT = "\N{ROWBOAT}"
HOSTILE = "<img src=x onerror=window.hacked=1> & <b>bold</b> </script>"
FERRY = (
    f"The first crossing below the mill was a raft {BOAT}. In the spring of 1931, after two "
    "winters of petitions, the parish gave Lucie Arnaud the right to run a ferry, on condition "
    "that sheep travel free on Mondays. She kept the books herself, in pencil, and never once "
    f"charged a doctor.\n\nA note in the margin {BOAT}{BOAT}: {HOSTILE}\n\nThe flood of 1947 took "
    "the landing stage but not the boat, which was found upright in an orchard two kilometres "
    "downstream. When the bridge at Monteils was finished in 1968 the ferry made its last "
    "crossing with a brass band on board, and the rope was cut into paperweights.\n"
)
ANSWERS = ("Lucie Arnaud", "Monteils", "none")


def filler(length: int, ends: str) -> str:
    """About ``length`` characters that repeat nothing, in paragraphs that end as told."""
    count = length // 110
    return "".join(
        f"Entry {number}: the ferry left with {number % 17} people and {number % 5} sheep, and "
        f"the water stood at {number % 300} centimetres.{ends}"
        for number in range(count)
    )


size = int(st.query_params.get("size", 0))
around = filler(size // 2, " " if "solid" in st.query_params else "\n")
text = around + FERRY + around
answer = st.radio("Answer", ANSWERS, horizontal=True)
marks = []
focus = None
if answer != "none":
    focus = text.index(answer)
    end = focus + len(answer)
    marks = [
        Mark(focus, end, "answer", "answer, 91.3 %"),
        Mark(focus - 5, end, "candidate", "candidate 2, 4.0 %"),
        Mark(focus, focus + 5, "candidate", "candidate 3, 1.1 %"),
    ]
if st.toggle("Window"):
    begin = text.index("In the spring")
    marks.append(Mark(begin, text.index("downstream"), "window", "window 1 of 2"))
starts = np.arange((focus or 0) % 4, len(text), 4)  # one of them at the answer
strips = []
for name, peak in (("start", 0.913), ("end", 0.6)):
    near = np.exp(-np.abs(starts - (focus or 0)) / 6) * (answer != "none")
    noise = 0.002 * np.random.default_rng(0).random(len(starts)) ** 4
    strips.append(strip(name, np.maximum(peak * near, noise), starts, text))
if st.toggle("Document", value=True):
    document(text, key="ferry", marks=marks, strips=strips, focus=focus,
             height=int(st.query_params.get("height", 200)), label="Ferry history")  # fmt: skip
st.caption(f"Drawn: {answer};")
