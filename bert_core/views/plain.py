"""Results as text for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bert_core.analysis.compare import Comparison
from bert_core.analysis.directions import DirectionsResult
from bert_core.analysis.lens import UNTRAINED, LensResult
from bert_core.analysis.shift import ShiftResult
from bert_core.analysis.surprise import PSEUDO, SurpriseResult
from bert_core.model.checkpoints import HEAD_NAMES
from bert_core.model.inventory import Inventory
from bert_core.tasks.candidates import CandidateTable
from bert_core.tasks.choose import ChooseResult
from bert_core.tasks.classify import ClassifyResult
from bert_core.tasks.filling import NO_JOINT
from bert_core.tasks.masked import FillResult
from bert_core.tasks.probe import ProbeTable
from bert_core.tasks.squad import AnswerResult
from bert_core.tasks.tag import TagResult
from bert_core.views import numbers
from bert_core.views.numbers import bits, joined, signed, typed

if TYPE_CHECKING:
    from bert_core.model.google.convert import ConvertReport


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns padded to their widest cell, numbers to the right."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    numeric = [
        all(row[column][:1] in "0123456789<+−-–" for row in rows) for column in range(len(head))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def percent(probability: float) -> str:
    """A probability in percent, as it is typed."""
    return typed(numbers.percent(probability))


def fill(result: FillResult) -> str:
    """Masks, then whole sentences where there are several masks."""
    parts = []
    for number, mask in enumerate(result.masks, start=1):
        rows = [
            (str(each.rank), each.word, percent(each.probability), signed(each.log_odds))
            for each in mask.candidates
        ]
        parts.append(
            f"Mask {number}: {percent(mask.covered)} covered, entropy {bits(mask.entropy)}\n"
            + table(("rank", "word", "probability", "log-odds"), rows)
        )
    if len(result.masks) > 1:
        ranked = [(f"{each.log_score:.2f}", each.text) for each in result.sentences]
        parts.append(
            f"Sentences, {result.strategy}\n{table(('score', 'text'), ranked)}\n{NO_JOINT}"
        )
    return _with_notes(parts, result.notes)


def candidates(result: CandidateTable) -> str:
    """The user's words, best first."""
    rows = [
        (
            row.word,
            " ".join(row.pieces),
            "–" if row.log_probability is None else f"{row.log_probability:.2f}",
            "–" if row.per_piece is None else f"{row.per_piece:.2f}",
            "–" if row.rank is None else f"{row.rank:,}",
        )
        for row in result.rows
    ]
    head = ("word", "pieces", "ln P", "per piece", "rank")
    return _with_notes([table(head, rows)], result.notes)


def surprise(result: SurpriseResult) -> str:
    """Every piece, then the sums."""
    rows = [
        (each.piece, f"{each.bits:.1f}", f"{each.rank:,}", each.best.word) for each in result.pieces
    ]
    sums = (
        f"Pseudo-log-likelihood {result.pll:.2f} nats ({result.per_piece:.2f} per piece), within "
        f"words {result.pll_within_word:.2f}\n{PSEUDO}"
    )
    return _with_notes([table(("piece", "bits", "rank", "expected"), rows), sums], result.notes)


def lens(result: LensResult) -> str:
    """The best word of each layer and the path of the final one."""
    rows = [
        (
            str(layer.layer or "embedding"),
            layer.candidates[0].word,
            percent(layer.candidates[0].probability),
            f"{layer.ranks[0]:,}",
        )
        for layer in result.layers
    ]
    head = ("layer", "first word", "probability", f"rank of {result.words[0].word}")
    return f"{table(head, rows)}\n{UNTRAINED}"


def directions(result: DirectionsResult) -> str:
    """Four ways of looking."""
    rows = [
        (
            view.direction,
            ", ".join(each.word for each in view.candidates),
            f"{view.target.rank:,}",
            percent(view.target.probability),
        )
        for view in result.views
    ]
    return table(("context", "words", f"rank of {result.target}", "probability"), rows)


