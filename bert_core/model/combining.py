"""Small questions of several callers as one batch.

Whoever has its turn at the encoder takes along the small questions of those who wait: the weights
are then read from memory once for all of them. What each gets is what it would have got alone, to
the accuracy of float32 sums of another order (1e-5); in the fast mode, to that of 16 bits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bert_core.errors import CoreError, InputError
from bert_core.model import batching
from bert_core.model.heads import Head
from bert_core.model.waiting import Line, Ticket

if TYPE_CHECKING:
    import torch

    from bert_core.model.body import Body

SMALL_PIECES = 512
"""Word pieces, padding included, of the largest question that is taken along."""
SMALL_ROWS = 64
"""States that it may want through a head."""
_FAILURES = (
    CoreError, RuntimeError, MemoryError, LookupError, ValueError, TypeError, ArithmeticError
)  # fmt: skip
"""What a batch can fail with; then each of its members is asked alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """What one caller wants of one pass.

    Attributes:
        inputs: B inputs.
        positions: for each input, the pieces whose last hidden states go through the head.
        head: the task head; None: none is read, and there are no positions.
        hidden: keep the hidden states of all layers.

    Raises:
        InputError: an input has no piece at a position.
    """

    inputs: Sequence[batching.Input]
    positions: Sequence[Sequence[int]]
    head: Head | None
    hidden: bool = False

    def __post_init__(self) -> None:
        # torch gathers from beyond an input's end without a word: from another's in a batch.
        for each, row in zip(self.inputs, self.positions, strict=True):
            wrong = [place for place in row if not 0 <= place < len(each.ids)]
            if wrong:
                raise InputError(
                    f"There is no piece {wrong[0]}: the text has {len(each.ids)}, counted from 0.",
                    field="positions",
                )

    @property
    def longest(self) -> int:
        """Word pieces of the longest input."""
        return max(len(each.ids) for each in self.inputs)

    @property
    def pieces(self) -> int:
        """Word pieces of all inputs."""
        return sum(len(each.ids) for each in self.inputs)

    @property
    def rows(self) -> int:
        """States that go through the head."""
        return sum(map(len, self.positions))

    @property
    def small(self) -> bool:
        """Whether it may share a batch with others."""
        return len(self.inputs) * self.longest <= SMALL_PIECES and self.rows <= SMALL_ROWS


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What came of an :class:`Ask`.

    Attributes:
        logits: shape (rows, C), float32; None without a head.
        hidden: for each input of T pieces the shape (L + 1, T, H); () unless asked for.
    """

    logits: "torch.Tensor | None"
    hidden: "tuple[torch.Tensor, ...]"


def answer(line: Line, ticket: Ticket, compute: Callable[[Sequence[Ask]], list[Reply]]) -> Reply:
    """Answer the ticket whose turn it is, and with it others that fit.

    A batch that fails is split: each of its members gets its own answer or its own error.

    Args:
        line: of the callers.
        ticket: its work is an :class:`Ask`.
        compute: makes one pass for several.
    """
    along = [] if ticket.alone else companions(ticket.work, line.others())
    if along:
        try:
            own, *replies = compute([ticket.work, *(each.work for each in along)])
        except _FAILURES:
            for each in along:
                each.alone = True
        else:
            for each, reply in zip(along, replies, strict=True):
                line.done(each, reply)
            return own
    return compute([ticket.work])[0]


def companions(ask: Ask, waiting: Sequence[Ticket]) -> list[Ticket]:
    """Those among the waiting, first come first, that fit into one batch with a question.

    They do not when the batch would grow too large, or padding would be more than half of it.
    """
    if not ask.small:
        return []
    found: list[Ticket] = []
    count, longest, pieces, rows = len(ask.inputs), ask.longest, ask.pieces, ask.rows
    for ticket in waiting:
        other = ticket.work
        if ticket.alone or not isinstance(other, Ask) or not other.small:
            continue
        if other.hidden != ask.hidden:
            continue
        padded = (count + len(other.inputs)) * max(longest, other.longest)
        if padded > min(batching.BATCH_PIECES, 2 * (pieces + other.pieces)):
            continue
        if rows + other.rows > batching.PROJECTED_ROWS:
            continue
        found.append(ticket)
        count, longest = count + len(other.inputs), max(longest, other.longest)
        pieces, rows = pieces + other.pieces, rows + other.rows
    return found


def together(body: "Body", asks: Sequence[Ask]) -> list[Reply]:
    """One pass for several questions that all want hidden states, or all do not."""
    import torch

    batch = [each for ask in asks for each in ask.inputs]
    places = [row for ask in asks for row in ask.positions]
    hidden: list[torch.Tensor] = []
    if asks[0].hidden:
        out = body.run(batch, hidden=True)
        last = out.last_hidden_state
        states = torch.cat([last[row, list(where)] for row, where in enumerate(places)])
        hidden = [
            torch.stack([layer[row, : len(each.ids)] for layer in out.hidden_states])
            for row, each in enumerate(batch)
        ]
    else:
        states = body.run_at(batch, places)
    logits = _read(body, asks, states)
    replies = []
    for ask, found in zip(asks, logits, strict=True):
        own, hidden = hidden[: len(ask.inputs)], hidden[len(ask.inputs) :]
        replies.append(Reply(found, tuple(own)))
    return replies


def _read(body: "Body", asks: Sequence[Ask], states: "torch.Tensor") -> "list[torch.Tensor | None]":
    """States of all questions, (rows, H), through the heads, each head once."""
    import torch

    parts = torch.split(states, [ask.rows for ask in asks])
    found: list[torch.Tensor | None] = [None] * len(asks)
    for head in {ask.head for ask in asks if ask.head is not None}:
        members = [number for number, ask in enumerate(asks) if ask.head == head]
        joint = body.heads[head](torch.cat([parts[number] for number in members])).float()
        sizes = [len(parts[number]) for number in members]
        for number, own in zip(members, torch.split(joint, sizes), strict=True):
            # A part of a whole keeps all of it in memory.
            found[number] = own if len(members) == 1 else own.clone()
    return found
