"""The masked-word page's state: what a link carries, what a click on a chip changes."""

import streamlit as st

from bert_core import InputError, ModelChoice, Tokens
from bert_core.examples import examples
from bert_core.views.chips import ChipEvent
from pages._shared import attribution, sidebar
from pages._shared.answers import tokens_of
from pages._shared.link import Field, one_of, positions, whole, yes_no
from pages._shared.sentences import show_notes

EXAMPLES = examples("masked_word")
FIRST = next(iter(EXAMPLES.values()))
STRATEGIES = ("independent", "left-to-right", "confident-first", "beam")
PANELS = ("Your words", "Attribution", "Templates", "Surprise", "Compare models")
FIELDS = (
    Field("text", "mw_text", FIRST.text),
    Field("pair", "mw_pair", FIRST.pair),
    Field("masked", "mw_masked", (), positions),
    Field("k", "mw_k", 10, whole(1, 50)),
    Field("words", "mw_words", True, yes_no),
    Field("strategy", "mw_strategy", "independent", one_of(*STRATEGIES)),
    Field("width", "mw_width", 5, whole(1, 10)),
    Field("whole", "mw_whole", False, yes_no),
    Field("mask", "mw_mask", 0, whole(0, 511)),
    Field("follow", "mw_follow", ""),
    *attribution.fields("mw"),
    Field("show", "mw_panel", None, one_of(*PANELS)),
)
LISTS = (
    Field("candidates", "mw_candidates", "Nobel, Pulitzer, Fields, Dirac"),
    Field("templates", "mw_templates", "[MASK] works as a {slot}.\n[MASK] is a good {slot}."),
    Field("slots", "mw_slots", "nurse, engineer, teacher, soldier, dancer, farmer"),
    Field("group_a", "mw_group_a", "he"),
    Field("group_b", "mw_group_b", "she"),
    Field("other", "mw_other", "embedded"),
    Field("other_fast", "mw_other_fast", True, yes_no),
)
LINKED = (*FIELDS, *LISTS, *sidebar.FIELDS)


def open_example() -> str | None:
    """Name of the example that stands in the inputs as it is."""
    values = st.session_state
    typed = values["mw_text"], values["mw_pair"], values["mw_masked"]
    return next((name for name, example in EXAMPLES.items()
                 if typed == (example.text, example.pair, ())), None)  # fmt: skip


def take_example() -> None:
    """Put the chosen example into the inputs."""
    example = EXAMPLES.get(st.session_state.get("mw_example") or "")
    if example is not None:
        st.session_state.update(mw_text=example.text, mw_pair=example.pair, mw_masked=(), mw_mask=0)


def forget_clicks() -> None:
    """A changed text has other pieces: masks put by clicks would hide the wrong ones."""
    st.session_state.update(mw_masked=(), mw_mask=0)


def toggle(tokens: Tokens, event: ChipEvent) -> None:
    """Mask or unmask the clicked piece, or all of its word."""
    held = set(st.session_state["mw_masked"])
    whole_word = event.whole_word != st.session_state["mw_whole"]  # Shift turns it round
    meant = set(tokens.same_word(event.position)) if whole_word else {event.position}
    held = held - meant if event.position in held else held | meant
    # A typed mask hides nothing, so a click on it has nothing to restore.
    held -= {p for p in tokens.masks if tokens.originals[p] is None}
    st.session_state.update(mw_masked=tuple(sorted(held)), mw_mask=0)


def current_tokens(choice: ModelChoice) -> Tokens:
    """The text in pieces under the current masks; masks that do not fit the text are dropped."""
    state = st.session_state
    pair = state["mw_pair"] or None
    _follow_model(choice, state["mw_text"], pair)
    try:
        tokens = tokens_of(choice, state["mw_text"], pair, state["mw_masked"])
    except InputError as error:
        if error.field != "masked":
            raise
        state["mw_masked"] = ()
        show_notes(["The masked pieces of the link are not in this text; they were left out."])
        tokens = tokens_of(choice, state["mw_text"], pair, ())
    state["mw_seen"] = (choice.source, choice.revision), tokens, state["mw_masked"]
    return tokens


def _follow_model(choice: ModelChoice, text: str, pair: str | None) -> None:
    """With another model the pieces are others: masks stay over the same characters."""
    state = st.session_state
    model, tokens, masked = state.get("mw_seen", (None, None, ()))
    if not masked or masked != state["mw_masked"] or model == (choice.source, choice.revision):
        return
    if (tokens.text, tokens.pair) == (text, pair):
        state["mw_masked"] = tokens.moved(masked, tokens_of(choice, text, pair, ()))
