"""The figures of an evaluation, and its questions one by one."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from bert_core.evaluation.groups import QUESTION_WORDS
from bert_core.evaluation.judging import Judgement
from bert_core.evaluation.kinds import KINDS
from bert_core.evaluation.listing import MISTAKES, mistakes, null_odds
from bert_core.evaluation.report import Evaluation
from bert_core.evaluation.run import judge_kept, read_kept
from bert_core.evaluation.settings import Asked
from bert_core.evaluation.summary import summarise
from bert_core.views import evaluation_figures, evaluations
from pages._shared.answers import kept
from pages._shared.charts import STILL
from pages._shared.components import bars
from pages._shared.sent import Sent
from pages._shared.sentences import show_notes
from pages._shared.tables import show
from pages._squad import state

AT_ONCE = 50  # questions in the list
HEADLINES = (("exact", "Exact match"), ("f1", "F1"), ("HasAns_f1", "F1, has an answer"),
             ("NoAns_f1", "F1, has none"), ("best_f1", "Best F1"))  # fmt: skip


class Done(NamedTuple):
    """What is shown of an evaluation.

    Attributes:
        found: its figures.
        judged: its questions.
        gold: the file of questions.
        out: its folder; None for somebody's predictions.
    """

    found: Evaluation
    judged: Judgement
    gold: Sent
    out: Path | None


def panel(done: Done) -> None:
    """Headlines, thresholds, groups, and the list of questions."""
    if not done.found.metrics:
        show_notes(done.found.notes)
        return
    head, before = st.container(), done
    asked = done.found.asked
    if done.out is not None and asked and asked.impossible and asked.decoder != "pipeline":
        done = _redecided(done, done.out, asked)
    with head:
        _headlines(done.found, before.found)
    show_notes(done.found.notes)
    if done.judged.curves:
        _thresholds(done.found, done.judged)
    left, right = st.columns(2, gap="large")
    with left:
        show(evaluations.kinds(done.found.kinds), key="qa_kinds")
        show(evaluations.groups("question word", done.found.question_words), key="qa_by_word")
    with right:
        show(evaluations.groups("words of the answer", done.found.answer_lengths),
             key="qa_by_answer")  # fmt: skip
        show(evaluations.groups("words of the document", done.found.document_lengths),
             key="qa_by_document")  # fmt: skip
    _questions(done.judged, done.gold.name, done.found.asked)
    if done.out is not None:
        _downloads(done.out)


def _redecided(done: Done, out: Path, asked: Asked) -> Done:
    """The same answers under another threshold, from what is kept of them."""
    key, best = f"qa_threshold_{out.name}", done.found.metrics["best_f1_thresh"]
    st.session_state.setdefault(key, asked.null_threshold)

    def take_best() -> None:
        st.session_state[key] = min(max(best, state.LOWEST), state.HIGHEST)

    left, right = st.columns([4, 1], vertical_alignment="bottom")
    right.button(f"Best for F1: {best:.2f}", on_click=take_best, width="stretch")
    threshold = left.slider(
        "Say “no answer” when the margin is above", state.LOWEST, state.HIGHEST, step=0.1,
        format="%.2f", key=key,
        help="Decided again from the stored scores: the model is asked nothing.",
    )  # fmt: skip
    if threshold == asked.null_threshold:
        return done
    answers = kept(("answers", out), lambda: read_kept(out, done.gold.path))
    judged = kept(("judged", out, threshold),
                  lambda: judge_kept(answers, null_threshold=threshold))  # fmt: skip
    pairs = zip(done.judged.questions, judged.questions, strict=True)
    flipped = sum(before.prediction != after.prediction for before, after in pairs)
    st.caption(f"{flipped:,} of {len(judged.questions):,} answers change. The downloads hold the "
               f"answers at {asked.null_threshold:g}.")  # fmt: skip
    found = summarise(judged, asked=replace(asked, null_threshold=threshold),
                      reading=done.found.reading, cut=done.found.counts.cut)  # fmt: skip
    return Done(found, judged, done.gold, out)


def _headlines(found: Evaluation, before: Evaluation) -> None:
    metrics = found.metrics
    both = "NoAns_f1" in metrics and "HasAns_f1" in metrics
    wanted = [(name, title) for name, title in HEADLINES
              if name in metrics and (both or name in ("exact", "f1"))]  # fmt: skip
    for column, (name, title) in zip(st.columns(len(wanted)), wanted, strict=True):
        moved = metrics[name] - before.metrics[name]
        column.metric(title, f"{metrics[name]:.2f}", border=True,
                      delta=f"{moved:+.2f}" if abs(moved) >= 0.005 else None)  # fmt: skip


def _thresholds(found: Evaluation, judged: Judgement) -> None:
    """When to give no answer."""
    left, right = st.columns(2, gap="large")
    threshold = found.na_threshold if found.asked is None else found.asked.null_threshold
    with left:
        st.caption("Precision and recall as more doubtful answers are given; average precision "
                   "in brackets")  # fmt: skip
        st.plotly_chart(evaluation_figures.precision_recall(judged.curves), key="qa_pr",
                        config=STILL)  # fmt: skip
    with right:
        st.caption("How much “no answer” leads")
        figure = evaluation_figures.null_histogram(null_odds(judged), threshold or 0.0)
        st.plotly_chart(figure, key="qa_null_histogram", config=STILL)
    st.caption(f"F1 would be best, {found.metrics['best_f1']:.2f}, with the threshold at "
               f"{found.metrics['best_f1_thresh']:.2f}; exact match, "
               f"{found.metrics['best_exact']:.2f}, at "
               f"{found.metrics['best_exact_thresh']:.2f}.")  # fmt: skip


def _questions(judged: Judgement, name: str, asked: Asked | None) -> None:
    """The questions with filters; a click opens one under Ask."""
    left, right = st.columns(2)
    kinds = left.multiselect("Kinds", KINDS, default=MISTAKES, key="qa_kinds_shown")
    words = right.multiselect("Question words", QUESTION_WORDS, key="qa_words_shown",
                              placeholder="all")  # fmt: skip
    every = list(mistakes(judged, kinds=kinds, words=words or None))
    first = 0
    if len(every) > AT_ONCE:
        pages = (len(every) - 1) // AT_ONCE + 1
        first = AT_ONCE * (st.number_input(f"Page, 1 to {pages:,}", 1, pages, key="qa_page") - 1)
    shown = every[first : first + AT_ONCE]

    def open_(row: int) -> None:
        chosen = shown[row]
        state.take_text(chosen.context, f"question {chosen.row:,} of {name}")
        st.session_state.update(qa_question=chosen.question, qa_view=state.VIEWS[0])
        if asked is not None:  # as it was asked here
            st.session_state.update(
                qa_impossible=asked.impossible, qa_decoder=asked.decoder, qa_overlap=asked.overlap,
                qa_threshold=min(max(asked.null_threshold, state.LOWEST), state.HIGHEST),
            )  # fmt: skip

    table = evaluations.questions(shown, total=len(every))
    bars(table.rows, key="qa_questions", columns=table.columns, caption=table.caption,
         badge=table.badge, scale=table.scale, clickable=True, on_select=open_)  # fmt: skip
    st.caption("A click opens a question in its paragraph, under Ask.")


def _downloads(out: Path) -> None:
    with st.container(horizontal=True, gap="small"):
        for name in ("metrics.json", "predictions.json", "nbest_predictions.json",
                     "null_odds.json"):  # fmt: skip
            path = out / name
            if path.is_file():
                st.download_button(name, path.read_bytes, name, "application/json",
                                   on_click="ignore", type="tertiary", icon=":material/download:",
                                   key=f"qa_{name}")  # fmt: skip
