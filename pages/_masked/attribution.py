"""Attribution: what the word at the mask owes to each piece around it."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.analysis.attention.targets import Target
from bert_core.tasks.distribution import Candidate
from bert_core.tasks.masked import FillResult, MaskPrediction
from bert_core.views.numbers import percent
from bert_core.views.snippets import tokens_line
from pages._shared import attribution
from pages._shared.sentences import show_notes


def panel(choice: ModelChoice, result: FillResult, mask: int) -> None:
    """The word that is followed, then the panel for it."""
    prediction, tokens = result.masks[mask], result.tokens
    st.caption("How much each piece adds to the logit of one word at the mask, or takes from it.")
    target = Target("masked_word", position=prediction.position, word=_word(prediction))
    lines = (tokens_line(tokens.text, tokens.pair, st.session_state["mw_masked"]),)
    attribution.panel(attribution.Asked(choice, tokens, target, lines), "mw")


def _word(prediction: MaskPrediction) -> str:
    """A word that is shown, or the usual one: what the mask hides, else the best."""
    hidden = prediction.original
    usual = hidden or prediction.candidates[0]
    words = {_named(each): each for each in prediction.candidates}
    chosen = st.session_state["mw_follow"]
    if chosen and chosen not in words:
        st.session_state["mw_follow"] = ""
        show_notes([f"'{chosen[:60]}' is not among the words above; '{usual.word}' is followed."])

    def told(name: str) -> str:
        if not name:
            return f"{usual.word} · {'the hidden word' if hidden else 'the best'}"
        return f"{words[name].word} · {percent(words[name].probability)}"

    st.selectbox("Word that is followed", ["", *words], key="mw_follow", format_func=told,
                 persist_state="session", width=320)  # fmt: skip
    return st.session_state["mw_follow"] or _named(usual)


def _named(candidate: Candidate) -> str:
    """As a target names it: what continues a word as the vocabulary spells it."""
    return candidate.piece if candidate.piece.startswith("##") else candidate.word
