"""A paragraph of a SQuAD file as the document, its questions ready to ask."""

import streamlit as st

from bert_core import InputError
from bert_core.data.examples import QuestionExample
from bert_core.data.squad import read_squad
from bert_core.data.uploads import keep_upload
from bert_core.settings import read_settings
from bert_core.views.numbers import counted
from pages._shared.answers import kept
from pages._shared.uploads import upload
from pages._squad import state

SHOWN = 70  # characters of a paragraph or question in a list


def panel() -> None:
    """Choose a file, an article, a paragraph and a question."""
    sent = upload("SQuAD's JSON, or JSONL", ["json", "jsonl"], key="qa_squad_file")
    if sent is None:
        return
    every, left_out = kept(("squad file", sent.file_id), lambda: _read(sent))
    if left_out:
        st.caption(f"{counted(left_out, 'question')} of the file cannot be used and "
                   f"{'is' if left_out == 1 else 'are'} not listed.")  # fmt: skip
    titles = list(dict.fromkeys(each.title or "untitled" for each in every))
    title = st.selectbox("Article", titles, key="qa_article")
    of_title = [each for each in every if (each.title or "untitled") == title]
    contexts = list(dict.fromkeys(each.context for each in of_title))
    context = st.selectbox("Paragraph", contexts, key="qa_paragraph", format_func=_short)
    asked = [each.question for each in of_title if each.context == context]
    question = st.selectbox("Question", asked, key="qa_asked", format_func=_short)
    st.button("Open", icon=":material/menu_book:", on_click=_open, args=(title, context, question))


def _read(sent: object) -> tuple[tuple[QuestionExample, ...], int]:
    path = keep_upload(sent, sent.name, read_settings().home)  # type: ignore[attr-defined,arg-type]
    found = read_squad(path, version_2=True)
    if not found.examples:
        why = found.problems[0].message if found.problems else ""
        raise InputError(f"The file has no question that can be read. {why}", field="upload")
    return found.examples, found.read - len(found.examples)


def _open(title: str, context: str, question: str) -> None:
    state.take_text(context, title)
    st.session_state["qa_question"] = question


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
