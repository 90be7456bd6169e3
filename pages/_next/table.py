"""A file of pairs: uploaded, scored with progress, and downloaded with four more columns."""

from pathlib import Path

import streamlit as st

from bert_core import InputError, ModelChoice
from bert_core.data.text_pairs import PairTable, read_pairs
from bert_core.settings import PROJECT
from bert_core.tasks.next_pairs import score_blocks
from bert_core.tasks.next_sentence import NextScore
from bert_core.views import next_sentences
from bert_core.views.next_files import table_lines
from bert_core.views.numbers import counted, percent
from pages._shared.answers import newest
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress
from pages._shared.sent import Sent, named, receive
from pages._shared.sentences import show_notes, shown_errors
from pages._shared.tables import sheet
from pages._shared.uploads import offered

Scores = list[NextScore | str]
AT_ONCE = 100  # rows that are scored without asking
MOST = 50_000  # rows that a page scores
MOST_TOLD, MOST_SHOWN = 5, 500
SOURCES = ("Ready pairs", "Upload")
READY = PROJECT / "assets" / "samples" / "next_pairs.csv"
ENDINGS = ["csv", "tsv", "jsonl", "json"]


def panel(choice: ModelChoice) -> None:
    """Upload, score, download."""
    with shown_errors():
        sources = offered("nx_source", SOURCES)
        source = st.segmented_control("Pairs", sources, key="nx_source", default=SOURCES[0],
                                      required=True, persist_state="session",
                                      label_visibility="collapsed")  # fmt: skip
        label = "A table with the columns text_a and text_b"
        ready = source == SOURCES[0]
        sent = Sent(READY, READY.name) if ready else receive(label, ENDINGS, "nx_upload")
        if sent is None:
            return
        path, name = sent
        columns = _columns() if source == SOURCES[1] else ()
        with named(sent):
            table = newest("pairs", (path, columns), lambda: read_pairs(path, columns))
        scores = _scored(choice, table, (path, columns))
        if scores is not None:
            _result(table, scores, name)


def _columns() -> tuple[str, ...]:
    left, right = st.columns(2)
    names = (
        left.text_input("Column of text A", key="nx_column_a", placeholder="text_a",
                        persist_state="session"),
        right.text_input("Column of text B", key="nx_column_b", placeholder="text_b",
                         persist_state="session"),
    )  # fmt: skip
    given = tuple(name.strip() for name in names if name.strip())
    if len(given) == 1:
        raise InputError("Name both columns, or none.", field="columns")
    return given


def _scored(choice: ModelChoice, table: PairTable, file: tuple[object, ...]) -> Scores | None:
    """The scores of all rows; a long table waits for a click, and can be stopped."""
    key = ("scored", choice, *file)
    if len(table.rows) > MOST:
        raise InputError(
            f"The table has {len(table.rows):,} rows; a page scores {MOST:,} at most. For more, "
            "run python -m bert_core next --pairs FILE --out FILE.",
            field="pairs",
        )
    encoder = encoder_with_progress(choice)
    pairs = [(row.text, row.pair) for row in table.rows]
    return when_asked(
        key,
        lambda bar: [
            each for block in score_blocks(encoder, pairs, on_progress=bar) for each in block
        ],
        long=len(table.rows) > AT_ONCE,
        label=f"Score {counted(len(table.rows), 'pair')}",
        about="This takes a while.",
        bar="Pairs",
        widget="nx_table",
    )


def _result(table: PairTable, scores: Scores, name: str) -> None:
    """What came out, the first rows, and the file."""
    done = [score for score in scores if not isinstance(score, str)]
    follow = sum(score.answer == "is-next" for score in done)
    st.markdown(f"**{len(done):,} of {table.read:,}** rows were scored; **{follow:,}** are said "
                "to follow.")  # fmt: skip
    _problems(table, scores)
    sheet(next_sentences.scored_rows(table, scores, MOST_SHOWN), {next_sentences.IS_NEXT: percent},
          key="nx_scored", pinned=("line", next_sentences.IS_NEXT))  # fmt: skip
    if len(scores) > MOST_SHOWN:
        st.caption(f"The first {MOST_SHOWN:,} rows; the file has all.")
    st.download_button("Download the scored table", lambda: "".join(table_lines(table, [scores])),
                       f"{Path(name).stem}-scored.csv", "text/csv", on_click="ignore",
                       icon=":material/download:", key="nx_scored_file")  # fmt: skip


def _problems(table: PairTable, scores: Scores) -> None:
    """Rows without a score, the first few by their lines."""
    told = [(problem.row, problem.message) for problem in table.problems
            if problem.row is not None and problem.severity == "blocking"]  # fmt: skip
    told += [(row.line, score) for row, score in zip(table.rows, scores, strict=True)
             if isinstance(score, str)]  # fmt: skip
    told.sort()
    show_notes(f"Line {line:,}: {reason}" for line, reason in told[:MOST_TOLD])
    if len(told) > MOST_TOLD:
        st.caption(f"... and {len(told) - MOST_TOLD:,} more.")
