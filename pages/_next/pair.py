"""The pair: two texts in, the answer in both orders, and what the model reads as segments."""

import streamlit as st

from bert_core import ModelChoice, next_sentence
from bert_core.tasks.next_sentence import NextScore, NextSentenceResult
from bert_core.views import next_sentences
from bert_core.views.numbers import percent
from pages._next import state
from pages._shared.answers import kept
from pages._shared.components import chips
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes
from pages._shared.tables import show

LONG, LONG_HEIGHT = 60, 160  # chips, and the pixels that more of them scroll in
SEGMENTS = (("A · segment 0", "blue"), ("B · segment 1", "orange"))


def ask() -> None:
    """Examples and the two texts."""
    st.pills("Examples", list(state.EXAMPLES), key="nx_example", on_change=state.take_example,
             label_visibility="collapsed")  # fmt: skip
    left, right = st.columns(2)
    left.text_area("Text A", key="nx_text", on_change=state.forget_example, height=100,
                   persist_state="session")  # fmt: skip
    right.text_area("Text B", key="nx_pair", on_change=state.forget_example, height=100,
                    persist_state="session")  # fmt: skip


def answer(choice: ModelChoice) -> NextSentenceResult:
    """The answer for the texts of the page."""
    text, pair = st.session_state["nx_text"], st.session_state["nx_pair"]
    encoder = encoder_with_progress(choice)
    result = kept(("next", choice, text, pair), lambda: next_sentence(encoder, text, pair))
    left, right = st.columns(2)
    with left:
        _score("Does B follow A?", result.score)
    with right:
        _score("Turned round: does A follow B?", result.swapped)
    show_notes([" ".join(result.notes)])
    return result


def _score(question: str, score: NextScore) -> None:
    st.metric(question, percent(score.p_is_next), next_sentences.verdict(score),
              delta_color="green" if score.answer == "is-next" else "gray", delta_arrow="off",
              border=True, help="P(is next): the probability of the head's output 0.")  # fmt: skip


def detail(choice: ModelChoice, result: NextSentenceResult) -> None:
    """The segments on the left, all figures on the right."""
    vocabulary = encoder_with_progress(choice).tokenizer.vocabulary
    left, right = st.columns([6, 5], gap="large")
    with left:
        for segment, (name, colour) in enumerate(SEGMENTS):
            shown = next_sentences.segment_chips(result.tokens, vocabulary, segment)
            st.badge(name, color=colour)
            chips(shown, key=f"nx_chips_{segment}", selectable="none", label=f"Pieces of {name}",
                  height=LONG_HEIGHT if len(shown) > LONG else None)  # fmt: skip
    with right:
        show(next_sentences.orders(result), key="nx_orders")
        st.button("Turn the pair round", icon=":material/swap_horiz:", key="nx_turn",
                  type="tertiary", on_click=state.turn_round)  # fmt: skip
