"""What was asked in this session: to look at again, and to take along."""

from typing import NamedTuple

import streamlit as st

from bert_core import ModelChoice
from bert_core.tasks.squad import AnswerResult
from bert_core.views.asked import asked
from pages._shared.components import bars
from pages._squad import state
from pages._squad.reading import Reading

KEEP = 50


class Asked(NamedTuple):
    """One question of the session.

    Attributes:
        example: name of the ready document, or that of the visitor's own text.
        document: the document.
        choice: the model.
        result: the newest answer.
        weighed: the same if there might be none; it has the score of no answer.
    """

    example: str
    document: state.OpenDocument
    choice: ModelChoice
    result: AnswerResult
    weighed: AnswerResult


def entries() -> list[Asked]:
    """The questions of this session, the newest last."""
    found: list[Asked] = st.session_state.setdefault("qa_asked_so_far", [])
    return found


def remember(choice: ModelChoice, reading: Reading) -> None:
    """Add a question; one that was asked before moves to the end with its newest answer."""
    entry = Asked(st.session_state["qa_example"], reading.document, choice,
                  reading.result, reading.weighed)  # fmt: skip
    rest = [each for each in entries() if _identity(each) != _identity(entry)]
    st.session_state["qa_asked_so_far"] = [*rest, entry][-KEEP:]


def panel(_choice: ModelChoice, _reading: Reading) -> None:
    """A table of the questions; a click asks one again."""
    shown = entries()[::-1]
    table = asked([(each.document.name, each.result) for each in shown])

    def again(row: int) -> None:
        entry = shown[row]
        if entry.example == state.OWN:
            state.take_text(entry.document.text, entry.document.name, entry.document.notes)
        st.session_state.update(qa_example=entry.example, qa_question=entry.result.question)

    bars(table.rows, key="qa_history", columns=table.columns, caption=table.caption,
         badge=table.badge, scale=table.scale, clickable=True, on_select=again)  # fmt: skip
    st.caption(f"The last {KEEP} of this session. A click asks again, with the model that is "
               "chosen now.")  # fmt: skip


def _identity(entry: Asked) -> tuple[object, ...]:
    return entry.choice, entry.result.question, entry.document.text
