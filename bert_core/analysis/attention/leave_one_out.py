"""Leave-one-out: what becomes of an answer when one piece or word of the text is masked.

This is what a measure of attention is held against: if a weight explained the answer, hiding the
piece it points at would change the answer (Jain and Wallace 2019, arXiv:1902.10186). A piece is
replaced by the mask and not deleted: a deleted piece moves all later ones to other positions, and
the change would be of both, while masks are what BERT was trained to read.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.attention.levels import Level, Unit, units_of
from bert_core.analysis.attention.targets import Target, take_aim
from bert_core.errors import InputError
from bert_core.model import batching
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens

MASKED = "Each piece or word was replaced by the mask in turn; masks and special pieces were not."


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOutResult:
    """What each of N pieces or words does for an answer.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input.
        target: what was followed.
        label: the followed outcome in words.
        before: its log-probability with the whole text, in nats.
        level: whether pieces or words were masked.
        units: the N that were masked, in reading order.
        divergence: shape (N,), KL(before || after) of the whole answer in nats.
        change: shape (N,), log-probability of the outcome without the unit less ``before``; below
            0 where the unit spoke for the outcome.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    target: Target
    label: str
    before: float
    level: Level
    units: tuple[Unit, ...]
    divergence: NDArray[np.float64]
    change: NDArray[np.float64]
    notes: tuple[str, ...]


def leave_one_out(
    encoder: Encoder,
    tokens: Tokens,
    target: Target | None = None,
    *,
    level: Level = "piece",
    sequence: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> LeaveOneOutResult:
    """Mask every piece or word of the texts in turn; all copies go through in batches.

    Args:
        encoder: a model with the target's task head.
        tokens: the input.
        target: what is followed; None: a masked word.
        level: pieces or words.
        sequence: only those of the first text, 0, or of the second, 1; None: of both.
        on_progress: told how many copies are done, and of how many; may raise to stop.

    Raises:
        InputError: the target does not fit the input, or there is nothing to mask.
        ModelError: the checkpoint lacks the task head.
    """
    target = target or Target()
    aim = take_aim(encoder, tokens, target)
    before = aim.value(aim.before)
    units = _units(tokens, level, sequence)
    divergence, change = np.empty(len(units)), np.empty(len(units))
    size = max(1, batching.BATCH_PIECES // len(tokens))
    for first in range(0, len(units), size):
        some = slice(first, first + size)
        copies = [tokens.masked(unit.pieces) for unit in units[some]]
        answers = encoder.head_logits(aim.head, copies, [aim.positions] * len(copies))
        logs = [aim.logs(answer) for answer in answers]
        divergence[some] = [aim.divergence(after) for after in logs]
        change[some] = [aim.value(after) - before for after in logs]
        if on_progress is not None:
            on_progress(first + len(copies), len(units))
    return LeaveOneOutResult(
        model=encoder.label,
        tokens=tokens,
        target=target,
        label=aim.label,
        before=before,
        level=level,
        units=units,
        divergence=divergence,
        change=change,
        notes=(*text_notes(tokens, encoder.tokenizer.vocabulary), MASKED),
    )


def _units(tokens: Tokens, level: Level, sequence: int | None) -> tuple[Unit, ...]:
    """The pieces or words that can be masked."""
    masks = set(tokens.masks)
    units = [unit for unit in units_of(tokens, level) if not unit.special]
    units = [unit for unit in units if sequence is None or unit.sequence == sequence]
    found = tuple(unit for unit in units if masks.isdisjoint(unit.pieces))
    if not found:
        raise InputError("Every word is a mask already; none is left to leave out.", field="text")
    return found
