"""The guided tour: each card opens a page with its example filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from bert_core.analysis.embeddings.sentences import ready_sets
from bert_core.examples import documents, examples
from pages._shared.sentences import escaped


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the tour.

    Attributes:
        title: the question it answers.
        about: what a visitor will see, in two sentences.
        shown: the example, as text.
        page: the page's file.
        label: the page's name.
        icon: the page's icon.
        query: what its link carries.
    """

    title: str
    about: str
    shown: str
    page: str
    label: str
    icon: str
    query: Mapping[str, str] = field(default_factory=dict)


def _stops() -> tuple[Stop, ...]:
    gap = next(iter(examples("masked_word").values()))
    pronoun = examples("attention")["Pronoun"]
    bank = ready_sets()["bank"].sentences
    river, money = (next(each.text for each in bank if each.label == sense)
                    for sense in ("river", "money"))  # fmt: skip
    follows = next(iter(examples("next_sentence").values()))
    document = next(iter(documents().values()))
    return (
        Stop("Fill a gap", "What would BERT put there, how sure is it, and in which layer does "
             "the answer take shape?", f"{gap.text} {gap.pair}".strip(), "masked_word.py",
             "Masked word", ":material/edit_square:", {"text": gap.text, "pair": gap.pair}),
        Stop("Watch it attend", "Every layer and every head on one grid, with exact weights. "
             "Open a head, keep a word in focus.", pronoun.text, "attention.py", "Attention",
             ":material/grid_view:", {"text": pronoun.text, "pair": ""}),
        Stop("Which bank?", "One word, two senses: see them part, layer by layer. And see why "
             "reading from both sides matters.",
             f"{river}\n{money}", "words_in_context.py", "Words in context",
             ":material/scatter_plot:", {"set": "bank"}),
        Stop("Does it follow?", "Two sentences, one score. Turn them round, or see which words "
             "and heads decide.", f"{follows.text}\n{follows.pair}", "next_sentence.py",
             "Next sentence", ":material/low_priority:",
             {"text": follows.text, "pair": follows.pair}),
        Stop("Ask a document", "Paste or upload a text and ask: the answer in its place, how sure "
             "the model is, and what else it considered.", document.questions[0],
             "question_answering.py", "Question answering", ":material/contact_support:",
             {"example": document.name, "question": document.questions[0]}),
        Stop("Then teach it something", "A table of labelled sentences, a CoNLL file, questions "
             "on a text: check it, train on it, watch, and try the result in the same pages.",
             "text,label\nThe bread is warm.,good", "fine_tune.py", "Fine-tune",
             ":material/fitness_center:"),
    )  # fmt: skip


def cards() -> None:
    """Five stops and one more, three in a row."""
    stops = _stops()
    for start in range(0, len(stops), 3):
        columns = st.columns(3)
        for number, (column, stop) in enumerate(
            zip(columns, stops[start : start + 3], strict=True), start + 1
        ):
            with column.container(border=True, height="stretch"):
                _card(f"{number}. {stop.title}" if number < len(stops) else stop.title, stop)


def _card(title: str, stop: Stop) -> None:
    st.markdown(f"**{title}**")
    st.markdown(stop.about)
    # As st.code it would have every browser read 1.5 MiB of JavaScript, which colours programs.
    st.markdown("\n".join(f"> {escaped(line)}  " for line in stop.shown.splitlines()))
    st.page_link(stop.page, label=f"Open {stop.label}", icon=stop.icon,
                 query_params=dict(stop.query))  # fmt: skip
