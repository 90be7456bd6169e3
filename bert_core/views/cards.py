"""What is loaded, in a few short lines."""

from typing import TYPE_CHECKING

from bert_core.model.checkpoints import HEAD_NAMES
from bert_core.views.numbers import joined

if TYPE_CHECKING:  # every page draws these lines, home before a model is in memory
    from bert_core.model.encoder import Encoder

_LABELS = 8


def model_lines(encoder: "Encoder") -> tuple[str, ...]:
    """Describe a loaded model: shape, size, vocabulary, heads, labels, what its family lacks."""
    held = encoder.checkpoint
    number = "float32" if encoder.choice.precision == "exact" else "16 bits"
    heads = joined([HEAD_NAMES[head] for head in held.heads]) or "none"
    shown = [*held.labels[:_LABELS], *(["more"] if len(held.labels) > _LABELS else [])]
    labels = (f"labels: {joined(shown)}",) if len(held.labels) > 1 else ()
    revision = () if held.revision is None else (f"revision {held.revision[:10]}",)
    return (
        f"{held.family.name} · {held.layers} layers · {held.attention_heads} heads · "
        f"{held.hidden} hidden",
        f"{held.parameters / 1e6:.1f} M parameters · {encoder.memory_mib:.0f} MiB · {number}",
        f"{held.vocabulary:,} word pieces",
        f"task heads: {heads}",
        *labels,
        *revision,
        *((held.family.lacks,) if held.family.lacks else ()),
    )
