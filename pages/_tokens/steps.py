"""The way of a text to its pieces, one step below the other."""

import streamlit as st

from bert_core.analysis.tokenization.steps import Step
from bert_core.analysis.tokenization.tokenize import Tokenization
from bert_core.views import token_words
from bert_core.views.token_tables import changed_texts, step_text, word_chips
from pages._shared.components import chips, document
from pages._shared.sentences import escaped

HEIGHT = 160  # pixels that a longer text scrolls in


def panel(result: Tokenization) -> None:
    """Every step with its rule and what it changed."""
    st.subheader("Step by step", anchor=False)
    for number, step in enumerate(result.steps, start=1):
        with st.container(gap="xsmall"):
            st.markdown(f"**{number}. {token_words.NAMES[step.name]}**  \n{escaped(step.rule)}")
            if step.name == "words":
                _words(step)
            elif step.name == "pieces":
                st.caption(escaped(token_words.pieces(step, result.steps[-2])))
            else:
                _text(step)


def _text(step: Step) -> None:
    for which in changed_texts(step):
        text, marks = step_text(step.texts[which])
        document(text, key=f"tk_step_{step.name}_{which}", marks=marks, height=HEIGHT,
                 label=f"Text {'AB'[which]} after this step")  # fmt: skip
    st.caption(escaped(token_words.changes(step)))


def _words(step: Step) -> None:
    for which, words in enumerate(step.texts):
        chips(word_chips(words), key=f"tk_words_{which}", selectable="none", height=HEIGHT,
              label=f"Words of text {'AB'[which]}")  # fmt: skip
    st.caption(token_words.words(step))
