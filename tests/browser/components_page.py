"""A page for the browser tests: every state of the two shared components."""

import time

import streamlit as st

from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip, ChipEvent
from pages._shared.components import bars, chips

st.set_page_config(page_title="Components", layout="wide")

TEXT = "[CLS] the man went to the store . [SEP] he em ##bra ##ced a gallon of milk . [SEP]".split()
WORDS = (-1, 0, 1, 2, 3, 4, 5, 6, -1, 7, 8, 8, 8, 9, 10, 11, 12, 13, -1)
HOSTILE = (
    "</script><img src=x onerror=window.hacked=1>",
    "\N{ARABIC LETTER MEEM}\N{ARABIC LETTER REH}\N{ARABIC LETTER HAH}\N{ARABIC LETTER BEH}",
    "\N{HEBREW LETTER SHIN}\N{RIGHT-TO-LEFT OVERRIDE}abc",
    "\N{FAMILY}\N{ZERO WIDTH JOINER}\N{ROCKET}",
    "nul\0here",
    "w" * 300,
    "<b>&amp;</b>",
)
masked: set[int] = st.session_state.setdefault("masked", {6})
log: list[str] = st.session_state.setdefault("log", [])


def toggle(event: ChipEvent) -> None:
    """Mask or restore one piece, or every piece of its word.

    Several clicks may come before one run, so the state is read afresh for each.
    """
    now = st.session_state.masked
    word = WORDS[event.position]
    same = {i for i, other in enumerate(WORDS) if other == word}
    hit = same if event.whole_word else {event.position}
    st.session_state.masked = now - hit if event.position in now else now | hit
    log.append(f"{event.position}{' whole' if event.whole_word else ''}")


if "slow" in st.query_params:
    time.sleep(0.8)  # a forward pass that keeps the server busy
if "above" in st.query_params:
    for number in range(len(log)):
        st.write(f"a line that came with click {number + 1}")
chips(
    [
        Chip(
            text=text,
            special=text.startswith("["),
            masked=i in masked,
            continues=text.startswith("##"),
            note="end of a sentence" if text == "[SEP]" else "",
            word=WORDS[i],
        )
        for i, text in enumerate(TEXT)
    ],
    key="sentence",
    on_toggle=toggle,
)
st.caption(f"Click a piece to mask it, again to restore it. Log: {', '.join(log)};")
left, right = st.columns(2, gap="large")
FITS = (("store", 41.2, "0.00"), ("market", 17.9, "-0.83"), ("farm", 8.3, "-1.60"),
        ("shop", 6.0, "-1.93"), ("bank", 3.1, "-2.59"))  # fmt: skip
with left:
    picked = bars(
        [
            Bar((str(i + 1), word, f"{p:.1f} %", odds), p / 100, note="original" if i == 0 else "")
            for i, (word, p, odds) in enumerate(FITS)
        ],
        key="fits",
        columns=(
            Column("rank", "rank"),
            Column("word", "word"),
            Column("share", "bar"),
            Column("probability", "number"),
            Column(
                "log-odds", "number", help="Logit minus the best logit, in nats.", optional=True
            ),
        ),
        caption="What fits",
        badge="5 of 30,522 · cover 76.5 %",
        selected=st.session_state.get("row"),
        clickable=True,
        on_select=lambda row: st.session_state.update(row=row),
    )
    st.caption(f"Picked {picked}; kept {st.session_state.get('row')}.")
with right:
    LENS = (("embedding", "the", 0.012), ("1", "same", 0.03), ("4", "house", 0.099),
            ("5", "store", 0.24), ("6", "store", 0.412))  # fmt: skip
    bars(
        [
            Bar((layer, word, f"{100 * p:.1f} %"), p, emphasis=layer == "6")
            for layer, word, p in LENS
        ],
        key="lens",
        columns=(
            Column("layer"),
            Column("first word", "word"),
            Column("share", "bar"),
            Column("probability", "number"),
        ),
        caption="Layer by layer",
        slim=True,
    )
    bars(
        [Bar(("doctor", "2.10"), 2.1), Bar(("nurse", "−1.70"), -1.7), Bar((HOSTILE[0], "0.00"))],
        key="odds",
        columns=(Column("slot", "word"), Column("log-odds", "bar"), Column("log-odds", "number")),
        label="Difference between two groups",
    )
if st.checkbox("Surprise", value=True):
    chips(
        [
            Chip(text=f"t{i}", continues=i % 4 == 1, level=i / 10, note=f"{i} bits")
            for i in range(11)
        ],
        key="surprise",
        selectable="none",
        label="Surprise",
    )
chips([Chip(text=text, masked=i == 6) for i, text in enumerate(HOSTILE)], key="hostile")
if "wide" in st.query_params:
    FIGURES = ("first", "second", "third", "fourth", "fifth", "sixth")
    for key, spared in (("spared", True), ("needed", False)):
        bars(
            [Bar(("a row", "0.123", *("123,456",) * 6), 1.0)],
            key=key,
            columns=(
                Column("name"),
                Column("share", "bar"),
                Column("main number", "number"),
                *(Column(f"{name} figure", "number", optional=spared) for name in FIGURES),
            ),
        )
if "many" in st.query_params:
    chips([Chip(text=f"p{i}", word=i) for i in range(512)], key="many", height=200)
