"""An encoder in memory: loaded once, used by many, one forward pass at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import ModelError
from bert_core.model import batching
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.combining import Ask, Reply, answer, together
from bert_core.model.cutting import SharedTokenizer
from bert_core.model.heads import Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats, Trace
from bert_core.model.tracing import to_numpy, traced
from bert_core.model.waiting import Line, Ticket, nobody
from bert_core.settings import read_settings

if TYPE_CHECKING:
    import torch

    from bert_core.model.body import Body


class Encoder(SharedTokenizer):
    """One checkpoint on one device in one precision.

    Tokenising and computing are each done by one caller at a time, in order of arrival; small
    questions that wait at the same time are computed together. Weights are never changed.

    Attributes:
        checkpoint: what its folder holds.
        choice: how it was asked for.
        tokenizer: its tokenizer.
        passes: number of batches that were asked of the encoder since it was loaded.
        line: who computes and who waits.
        on_pass: told of each batch: of how many callers, and how many inputs.
    """

    def __init__(
        self, checkpoint: Checkpoint, choice: ModelChoice, tokenizer: Tokenizer, body: "Body"
    ) -> None:
        super().__init__(tokenizer)
        self.checkpoint, self.choice = checkpoint, choice
        self.passes = 0
        self.line = Line(read_settings().waiting_visitors)
        self.on_pass: Callable[[int, int], None] = nobody
        self._body: Body | None = body

    @property
    def label(self) -> str:
        """The model's name as results carry it: source, commit, and the mode if not exact."""
        commit = self.checkpoint.revision
        name = self.checkpoint.source + ("" if commit is None else f"@{commit[:10]}")
        return name if self.choice.precision == "exact" else f"{name} (fast)"

    @property
    def loaded(self) -> bool:
        """Whether it can still answer; not once it made room for another model."""
        return self._body is not None

    @property
    def memory_mib(self) -> float:
        """Memory of the encoder's weights as they are held, in MiB; 0 once they are not."""
        return 0.0 if (body := self._body) is None else body.memory_mib

    def trace(
        self,
        tokens: Tokens,
        *,
        positions: Sequence[int] = (),
        hidden: bool = False,
        attention: bool = False,
        next_sentence: bool = False,
        visible: NDArray[np.bool_] | None = None,
    ) -> Trace:
        """One forward pass, keeping what was asked for.

        Args:
            tokens: the input, T pieces.
            positions: where vocabulary logits are wanted.
            hidden: keep the hidden states of all layers.
            attention: keep the attention weights.
            next_sentence: keep the next-sentence logits.
            visible: shape (T, T); entry (i, j) says whether piece i may look at piece j.
                None: every piece looks at every piece, as BERT was trained.

        Raises:
            CoreError: no such position or head.
        """
        if places := tokens.checked(positions):
            self.checkpoint.require("masked_word")
        if next_sentence:
            self.checkpoint.require("next_sentence")
        if attention or visible is not None or (positions and next_sentence):
            with self.computing(1) as body:
                return traced(
                    body, tokens, positions, hidden=hidden, attention=attention,
                    next_sentence=next_sentence, visible=visible,
                )  # fmt: skip
        head: Head | None = "masked_word" if positions else None
        read = (0,) if next_sentence else places
        reply = self._ask(Ask([tokens], [read], "next_sentence" if next_sentence else head, hidden))
        logits = None if reply.logits is None else to_numpy(reply.logits)
        return Trace(
            tokens=tokens,
            positions=places,
            logits=logits if places else None,
            hidden=to_numpy(reply.hidden[0]) if hidden else None,
            next_sentence=logits[0] if next_sentence and logits is not None else None,
        )

    def masked_logits(
        self,
        inputs: Sequence[Tokens],
        positions: Sequence[Sequence[int]],
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[list[tuple[int, int]], "torch.Tensor"]]:
        """Vocabulary logits of many inputs at chosen positions, batch by batch.

        Inputs are sorted by length, so that little is padded. Only the chosen positions go through
        most of the last layer and the vocabulary projection, a small BERT's most costly parts.

        Args:
            inputs: B inputs of any lengths.
            positions: for each input, where logits are wanted.
            on_progress: told how many inputs are done, and B.

        Yields:
            Block by block: the (input, position) of each row, and float32 logits of shape
            (rows, V) in nats on the encoder's device.

        Raises:
            ModelError: the checkpoint has no masked-word head, or memory ran out.
        """
        self.checkpoint.require("masked_word")
        done = 0
        rows: list[tuple[int, int]] = []
        waiting: list[torch.Tensor] = []
        batches = batching.plan([len(tokens) for tokens in inputs])
        for members in batches:
            batch = [inputs[member] for member in members]
            places = [positions[member] for member in members]
            rows += [(member, position) for member in members for position in positions[member]]
            ask = Ask(batch, places, "masked_word")
            if len(batches) == 1 and ask.small:
                logits = self._ask(ask).logits
            else:
                with self.computing(len(batch), bounded=not done) as body:
                    waiting.append(body.run_at(batch, places))
                logits = None
            done += len(members)
            if logits is None and (len(rows) >= batching.PROJECTED_ROWS or done == len(inputs)):
                logits = self._project(waiting)
            if logits is not None:
                yield rows, logits
                rows, waiting = [], []
            if on_progress is not None:
                on_progress(done, len(inputs))

    def _project(self, states: "list[torch.Tensor]") -> "torch.Tensor":
        """Hidden states, in parts of shape (N, H), to vocabulary logits."""
        import torch

        with self.computing(bounded=False):
            return self._read("masked_word", torch.cat(states))

    def head_logits(
        self,
        head: Head,
        inputs: Sequence[batching.Input],
        positions: Sequence[Sequence[int]] | None = None,
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> list[Floats]:
        """What a task head puts out for many inputs, each passed through the encoder once.

        Args:
            head: which head.
            inputs: B inputs of any lengths, as :class:`Tokens` or alike; batched by length.
            positions: for each input, the pieces that go through the head; None: the first
                piece, which speaks for the whole text in the heads that judge one.
            on_progress: told how many inputs are done, and B; may raise to stop.

        Returns:
            For each input, logits of shape (P, C): a row for each of its positions.

        Raises:
            ModelError: the checkpoint lacks the head.
        """
        self.checkpoint.require(head)
        asked = [(0,)] * len(inputs) if positions is None else positions
        found: dict[int, Floats] = {}
        for members in batching.plan([len(each.ids) for each in inputs]):
            places = [asked[member] for member in members]
            reply = self._ask(Ask([inputs[m] for m in members], places, head), bounded=not found)
            assert reply.logits is not None  # noqa: S101 - a head was named
            rows = to_numpy(reply.logits)
            ends = np.cumsum([len(row) for row in places])
            found |= zip(members, np.split(rows, ends[:-1]), strict=True)
            if on_progress is not None:
                on_progress(len(found), len(inputs))
        return [found[member] for member in range(len(inputs))]

    def read_out(self, hidden: Floats) -> Floats:
        """Send hidden states through the masked-word head.

        Args:
            hidden: shape (N, H).

        Returns:
            Logits of shape (N, V) in nats.
        """
        import torch

        self.checkpoint.require("masked_word")
        with self.computing() as body:
            states = torch.from_numpy(np.ascontiguousarray(hidden))
            return to_numpy(self._read("masked_word", states.to(body.device, body.dtype)))

    def release(self) -> None:
        """Give the memory of the weights back, after a pass that is under way.

        Whoever still holds the encoder then gets a ModelError instead of an answer.
        """
        import torch

        with self.line.turn(bounded=False):
            self._body = None
            if self.choice.device.startswith("cuda"):
                torch.cuda.empty_cache()

    @contextmanager
    def computing(
        self, inputs: int = 0, *, gradients: bool = False, bounded: bool = True
    ) -> "Iterator[Body]":
        """A block in which one caller computes, with gradients only where they are asked for.

        Args:
            inputs: how many go through the model in the block, a batch that is counted; 0: none.
            gradients: keep what a gradient needs.
            bounded: whether the caller may be turned away when too many wait.

        Raises:
            ModelError: the encoder made room for another model.
            CoreError: too many wait, or memory ran out inside the block.
        """
        with self.line.turn(bounded=bounded), self._guarded(gradients) as body:
            yield body
            if inputs:
                self._count(1, inputs)

    def _ask(self, ask: Ask, *, bounded: bool = True) -> Reply:
        """One pass, together with what others ask, or done by one of them."""
        ticket = Ticket(ask)
        with self.line.turn(ticket, bounded=bounded):
            reply: Reply = ticket.answer or answer(self.line, ticket, self._together)
            return reply

    def _together(self, asks: Sequence[Ask]) -> list[Reply]:
        with self._guarded() as body:
            replies = together(body, asks)
        self._count(len(asks), sum(len(ask.inputs) for ask in asks))
        return replies

    def _count(self, callers: int, inputs: int) -> None:
        self.passes += callers
        self.on_pass(callers, inputs)

    @contextmanager
    def _guarded(self, gradients: bool = False) -> "Iterator[Body]":
        import torch

        from bert_core.model.body import MemoryGuard

        with torch.inference_mode(not gradients), MemoryGuard(self.choice.device):
            yield self._loaded

    @property
    def _loaded(self) -> "Body":
        if self._body is None:
            raise ModelError(
                f"{self.checkpoint.source} was unloaded to make room for another model. Ask again "
                "to load it anew.",
                field="model",
            )
        return self._body

    def _read(self, head: Head, states: "torch.Tensor") -> "torch.Tensor":
        """Hidden states (N, H) through a head that the checkpoint has, float32 (N, C)."""
        logits: torch.Tensor = self._loaded.heads[head](states)
        return logits.float()