def compare(result: Comparison) -> str:
    """The union of both models' best words."""
    rows = [
        (
            row.word,
            *(
                "–" if rank is None or p is None else f"{rank:,} ({percent(p)})"
                for rank, p in zip(row.ranks, row.probabilities, strict=True)
            ),
        )
        for row in result.rows
    ]
    parts = [table(("word", *result.models), rows)]
    if result.divergence is not None:
        parts.append(f"Jensen-Shannon divergence {result.divergence:.3f} bits")
    return _with_notes(parts, result.notes)


def probe(result: ProbeTable) -> str:
    """Slot words, most A first."""
    rows = [(row.slot, signed(row.log_odds), signed(row.corrected)) for row in result.rows]
    sides = f"above 0: {joined(result.group_a)}; below 0: {joined(result.group_b)}"
    return _with_notes([table(("slot", "log-odds", "corrected"), rows), sides], result.notes)


def classify(result: ClassifyResult) -> str:
    """Labels with their probabilities, or the number."""
    if result.score is not None:
        return _with_notes([f"score {result.score:.4f}"], result.notes)
    rows = [
        (each.label, percent(each.probability), signed(each.logit)) for each in result.probabilities
    ]
    return _with_notes([table(("label", "probability", "logit"), rows)], result.notes)


def tag(result: TagResult) -> str:
    """Every word, then the entities."""
    words = [(each.word, each.tag, percent(each.probability)) for each in result.words]
    parts = [table(("word", "tag", "probability"), words)]
    if result.entities:
        found = [
            (each.text, each.kind, f"{each.start}–{each.end}", percent(each.probability))
            for each in result.entities
        ]
        parts.append(table(("entity", "kind", "characters", "probability"), found))
    return _with_notes(parts, result.notes)


def choose(result: ChooseResult) -> str:
    """Endings, the most probable first."""
    rows = [
        (str(each.index + 1), each.ending, percent(each.probability), signed(each.logit))
        for each in result.choices
    ]
    head = ("number", "ending", "probability", "logit")
    return _with_notes([table(head, rows)], result.notes)


def answer(result: AnswerResult) -> str:
    """The answer and why, then what else was considered."""
    rows = [
        (
            " ".join(each.text.split()) or "(no answer)",
            f"{each.start}–{each.end}" if each.text else "–",
            percent(each.probability),
            signed(each.start_logit + each.end_logit),
        )
        for each in result.nbest
    ]
    parts = [f"{result.text or '(no answer)'}\n{result.why}"]
    if rows:
        parts.append(table(("candidate", "characters", "probability", "score"), rows))
    return _with_notes(parts, result.notes)


def shift(result: ShiftResult, most: int = 10) -> str:
    """The heads that changed most, then each layer's change."""
    heads = [
        (str(each.layer), str(each.head), percent(each.distance)) for each in result.heads[:most]
    ]
    layers = [
        (str(layer or "embedding"), f"{row.mean():.4f}", f"{row.max():.4f}")
        for layer, row in enumerate(result.hidden)
    ]
    parts = [
        f"Before: {result.models[0]}\nAfter:  {result.models[1]}",
        table(("layer", "head", "attention moved"), heads),
        table(("layer", "mean 1 - cosine", "largest"), layers),
    ]
    return _with_notes(parts, result.notes)


def models(result: Inventory) -> str:
    """Models, then devices."""
    rows = [
        (
            each.source,
            each.family.name,
            f"{each.layers} x {each.hidden}",
            f"{each.parameters / 1e6:.1f} M",
            joined([HEAD_NAMES[head] for head in each.heads]) or "none",
        )
        for each in result.models
    ]
    places = [(each.name, each.label, each.fast or "no fast mode") for each in result.devices]
    return (
        table(("model", "family", "layers x hidden", "parameters", "heads"), rows)
        + "\n\n"
        + table(("device", "name", "fast mode"), places)
    )


def convert(report: "ConvertReport") -> str:
    """What was written."""
    return str(report)


def _with_notes(parts: Sequence[str], notes: Sequence[str]) -> str:
    return "\n\n".join([*parts, *(f"Note: {note}" for note in notes)])
