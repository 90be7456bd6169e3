"""The modules of a loaded model and one forward pass through them."""

import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bert_core.errors import InputError, ModelError
from bert_core.model import batching
from bert_core.model.batching import Input
from bert_core.model.families import Family
from bert_core.model.foreign import lacks_memory
from bert_core.model.heads import Head
from bert_core.model.lean import LeanEncoder
from bert_core.model.modules import Module, laying_out_weights
from bert_core.model.trace import Floats


@dataclass(frozen=True, slots=True)
class Body:
    """A loaded model, whatever its family calls its parts.

    Attributes:
        family: the architecture.
        encoder: ids to hidden states.
        lean: the same, layer by layer and computed at chosen positions only.
        heads: each task head as a function from hidden states (N, H) to logits (N, C).
        of_library: whether the encoder is the library's, not our own :mod:`.bert`.
    """

    family: Family
    encoder: Any
    lean: LeanEncoder
    heads: Mapping[Head, Module]
    of_library: bool

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = next(self.encoder.parameters()).device
        return device

    @property
    def dtype(self) -> torch.dtype:
        """The type the weights are in."""
        dtype: torch.dtype = next(self.encoder.parameters()).dtype
        return dtype

    @property
    def memory_mib(self) -> float:
        """Memory of the encoder's weights, in MiB."""
        total = sum(p.numel() * p.element_size() for p in self.encoder.parameters())
        return float(total) / 2**20

    def run(
        self,
        batch: Sequence[Input],
        *,
        hidden: bool = False,
        attention: bool = False,
        visible: NDArray[np.bool_] | None = None,
    ) -> Any:
        """One pass of a batch; the library's own output object.

        Raises:
            ModelError: the library handed out no attention weights.
        """
        added = attention and self.of_library  # the kernel that lays out adds what is masked
        with laying_out_weights(self.encoder) if added else nullcontext():
            out = self.encoder(
                **self._inputs(batch, visible, added=added),
                output_hidden_states=hidden,
                output_attentions=attention,
            )
        if attention and len(out.attentions or ()) != len(self.lean.layers):
            raise ModelError("This model returned no attention weights.", field="attention")
        return out

    def weights(self, batch: Sequence[Input]) -> list[Floats]:
        """Attention weights of B inputs in one pass, for each the shape (L, A, T, T).

        Raises:
            ModelError: the library handed out no attention weights.
        """
        layers = self.run(batch, attention=True).attentions
        return [
            torch.stack([layer[row, :, : len(each.ids), : len(each.ids)] for layer in layers])
            .float()
            .cpu()
            .numpy()
            for row, each in enumerate(batch)
        ]

    def embed(self, tokens: Input) -> Tensor:
        """The input of the lowest layer for one input, shape (1, T, H)."""
        return self.lean.embed(self._inputs([tokens], None))

    def states(self, batch: Sequence[Input], levels: Sequence[int]) -> list[Tensor]:
        """Hidden states of B inputs at chosen levels; see :meth:`LeanEncoder.states`."""
        return self.lean.states(self._inputs(batch, None), levels)

    def run_at(self, batch: Sequence[Input], positions: Sequence[Sequence[int]]) -> Tensor:
        """One pass of a batch for the last hidden states at some positions.

        Args:
            batch: B inputs.
            positions: for each input, where the state is wanted.

        Returns:
            Shape (N, H), input by input, in the order of ``positions``.
        """
        most = max(map(len, positions), default=0)
        filled = [[*row, *([0] * (most - len(row)))] for row in positions]
        where = torch.tensor(filled, dtype=torch.long, device=self.device).reshape(len(batch), most)
        asked = [[place < len(row) for place in range(most)] for row in positions]
        kept = torch.tensor(asked, dtype=torch.bool, device=self.device).reshape(len(batch), most)
        if not most:
            whole: Tensor = self.run(batch).last_hidden_state
            return whole.take_along_dim(where[..., None], dim=1)[kept]
        return self.lean.run_at(self._inputs(batch, None), where)[kept]

    def _inputs(
        self, batch: Sequence[Input], visible: NDArray[np.bool_] | None, *, added: bool = False
    ) -> dict[str, Any]:
        arrays = batching.pad([t.ids for t in batch], [t.segments for t in batch])
        inputs: dict[str, Any] = {"input_ids": torch.from_numpy(arrays.ids).to(self.device)}
        if self.family.has_segments:
            inputs["token_type_ids"] = torch.from_numpy(arrays.segments).to(self.device)
        if visible is not None:
            inputs["attention_mask"] = self._restriction(visible, added=added)
        elif not arrays.mask.all():
            inputs["attention_mask"] = torch.from_numpy(arrays.mask).to(self.device)
        return inputs

    def _restriction(self, visible: NDArray[np.bool_], *, added: bool) -> Tensor:
        """Visibility, shape (1, 1, T, T), as it is or as numbers to be added to the scores."""
        seen = torch.from_numpy(visible).to(self.device)[None, None]
        return torch.where(seen, 0.0, torch.finfo(self.dtype).min) if added else seen


class MemoryGuard:
    """A block that computes; a device that runs out of memory becomes a sentence.

    Args:
        device: name of the device.
    """

    def __init__(self, device: str) -> None:
        self._name = device

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            return
        if isinstance(error, torch.OutOfMemoryError) or lacks_memory(error):
            size = re.search(r"tried to allocate ([\d.]+ \w+)", str(error), re.IGNORECASE)
            wanted = f" ({size[1]} more were wanted)" if size else ""
            raise InputError(
                f"{self._name} ran out of memory{wanted}. Use a shorter text, or the CPU.",
                field="device",
            ) from None
