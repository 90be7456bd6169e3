"""Which answer of the model is followed when something inside it is changed, and how to get one."""

import streamlit as st

from bert_core import Encoder, InputError, Tokens
from bert_core.analysis.attention.targets import Target
from pages._attention import state
from pages._shared.sentences import escaped

WAYS = {
    "masked_word": "mask a piece with a click",
    "next_sentence": "give a text B",
    "span": "give a question as text A and a passage as text B",
}
"""How each task head is asked."""
READY = {"next_sentence": "Pair", "span": "Question and passage"}
"""The example that asks each task head."""
LONGEST = 30  # characters of a word on a button


def target_of(encoder: Encoder, tokens: Tokens) -> Target:
    """The first mask's word; else whether the second text follows; else the answer span."""
    heads = encoder.checkpoint.heads
    if tokens.masks and "masked_word" in heads:
        return Target("masked_word")
    if tokens.pair and "next_sentence" in heads:
        return Target("next_sentence")
    if tokens.pair and "span" in heads:
        return Target("span")
    ways = [way for head, way in WAYS.items() if head in heads]
    if not ways:
        raise InputError(
            "This model has no answer to follow here: none of the task heads for a masked word, "
            "the next sentence and an answer span. Choose another model.",
            field="model",
        )
    raise InputError(f"There is no answer to follow yet: {', or '.join(ways)}.", field="text")


def asked_target(encoder: Encoder, tokens: Tokens) -> Target | None:
    """As :func:`target_of`; while nothing is asked, a button that asks, and None."""
    try:
        return target_of(encoder, tokens)
    except InputError as error:
        if error.field == "model":
            raise
        st.markdown(escaped(str(error)))
    position = word_to_mask(tokens) if "masked_word" in encoder.checkpoint.heads else None
    if position is not None:
        word = tokens.surface(position)
        said = word if len(word) <= LONGEST else f"{word[:LONGEST]}…"
        st.button(f"Mask “{escaped(said)}”", icon=":material/edit_square:", type="primary",
                  key="at_ask", on_click=_mask, args=(position,))  # fmt: skip
        return None
    name = next((READY[head] for head in READY if head in encoder.checkpoint.heads), None)
    if name is not None:
        st.button(f"Take the example “{name}”", icon=":material/menu_book:", type="primary",
                  key="at_ask", on_click=_take, args=(name,))  # fmt: skip
    return None


def word_to_mask(tokens: Tokens) -> int | None:
    """The piece of a text that is most worth a guess: an example's own, else the longest word.

    Only words of one piece are taken while there are some: a guess fills one piece.
    """
    alone = [each for each in tokens.content if len(tokens.same_word(each)) == 1]
    for example in state.EXAMPLES.values():
        if example.mask and (tokens.text, tokens.pair or "") == (example.text, example.pair):
            for each in alone:
                if tokens.surface(each) == example.mask:
                    return each
    words = [each for each in alone if tokens.surface(each).isalpha()]
    return max(words or tokens.content, key=lambda each: len(tokens.surface(each)), default=None)


def _mask(position: int) -> None:
    st.session_state["at_masked"] = (position,)


def _take(name: str) -> None:
    st.session_state["at_example"] = name
    state.take_example()
