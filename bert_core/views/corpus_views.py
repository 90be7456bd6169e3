"""What heads do over many sentences: a table, a sentence of one head, a figure of all."""

import json
from typing import Any

import numpy as np
import plotly.graph_objects as go

from bert_core.analysis.attention.corpus import CorpusResult
from bert_core.model.choice import ModelChoice
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_files import corpus_record, versions
from bert_core.views.numbers import counted, percent
from bert_core.views.palette import CATEGORIES, SEQUENTIAL
from bert_core.views.snippets import WHERE, model_line

TITLES = {
    "entropy": "entropy, bits",
    "distance": "distance",
    "itself": "itself",
    "previous": "previous",
    "following": "next",
    "cls": "[CLS]",
    "sep": "[SEP]",
    "punctuation": "punctuation",
    "rest_of_word": "rest of word",
    "a_to_b": "A to B",
    "b_to_a": "B to A",
    "largest": "largest",
}
"""Figures as the table of heads calls them, in its order."""
_TARGETS = {
    "itself": "the piece itself",
    "previous": "the piece before",
    "following": "the piece after",
    "cls": "[CLS]",
    "sep": "[SEP]",
    "punctuation": "punctuation",
    "rest_of_word": "the rest of the word",
}
_DIGITS = {"entropy": 2, "distance": 1}
_MOST_SPELLED = 2_000


def figures_of(result: CorpusResult) -> tuple[str, ...]:
    """The figures that some sentence has."""
    has = dict(zip(result.names, result.counts.tolist(), strict=True))
    return tuple(name for name in TITLES if has.get(name))


def corpus_table(result: CorpusResult) -> list[dict[str, object]]:
    """One dictionary for each head: exact figures by the names of their columns.

    After the mean of each figure stands its spread (±), the standard deviation between
    sentences; of a single one there is none.
    """
    rows = []
    for layer, head in np.ndindex(*result.mean.shape[1:]):
        pattern, share = _usual(result, layer, head)
        row: dict[str, object] = {
            "layer": layer + 1,
            "head": head + 1,
            "usual pattern": pattern,
            "how often": share,
        }
        for name in figures_of(result):
            at = result.names.index(name), layer, head
            spread = float(result.spread[at])
            row[TITLES[name]] = float(result.mean[at])
            if not np.isnan(spread):
                row[f"{TITLES[name]} ±"] = spread
        rows.append(row)
    return rows


def head_words(result: CorpusResult, opened: Pick) -> str:
    """What one head does over the sentences, in one sentence."""
    layer, head = opened.layer - 1, (opened.head or 1) - 1
    pattern, share = _usual(result, layer, head)
    targets = [name for name in _TARGETS if name in figures_of(result)]
    most = max(targets, key=lambda name: float(result.mean[result.names.index(name), layer, head]))
    said = {name: figure_words(result, name, layer, head) for name in (most, "entropy", "distance")}
    often = f" in {percent(share)} of them" if result.sentences > 1 else ""
    return (
        f"Head {opened.layer}.{opened.head} over {counted(result.sentences, 'sentence')}: "
        f"its pattern is “{pattern}”{often}; of the named targets it looks "
        f"most at {_TARGETS[most]} ({said[most]}), its entropy is {said['entropy']} bits, its "
        f"mean distance {said['distance']} pieces."
    )


def figure_words(result: CorpusResult, name: str, layer: int, head: int) -> str:
    """Mean and spread of a figure; layer and head are positions, from 0."""
    at = result.names.index(name), layer, head
    mean, spread = float(result.mean[at]), float(result.spread[at])
    if name in _DIGITS:
        said = f"{mean:.{_DIGITS[name]}f}"
        return said if np.isnan(spread) else f"{said} ± {spread:.{_DIGITS[name]}f}"
    return percent(mean) if np.isnan(spread) else f"{percent(mean)} ± {percent(spread)}"


def corpus_figure(result: CorpusResult, name: str, opened: Pick, *, spread: bool = False) -> Any:
    """One figure of all heads, layer by layer; the open head has a frame.

    Args:
        result: from :func:`bert_core.analysis.attention.corpus.head_statistics`.
        name: one of :func:`figures_of`.
        opened: the head that is framed.
        spread: whether shades stand for the spread between sentences, not for the mean.
    """
    shown = (result.spread if spread else result.mean)[result.names.index(name)]
    layers, heads = shown.shape
    words = [[figure_words(result, name, *place) for place in _row(layer, heads)]
             for layer in range(layers)]  # fmt: skip
    figure = go.Figure()
    figure.add_heatmap(
        z=shown,
        x=list(range(1, heads + 1)),
        y=list(range(1, layers + 1)),
        customdata=words,
        colorscale=SEQUENTIAL,
        zmin=0,
        colorbar={
            "thickness": 12,
            "outlinewidth": 0,
            "tickformat": "" if name in _DIGITS else ".0%",
        },
        hovertemplate="head %{y}.%{x}: %{customdata}<extra></extra>",
        xgap=1,
        ygap=1,
    )
    left, top = (opened.head or 1) - 0.5, opened.layer - 0.5
    frame = {"color": CATEGORIES[1], "width": 3}
    figure.add_shape(type="rect", x0=left, x1=left + 1, y0=top, y1=top + 1, line=frame)
    figure.update_yaxes(range=[layers + 0.5, 0.5], title="layer", dtick=1, showgrid=False)
    figure.update_xaxes(range=[0.5, heads + 0.5], title="head", dtick=1, showgrid=False)
    figure.update_layout(height=110 + 26 * layers, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    return figure


def corpus_json(result: CorpusResult) -> str:
    """The record of the command ``heads``, with the versions of what it was computed with."""
    record = {**corpus_record(result), "versions": versions()}
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def corpus_snippet(choice: ModelChoice, *, path: str = "", text: str = "") -> str:
    """Lines that print the table as CSV.

    Args:
        choice: the model.
        path: of the file of sentences.
        text: the sentences themselves, where there is no file; of long ones a file is opened.
    """
    spelled = bool(text) and len(text) <= _MOST_SPELLED
    reading = f"split_lines({text!r})" if spelled else f"read_lines({path or 'sentences.txt'!r})"
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.analysis.attention.corpus import head_statistics",
            f"from bert_core.data.lines import {reading.partition('(')[0]}",
            "from bert_core.views.attention_files import corpus_csv",
            "",
            model_line("encoder", choice),
            f"print(corpus_csv(head_statistics(encoder, {reading})))",
        ]
    )


def _usual(result: CorpusResult, layer: int, head: int) -> tuple[str, float]:
    """The pattern that a head has most often, and in which share of the sentences."""
    counts = result.pattern_counts[:, layer, head]
    usual = int(counts.argmax())
    return result.patterns[usual], float(counts[usual] / result.sentences)


def _row(layer: int, heads: int) -> list[tuple[int, int]]:
    return [(layer, head) for head in range(heads)]
