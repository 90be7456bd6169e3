"""A paragraph: every sentence after every other, and its order against shuffled ones."""

import streamlit as st

from bert_core import ModelChoice
from bert_core.data.sentences import split_sentences
from bert_core.tasks.paragraph import MOST, ParagraphResult, paragraph
from bert_core.views import next_sentences
from bert_core.views.numbers import counted, percent
from bert_core.views.snippets import call_snippet
from pages._shared.charts import CONFIG
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports

AT_ONCE = 12  # sentences whose pairs are scored without asking
MOST_CHARACTERS = 20_000


def panel(choice: ModelChoice) -> None:
    """The text, its sentences in order, and the map of all pairs."""
    text = st.text_area("Paragraph", key="nx_paragraph", height=140, max_chars=MOST_CHARACTERS,
                        persist_state="session",
                        help=f"3 to {MOST} sentences. Begin a new line to end a sentence that has "
                        "no capital letter after it.")  # fmt: skip
    with shown_errors():
        result = _scored(choice, split_sentences(text))
        if result is None:
            return
        _controls(result)
        left, right = st.columns(2, gap="large")
        with left:
            show(next_sentences.neighbours(result), key="nx_neighbours")
        with right:
            dark = st.context.theme.type == "dark"
            st.plotly_chart(next_sentences.sentence_map(result, dark=dark), key="nx_map",
                            config=CONFIG)  # fmt: skip
            st.caption("Row: the first sentence. Column: the second. Framed: the paragraph's own "
                       "order.")  # fmt: skip
        show_notes([" ".join(result.notes)])
        exports(result, "paragraph", call_snippet(
            choice, f"paragraph(encoder, {list(result.sentences)!r}, seed={result.seed})",
            "from bert_core.tasks.paragraph import paragraph"))  # fmt: skip


def _scored(choice: ModelChoice, sentences: tuple[str, ...]) -> ParagraphResult | None:
    """All pairs; a long paragraph waits for a click, and can be stopped."""
    key = ("paragraph", choice, sentences)
    encoder = encoder_with_progress(choice)
    return when_asked(
        key,
        lambda bar: paragraph(encoder, sentences, on_progress=bar),
        long=AT_ONCE < len(sentences) <= MOST,
        label=f"Score {counted(len(sentences) * (len(sentences) - 1), 'pair')}",
        about=f"{counted(len(sentences), 'sentence')}.",
        bar="Pairs",
        widget="nx_paragraph",
    )


def _controls(result: ParagraphResult) -> None:
    """Whether the paragraph's own order stands out."""
    first, second, third, fourth = st.columns(4)
    first.metric("In order", percent(result.consecutive), border=True,
                 help="Mean P(is next) of neighbours.")  # fmt: skip
    second.metric("Shuffled", percent(result.shuffled), border=True,
                  help=f"The same over {result.orders:,} shuffled orders (seed {result.seed}), "
                  f"without any true neighbours. {result.as_good:,} of them score as high as the "
                  "true order.")  # fmt: skip
    third.metric("AUC", f"{result.auc:.2f}", border=True,
                 help="How often a pair of true neighbours scores higher than another pair; 0.5 "
                 "is chance.")  # fmt: skip
    fourth.metric("Successor first", f"{result.best} of {len(result.sentences) - 1}", border=True,
                  help="Sentences whose true successor scores highest of all "
                  "others.")  # fmt: skip
