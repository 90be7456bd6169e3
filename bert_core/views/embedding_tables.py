"""A word in many sentences in words and tables: what came out, what lies next to what."""

from collections.abc import Sequence

from bert_core.analysis.embeddings.geometry import Space
from bert_core.analysis.embeddings.neighbours import NearSentence, NearWord
from bert_core.analysis.embeddings.readings import Reading
from bert_core.analysis.embeddings.senses import SensesResult
from bert_core.analysis.embeddings.vectors import WordTrace
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, joined, nats, percent, share, typed
from bert_core.views.plain import table
from bert_core.views.tables import BarTable

NO_SENSE = "no sense given"
READING_NAMES: dict[Reading, str] = {
    "table": "No context: the word alone",
    "left": "Left side only",
    "right": "Right side only",
    "shallow": "Left and right, side by side",
    "deep": "Both sides in every layer: BERT",
}
LUCKY = 0.05
"""From here on shuffled senses do as well too often."""
READING_HELP = (
    "No context: the word's input embedding, one vector whatever the sentence. Left, right: the "
    "same BERT with attention cut to one side. Side by side: these two joined end to end "
    "(concatenated, as ELMo does). A sentence is right if the nearest other one has the same "
    "sense; each row shows its best layer. Luck: the same under shuffled senses; 95 of 100 "
    "shufflings stay at or below the mark."
)


def layer_name(layer: int, *, brief: bool = False) -> str:
    """A layer as people count them.

    Example:
        >>> layer_name(0), layer_name(5), layer_name(5, brief=True)
        ('embeddings', 'layer 5', '5')
    """
    if layer == 0:
        return "emb." if brief else "embeddings"
    return str(layer) if brief else f"layer {layer}"


def verdict(result: SensesResult) -> str:
    """What came out of the five readings, in sentences for everybody."""
    best = {each.reading: each.best for each in result.readings}
    count = sum(result.counts)
    right = round(best["deep"].accuracy * count, 1)
    by_luck = result.readings[-1].p > LUCKY
    caution = " Shuffled senses do as well often enough: no more than luck." if by_luck else ""
    side = max(best["left"].accuracy, best["right"].accuracy)
    return (
        f"Reading both sides in every layer, BERT puts {right:g} of {count} sentences next to one "
        f"of the same sense ({share(best['deep'].accuracy)}, {layer_name(best['deep'].layer)}). "
        f"One side alone comes to {share(side)} at best, the two side by side to "
        f"{share(best['shallow'].accuracy)}. The word without its sentence is at "
        f"{share(best['table'].accuracy)}; guessing gives {share(result.chance)}.{caution}"
    )


def space_words(space: Space) -> list[str]:
    """What the numbers of a layer have to be held against, and what was taken off before."""
    cosine = space.geometry.metric == "cosine"
    found = []
    if space.baseline is not None:
        kind = "cosine" if cosine else "distance"
        found.append(
            f"Random other words of these sentences have a mean {kind} of {nats(space.baseline)} "
            f"({counted(space.pairs, 'pair')}): hold the numbers against that."
        )
    if space.geometry.centre:
        found.append("The mean of the other words was taken off.")
    if space.dropped:
        names = joined([f"{each.dimension} ({percent(each.share)})" for each in space.dropped])
        of = "variance" if space.geometry.centre else "squared length"
        found.append(
            f"{counted(len(space.dropped), 'dimension')} left out, counted from 0, with their "
            f"share of the {of}: {names}."
        )
    return found


def near_sentences(
    trace: WordTrace, space: Space, index: int, found: Sequence[NearSentence]
) -> BarTable:
    """The sentences next to one, nearest first."""
    cosine = space.geometry.metric == "cosine"
    label = trace.labels[index]
    rows = []
    for each in found:
        other = trace.occurrences[each.index].sentence
        same = bool(label) and other.label == label
        rows.append(
            Bar(
                (str(other.line), other.label or "–", other.text, f"{each.value:.3f}"),
                emphasis=same,
                note="The same sense" if same else "",
            )
        )
    columns = (
        Column("Line", "rank"),
        Column("sense", "word"),
        Column("sentence", "text"),
        Column("cosine" if cosine else "distance", "number"),
    )
    return BarTable(
        columns, tuple(rows), caption="Nearest sentences",
        badge="the same sense in bold" if label else "",
    )  # fmt: skip


def near_words(found: Sequence[NearWord]) -> BarTable:
    """The words of the vocabulary next to one occurrence."""
    rows = tuple(Bar((each.word, f"{each.cosine:.3f}"), max(0.0, each.cosine)) for each in found)
    columns = (Column("word", "word"), Column("Bar", "bar"), Column("cosine", "number"))
    return BarTable(columns, rows, caption="Nearest words of the vocabulary", slim=True)


def text(result: SensesResult) -> str:
    """The five readings for a terminal."""
    rows = [
        (
            READING_NAMES[each.reading],
            "–" if each.reading == "table" else str(each.best.layer),
            typed(share(each.best.accuracy)),
            typed(share(each.luck)),
            f"{each.p:.3f}",
            nats(each.best.silhouette),
        )
        for each in result.readings
    ]
    lines = table(("reading", "layer", "right", "luck", "p", "silhouette"), rows)
    return "\n".join([lines, "", typed(verdict(result)), *result.notes])


def layer_rows(result: SensesResult) -> list[dict[str, object]]:
    """One dictionary for each reading and layer, rounded for reading."""
    return [
        {
            "reading": READING_NAMES[each.reading],
            "layer": layer.layer,
            "right": round(100 * layer.accuracy, 1),
            "silhouette": round(layer.silhouette, 3),
            "same sense": round(layer.within, 3),
            "different": round(layer.between, 3),
            "gap": round(layer.gap, 3),
        }
        for each in result.readings
        for layer in each.layers
    ]
