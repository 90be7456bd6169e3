"""BERT's own optimizer and schedule against the traces of the reference, and what is decayed."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from bert_core.training.optimizer import (
    GoogleAdamW,
    google_schedule,
    make_optimizer,
    make_schedule,
    param_groups,
    warmup_steps,
)
from bert_core.training.settings import TrainSettings

GOLDEN = Path(__file__).parents[1] / "golden" / "own" / "optimizer.json"
TRACES = json.loads(GOLDEN.read_text(encoding="utf-8"))["traces"]


class Named(torch.nn.Module):
    """Weights under the names of a trace; torch allows no slash in a name."""

    def __init__(self, values: dict[str, Any], dtype: torch.dtype) -> None:
        super().__init__()
        for name, value in values.items():
            weight = torch.nn.Parameter(torch.tensor(value, dtype=dtype))
            self.register_parameter(name.replace("/", "|"), weight)

    def give(self, gradients: dict[str, Any]) -> None:
        for name, weight in self.named_parameters():
            value = gradients[name.replace("|", "/")]
            weight.grad = None if value is None else torch.tensor(value, dtype=weight.dtype)


def settings_of(trace: dict[str, Any]) -> TrainSettings:
    given = trace["settings"]
    return TrainSettings(
        optimizer="google",
        learning_rate=given["init_lr"],
        warmup=given["num_warmup_steps"] / given["num_train_steps"],
        weight_decay=given["weight_decay_rate"],
    )


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace["id"])
def test_the_google_optimizer_follows_the_reference(trace: dict[str, Any], fused: bool) -> None:
    settings = settings_of(trace)
    model = Named(trace["initial_parameters"], torch.float64)
    optimizer = make_optimizer(model, settings)
    assert isinstance(optimizer, GoogleAdamW)
    for group in optimizer.param_groups:
        assert group["fused"]
        group["fused"] = fused
    schedule = make_schedule(optimizer, settings, trace["settings"]["num_train_steps"])
    assert len(trace["steps"]) >= 60
    for gradients, step in zip(trace["gradients"], trace["steps"], strict=True):
        model.give(gradients)
        for group in optimizer.param_groups:
            assert group["lr"] == pytest.approx(step["learning_rate"], rel=1e-12, abs=1e-18)
        optimizer.step()
        schedule.step()
        for name, weight in model.named_parameters():
            expected = torch.tensor(step["parameters"][name.replace("|", "/")], dtype=torch.float64)
            torch.testing.assert_close(weight.data, expected, rtol=1e-12, atol=1e-13)
    for name, weight in model.named_parameters():
        for kind, key in (("final_adam_m", "exp_avg"), ("final_adam_v", "exp_avg_sq")):
            expected = torch.tensor(trace[kind][name.replace("|", "/")], dtype=torch.float64)
            torch.testing.assert_close(
                optimizer.state[weight][key], expected, rtol=1e-11, atol=1e-14
            )


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace["id"])
def test_thirty_two_bits_end_near_sixty_four(trace: dict[str, Any]) -> None:
    settings = settings_of(trace)
    model = Named(trace["initial_parameters"], torch.float32)
    optimizer = make_optimizer(model, settings)
    schedule = make_schedule(optimizer, settings, trace["settings"]["num_train_steps"])
    for gradients in trace["gradients"]:
        model.give(gradients)
        optimizer.step()
        schedule.step()
    for name, weight in model.named_parameters():
        expected = torch.tensor(trace["final_parameters_float32"][name.replace("|", "/")])
        torch.testing.assert_close(weight.data, expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace["id"])
def test_the_reference_decays_the_same_weights(trace: dict[str, Any]) -> None:
    model = Named(trace["initial_parameters"], torch.float64)
    named = {id(weight): name for name, weight in model.named_parameters()}
    decayed = {
        named[id(weight)].replace("|", "/"): group["weight_decay"] > 0
        for group in param_groups(model, 0.01)
        for weight in group["params"]
    }
    assert decayed == trace["weight_decay_applied"]


def small(seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.LayerNorm(5), torch.nn.Linear(5, 2))


def train(model: torch.nn.Module, optimizer: Any, schedule: Any, steps: range) -> None:
    for step in steps:
        inputs = torch.randn(8, 6, generator=torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("name", ["adamw", "google"])
def test_a_resumed_optimizer_ends_bit_equal(name: str) -> None:
    settings = TrainSettings(optimizer=name, learning_rate=0.01)
    whole = small()
    optimizer = make_optimizer(whole, settings)
    schedule = make_schedule(optimizer, settings, 12)
    train(whole, optimizer, schedule, range(12))

    first = small()
    optimizer = make_optimizer(first, settings)
    schedule = make_schedule(optimizer, settings, 12)
    train(first, optimizer, schedule, range(5))
    weights = save_tensors(first.state_dict())
    states, rates = optimizer.state_dict(), schedule.state_dict()

    second = small(seed=9)
    second.load_state_dict(load_tensors(weights))
    optimizer = make_optimizer(second, settings)
    schedule = make_schedule(optimizer, settings, 12)
    optimizer.load_state_dict(states)
    schedule.load_state_dict(rates)
    train(second, optimizer, schedule, range(5, 12))
    for one, other in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_weights_without_a_gradient_stay() -> None:
    moved, still = torch.nn.Parameter(torch.ones(3)), torch.nn.Parameter(torch.ones(3))
    moved.grad = torch.tensor([1.0, 0.0, -1.0])
    optimizer = GoogleAdamW([moved, still], 0.1, weight_decay=0.5)
    optimizer.step()
    assert torch.equal(still, torch.ones(3))
    assert still not in optimizer.state
    assert moved[1].item() == pytest.approx(0.95), "decay acts where the gradient is 0"


def test_nothing_is_corrected_after_many_steps_either() -> None:
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = GoogleAdamW([weight], 0.001, weight_decay=0.0)
    expected, first, second = 0.0, 0.0, 0.0
    for step in range(2_000):
        gradient = 0.5 + 0.4 * (step % 3)
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
        clipped = min(gradient, 1.0)
        first = 0.9 * first + 0.1 * clipped
        second = 0.999 * second + 0.001 * clipped**2
        expected -= 0.001 * first / (second**0.5 + 1e-6)
    assert weight.item() == pytest.approx(expected, rel=1e-12)


def test_clipping_can_be_left_to_the_caller() -> None:
    clipped, free = (torch.nn.Parameter(torch.zeros(4)) for _ in range(2))
    for weight, longest in ((clipped, 1.0), (free, None)):
        weight.grad = torch.full((4,), 8.0)
        GoogleAdamW([weight], 0.1, clip_norm=longest).step()
    assert torch.allclose(clipped.grad.norm(), torch.tensor(1.0))
    assert torch.equal(free.grad, torch.full((4,), 8.0))


def test_a_gradient_scaler_changes_nothing() -> None:
    plain, scaled = small(), small()
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    inputs = torch.randn(8, 6, generator=torch.Generator().manual_seed(1))
    for model in (plain, scaled):
        optimizer = make_optimizer(model, TrainSettings(optimizer="google", learning_rate=0.01))
        for _ in range(3):
            optimizer.zero_grad()
            loss = model(inputs).square().sum()
            if model is scaled:
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
            else:
                loss.backward()
                optimizer.step()
    for one, other in zip(plain.parameters(), scaled.parameters(), strict=True):
        assert torch.equal(one, other)


def test_gradients_that_are_no_numbers_are_not_hidden() -> None:
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.tensor([float("nan"), 1.0])
    GoogleAdamW([weight], 0.1).step()
    assert weight.isnan().all()


def test_no_gradient_at_all_is_no_step() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    GoogleAdamW([weight], 0.1).step()
    assert torch.equal(weight, torch.ones(2))


def test_a_closure_is_asked_once() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = GoogleAdamW([weight], 0.1)
    calls = []

    def closure() -> float:
        calls.append(1)
        optimizer.zero_grad()
        loss = weight.square().sum()
        loss.backward()
        return loss.item()

    assert optimizer.step(closure) == 2.0
    assert len(calls) == 1
    assert (weight < 1).all()


def test_the_rate_drops_at_the_end_of_the_warm_up() -> None:
    rates = [google_schedule(step, total=100, warmup=10) for step in range(102)]
    assert rates[0] == 0.0
    assert rates[9] == pytest.approx(0.9)
    assert rates[10] == pytest.approx(0.9), "not 1: the decay counts from step 0"
    assert rates[11] == pytest.approx(0.89)
    assert rates[100] == rates[101] == 0.0


def test_the_usual_schedule_reaches_the_highest_rate_and_ends_at_nought() -> None:
    settings = TrainSettings(learning_rate=0.5, warmup=0.1)
    optimizer = make_optimizer(small(), settings)
    schedule = make_schedule(optimizer, settings, 20)
    rates = []
    for _ in range(21):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[0] == 0.0
    assert rates[2] == max(rates) == 0.5
    assert rates[11] == pytest.approx(0.25)
    assert rates[20] == 0.0
    assert warmup_steps(settings, 20) == 2
    assert warmup_steps(settings, 3) == 0


def test_tied_weights_come_once_and_frozen_ones_not_at_all(folder_of: Any) -> None:
    import transformers

    model = transformers.BertForPreTraining.from_pretrained(folder_of("bert-pretraining"))
    model.bert.embeddings.position_embeddings.weight.requires_grad = False
    groups = param_groups(model, 0.01)
    weights = [weight for group in groups for weight in group["params"]]
    assert len({id(weight) for weight in weights}) == len(weights)
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert {id(weight) for weight in weights} == {id(weight) for weight in trained}
    assert sum(weight is model.cls.predictions.decoder.weight for weight in weights) == 1
    decayed, plain = groups
    assert decayed["weight_decay"] == 0.01
    assert plain["weight_decay"] == 0.0
    assert any(
        model.bert.embeddings.word_embeddings.weight is weight for weight in decayed["params"]
    )
    assert any(model.cls.predictions.bias is weight for weight in plain["params"])
    assert any(model.bert.embeddings.LayerNorm.weight is weight for weight in plain["params"])


def test_torch_s_own_optimizer_has_the_numbers_of_the_reference() -> None:
    optimizer = make_optimizer(small(), TrainSettings(learning_rate=2e-5, weight_decay=0.02))
    assert isinstance(optimizer, torch.optim.AdamW)
    assert optimizer.defaults["betas"] == (0.9, 0.999)
    assert optimizer.defaults["eps"] == 1e-6
    assert optimizer.defaults["lr"] == 2e-5
    assert optimizer.defaults["fused"]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.02, 0.0]
