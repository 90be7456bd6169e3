"""Attribution of a fixed output to the word pieces of an input, beside leaving each one out.

An attribution is a way of sharing an output out among the pieces, and there are many; none is
"the" reason for an answer. So each comes with the figure that tells how well it adds up, and with
what really happens to the output when a piece is masked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.agreement import Agreement, agreement
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.attribution.outputs import ClassTarget, Followed, Question, fix
from bert_core.checks import a_choice, whole_number
from bert_core.errors import InputError
from bert_core.model import batching
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import refuse_no_numbers

if TYPE_CHECKING:
    from bert_core.model.word_gradients import Owed

Method = Literal["integrated", "gradient"]
Baseline = Literal["mask", "pad", "unknown", "zero"]
STEPS, MAX_STEPS = 50, 500
FAR = 0.05
"""Share of the difference from which on a completeness error is pointed at."""
KEPT = (
    "Special pieces and masks are the same in the baseline as in the text, and were not left out."
)
LOCAL = (
    "Gradient x input takes the slope at the text itself; its scores need not add up to any "
    "difference."
)


@dataclass(frozen=True, slots=True, eq=False)
class OutputAttribution:
    """One logit and what it owes to each of T pieces.

    Attributes:
        label: what the logit stands for, in words.
        position: the piece that it is read at.
        logit: for the text, in nats.
        baseline_logit: for the baseline.
        scores: shape (T,), what each piece adds to the logit; below 0 where it speaks against it.
            The sum over the H numbers of its word vector.
        norms: shape (T,), the length of the vector of these H numbers.
        error: completeness error, how far the sum of the scores is from ``logit`` less
            ``baseline_logit``.
        error_share: the same as a share of that difference; None where there is none.
        left_out: shape (N,), ``logit`` less what it is with one of the replaced pieces masked.
        agreement: whether scores and ``left_out`` put the N pieces in the same order.
    """

    label: str
    position: int
    logit: float
    baseline_logit: float
    scores: NDArray[np.float64]
    norms: NDArray[np.float64]
    error: float
    error_share: float | None
    left_out: NDArray[np.float64]
    agreement: Agreement


@dataclass(frozen=True, slots=True, eq=False)
class AttributionResult:
    """An output attributed to the pieces of an input.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input, T pieces.
        target: what was followed.
        label: the outcome in words.
        method: ``"integrated"`` gradients, or ``"gradient"`` x input.
        baseline: what the baseline has in place of the replaced pieces.
        steps: points between baseline and text; 1 for gradient x input.
        replaced: positions of the N pieces that the baseline replaces, and that are left out in
            turn.
        outputs: one, or for an answer its start and its end.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    target: Target | ClassTarget
    label: str
    method: Method
    baseline: Baseline
    steps: int
    replaced: tuple[int, ...]
    outputs: tuple[OutputAttribution, ...]
    notes: tuple[str, ...]


