"""The optimizers and their schedules: torch's AdamW, and BERT's own as Google wrote it.

This module is made of torch's classes, so others import it inside their functions.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, overload

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from bert_core.training.settings import TrainSettings

NOT_DECAYED = re.compile("LayerNorm|layer_norm|bias")
"""Names of weights that decay leaves alone, as in optimization.py of google-research/bert."""
BETAS = (0.9, 0.999)
EPSILON = 1e-6
CLIP_NORM = 1.0
_LATE = 1e6
"""Number of the first step: so late that the correction, ``1 - beta ** step``, is exactly 1."""


class GoogleAdamW(torch.optim.AdamW):
    """``AdamWeightDecayOptimizer`` of google-research/bert, optimization.py.

    It differs from AdamW in one thing: the averages are not corrected for their start at 0.
    Its clipping differs from torch's by not adding 1e-6 to the norm. One step of ``g``, with the
    averages ``m`` and ``v`` of a weight ``w``::

        g = g * min(1, clip_norm / norm of all gradients together)
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g * g
        w = w - lr * (m / (sqrt(v) + eps) + weight_decay * w)

    Args:
        params: weights, or groups of them; a group may set its own ``lr`` and ``weight_decay``.
        lr: learning rate, >= 0.
        betas: how much of each average stays in a step.
        eps: added to the root, to keep it from 0.
        weight_decay: pull towards 0, times the learning rate.
        clip_norm: longest gradient, all weights together; None does not clip. Gradients are
            shortened in place, so nobody else should clip them.
        fused: whether torch updates all weights in one kernel.
    """

    def __init__(
        self,
        params: Iterable[torch.Tensor] | Iterable[dict[str, Any]],
        lr: float,
        *,
        betas: tuple[float, float] = BETAS,
        eps: float = EPSILON,
        weight_decay: float = 0.01,
        clip_norm: float | None = CLIP_NORM,
        fused: bool = True,
    ) -> None:
        self.clip_norm = clip_norm
        super().__init__(params, lr, betas=betas, eps=eps, weight_decay=weight_decay, fused=fused)
        # A gradient scaler must take its scale out before the norm is measured here, not leave
        # that to the kernel.
        self._step_supports_amp_scaling = False

    @overload
    def step(self, closure: None = None) -> None: ...
    @overload
    def step(self, closure: Callable[[], float]) -> float: ...
    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Change the weights by their gradients once.

        Args:
            closure: computes the loss anew, as torch's optimizers allow.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        trained = [w for group in self.param_groups for w in group["params"] if w.grad is not None]
        if self.clip_norm is not None:
            _clip([weight.grad for weight in trained], self.clip_norm)
        for weight in trained:
            if not self.state[weight]:
                self.state[weight] = {
                    "step": torch.tensor(_LATE, device=weight.device),
                    "exp_avg": torch.zeros_like(weight),
                    "exp_avg_sq": torch.zeros_like(weight),
                }
        super().step()
        return loss


def _clip(gradients: list[torch.Tensor], longest: float) -> None:
    """Shorten gradients, all together, to a norm of ``longest``, as ``tf.clip_by_global_norm``."""
    if not gradients:
        return
    # The scale stays on the device: asking for its value would make the host wait.
    scale = torch.clamp(longest / torch.nn.utils.get_total_norm(gradients), max=1.0)
    torch._foreach_mul_(gradients, scale)


def google_schedule(step: int, *, total: int, warmup: int) -> float:
    """Share of the highest rate at a step, as in ``create_optimizer`` of google-research/bert.

    The decay counts from step 0, so the rate drops at the end of the warm-up, to
    ``1 - warmup / total``: that is so in the original.

    Args:
        step: steps done before this one, from 0.
        total: number of steps; from then on the rate is 0.
        warmup: steps in which the rate rises from 0.

    Example:
        >>> [google_schedule(step, total=10, warmup=2) for step in (0, 1, 2, 6, 12)]
        [0.0, 0.5, 0.8, 0.4, 0.0]
    """
    if step < warmup:
        return step / warmup
    return 1 - min(step, total) / total


def param_groups(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """The weights that are trained, in two groups: with and without decay.

    A weight that has two names (the word embeddings and the masked-word projection) comes once.

    Args:
        model: any model; frozen weights are left out.
        weight_decay: of the first group; the second, biases and LayerNorm, has none.
    """
    groups: list[dict[str, Any]] = [
        {"params": [], "weight_decay": weight_decay},
        {"params": [], "weight_decay": 0.0},
    ]
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            groups[1 if NOT_DECAYED.search(name) else 0]["params"].append(weight)
    return [group for group in groups if group["params"]]


def make_optimizer(model: torch.nn.Module, settings: TrainSettings) -> torch.optim.Optimizer:
    """The optimizer of a run.

    Both have the betas and the epsilon (1e-6) of google-research/bert; ``adamw`` adds the
    correction for the start, without which training on few examples is unstable (Mosbach et al.
    2021, Zhang et al. 2021). ``google`` clips gradients to a norm of 1 by itself.

    Args:
        model: what is trained.
        settings: ``optimizer``, ``learning_rate`` and ``weight_decay`` are read.
    """
    groups = param_groups(model, settings.weight_decay)
    if settings.optimizer == "google":
        return GoogleAdamW(groups, settings.learning_rate, fused=_can_fuse(groups))
    return torch.optim.AdamW(
        groups, lr=settings.learning_rate, betas=BETAS, eps=EPSILON, fused=_can_fuse(groups)
    )


def warmup_steps(settings: TrainSettings, total_steps: int) -> int:
    """Steps in which the rate rises: ``int(total * share)``, as run_classifier.py has it."""
    return int(total_steps * settings.warmup)


def make_schedule(
    optimizer: torch.optim.Optimizer, settings: TrainSettings, total_steps: int
) -> LRScheduler:
    """How the learning rate goes: up in the warm-up, then down to 0 in a straight line.

    Args:
        optimizer: its rates are driven.
        settings: ``warmup``, and ``optimizer``: ``google`` decays as Google does, see
            :func:`google_schedule`.
        total_steps: optimizer steps of the whole run, >= 1.
    """
    warmup = warmup_steps(settings, total_steps)
    if settings.optimizer == "google":
        return LambdaLR(
            optimizer, lambda step: google_schedule(step, total=total_steps, warmup=warmup)
        )
    from transformers import get_linear_schedule_with_warmup

    schedule: LRScheduler = get_linear_schedule_with_warmup(optimizer, warmup, total_steps)
    return schedule


def _can_fuse(groups: list[dict[str, Any]]) -> bool:
    """Whether torch has one kernel for the whole update where these weights are."""
    weights = [weight for group in groups for weight in group["params"]]
    return all(
        weight.device.type in ("cpu", "cuda", "mps") and weight.is_floating_point()
        for weight in weights
    )
