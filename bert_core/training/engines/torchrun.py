"""Several GPUs, or several machines: one rank on each device, started by torchrun.

Several machines need nothing of the run's own settings but torchrun's: where ``PET_NNODES`` and
``PET_RDZV_ENDPOINT`` (HOST:PORT of the first machine) are set, the log says the command that is
to be started on each of the others. All of them must see the project, the data and
``BERT_EXPLORER_HOME`` under the same paths. Torch's port is then open to their network and asks
for no password: keep it closed to everybody else. On one machine no port is open to others.
"""

import contextlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping

import psutil

from bert_core.errors import RunError
from bert_core.settings import PROJECT
from bert_core.training import processes
from bert_core.training.control import Control
from bert_core.training.engines.lease import Lease, forget_ranks, ranks_folder
from bert_core.training.engines.outcomes import read_outcomes, settle
from bert_core.training.folder import RunFolder
from bert_core.training.spec import RunSpec

POLL_SECONDS = 0.5
RANK = ("-m", "bert_core.training.rank")
"""What a rank is started with, before the run's id."""
PATIENCE_SECONDS = 300.0
"""When one rank has stopped as asked, the others have so long to do the same."""


class Torchrun:
    """Trains in several processes.

    Args:
        rank: what each rank is started with, before the run's id.
    """

    name = "torchrun"
    title = "Several GPUs"

    def __init__(self, rank: tuple[str, ...] = RANK) -> None:
        self._rank = rank

    def unavailable(self) -> str | None:
        """Never: torch brings it. How many ranks make sense is seen when a run is known."""
        return None

    def execute(self, folder: RunFolder, control: Control) -> None:
        """Start the ranks and wait for all of them to end; see :class:`base.Engine`."""
        nodes = nodes_of(os.environ)
        number = ranks_of(folder.spec)
        if number * nodes < 2:
            raise RunError(
                "The engine 'torchrun' is for several processes. Choose several GPUs, 2 processes "
                "on the CPU, or the engine 'local'.",
                field="processes",
            )
        command = self.command(folder, number, nodes)
        forget_ranks(folder)
        control.stage("preparing", f"Starts {number} processes.")
        with control.handed_over(), Lease(folder) as lease, folder.log_file.open("ab") as log:
            if nodes > 1:
                log.write(f"On each other machine, start: {shlex.join(command)}\n".encode())
                log.flush()
            process = subprocess.Popen(  # noqa: S603 - the id was checked, and there is no shell
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, cwd=PROJECT, env=_environment(folder, number, nodes),
            )  # fmt: skip
            try:
                _wait(process, folder, control, lease)
            finally:
                # torchrun puts each rank into a session of its own: killed, it leaves them behind.
                processes.kill_all(folder)
                process.wait()
        code = f"torchrun ended with code {process.returncode}; the log says why."
        settle(folder, control, number * nodes, code)

    def command(
        self, folder: RunFolder, number: int, nodes: int = 1, attempt: str = ""
    ) -> list[str]:
        """What starts the ranks of one machine.

        Args:
            folder: of the run.
            number: of ranks on each machine.
            nodes: number of machines.
            attempt: a name that keeps launchers apart that may live at the same time.
        """
        meeting = ["--rdzv-endpoint", os.environ.get("PET_RDZV_ENDPOINT", "")]
        if nodes == 1:
            # A file: the port that torchrun opens otherwise takes pickles from the whole network.
            place = str(ranks_folder(folder) / f"rendezvous{attempt}")
            meeting = ["--rdzv-endpoint", place, "--rdzv-conf", "store_type=file"]
        return [
            sys.executable, "-m", "torch.distributed.run",
            "--nnodes", str(nodes), "--nproc-per-node", str(number), "--max-restarts", "0",
            "--rdzv-backend", "c10d", "--rdzv-id", folder.id, *meeting, *self._rank, folder.id,
        ]  # fmt: skip


def ranks_of(spec: RunSpec) -> int:
    """How many ranks a run has on each machine: one for each GPU, or as many as it says.

    Raises:
        RunError: the run's numbers do not fit each other.
    """
    gpus = [device for device in spec.devices if device.startswith("cuda")]
    if gpus and (len(gpus) != len(spec.devices) or spec.processes not in (1, len(gpus))):
        raise RunError(
            f"{spec.processes} processes do not fit {', '.join(spec.devices)}: each GPU has one.",
            field="processes",
        )
    return len(gpus) or spec.processes


def nodes_of(environment: Mapping[str, str]) -> int:
    """How many machines work on each run, as ``PET_NNODES`` says; 1 by default.

    Raises:
        RunError: it is no number, or nothing says where the machines meet.
    """
    said = environment.get("PET_NNODES", "1")
    if not said.isdecimal() or said == "0":
        raise RunError(f"PET_NNODES is {said!r}. Set it to a number of machines, such as 2.")
    if said != "1" and not environment.get("PET_RDZV_ENDPOINT"):
        raise RunError("PET_NNODES is set, but not PET_RDZV_ENDPOINT. Set it to HOST:PORT.")
    return int(said)


def confined(loopback: str) -> dict[str, str]:
    """Variables that keep the ranks of one machine from opening ports to others.

    Args:
        loopback: name of the network interface that only the machine itself can use.
    """
    return {
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "GLOO_SOCKET_IFNAME": loopback,
        "NCCL_SOCKET_IFNAME": loopback,
    }


def _environment(folder: RunFolder, number: int, nodes: int) -> dict[str, str]:
    """The environment of torchrun and its ranks."""
    threads = max(1, (os.cpu_count() or 1) // number)
    return {
        "OMP_NUM_THREADS": str(threads),
        **os.environ,
        **(confined(_loopback()) if nodes == 1 else {}),
        processes.MARK: str(folder.path),
    }


def _loopback() -> str:
    """The name of the network interface that only this machine can use."""
    for name, addresses in psutil.net_if_addrs().items():
        if any(address.address == "127.0.0.1" for address in addresses):
            return str(name)
    return "lo"


def _wait(
    process: "subprocess.Popen[bytes]", folder: RunFolder, control: Control, lease: Lease
) -> None:
    """Wait for the ranks; tell them of a stop, and give them up when they do not end together."""
    since: float | None = None
    while process.poll() is None:
        lease.renew()
        if control.stop_requested:
            folder.ask_to_stop()  # all ranks look for this file, wherever they are
        if any(outcome.state == "stopped" for outcome in read_outcomes(folder)):
            since = since or time.monotonic()
            if time.monotonic() - since > PATIENCE_SECONDS:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)


ENGINE = Torchrun()