def attribute(
    encoder: Encoder,
    tokens: Tokens,
    target: Target | ClassTarget | None = None,
    *,
    method: Method = "integrated",
    baseline: Baseline = "mask",
    steps: int = STEPS,
    known: AttributionResult | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> AttributionResult:
    """Attribute a fixed output to the pieces of an input.

    Args:
        encoder: a model with the target's task head.
        tokens: the input.
        target: what is followed; None: a masked word.
        method: integrated gradients, or gradient x input.
        baseline: what stands for "nothing": the mask, the padding or the unknown piece in place
            of every piece of the texts, or zeros in place of its vector.
        steps: points between baseline and text, 1 to 500; not for gradient x input.
        known: the same by another method or baseline: what leaving pieces out does is taken from
            it, as that depends on neither.
        on_progress: told how many inputs are done, and of how many; may raise to stop.

    Raises:
        InputError: the target does not fit the input, every word is a mask, an option is unknown,
            what is known is of something else, or the model answered with numbers that are no
            numbers.
        ModelError: the checkpoint lacks the task head.
    """
    from bert_core.model.word_gradients import Output, owed

    steps = _points(method, steps)
    target = Target() if target is None else target
    filling = _filling(encoder, baseline)
    question = fix(encoder, tokens, target)
    replaced = _replaced(tokens)
    passes = len(question.outputs) * steps + (len(replaced) if known is None else 0)
    follow = _Progress(passes, on_progress)
    left_out = _left_out(encoder, question, tokens, replaced, known, follow.add)
    outputs = []
    for each, falls in zip(question.outputs, left_out, strict=True):
        one = Output(encoder, question.head, tokens, each.position, each.index, follow.add)
        found = owed(one, method, replaced, filling, steps=steps)
        outputs.append(_finished(each, found, falls, replaced))
    said = text_notes(tokens, encoder.tokenizer.vocabulary)
    return AttributionResult(
        model=encoder.label,
        tokens=tokens,
        target=target,
        label=question.label,
        method=method,
        baseline=baseline,
        steps=steps,
        replaced=replaced,
        outputs=tuple(outputs),
        notes=(*said, KEPT, *_cautions(method, outputs)),
    )


class _Progress:
    """Adds up what is done."""

    def __init__(self, total: int, told: Callable[[int, int], None] | None) -> None:
        self._done, self._total, self._told = 0, total, told

    def add(self, number: int) -> None:
        self._done += number
        if self._told is not None:
            self._told(self._done, self._total)


def _points(method: str, steps: int) -> int:
    """Points between baseline and text, if the options are ones."""
    a_choice("method", method, get_args(Method), field="method")
    whole_number("The number of steps", steps, MAX_STEPS, field="steps")
    return steps if method == "integrated" else 1


def _filling(encoder: Encoder, baseline: str) -> int | None:
    """Id of the piece that a baseline has in place of others; None: zeros."""
    tokenizer = encoder.tokenizer
    ids = {
        "mask": tokenizer.mask_id,
        "pad": tokenizer.pad_id,
        "unknown": tokenizer.vocabulary.unknown_id,
        "zero": None,
    }
    a_choice("baseline", baseline, tuple(ids), field="baseline")
    if baseline == "unknown" and ids[baseline] is None:
        raise InputError(
            "This model's vocabulary has no unknown piece: use mask, pad or zero.",
            field="baseline",
        )
    return ids[baseline]


def _replaced(tokens: Tokens) -> tuple[int, ...]:
    """All pieces of the texts but masks."""
    masks = set(tokens.masks)
    found = tuple(position for position in tokens.content if position not in masks)
    if not found:
        raise InputError("Every word is a mask; there is none to attribute to.", field="text")
    return found


def _left_out(
    encoder: Encoder,
    question: Question,
    tokens: Tokens,
    replaced: Sequence[int],
    known: AttributionResult | None,
    on_pass: Callable[[int], None],
) -> NDArray[np.float64]:
    """How far each logit falls when one piece is masked, (outputs, N)."""
    if known is not None:
        return _known(known, encoder, question, tokens)
    places = [each.position for each in question.outputs]
    which = [each.index for each in question.outputs]

    def logits(copies: Sequence[Tokens]) -> NDArray[np.float64]:
        rows = encoder.head_logits(question.head, copies, [places] * len(copies))
        return np.array([row[range(len(places)), which] for row in rows], dtype=np.float64)

    before = logits([tokens])
    found = []
    size = max(1, batching.BATCH_PIECES // len(tokens))
    for first in range(0, len(replaced), size):
        some = replaced[first : first + size]
        found.append(before - logits([tokens.masked((position,)) for position in some]))
        on_pass(len(some))
    return np.concatenate(found).T


def _known(
    known: AttributionResult, encoder: Encoder, question: Question, tokens: Tokens
) -> NDArray[np.float64]:
    """As :func:`_left_out`, from an earlier result."""
    asked = [(each.label, each.position) for each in question.outputs]
    held = [(each.label, each.position) for each in known.outputs]
    if (known.model, known.tokens, held) != (encoder.label, tokens, asked):
        raise InputError(
            "The attribution that is known is of another model, input or outcome.", field="known"
        )
    return np.array([each.left_out for each in known.outputs])


def _finished(
    output: Followed, owed: "Owed", left_out: NDArray[np.float64], replaced: Sequence[int]
) -> OutputAttribution:
    for values in (owed.scores, np.array([owed.whole, owed.nothing]), left_out):
        refuse_no_numbers(values)
    difference = owed.whole - owed.nothing
    error = abs(float(owed.scores.sum()) - difference)
    return OutputAttribution(
        label=output.label,
        position=output.position,
        logit=owed.whole,
        baseline_logit=owed.nothing,
        scores=owed.scores,
        norms=owed.norms,
        error=error,
        error_share=error / abs(difference) if difference else None,
        left_out=left_out,
        agreement=agreement(owed.scores[list(replaced)], left_out),
    )


def _cautions(method: Method, outputs: Sequence[OutputAttribution]) -> tuple[str, ...]:
    if method == "gradient":
        return (LOCAL,)
    worst = max((each.error_share or 0.0 for each in outputs), default=0.0)
    if worst <= FAR:
        return ()
    return (
        f"The scores miss the difference between text and baseline by {worst:.0%} of it; more "
        "steps come closer.",
    )


def method_agreement(first: AttributionResult, second: AttributionResult) -> tuple[Agreement, ...]:
    """Whether two attributions put the pieces in the same order, for each of their outputs.

    Raises:
        InputError: they are of different inputs or outcomes.
    """
    if first.tokens != second.tokens or first.label != second.label:
        raise InputError("The attributions are of different inputs or outcomes.", field="text")
    pieces = list(first.replaced)
    return tuple(
        agreement(one.scores[pieces], other.scores[pieces])
        for one, other in zip(first.outputs, second.outputs, strict=True)
    )
