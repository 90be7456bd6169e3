"""The attribution panel: what a fixed output owes to each word piece, by two methods."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from bert_core import Encoder, ModelChoice, Tokens
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attribution.attribute import (
    MAX_STEPS,
    STEPS,
    AttributionResult,
    Baseline,
    attribute,
)
from bert_core.views import attributions as views
from bert_core.views.attribution_files import attribution_csv
from bert_core.views.attribution_snippet import attribution_snippet
from bert_core.views.numbers import counted
from bert_core.views.records import to_json
from bert_core.views.run_lines import duration
from pages._shared.answers import is_kept, kept
from pages._shared.components import chips
from pages._shared.link import Field, one_of, whole
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.presenting import presenting
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.tables import ProgressBar, show
from pages._shared.toolbar import Download, files

Results = tuple[AttributionResult, ...]
METHODS, BASELINES = tuple(views.METHOD_NAMES), tuple(views.BASELINE_NAMES)
AT_ONCE = 10  # seconds; what takes longer waits for a click
BACK = 3  # a pass forward and back takes about as long as so many forward
LONG, LONG_HEIGHT = 60, 200  # chips, and the pixels that more of them scroll in
ROWS = 15  # pieces in the table
READ = (
    "Blue speaks for it, orange against it; the strongest piece has the full tint. This is the "
    "logit, not the probability, and another baseline gives other scores."
)


class Asked(NamedTuple):
    """What is attributed.

    Attributes:
        choice: the model.
        tokens: the input.
        target: what is followed.
        lines: Python that gives the input the name ``tokens``.
    """

    choice: ModelChoice
    tokens: Tokens
    target: Target
    lines: tuple[str, ...]


def fields(prefix: str) -> tuple[Field, ...]:
    """What a link carries of the panel; ``prefix`` is the page's."""
    return (
        Field("method", f"{prefix}_method", METHODS[0], one_of(*METHODS)),
        Field("baseline", f"{prefix}_baseline", BASELINES[0], one_of(*BASELINES)),
        Field("steps", f"{prefix}_steps", STEPS, whole(1, MAX_STEPS)),
    )


def panel(asked: Asked, prefix: str) -> None:
    """Options, the scores beside leaving out, and how far to trust them."""
    if not presenting():
        _options(prefix)
    values = st.session_state
    with shown_errors():
        found = _computed(asked, values[f"{prefix}_baseline"], values[f"{prefix}_steps"], prefix)
        if found is None:
            return
        # The chosen method comes first: the tint and the bars are its.
        results = tuple(sorted(found, key=lambda each: each.method != values[f"{prefix}_method"]))
        st.caption(READ)
        count = len(results[0].outputs)
        for number, column in enumerate(st.columns(count, gap="large")):
            with column:
                _output(results, number, prefix, wide=count == 1)
        show_notes(results[0].notes)
        _exports(asked, results)


def _options(prefix: str) -> None:
    with st.expander("Options", icon=":material/tune:"):
        first, second, third = st.columns(3)
        first.selectbox("Method", METHODS, key=f"{prefix}_method", persist_state="session",
                        format_func=views.METHOD_NAMES.__getitem__,
                        help="Both are in the table; the colours are of this one.")  # fmt: skip
        second.selectbox("Baseline", BASELINES, key=f"{prefix}_baseline", persist_state="session",
                         format_func=views.BASELINE_NAMES.__getitem__,
                         help="What the text is compared with. Another baseline gives other "
                         "scores.")  # fmt: skip
        third.slider("Steps", 1, MAX_STEPS, key=f"{prefix}_steps", persist_state="session",
                     help="Of integrated gradients, between baseline and text. More of them make "
                     "the completeness error smaller.")  # fmt: skip


def _computed(asked: Asked, baseline: Baseline, steps: int, prefix: str) -> Results | None:
    """All methods; what takes long waits for a click, and can be stopped."""
    encoder = encoder_with_progress(asked.choice)
    key = ("attribution", *asked[:3], baseline, steps)
    known = ("left out", *asked[:3])
    left_out = not is_kept(known)
    seconds = 0.0 if is_kept(key) else _seconds(encoder, asked, steps, left_out=left_out)
    return when_asked(
        key,
        lambda bar: _attributed(encoder, asked, baseline, steps, known, bar),
        long=seconds > AT_ONCE,
        label="Compute the attribution",
        about=f"{counted(len(asked.tokens), 'piece')}: about {duration(seconds)}.",
        bar="Passes",
        widget=f"{prefix}_owed",
    )


def _attributed(encoder: Encoder, asked: Asked, baseline: Baseline, steps: int,
                key: tuple[object, ...], bar: ProgressBar) -> Results:  # fmt: skip
    """One result for each method; what leaving out does is found once for all baselines."""
    tokens, target = asked.tokens, asked.target
    found: list[AttributionResult] = []
    known = kept(key, lambda: None) if is_kept(key) else None
    for method in METHODS:
        found.append(attribute(encoder, tokens, target, method=method, baseline=baseline,
                               steps=steps, known=known, on_progress=bar))  # fmt: skip
        known = kept(key, lambda: found[0])
    return tuple(found)


def _seconds(encoder: Encoder, asked: Asked, steps: int, *, left_out: bool) -> float:
    """How long it will take, from one pass that is timed."""

    def timed() -> float:
        begun = time.monotonic()
        encoder.head_logits(asked.target.head, [asked.tokens])
        return time.monotonic() - begun

    outputs = 2 if asked.target.head == "span" else 1
    passes = BACK * outputs * (steps + 1) + (len(asked.tokens.content) if left_out else 0)
    return kept(("pace", asked.choice, asked.tokens), timed) * passes


def _output(results: Results, number: int, prefix: str, *, wide: bool) -> None:
    """One logit: the text tinted by score, how well it adds up, and all methods."""
    first = results[0]
    label = first.outputs[number].label
    st.markdown(f"**Logit of “{escaped(label)}”**")
    shown = views.attribution_chips(first, number)
    chips(shown, key=f"{prefix}_owed_chips_{number}", selectable="none",
          label=f"Pieces by score for {label}",
          height=LONG_HEIGHT if len(shown) > LONG else None)  # fmt: skip
    st.caption(escaped(views.completeness(first, number)))
    left, right = st.columns([3, 2], gap="large") if wide else (st.container(), st.container())
    with left:
        _table(results, number, prefix)
    with right:
        show(views.agreements(results, number), key=f"{prefix}_owed_order_{number}")


def _table(results: Results, number: int, prefix: str) -> None:
    """The pieces with the largest scores, or all."""
    table = views.attribution_table(results, number)
    count, key = len(table.rows), f"{prefix}_owed_every_{number}"
    every = count <= ROWS or st.session_state.get(key, False)
    show(table if every else replace(table, rows=table.rows[:ROWS]),
         key=f"{prefix}_owed_{number}")  # fmt: skip
    if count > ROWS:
        st.toggle(f"Show all {count:,} pieces", key=key, persist_state="session")


def _exports(asked: Asked, results: Sequence[AttributionResult]) -> None:
    with st.popover("What this shows", icon=":material/help:", type="tertiary"):
        st.write(views.EXPLANATION)
    files((Download("CSV", "attribution.csv", "text/csv", lambda: attribution_csv(results)),
           Download("JSON", "attribution.json", "application/json", lambda: to_json(results))),
          attribution_snippet(asked.choice, results, asked.lines))  # fmt: skip
