"""Ablation: what becomes of an answer when attention heads are switched off.

A head that is off puts out zeros (zero ablation; Michel et al. 2019, arXiv:1905.10650). Putting
its mean output over some corpus there instead (mean ablation) is not offered: it answers the
same question relative to a corpus that would have to be chosen and shown.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from bert_core.analysis.attention.targets import (
    FOLLOWS,
    Aim,
    Target,
    best_spans,
    shown_words,
    span_text,
    take_aim,
)
from bert_core.checks import whole_number
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.notes import text_notes
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import Logs, best_ids
from bert_core.tasks.limits import MAX_SHOWN

CAUTION = (
    "A head that is off puts out zeros, which the rest of the model never saw in training; and "
    "others may do its work. No change does not mean that a head does nothing."
)
_NAME = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class HeadName:
    """One attention head.

    Attributes:
        layer: counted from 1.
        head: counted from 1.
    """

    layer: int
    head: int

    def __str__(self) -> str:
        return f"{self.layer}.{self.head}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing the model could answer.

    Attributes:
        label: in words.
        before: its probability with all heads on.
        after: its probability with some heads off.
        followed: whether it is the outcome that the target follows.
    """

    label: str
    before: float
    after: float
    followed: bool


@dataclass(frozen=True, slots=True, eq=False)
class AblationResult:
    """An answer with all heads on and with some off.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        tokens: the input.
        target: what was followed.
        label: the followed outcome in words.
        off: the heads that were off.
        before: log-probability of the outcome with all heads on, in nats.
        after: the same with some off.
        divergence: KL(before || after) of the whole answer in nats; of an answer span, the sum
            over its start and its end.
        outcomes: the best answers before and after, by their probability before.
        notes: what a reader should know, in sentences.
    """

    model: str
    tokens: Tokens
    target: Target
    label: str
    off: tuple[HeadName, ...]
    before: float
    after: float
    divergence: float
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]

    @property
    def change(self) -> float:
        """``after`` less ``before``: below 0 where the heads spoke for the outcome."""
        return self.after - self.before


def parse_heads(text: str, *, layers: int, heads: int) -> tuple[HeadName, ...]:
    """Read names of heads: ``5.7`` is head 7 of layer 5, ``5`` all heads of layer 5.

    Args:
        text: names with commas or spaces between them; one named twice counts once.
        layers: number of layers of the model.
        heads: number of heads in a layer.

    Returns:
        The heads in order.

    Raises:
        InputError: nothing is named, or something that is no head of the model.

    Example:
        >>> [str(head) for head in parse_heads("2.3, 1", layers=2, heads=3)]
        ['1.1', '1.2', '1.3', '2.3']
    """
    found: set[HeadName] = set()
    for name in text.replace(",", " ").split():
        match = _NAME.fullmatch(name)
        if match is None:
            raise InputError(
                f"'{name[:40]}' is no head. Write layer.head, both counted from 1: 5.7 is head 7 "
                "of layer 5, and 5 alone is the whole layer.",
                field="heads",
            )
        layer = int(match[1])
        named = range(1, heads + 1) if match[2] is None else (int(match[2]),)
        found |= {HeadName(layer, head) for head in named}
    if not found:
        raise InputError(
            "No head is named. Write layer.head, both counted from 1, as 5.7.", field="heads"
        )
    _refuse_unknown(found, layers, heads)
    return tuple(sorted(found))


def ablate(
    encoder: Encoder,
    tokens: Tokens,
    heads: Collection[HeadName],
    target: Target | None = None,
    *,
    k: int = 5,
) -> AblationResult:
    """Switch heads off and compare the answer before and after.

    Args:
        encoder: a model with the target's task head.
        tokens: the input.
        heads: those that are off; none of them changes nothing.
        target: what is followed; None: a masked word.
        k: number of best answers shown of before and of after, 1 to 100.

    Raises:
        InputError: the target does not fit the input, a head does not exist, or k is out of
            range.
        ModelError: the checkpoint lacks the task head.
    """
    from bert_core.model.without import logits_without

    whole_number("k", k, MAX_SHOWN, field="k")
    _refuse_unknown(heads, encoder.checkpoint.layers, encoder.checkpoint.attention_heads)
    target = target or Target()
    aim = take_aim(encoder, tokens, target)
    off = [(each.layer - 1, each.head - 1) for each in heads]
    after = aim.logs(logits_without(encoder, aim.head, tokens, aim.positions, off))
    return AblationResult(
        model=encoder.label,
        tokens=tokens,
        target=target,
        label=aim.label,
        off=tuple(sorted(set(heads))),
        before=aim.value(aim.before),
        after=aim.value(after),
        divergence=aim.divergence(after),
        outcomes=_outcomes(encoder, tokens, aim, after, k),
        notes=(*text_notes(tokens, encoder.tokenizer.vocabulary), CAUTION),
    )


def _outcomes(
    encoder: Encoder, tokens: Tokens, aim: Aim, after: Logs, k: int
) -> tuple[Outcome, ...]:
    """The best answers before and after and the followed one, by their probability before."""
    sides = (aim.before, after)
    ids: list[tuple[int, ...]]
    match aim.head:
        case "masked_word":
            vocabulary = encoder.tokenizer.vocabulary
            keep = shown_words(tokens, vocabulary, aim.positions[0])
            ids = [(id_,) for side in sides for id_ in best_ids(side[0], k, keep)]
            labels = {each: vocabulary.words[each[0]] for each in (*ids, aim.outcome)}
        case "next_sentence":
            ids = [(0,), (1,)]
            labels = {each: FOLLOWS[each[0]] for each in ids}
        case "span":
            ids = [span for side in sides for span in best_spans(tokens, side, k)]
            labels = {each: span_text(tokens, each) for each in (*ids, aim.outcome)}
    found = [
        Outcome(
            label=label,
            before=_probability(aim.before, each),
            after=_probability(after, each),
            followed=each == aim.outcome,
        )
        for each, label in labels.items()
    ]
    return tuple(sorted(found, key=lambda outcome: -outcome.before))


def _probability(logs: Logs, outcome: tuple[int, ...]) -> float:
    return float(np.exp(logs[range(len(outcome)), outcome].sum()))


def _refuse_unknown(found: Collection[HeadName], layers: int, heads: int) -> None:
    for each in sorted(found):
        if not (1 <= each.layer <= layers and 1 <= each.head <= heads):
            raise InputError(
                f"There is no head {each}: this model has layers 1 to {layers} with heads 1 to "
                f"{heads} each.",
                field="heads",
            )
