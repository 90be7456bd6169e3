"""The sentences that heads are described over: ours, pasted, or a file; and the long work."""

import hashlib
import time
from typing import NamedTuple

import streamlit as st

from bert_core import Encoder, InputError, ModelChoice
from bert_core.analysis.attention.corpus import CorpusResult, head_statistics
from bert_core.data.lines import READY, read_lines, split_lines
from bert_core.model.costs import CHARACTERS, costly
from bert_core.views.numbers import counted
from bert_core.views.run_lines import duration
from pages._shared.answers import kept, newest
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.sent import named, receive
from pages._shared.uploads import offered

SOURCES = ("Ready sentences", "Paste", "Upload")
AT_ONCE = 10_000  # characters that are worked through without asking
SAMPLE = 8  # lines that are timed for the estimate


class Sentences(NamedTuple):
    """What was given.

    Attributes:
        lines: one for each row, empty ones too.
        name: tells it from others.
        path: of the file, as a visitor would write it; "" for a pasted text.
        text: what was pasted; "" for a file.
    """

    lines: list[str]
    name: str
    path: str = ""
    text: str = ""


def chosen() -> Sentences | None:
    """Where the sentences come from; None while there are none."""
    sources = offered("at_sentences", SOURCES)
    source = st.segmented_control("Sentences", sources, key="at_sentences", default=SOURCES[0],
                                  required=True, persist_state="session",
                                  label_visibility="collapsed")  # fmt: skip
    if source == SOURCES[0]:
        lines = newest("sentences", ("ready",), lambda: read_lines(READY))
        st.caption(f"{counted(len(lines), 'sentence')} of our own, of many kinds.")
        return Sentences(lines, "ready", path="assets/sentences.txt")
    if source == SOURCES[1]:
        return _pasted()
    return _uploaded()


def _pasted() -> Sentences | None:
    text = st.text_area("Sentences, one on each line", key="at_pasted", persist_state="session",
                        height=160)  # fmt: skip
    if not text.strip():
        return None
    name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Sentences(split_lines(text), name, text=text)


def _uploaded() -> Sentences | None:
    """A file is read once; it stays chosen when the visitor comes back to the page."""
    sent = receive("A text file with one sentence on each line", ["txt"], "at_upload")
    if sent is None:
        return None
    with named(sent):
        lines = newest("sentences", (sent.path,), lambda: read_lines(sent.path))
    return Sentences(lines, str(sent.path), sent.name)


def statistics(choice: ModelChoice, given: Sentences) -> CorpusResult | None:
    """The figures of all heads; many sentences wait for a click, and can be stopped."""
    encoder, key = encoder_with_progress(choice), ("corpus", choice, given.name)
    characters = sum(map(len, given.lines))
    long, about = characters > AT_ONCE or costly(encoder, characters / CHARACTERS), ""
    if long:
        seconds = kept(("pace", *key), lambda: _estimate(encoder, given.lines))
        about = f"{counted(len(given.lines), 'line')}: about {duration(seconds)}."
    return when_asked(
        key,
        lambda bar: head_statistics(encoder, given.lines, on_progress=bar),
        long=long,
        label="Read the sentences",
        about=about,
        bar="Sentences",
        widget="at_corpus",
    )


def _estimate(encoder: Encoder, lines: list[str]) -> float:
    """Seconds that all lines will take, from a few that are spread over them."""
    some = lines[:: -(-len(lines) // SAMPLE)]
    begun = time.monotonic()
    try:
        head_statistics(encoder, some)
    except InputError:
        return 1.0  # the whole will say what is wrong
    spent = time.monotonic() - begun
    return spent * sum(map(len, lines)) / max(1, sum(map(len, some)))
