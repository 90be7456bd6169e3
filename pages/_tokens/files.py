"""A file in figures: pieces for each word, unknown words, and how many lines fit."""

from pathlib import Path

import streamlit as st

from bert_core import ModelChoice, token_statistics
from bert_core.analysis.tokenization.statistics import LIMITS, TokenStatistics
from bert_core.data.uploads import keep_upload, local_file
from bert_core.settings import PROJECT, read_settings
from bert_core.views.numbers import counted, joined, percent, share
from bert_core.views.token_figures import lengths_figure
from bert_core.views.token_snippets import statistics_snippet
from bert_core.views.token_tables import words_table
from pages._shared.charts import CONFIG
from pages._shared.long_work import when_asked
from pages._shared.models import encoder
from pages._shared.sentences import escaped, shown_errors
from pages._shared.tables import show
from pages._shared.toolbar import exports
from pages._shared.uploads import offered, upload

SAMPLE = PROJECT / "assets" / "samples" / "documents.train.txt"
SOURCES = ("Sample", "Upload", "Path")
SUFFIXES = ("txt", "csv", "tsv", "jsonl", "json")
LIMIT_MIB = 50
SHOWN = 12
AT_ONCE = 4 * 2**20  # bytes; a larger file waits for a click


def panel(choice: ModelChoice) -> None:
    """The file and its figures."""
    sources = offered("tk_source", SOURCES)
    source = st.segmented_control("Where the file is", sources, key="tk_source", required=True,
                                  default=SOURCES[0], persist_state="session",
                                  label_visibility="collapsed")  # fmt: skip
    with shown_errors():
        chosen = {"Sample": _sample, "Upload": _upload, "Path": _path}[source or SOURCES[0]]()
        if chosen is None:
            return
        path, name = chosen
        column = None
        if path.suffix.lower() != ".txt":
            column = st.text_input("Column", key="tk_column", placeholder="text or sentence",
                                   persist_state="session").strip() or None  # fmt: skip
        found = path.stat()
        key = ("file", choice, str(path), found.st_size, found.st_mtime_ns, column)
        tokenizer = encoder(choice).tokenizer
        result = when_asked(
            key,
            lambda bar: token_statistics(tokenizer, path, name=name, column=column,
                                         on_progress=bar),
            long=found.st_size > AT_ONCE,
            label="Count",
            about=f"{found.st_size / 2**20:,.1f} MiB: this takes a while.",
            bar="Counted",
            widget="tk_file",
        )  # fmt: skip
        if result is None:
            return
        _figures(result)
        exports(result, "file", statistics_snippet(choice, name, column))


def _sample() -> tuple[Path, str]:
    st.caption("A small text of our own, one sentence a line.")
    return SAMPLE, SAMPLE.name


def _upload() -> tuple[Path, str] | None:
    file = upload("Text line by line, or a table", SUFFIXES, key="tk_upload", most_mib=LIMIT_MIB)
    if file is None:
        return None
    return keep_upload(file, file.name, read_settings().home, limit_mib=LIMIT_MIB), file.name


def _path() -> tuple[Path, str] | None:
    name = st.text_input("File", key="tk_path", persist_state="session",
                         placeholder="path on this machine")  # fmt: skip
    if not name.strip():
        st.caption("Give the path of a file on the machine that this app runs on.")
        return None
    settings = read_settings()
    path = local_file(name, (*settings.folders, settings.home))
    return path, path.name


def _fits(result: TokenStatistics) -> str:
    return joined([f"{result.fitting(limit):,} into {limit}" for limit in LIMITS])


def _figures(result: TokenStatistics) -> None:
    first, second, third, fourth = st.columns(4)
    first.metric("Pieces per word", f"{result.pieces_per_word:.2f}", border=True,
                 help="Words are what stands between two spaces.")  # fmt: skip
    unknown = percent(result.unknown_share) if result.unknown else "none"
    second.metric("Unknown pieces", unknown, border=True)
    third.metric("Longest line", f"{result.longest:,}", border=True,
                 help="In pieces, special ones included.")  # fmt: skip
    fits = result.fitting(LIMITS[0]) / max(1, result.seen)
    fourth.metric(f"Lines that fit {LIMITS[0]}", share(fits), border=True)
    left_out = f", {result.left_out:,} could not be read" if result.left_out else ""
    st.caption(escaped(
        f"{result.file}: {counted(result.lines, 'line')}, {result.blank:,} blank, "
        f"{result.unseen:,} with nothing the model sees{left_out}; {counted(result.words, 'word')}"
        f", {counted(result.pieces, 'piece')}. Lines that fit: {_fits(result)}."
    ))  # fmt: skip
    st.plotly_chart(lengths_figure(result), key="tk_lengths",
                    config=CONFIG)  # fmt: skip
    split = words_table(result.split_words[:SHOWN], "Words that cost most pieces")
    unknown_words = words_table(result.unknown_words[:SHOWN], "Unknown words")
    if result.unknown_words and result.split_words:
        left, right = st.columns(2, gap="large")
        with left:
            show(split, key="tk_split")
        with right:
            show(unknown_words, key="tk_unknown")
    elif result.unknown_words:
        show(unknown_words, key="tk_unknown")
    elif result.split_words:
        show(split, key="tk_split")
    if not result.exact:
        st.caption("There are too many different words to count all: these counts may be low.")
