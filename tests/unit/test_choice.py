"""The value that names a model and keys every cache."""

import pytest

from bert_core.errors import InputError
from bert_core.model.choice import ModelChoice


def test_the_default_is_the_embedded_model_computed_exactly() -> None:
    choice = ModelChoice()
    assert (choice.source, choice.device, choice.precision) == ("embedded", "cpu", "exact")


CHOICES = (
    ModelChoice(),
    ModelChoice(source="owner/name"),
    ModelChoice(source="owner/name", revision="main"),
    ModelChoice(device="cuda:0"),
    ModelChoice(device="cuda:1"),
    ModelChoice(precision="fast"),
)


def test_whatever_changes_an_answer_changes_the_key() -> None:
    assert len(set(CHOICES)) == len(CHOICES)


def test_equal_choices_are_one_key() -> None:
    one = ModelChoice(source="owner/name", revision="v1", device="mps")
    other = ModelChoice(source="owner/name", revision="v1", device="mps")
    assert one == other
    assert {one: "loaded"}[other] == "loaded"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"source": ""}, "model"),
        ({"source": " \t"}, "model"),
        ({"device": "gpu"}, "device"),
        ({"device": "cuda:x"}, "device"),
        ({"device": "cpu\n"}, "device"),
        ({"precision": "half"}, "precision"),
        ({"precision": ""}, "precision"),
    ],
)
def test_other_values_are_refused_by_name(values: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as refused:
        ModelChoice(**values)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_one_device_has_one_name() -> None:
    assert ModelChoice(device="cuda") == ModelChoice(device="cuda:0")


@pytest.mark.parametrize("device", ["cpu", "mps", "cuda:0", "cuda:12"])
def test_devices_as_torch_names_them(device: str) -> None:
    assert ModelChoice(device=device).device == device
