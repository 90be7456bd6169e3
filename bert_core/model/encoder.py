"""An encoder in memory: loaded once, used by many, one forward pass at a time."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bert_core.errors import ModelError
from bert_core.model import batching
from bert_core.model.checkpoints import Checkpoint
from bert_core.model.choice import ModelChoice
from bert_core.model.heads import Head
from bert_core.model.tokenizer import Tokenizer
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats, Trace

if TYPE_CHECKING:
    import torch

    from bert_core.model.body import Body


class Encoder:
    """One checkpoint on one device in one precision.

    Tokenising and computing are each done by one caller at a time. Weights are never changed.

    Attributes:
        checkpoint: what its folder holds.
        choice: how it was asked for.
        tokenizer: its tokenizer.
        passes: number of batches that have gone through the encoder since it was loaded.
    """

    def __init__(
        self, checkpoint: Checkpoint, choice: ModelChoice, tokenizer: Tokenizer, body: "Body"
    ) -> None:
        self.checkpoint = checkpoint
        self.choice = choice
        self.tokenizer = tokenizer
        self.passes = 0
        self._body: Body | None = body
        self._lock = threading.Lock()

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
        """Memory of the encoder's weights as they are held, in MiB."""
        return self._loaded.memory_mib

    def tokenize(self, text: str, pair: str | None = None, *, masks: bool = True) -> Tokens:
        """Cut a text into word pieces; see :meth:`Tokenizer.encode`."""
        with self._lock:
            return self.tokenizer.encode(text, pair, masks=masks)

    def tokenize_many(self, texts: Sequence[str]) -> list[Tokens]:
        """Cut many texts into word pieces; see :meth:`Tokenizer.encode_many`."""
        with self._lock:
            return self.tokenizer.encode_many(texts)

    def pieces_of(self, word: str) -> tuple[int, ...]:
        """Vocabulary ids of a word inside a sentence; see :meth:`Tokenizer.pieces_of`."""
        with self._lock:
            return self.tokenizer.pieces_of(word)

    def cut_words(self, words: Sequence[str]) -> list[list[int]]:
        """Cut words of a sentence into pieces; see :meth:`Tokenizer.cut_words`."""
        with self._lock:
            return self.tokenizer.cut_words(words)

    def places_in_words(self, words: Sequence[str]) -> list[list[tuple[int, int]]]:
        """Characters of the pieces of words; see :meth:`Tokenizer.places_in_words`."""
        with self._lock:
            return self.tokenizer.places_in_words(words)

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
            ModelError: a head is missing, or this backend hands out no attention weights.
        """
        import torch

        if positions:
            self.checkpoint.require("masked_word")
        if next_sentence:
            self.checkpoint.require("next_sentence")
        if attention:
            self.choice.require_weights()
        with self.computing() as body:
            self.passes += 1
            out = body.run([tokens], hidden=hidden, attention=attention, visible=visible)
            last = out.last_hidden_state
            return Trace(
                tokens=tokens,
                positions=tuple(positions),
                logits=_numpy(self._read("masked_word", last[0, list(positions)]))
                if positions
                else None,
                hidden=_numpy(torch.cat(out.hidden_states)) if hidden else None,
                attention=_numpy(torch.cat(out.attentions)) if attention else None,
                next_sentence=_numpy(self._read("next_sentence", last[:, 0])[0])
                if next_sentence
                else None,
            )

    def masked_logits(
        self,
        inputs: Sequence[Tokens],
        positions: Sequence[Sequence[int]],
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Iterator[tuple[list[tuple[int, int]], "torch.Tensor"]]:
        """Vocabulary logits of many inputs at chosen positions, batch by batch.

        Inputs are sorted by length, so that little is padded, and only the chosen positions go
        through most of the last layer and the vocabulary projection, the most costly parts of a
        small BERT.

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
        for members in batching.plan([len(tokens) for tokens in inputs]):
            with self.computing() as body:
                self.passes += 1
                waiting.append(
                    body.run_at(
                        [inputs[member] for member in members],
                        [positions[member] for member in members],
                    )
                )
            rows += [(member, position) for member in members for position in positions[member]]
            done += len(members)
            if len(rows) >= batching.PROJECTED_ROWS or done == len(inputs):
                yield rows, self._project(waiting)
                rows, waiting = [], []
            if on_progress is not None:
                on_progress(done, len(inputs))

    def _project(self, states: "list[torch.Tensor]") -> "torch.Tensor":
        """Hidden states, in parts of shape (N, H), to vocabulary logits."""
        import torch

        with self.computing():
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
            with self.computing() as body:
                self.passes += 1
                places = [asked[member] for member in members]
                rows = _numpy(self._read(head, body.run_at([inputs[m] for m in members], places)))
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
            return _numpy(self._read("masked_word", states.to(body.device, body.dtype)))

    def release(self) -> None:
        """Give the memory of the weights back, after a pass that is under way.

        Whoever still holds the encoder then gets a ModelError instead of an answer.
        """
        import torch

        with self._lock:
            self._body = None
            if self.choice.device.startswith("cuda"):
                torch.cuda.empty_cache()

    @contextmanager
    def computing(self, *, gradients: bool = False) -> "Iterator[Body]":
        """A block in which one caller computes, with gradients only where they are asked for.

        Raises:
            ModelError: the encoder made room for another model.
            InputError: memory ran out inside the block.
        """
        import torch

        from bert_core.model.body import MemoryGuard

        with self._lock, torch.inference_mode(not gradients), MemoryGuard(self.choice.device):
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


def _numpy(tensor: "torch.Tensor") -> Floats:
    array: Floats = tensor.float().cpu().numpy()
    return array
