"""Two tokenizers on the first text: a second model's, or the first with one thing changed."""

from typing import cast, get_args

import streamlit as st

from bert_core import ModelChoice, compare_tokenizers, load_tokenizer
from bert_core.analysis.tokenization.compare import (
    Change,
    Cutter,
    TokenizerComparison,
    changed_cutter,
    own_cutter,
)
from bert_core.model.allowed import kinds_allowed
from bert_core.model.tokenizer import Tokenizer
from bert_core.views.token_snippets import comparison_snippet
from bert_core.views.token_tables import cuttings_table, places_table
from pages._shared.answers import kept
from pages._shared.models import encoder
from pages._shared.sentences import escaped, shown_errors
from pages._shared.sidebar import models_here
from pages._shared.tables import show
from pages._shared.toolbar import exports

CHANGES = get_args(Change)
NAMES = {
    "other case": "This one, with capitals kept, or dropped where it keeps them",
    "first 10,000 pieces": "This one, with the first 10,000 pieces of its vocabulary",
    "first 3,000 pieces": "This one, with the first 3,000 pieces of its vocabulary",
}


@st.cache_resource(max_entries=4, show_spinner="Loading the tokenizer")
def _tokenizer(source: str) -> Tokenizer:
    return load_tokenizer(ModelChoice(source))


def panel(choice: ModelChoice, text: str) -> None:
    """The second tokenizer, the figures of both, and what they cut otherwise."""
    names = [*CHANGES, *(name for name in models_here() if name != choice.source)]
    names = list(dict.fromkeys([*names, st.session_state["tk_other"] or CHANGES[0]]))
    st.selectbox("Second tokenizer", names, key="tk_other", persist_state="session",
                 accept_new_options=bool(kinds_allowed()),
                 format_func=lambda name: NAMES.get(name, name),
                 help="A change of this model's tokenizer, another model that is here, a folder, "
                 "or a hub id such as google-bert/bert-base-multilingual-cased, which is "
                 "downloaded whole.")  # fmt: skip
    with shown_errors():
        other = (st.session_state["tk_other"] or CHANGES[0]).strip()
        result = kept(("tokenizers", choice, other, text),
                      lambda: _compared(choice, other, text))  # fmt: skip
        show(cuttings_table(result), key="tk_cuttings")
        differing = places_table(result)
        if differing.rows:
            show(differing, key="tk_places")
        else:
            st.success("Both cut this text alike.", icon=":material/equal:")
        lost = " An unknown word is one piece and lost to the model: fewer pieces are no gain then."
        unknown = result.first.unknown or result.second.unknown
        said = (f"{result.shared:,} pieces are in both vocabularies. Text A alone is compared; "
                "masks in it are text.")  # fmt: skip
        st.caption(escaped(said + (lost if unknown else "")))
        exports(result, "two-tokenizers", comparison_snippet(choice, other, text))


def _compared(choice: ModelChoice, other: str, text: str) -> TokenizerComparison:
    own = encoder(choice).tokenizer
    second: Cutter = (
        changed_cutter(own, cast(Change, other))
        if other in CHANGES
        else own_cutter(_tokenizer(other))
    )
    return compare_tokenizers(own_cutter(own), second, text)
