"""What this machine computes on, and which number type a precision means there."""

import pytest
import torch

from bert_core.errors import InputError
from bert_core.model import devices
from bert_core.model.devices import Device, dtype_for, list_devices, polite_threads


def test_the_cpu_comes_first_and_is_always_there() -> None:
    found = list_devices()
    assert found[0].name == "cpu"
    assert found[0].fast in (None, "bfloat16")
    assert len({device.name for device in found}) == len(found)


def test_exact_is_float32() -> None:
    assert dtype_for("cpu", "exact") == torch.float32


@pytest.mark.parametrize(
    ("names", "native"),
    [
        ({}, False),
        ({"avx2": True, "avx512": True}, False),
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True, "avx512_bf16": False}, True),
        ({"avx512_bf16": False, "amx_bf16": False}, False),
    ],
)
def test_bfloat16_is_fast_only_where_it_is_native(
    monkeypatch: pytest.MonkeyPatch, names: dict[str, bool], native: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: names)
    assert list_devices()[0].fast == ("bfloat16" if native else None)
    if native:
        assert dtype_for("cpu", "fast") == torch.bfloat16
    else:
        with pytest.raises(InputError, match="does not compute 16-bit") as refused:
            dtype_for("cpu", "fast")
        assert refused.value.field == "precision"


def test_a_card_without_native_bfloat16_computes_in_float16(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = (Device("cpu", "CPU", None), Device("cuda:0", "Card", "float16"))
    monkeypatch.setattr(devices, "list_devices", lambda: here)
    assert dtype_for("cuda:0", "fast") == torch.float16
    assert dtype_for("cuda:0", "exact") == torch.float32


@pytest.mark.parametrize("device", ["cuda:99", "tpu", "", "CPU"])
def test_other_devices_are_refused_with_a_list(device: str) -> None:
    with pytest.raises(InputError, match="there is: cpu") as refused:
        dtype_for(device, "exact")
    assert refused.value.field == "device"


def test_threads_wait_without_spinning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert polite_threads() >= 1
    import os

    assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    polite_threads()
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE", "what the operator set stays"
