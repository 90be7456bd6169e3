"""Evaluate a file: a reader, or somebody's predictions, by the official rules."""

import hashlib

import streamlit as st

from bert_core import ModelChoice
from bert_core.evaluation.gold import read_gold
from bert_core.evaluation.judging import Judgement
from bert_core.evaluation.run import evaluate, judge_kept, read_kept
from bert_core.evaluation.scoring import judge_files
from bert_core.evaluation.settings import EvaluationSettings, ask_for
from bert_core.evaluation.summary import summarise
from bert_core.settings import read_settings
from bert_core.tasks.spans.decoders import DECODERS
from bert_core.training.samples import sample
from bert_core.views.decoders import DECODER_NAMES
from pages._shared.answers import is_kept, kept
from pages._shared.models import encoder_with_progress
from pages._shared.sent import Sent, named, receive
from pages._shared.sentences import shown_errors
from pages._shared.tables import ProgressBar
from pages._shared.uploads import offered
from pages._squad import scores

SAMPLES = {"Sample 1.1": "squad", "Sample 2.0": "squad2"}
ABOUT = {
    "Sample 1.1": "A few questions of our own in the form of SQuAD 1.1: each has an answer.",
    "Sample 2.0": "A few questions of our own in the form of SQuAD 2.0: some have no answer.",
}
SOURCES = (*SAMPLES, "Upload")
ENDINGS = ("json", "jsonl")
WAYS = ("Read with the model", "Score predictions that you have")


def page(choice: ModelChoice) -> None:
    """What to evaluate, then its figures."""
    values = st.session_state
    values.setdefault("qa_gold_source", SOURCES[0])
    values.setdefault("qa_way", WAYS[0])
    done: scores.Done | None = None
    left, right = st.columns([2, 1], gap="large")
    with left, shown_errors():
        gold = _gold()
        if gold is None:
            return
        way = st.segmented_control("How", WAYS, key="qa_way", required=True,
                                   persist_state="session",
                                   label_visibility="collapsed")  # fmt: skip
        if way == WAYS[0]:
            with right:
                settings = _settings()
            done = _read(choice, gold, settings)
        else:
            done = _score(gold)
    if done is not None:
        with shown_errors():
            scores.panel(done)


def _gold() -> Sent | None:
    sources = offered("qa_gold_source", SOURCES)
    source = st.segmented_control("Questions", sources, key="qa_gold_source", required=True,
                                  persist_state="session",
                                  label_visibility="collapsed")  # fmt: skip
    if source in SAMPLES:
        st.caption(ABOUT[source])
        return Sent(sample(SAMPLES[source])[1], source)
    return receive("Questions with gold answers: SQuAD's JSON, or JSONL", ENDINGS, "qa_gold_file")


def _settings() -> EvaluationSettings:
    with st.expander("Options", icon=":material/tune:"):
        decoder = st.selectbox("Answers chosen as by", DECODERS, key="qa_eval_decoder",
                               format_func=DECODER_NAMES.__getitem__)  # fmt: skip
        limit = st.number_input("Only the first questions", 0, key="qa_eval_limit", value=0,
                                help="0: all of them.")  # fmt: skip
    return EvaluationSettings(decoder=decoder, limit=limit or None)


def _read(choice: ModelChoice, gold: Sent, settings: EvaluationSettings) -> scores.Done | None:
    """Answer all questions; what was answered is kept on disk, so that a stop loses nothing."""
    key = ("evaluation", choice, gold, settings)
    with named(gold):
        # With another model, file, setting or library the answers are others: another folder.
        asked = kept(("asked", *key), lambda: ask_for(
            encoder_with_progress(choice), read_gold(gold.path, limit=settings.limit), settings
        ))  # fmt: skip
    name = hashlib.sha256(repr(asked).encode()).hexdigest()[:16]
    out = read_settings().home / "evaluations" / name
    slot = st.empty()
    if not is_kept(key):
        begun = (out / "answers.jsonl").is_file()
        label = "Go on" if begun and not (out / "metrics.json").is_file() else "Evaluate"
        with slot.container():
            asked = st.button(label, icon=":material/play_arrow:", key="qa_evaluate",
                              type="primary")  # fmt: skip
            st.caption("Every question is answered and scored by the official rules. It can be "
                       "stopped and goes on where it was.")  # fmt: skip
        if not asked:
            return None
        slot.button("Stop", icon=":material/stop:", key="qa_evaluate_stop")
    bar = ProgressBar("Questions")
    with named(gold):
        found = kept(key, lambda: evaluate(encoder_with_progress(choice), gold.path, out, settings,
                                           on_progress=bar), long=True)  # fmt: skip
        slot.empty()
        answers = kept(("answers", out), lambda: read_kept(out, gold.path))
        judged = kept(("judged", out), lambda: judge_kept(answers))
        return scores.Done(found, judged, gold, out)


def _score(gold: Sent) -> scores.Done | None:
    left, right = st.columns(2)
    with left:
        said = receive("predictions.json", ENDINGS, "qa_said_file")
    with right:
        odds = receive("null_odds.json, optional", ENDINGS, "qa_odds_file")
    if said is None:
        return None
    threshold = 1.0
    if odds is not None:
        threshold = st.number_input("No answer above this score", value=1.0, step=0.5,
                                    key="qa_na_threshold")  # fmt: skip
    chances = None if odds is None else odds.path
    with named(gold, said, odds):
        judged: Judgement = kept(
            ("scores", gold, said, odds, threshold),
            lambda: judge_files(said.path, gold.path, chances, threshold),
        )
    found = summarise(judged, predictions=said.path,
                      na_threshold=None if odds is None else threshold)  # fmt: skip
    return scores.Done(found, judged, gold, None)
