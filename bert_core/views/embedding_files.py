"""A word's vectors and what was found out of them as files: exact numbers, nothing rounded.

Layers are counted as on the page: 0 is the embeddings, 1 to L the encoder's layers. ``start`` and
``end`` are half-open characters of the word in its sentence, ``line`` counts sentences from 1.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.io
from markupsafe import Markup

from bert_core.analysis.embeddings.geometry import Space
from bert_core.analysis.embeddings.layers import TokenLayers
from bert_core.analysis.embeddings.senses import SensesResult
from bert_core.analysis.embeddings.vectors import WordTrace
from bert_core.views import palette
from bert_core.views.attention_files import versions
from bert_core.views.records import harmless, to_record
from bert_core.views.templates import rendered

ABOUT = (
    "vectors[i, j] is the state of the word in sentence j at layer i: 0 is the embeddings, then "
    "layers 1 to L. spans are half-open character ranges of the word in its sentence."
)


def vectors_csv(trace: WordTrace, layer: int) -> str:
    """One line for each sentence: where the word stands, its pieces, and its vector at a layer.

    A text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    width = trace.vectors.shape[-1]
    writer.writerow(
        ["line", "sense", "sentence", "start", "end", "occurrence", "pieces", "layer"]
        + [f"v{n}" for n in range(width)]
    )
    for each, vector in zip(trace.occurrences, trace.vectors[layer], strict=True):
        pieces = " ".join(each.tokens.pieces[p] for p in each.positions)
        texts = [harmless(text) for text in (each.sentence.label, each.sentence.text)]
        place = [each.start, each.end, each.number, harmless(pieces), layer]
        # The shortest decimals that give the same float32 again.
        writer.writerow([each.sentence.line, *texts, *place, *vector.astype(str).tolist()])
    return out.getvalue()


def vectors_npz(trace: WordTrace) -> bytes:
    """All layers for numpy, with nothing pickled: ``numpy.load(file, allow_pickle=False)``.

    ``vectors`` is float32 of shape (L + 1, N, H), ``others`` of shape (L + 1, M, H) holds the
    other words ``words`` of the sentences that ``owners`` counts from 0.
    """
    out = io.BytesIO()
    found = trace.occurrences
    np.savez(
        out,
        about=np.array(ABOUT),
        vectors=trace.vectors,
        lines=np.array([each.sentence.line for each in found], dtype=np.int64),
        labels=np.array(trace.labels, dtype=np.str_),
        sentences=np.array([each.sentence.text for each in found], dtype=np.str_),
        spans=np.array([(each.start, each.end) for each in found], dtype=np.int64),
        others=trace.others,
        words=np.array([word.text for word in trace.words], dtype=np.str_),
        owners=np.array([word.sentence for word in trace.words], dtype=np.int64),
        word=np.array(trace.word),
        pooling=np.array(trace.pooling),
        model=np.array(trace.model),
        versions=np.array([f"{name} {value}" for name, value in versions().items()]),
    )
    return out.getvalue()


def similarity_csv(trace: WordTrace, space: Space) -> str:
    """Every sentence against every other; rows and columns are named by their lines."""
    out = io.StringIO()
    writer = csv.writer(out)
    lines = [each.sentence.line for each in trace.occurrences]
    writer.writerow([space.geometry.metric, "sense", *lines])
    for line, label, row in zip(lines, trace.labels, space.values, strict=True):
        writer.writerow([line, harmless(label), *map(repr, row.tolist())])
    return out.getvalue()


def word_json(
    trace: WordTrace, layer: int, space: Space, result: SensesResult | None, link: str
) -> str:
    """What the page shows but for the vectors: sentences, similarities, and the five readings."""
    record = {
        "model": trace.model,
        "word": trace.word,
        "pooling": trace.pooling,
        "link": link,
        "sentences": [
            {
                **to_record(each.sentence),
                "start": each.start,
                "end": each.end,
                "occurrence": each.number,
                "occurrences": each.count,
                "pieces": [each.tokens.pieces[p] for p in each.positions],
            }
            for each in trace.occurrences
        ],
        "left_out": to_record(trace.left_out),
        "layer": layer,
        "geometry": to_record(space.geometry),
        "dropped": to_record(space.dropped),
        "similarities": to_record(space.values),
        "baseline": space.baseline,
        "senses": to_record(result),
        "notes": list(trace.notes),
        "versions": versions(),
    }
    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)


def token_layers_csv(result: TokenLayers) -> str:
    """One line for each piece and layer of a sentence."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["layer", "position", "piece", "to_start", "to_neighbours", "x", "y"])
    for layer, position in np.ndindex(*result.to_start.shape):
        x, y = result.paths[layer, position].tolist()
        writer.writerow(
            [layer, position, harmless(result.tokens.pieces[position]),
             float(result.to_start[layer, position]),
             float(result.to_neighbours[layer, position]), x, y]
        )  # fmt: skip
    return out.getvalue()


def figures_html(title: str, figures: Sequence[tuple[str, Any]], *, link: str, snippet: str) -> str:
    """Figures that move and zoom in one file that loads nothing.

    Args:
        title: heading of the file.
        figures: each with the words above it.
        link: the address that restores the page.
        snippet: the Python lines that repeat it.
    """
    drawn = [
        plotly.io.to_html(
            figure, full_html=False, include_plotlyjs=not number, config={"displaylogo": False}
        )
        for number, (_, figure) in enumerate(figures)
    ]
    return rendered(
        "figures.html.j2",
        palette=palette,
        title=title,
        figures=[(words, Markup(part)) for (words, _), part in zip(figures, drawn, strict=True)],  # noqa: S704 - plotly's own, which escapes
        link=link,
        snippet=snippet,
    )
