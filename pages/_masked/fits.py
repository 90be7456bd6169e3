"""What fits: the ranked words of one mask, and whole sentences where there are several."""

import streamlit as st

from bert_core import ModelChoice, fill_trace, rank_sentences
from bert_core.tasks.filling import NO_JOINT
from bert_core.tasks.masked import FillResult
from bert_core.views import tables
from pages._shared.answers import kept, trace_of
from pages._shared.models import encoder
from pages._shared.sentences import escaped
from pages._shared.tables import show


def answer(choice: ModelChoice) -> FillResult:
    """The answer under the current options; one kept pass, read anew."""
    state = st.session_state
    key = (choice, state["mw_text"], state["mw_pair"] or None, state["mw_masked"])
    held, trace = encoder(choice), trace_of(*key)
    how = {"strategy": state["mw_strategy"], "width": state["mw_width"],
           "words_only": state["mw_words"]}  # fmt: skip
    ranked = kept(("sentences", *key, *how.values()), lambda: rank_sentences(held, trace, **how))
    return fill_trace(held, trace, k=state["mw_k"], sentences=ranked, **how)


def chosen_mask(result: FillResult) -> int:
    """Index of the mask the page looks at."""
    count = len(result.masks)
    if not st.session_state["mw_mask"] < count:
        st.session_state["mw_mask"] = 0
    if count > 1:
        st.segmented_control(
            "Mask", range(count), key="mw_mask", required=True, label_visibility="collapsed",
            format_func=lambda mask: f"Mask {mask + 1}",
        )  # fmt: skip
    return int(st.session_state["mw_mask"])


def panel(choice: ModelChoice, result: FillResult, mask: int) -> None:
    """The table of the chosen mask, then the sentences."""
    size = len(encoder(choice).tokenizer.vocabulary)
    show(tables.fits(result.masks[mask], size), key="mw_fits")
    st.caption(escaped(tables.fits_summary(result.masks[mask])),
               help="Entropy: how open the guess is. At 0 bits one word is certain; each bit more "
               "is as if twice as many words were equally likely.")  # fmt: skip
    if len(result.masks) > 1:
        show(tables.sentences(result.sentences), key="mw_sentences")
        st.caption(NO_JOINT)
