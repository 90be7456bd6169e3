"""The page's state: what a link carries, which sentences are open."""

import streamlit as st

from bert_core import InputError
from bert_core.analysis.embeddings.geometry import METRICS, MOST_DROPPED, Geometry
from bert_core.analysis.embeddings.sentences import read_table, ready_sets, write_lines
from bert_core.analysis.embeddings.vectors import POOLINGS
from pages._shared import sidebar
from pages._shared.link import Field, one_of, positions, whole, yes_no

SETS = ready_sets()
TEXTS = {name: write_lines(each.sentences) for name, each in SETS.items()}
FIRST = next(iter(SETS))
OWN = "own"
WORD, TOKENS = MODES = ("A word in many sentences", "One sentence's tokens")
ONE, ALL = VIEWS = ("One layer", "All layers")
PANELS = ("Similarities", "Layer by layer", "Nearest")
TOKEN_VIEWS = ("What is left of the start", "Pieces beside it", "Paths", "All pieces")
IN_LINK = 4_000  # characters of sentences that an address can carry through common servers
FIELDS = (
    Field("mode", "wc_mode", WORD, one_of(*MODES)),
    Field("set", "wc_set", FIRST, one_of(OWN, *SETS)),
    Field("word", "wc_word", ""),
    Field("text", "wc_text", ""),
    Field("which", "wc_which", (), positions),
    Field("layer", "wc_layer", None, whole(0, 100)),
    Field("layers", "wc_view", ONE, one_of(*VIEWS)),
    Field("pooling", "wc_pooling", "mean", one_of(*POOLINGS)),
    Field("metric", "wc_metric", "cosine", one_of(*METRICS)),
    Field("centre", "wc_centre", False, yes_no),
    Field("drop", "wc_drop", 0, whole(0, MOST_DROPPED)),
    Field("method", "wc_method", "pca", one_of("pca", "umap")),
    Field("seed", "wc_seed", 0, whole(0, 9_999)),
    Field("at", "wc_at", 0, whole(0, 99)),
    Field("show", "wc_panel", PANELS[0], one_of(*PANELS)),
    Field("sentence", "wc_sentence", "The bank by the river lent the fisherman some money."),
    Field("take_mean", "wc_take_mean", True, yes_no),
    Field("token_view", "wc_token_view", TOKEN_VIEWS[0], one_of(*TOKEN_VIEWS)),
)
LINKED = (*FIELDS, *sidebar.FIELDS)


def fill_in() -> None:
    """Write a ready set into the inputs when a link, or nothing, asked for it by name."""
    values = st.session_state
    if values["wc_text"] not in ("", TEXTS.get(values["wc_set"])):
        values["wc_set"] = OWN  # a link that was written by hand may not say so
    if values["wc_set"] in SETS and not values["wc_text"]:
        values.update(wc_word=values["wc_set"], wc_text=TEXTS[values["wc_set"]])


def carried() -> tuple[dict[str, object], bool]:
    """What a link carries: a ready set by its name. And whether the sentences fit into it."""
    values = {str(key): value for key, value in st.session_state.items()}
    fits = len(values["wc_text"]) <= IN_LINK
    if values["wc_set"] in SETS or not fits:
        values.update(wc_word="", wc_text="")
        values["wc_set"] = values["wc_set"] if values["wc_set"] in SETS else FIRST
    return values, fits


def take_set() -> None:
    """Put the chosen set into the inputs."""
    name = st.session_state.get("wc_pills")
    if name in SETS:
        _open(name, SETS[name].word, TEXTS[name])


def edited() -> None:
    """The word or the sentences are the visitor's own now."""
    values = st.session_state
    known = next((name for name, text in TEXTS.items()
                  if (values["wc_word"], values["wc_text"]) == (name, text)), OWN)  # fmt: skip
    values.update(wc_set=known, wc_which=(), wc_at=0, wc_layer=None)


def take_file() -> None:
    """Put the sentences of a file into the box."""
    values = st.session_state
    sent = values["wc_file"]
    values["wc_file_problem"] = None
    if sent is None:
        return
    try:
        sentences = read_table(sent.getvalue(), sent.name)
    except InputError as error:
        values["wc_file_problem"] = str(error)
        return
    _open(OWN, values["wc_word"], write_lines(sentences))


def _open(name: str, word: str, text: str) -> None:
    st.session_state.update(wc_set=name, wc_word=word, wc_text=text, wc_which=(), wc_at=0,
                            wc_layer=None)  # fmt: skip


def which() -> dict[int, int]:
    """For lines that have the word more than once, which one is taken; from pairs of numbers."""
    flat = st.session_state["wc_which"]
    return dict(zip(flat[::2], flat[1::2], strict=False))


def choose_occurrence(line: int, number: int) -> None:
    """Take another occurrence of the word in a line."""
    chosen = {**which(), line: number}
    pairs = [pair for pair in sorted(chosen.items()) if pair[1] != 1]
    st.session_state["wc_which"] = tuple(number for pair in pairs for number in pair)


def geometry() -> Geometry:
    """How vectors are compared."""
    values = st.session_state
    return Geometry(values["wc_metric"], values["wc_centre"], values["wc_drop"])
