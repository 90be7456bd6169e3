"""What the model is fed: the pieces over the text as typed, and their table."""

import streamlit as st

from bert_core.analysis.tokenization.tokenize import Tokenization
from bert_core.views.numbers import counted
from bert_core.views.token_tables import (
    google_reasons,
    google_sentence,
    google_table,
    piece_chips,
    piece_table,
    typed_marks,
)
from pages._shared.components import bars, chips, document
from pages._shared.sentences import escaped
from pages._shared.tables import show
from pages._tokens import state

HEIGHT = 200  # pixels that a long text scrolls in
LONG, LONG_HEIGHT = 40, 800  # rows of the table, and the pixels that more of them scroll in


def strip(result: Tokenization) -> None:
    """The pieces as chips."""
    chips(piece_chips(result), key="tk_chips", selectable="none", height=HEIGHT,
          label="Pieces of the text")  # fmt: skip
    unknown = sum(each.unknown for each in result.pieces)
    st.caption(
        f"{counted(len(result.pieces), 'piece')} with the special ones, of {result.limit:,} that "
        f"the model reads; {counted(result.words, 'word')}, {unknown:,} unknown. Point at a piece "
        "to see where it stands in the text."
    )


def panel(result: Tokenization) -> None:
    """The text as typed with the chosen piece in it, and the table."""
    st.subheader("Pieces, ids, segments, positions", anchor=False)
    chosen = st.session_state["tk_piece"]
    count = len(result.pieces)
    chosen = chosen if chosen is not None and chosen < count else None
    where = None if chosen is None else result.pieces[chosen]
    for which, text in enumerate((result.text, result.pair)):
        if text:
            focus = where.start if where is not None and where.sequence == which else None
            document(text, key=f"tk_typed_{which}", marks=typed_marks(result, which, chosen),
                     focus=focus, height=HEIGHT, label=f"Text {'AB'[which]} as typed")  # fmt: skip
    table = piece_table(result)
    with st.container(height=LONG_HEIGHT if count > LONG else "content", border=False):
        bars(table.rows, key="tk_table", columns=table.columns, caption=table.caption,
             badge=table.badge, clickable=True, selected=chosen,
             on_select=state.look_at)  # fmt: skip
    st.caption("Click a row to see its characters in the text.")


def google(result: Tokenization) -> None:
    """Where Google's original differs for this very text."""
    if result.google.differences:
        show(google_table(result.google), key="tk_google")
        for number, reason in enumerate(google_reasons(result.google), start=1):
            st.caption(escaped(f"({number}) {reason}"))
    else:
        st.caption(google_sentence(result.google))
