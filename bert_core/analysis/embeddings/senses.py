"""What tells the senses of a word apart: five readings of it, each scored layer by layer.

See :mod:`.readings` for the five. A reading gets its best layer; since whoever picks the best of
several is lucky more often, shuffled senses get the same pick.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.analysis.embeddings.geometry import Geometry, Space, space_of
from bert_core.analysis.embeddings.readings import (
    Progress,
    Reading,
    ReadingStates,
    read_five_ways,
)
from bert_core.analysis.embeddings.scoring import (
    LayerScore,
    by_luck,
    chance,
    neighbour_shares,
    score,
    usable,
)
from bert_core.analysis.embeddings.vectors import LARGEST_SEED, WordTrace
from bert_core.checks import whole_number
from bert_core.model.encoder import Encoder

ROUNDS, MOST_ROUNDS = 1_000, 100_000
CAUTION = (
    "The same weights throughout. BERT was never trained with one side missing, so left and right "
    "show what it loses without the other, not what a one-way model could learn."
)


@dataclass(frozen=True, slots=True)
class ReadingScore:
    """One way of reading the word.

    Attributes:
        reading: which.
        layers: scores of the layers, the lowest first; of a table the only one.
        best: the layer that tells the senses apart best: by accuracy, of equals by silhouette.
            The embeddings (layer 0), which know position but no context, do not compete.
        luck: accuracy of the best layer that 95 of 100 shufflings of the senses do not pass.
        p: share of shufflings that do as well as the true senses, the true ones counted in.
    """

    reading: Reading
    layers: tuple[LayerScore, ...]
    best: LayerScore
    luck: float
    p: float


@dataclass(frozen=True, slots=True)
class SensesResult:
    """A word's senses, and which reading tells them apart.

    Attributes:
        model: name of the model.
        word: the word.
        geometry: how vectors are compared.
        labels: the senses.
        counts: sentences of each.
        chance: accuracy of a neighbour picked at random.
        readings: the five, from no context to all of it.
        rounds: number of shufflings.
        seed: of the shufflings.
        notes: what a reader should know.
    """

    model: str
    word: str
    geometry: Geometry
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    chance: float
    readings: tuple[ReadingScore, ...]
    rounds: int
    seed: int
    notes: tuple[str, ...]


def sense_curve(trace: WordTrace, geometry: Geometry | None = None) -> tuple[LayerScore, ...]:
    """How well each layer tells the senses apart, the embeddings first; no pass is needed.

    Args:
        trace: from :func:`.vectors.word_in_context`, of sentences with senses.
        geometry: how vectors are compared.

    Raises:
        InputError: there are not two senses with two sentences each.
    """
    spaces, labels = _spaces(
        trace, ReadingStates("deep", trace.vectors, trace.others), geometry or Geometry()
    )
    return tuple(score(each, labels, layer) for layer, each in enumerate(spaces))


def senses(
    encoder: Encoder,
    trace: WordTrace,
    geometry: Geometry | None = None,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> SensesResult:
    """Read the word in five ways and score each by how well it tells the senses apart.

    Args:
        encoder: the model that made the trace.
        trace: from :func:`.vectors.word_in_context`, of sentences with senses.
        geometry: how vectors are compared; None: cosines as they are.
        rounds: how often the senses are shuffled to see what luck gives.
        seed: of the shufflings.
        on_progress: told how many sentences are done, one side after the other; may raise to
            stop.

    Raises:
        InputError: there are not two senses with two sentences each, or a number or the
            geometry is none that can be used.
    """
    usable(trace.labels)
    _check(rounds, seed)
    states = read_five_ways(encoder, trace, on_progress=on_progress)
    return score_readings(trace, states, geometry, rounds=rounds, seed=seed)


def _check(rounds: int, seed: int) -> None:
    """Refuse numbers out of range before anything is read."""
    whole_number("The number of rounds", rounds, MOST_ROUNDS, field="rounds")
    whole_number("The seed", seed, LARGEST_SEED, field="seed", least=0)


def score_readings(
    trace: WordTrace,
    states: Sequence[ReadingStates],
    geometry: Geometry | None = None,
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> SensesResult:
    """As :func:`senses` when the readings are there already.

    Args:
        trace: the word.
        states: from :func:`.readings.read_five_ways`.
        geometry: see :func:`senses`.
        rounds: see :func:`senses`.
        seed: see :func:`senses`.
    """
    chosen = geometry or Geometry()
    labels = [trace.labels[n] for n in usable(trace.labels)]
    names = tuple(dict.fromkeys(labels))
    return SensesResult(
        model=trace.model,
        word=trace.word,
        geometry=chosen,
        labels=names,
        counts=tuple(labels.count(name) for name in names),
        chance=chance(labels),
        readings=tuple(_scored(each, trace, chosen, rounds, seed) for each in states),
        rounds=rounds,
        seed=seed,
        notes=_notes(len(trace.labels) - len(labels)),
    )


def _spaces(
    trace: WordTrace, states: ReadingStates, geometry: Geometry
) -> tuple[list[Space], list[str]]:
    """The vectors of known sense as they are compared, layer by layer, and their senses."""
    rows = usable(trace.labels)
    owners = [word.sentence for word in trace.words]
    spaces = [
        space_of(vectors[rows], others, owners, geometry)
        for vectors, others in zip(states.vectors, states.others, strict=True)
    ]
    return spaces, [trace.labels[n] for n in rows]


def _scored(
    states: ReadingStates, trace: WordTrace, geometry: Geometry, rounds: int, seed: int
) -> ReadingScore:
    spaces, labels = _spaces(trace, states, geometry)
    scores = tuple(score(each, labels, layer) for layer, each in enumerate(spaces))
    competing = scores if states.reading == "table" else scores[1:]
    best = max(competing, key=lambda each: (each.accuracy, each.silhouette))
    shares = np.stack([neighbour_shares(spaces[each.layer]) for each in competing])
    lucky = by_luck(shares, labels, rounds=rounds, seed=seed)
    as_good = int((lucky >= best.accuracy - 1e-12).sum())
    return ReadingScore(
        reading=states.reading,
        layers=scores,
        best=best,
        luck=float(np.quantile(lucky, 0.95)),
        p=(1 + as_good) / (1 + rounds),
    )


def _notes(unlabelled: int) -> tuple[str, ...]:
    if not unlabelled:
        return (CAUTION,)
    count = "1 sentence has" if unlabelled == 1 else f"{unlabelled} sentences have"
    return (
        CAUTION,
        f"{count} no sense, or one that no other sentence has, and is not scored.",
    )
