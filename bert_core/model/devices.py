"""What this machine computes on, and what is fast there."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bert_core.errors import InputError

if TYPE_CHECKING:
    import torch

    from bert_core.model.choice import Precision


@dataclass(frozen=True, slots=True)
class Device:
    """One place to compute.

    Attributes:
        name: as torch calls it: ``"cpu"``, ``"cuda:0"``, ``"mps"``.
        label: for people, with free memory where it is known.
        fast: name of the 16-bit type that it computes natively, or None.
    """

    name: str
    label: str
    fast: str | None


def list_devices() -> tuple[Device, ...]:
    """All devices of this machine, the CPU first."""
    polite_threads()
    import torch

    found = [Device("cpu", "CPU", "bfloat16" if _cpu_has_bfloat16() else None)]
    for index in range(torch.cuda.device_count()):
        free, _ = torch.cuda.mem_get_info(index)
        native = torch.cuda.get_device_capability(index) >= (8, 0)
        label = f"{torch.cuda.get_device_name(index)} ({free / 2**30:.1f} GiB free)"
        found.append(Device(f"cuda:{index}", label, "bfloat16" if native else "float16"))
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", "float16"))
    return tuple(found)


def dtype_for(device: str, precision: "Precision") -> "torch.dtype":
    """The number type that a precision means on a device.

    Raises:
        InputError: no such device here, or no native 16-bit type on it.
    """
    import torch

    here = {each.name: each for each in list_devices()}
    if device not in here:
        raise InputError(
            f"There is no device {device} on this machine (there is: {', '.join(here)}).",
            field="device",
        )
    if precision == "exact":
        return torch.float32
    fast = here[device].fast
    if fast is None:
        raise InputError(
            f"{here[device].label} does not compute 16-bit numbers natively, so the fast mode "
            "would be slower there. Use precision 'exact'.",
            field="precision",
        )
    return torch.bfloat16 if fast == "bfloat16" else torch.float16


def _cpu_has_bfloat16() -> bool:
    import torch

    # Emulated bfloat16 gives the same numbers several times slower, so native support is asked
    # for: AVX-512 BF16 or AMX on x86, the bf16 extension on ARM.
    has = torch.cpu.get_capabilities()
    return any(has.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16", "arm_bf16"))


def polite_threads() -> int:
    """Use the cores without spinning on them while others want them too.

    OpenMP threads that wait in a busy loop make a short forward pass many times slower as soon as
    a second process computes. The environment is set before torch is imported for the first time.

    Returns:
        The number of threads that torch will use.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    return os.cpu_count() or 1
