"""The answer: in its place in the document, and beside what else was considered."""

import streamlit as st

from bert_core.analysis.along import along
from bert_core.views.document import Mark, strip
from bert_core.views.numbers import percent
from bert_core.views.span_answers import confidence, margin, spans, where
from pages._shared.components import document
from pages._shared.sentences import escaped, show_notes
from pages._shared.tables import show
from pages._squad import inputs, state
from pages._squad.reading import Reading

AT_ONCE = 10  # candidates in the table
MARKED = 4  # further candidates that are marked in the text


def document_panel(reading: Reading) -> None:
    """The document with the answer in its place, and a strip of where the model looked."""
    result, text = reading.result, reading.document.text
    inputs.heading(reading.document, result.windows)
    marks = [
        Mark(each.start, each.end, "candidate", f"considered, {percent(each.probability)}")
        for each in result.nbest[: MARKED + 1]
        if each.text and each != result.best
    ]
    if result.best is not None:
        label = f"answer, {percent(result.best.probability)}"
        marks.append(Mark(result.best.start, result.best.end, "answer", label))
    window = state.window(result.windows)
    if window is not None and st.session_state["qa_panel"] == "Windows":
        marks.append(Mark(*reading.trace.seen_by(window), "window", f"window {window + 1:,}"))
    looked = along(reading.trace)
    rows = [strip(name, values, looked.places[:, 0], text)
            for name, values in (("start", looked.start), ("end", looked.end))]  # fmt: skip
    document(text, key="qa_document", marks=marks, strips=rows,
             focus=None if result.best is None else result.best.start)  # fmt: skip


def panel(reading: Reading) -> None:
    """The answer in words, its rivals, and when to give none."""
    result = reading.result
    if result.best is not None:
        st.markdown(f"### {escaped(result.text)}")
        st.markdown(f":gray-badge[{escaped(where(result))}]")
        st.caption(escaped(confidence(result)))
    else:
        st.markdown("### No answer")
        st.caption(escaped(result.why))
    if reading.trace.features.questions[0].cut:
        st.warning(escaped(result.notes[0]), icon=":material/content_cut:")
    else:
        show_notes(result.notes)
    _no_answer(reading)


def _no_answer(reading: Reading) -> None:
    """The score of no answer, and the threshold: both are read from the stored logits."""
    st.toggle(
        "It may say “no answer”",
        key="qa_impossible",
        persist_state="session",
        help="For models trained on questions without an answer, as in SQuAD 2.0. Others "
        "can be tried: their margin often tells the two apart, at another threshold.",
    )
    if reading.decoder == "pipeline":
        st.caption("The old pipeline has no threshold: no answer wins when it scores highest.")
        return
    odds = reading.weighed.null_odds
    if odds is not None and odds > 0 and not reading.settings.impossible:
        st.warning("“No answer” scores higher than this span: the text may not say it.",
                   icon=":material/help:")  # fmt: skip
    if st.session_state["qa_impossible"]:
        st.slider("Say “no answer” when the margin is above", state.LOWEST, state.HIGHEST, step=0.1,
                  key="qa_threshold", persist_state="session", format="%.1f")  # fmt: skip
        _told()
    st.caption(
        escaped(f"{margin(reading.weighed)} Moving the threshold asks the model nothing new.")
    )


def _told() -> None:
    """Why the threshold is not the usual one, where a ready question has moved it."""
    if st.session_state["qa_threshold"] != state.TELLING:
        return
    threshold = f"{state.TELLING:g}".replace("-", "−")
    st.caption(
        f"Set by a ready question that the text does not answer: “no answer” is allowed, and from "
        f"a margin of {threshold} on instead of the usual 0. The built-in reader was trained on "
        f"questions with an answer only and seldom prefers none; {threshold} parts the ready "
        "questions, other texts and models need their own."
    )
    st.button("Back to the usual", icon=":material/undo:", key="qa_usual", type="tertiary",
              on_click=state.take_usual)  # fmt: skip


def candidates(reading: Reading) -> None:
    """What was considered, best first: some of it, or all."""
    count = len(reading.result.nbest)
    every = count > AT_ONCE and st.session_state.get("qa_every", False)
    show(spans(reading.result, count if every else AT_ONCE), key="qa_spans")
    if count > AT_ONCE:
        st.toggle(f"Show all {count:,} candidates", key="qa_every", persist_state="session")
