"""A Ray cluster: each run is one job, started by the cluster on a node that has room for it.

``RAY_ADDRESS`` names the cluster's dashboard (http://HOST:8265); a cluster that asks for a token
gets the one that Ray finds itself (``RAY_AUTH_MODE=token`` and ``RAY_AUTH_TOKEN``). The nodes
must see the project with its Python, the data, the models and ``BERT_EXPLORER_HOME`` under the
same paths as this machine, on a shared file system: the job reads and writes the run's folder.

Ray gives up a job that waits too long for its turn, so our own queue stands in front of it.
"""

import contextlib
import importlib.util
import itertools
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from bert_core.errors import RunError
from bert_core.settings import PREFIX, PROJECT, origin, read_settings
from bert_core.training.control import Control, Stopped
from bert_core.training.engines.lease import LEASE, Lease, forget_ranks
from bert_core.training.engines.outcomes import settle
from bert_core.training.engines.torchrun import RANK, Torchrun, confined, ranks_of
from bert_core.training.folder import RunFolder
from bert_core.training.spec import RunSpec

POLL_SECONDS = 1.0
LOG_POLLS = 4
"""The log is fetched once in so many polls: Ray sends all of it every time."""
OUTAGE_SECONDS = 120.0
"""A cluster may be silent for so long before a run is given up."""
FINAL = ("STOPPED", "SUCCEEDED", "FAILED")
HANDED_ON = ("HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE")
SETTINGS = (
    "models", "folders", "characters", "document_characters", "table_rows", "windows", "masks"
)  # fmt: skip
"""Settings of the operator that bind a run; a node does not see the file that they stand in."""
T = TypeVar("T")


class Ray:
    """Trains in a job of a Ray cluster.

    Args:
        rank: what a rank is started with, before the run's id.
        patience: seconds in which a job may save after it saw the run's stop flag; after that
            Ray stops it, and kills it when the same time has passed again.
    """

    name = "ray"
    title = "Ray cluster"

    def __init__(self, rank: tuple[str, ...] = RANK, patience: int = 60) -> None:
        self._rank = rank
        self._patience = patience

    def unavailable(self) -> str | None:
        """A sentence when Ray is not installed or no cluster is named."""
        if importlib.util.find_spec("ray") is None:
            return "Ray is not installed. Install it with: pip install -r requirements-ray.txt"
        if not os.environ.get("RAY_ADDRESS"):
            return "No cluster is named. Set RAY_ADDRESS to its dashboard, http://HOST:8265."
        return None

    def execute(self, folder: RunFolder, control: Control) -> None:
        """Submit the job and follow it to its end; see :class:`base.Engine`."""
        job = _Job(folder, control, os.environ["RAY_ADDRESS"], self._patience)
        job.clear()
        forget_ranks(folder)
        job.submit(self._command(folder, job.id))
        job.wait_for_start()
        with control.handed_over(), Lease(folder, job.id) as lease:
            said = job.follow(lease)
        settle(folder, control, ranks_of(folder.spec), f"Ray says: {said}")

    def _command(self, folder: RunFolder, job: str) -> str:
        """What the job does: it is the only rank, or starts several on its node."""
        number = ranks_of(folder.spec)
        command = [sys.executable, *self._rank, folder.id]
        if number > 1:
            command = Torchrun(self._rank).command(folder, number, attempt=job)
        # "exec": a signal of Ray must reach the process, not a shell around it.
        return f"cd {shlex.quote(str(PROJECT))} && exec {shlex.join(command)}"


class _Job:
    """The job of one run.

    Args:
        folder: of the run.
        control: of the run.
        address: of the cluster.
        patience: see :class:`Ray`.

    Raises:
        RunError: the cluster does not answer, or refuses the token.
    """

    def __init__(self, folder: RunFolder, control: Control, address: str, patience: int) -> None:
        from ray.exceptions import RayError
        from ray.job_submission import JobSubmissionClient

        self._folder, self._control = folder, control
        self._address, self._patience = address, patience
        # Ray's client raises these, and requests' errors, which are OSErrors.
        self._errors = (OSError, RuntimeError, RayError)
        self._logged = 0
        self._heard = time.monotonic()
        # Never the same twice: Ray takes no id a second time, not even of a job that is deleted.
        self.id = f"{folder.id}-{time.time_ns() // 1_000_000}"
        with self._sentences():
            self._client: Any = JobSubmissionClient(address)

    def clear(self) -> None:
        """Stop what a process of this run that was killed left in the cluster.

        Jobs that still wait there cannot be stopped (ray#58353); they end when they begin.

        Raises:
            RunError: a job does not stop.
        """
        until = time.monotonic() + OUTAGE_SECONDS
        with self._sentences():
            for job in self._left("PENDING", "RUNNING"):
                self._client.stop_job(job)
            while left := self._left("RUNNING"):
                self._control.check()
                if time.monotonic() > until:
                    raise RunError(f"The Ray job {left[0]} of this run does not stop.")
                time.sleep(POLL_SECONDS)

    def submit(self, command: str) -> None:
        """Hand the job to the cluster.

        Raises:
            RunError: the cluster refuses it.
        """
        spec = self._folder.spec
        variables = {
            **_variables(self._folder),
            LEASE: self.id,
            "RAY_JOB_STOP_WAIT_TIME_S": str(self._patience),
        }
        with self._sentences():
            self._client.submit_job(
                entrypoint=command,
                submission_id=self.id,
                # Without these numbers the job would run on the head node and see every GPU.
                entrypoint_num_gpus=_gpus(spec),
                entrypoint_num_cpus=ranks_of(spec),
                runtime_env={"env_vars": variables},
            )
        print(f"Ray job {self.id} at {self._address}.", flush=True)

    def wait_for_start(self) -> None:
        """Wait until the cluster has room; what it says is the run's message.

        Raises:
            Stopped: as asked, before it began.
            RunError: the cluster does not answer any more.
        """
        spec = self._folder.spec
        gpus = f"{_gpus(spec)} GPUs and " if _gpus(spec) else ""
        wanted = f"Waits for {gpus}{ranks_of(spec)} CPUs of the Ray cluster."
        self._control.stage("queued", wanted)
        while True:
            info = self._ask(self._client.get_job_info)
            if info is not None and info.status != "PENDING":
                return
            if self._control.stop_requested:
                self._ask(self._client.stop_job)
                raise Stopped("Stopped before it began; there was nothing to save.")
            if info is not None:
                self._control.update(message=f"{wanted} Ray says: {info.message}")
            time.sleep(POLL_SECONDS)

    def follow(self, lease: Lease) -> str:
        """Watch over the job to its end, copy its log, and pass on a stop.

        Returns:
            What Ray says of the end.

        Raises:
            RunError: the cluster does not answer any more.
        """
        asked: float | None = None
        signalled = False
        for poll in itertools.count():
            lease.renew()
            info = self._ask(self._client.get_job_info)
            ended = info is not None and info.status in FINAL
            if ended or poll % LOG_POLLS == 0:
                self._copy_log()
            if info is not None and ended:
                return str(info.message)
            if self._control.stop_requested:
                asked = asked or time.monotonic()
                self._folder.ask_to_stop()
                if not signalled and time.monotonic() - asked > self._patience:
                    signalled = self._ask(self._client.stop_job) is not None
            time.sleep(POLL_SECONDS)
        raise AssertionError("the loop has no end")

    def _ask(self, call: Callable[[str], T]) -> T | None:
        """The cluster's answer about this job, or None when it gives none at the moment."""
        try:
            answer = call(self.id)
        except self._errors as error:
            if time.monotonic() - self._heard > OUTAGE_SECONDS:
                raise RunError(
                    f"The Ray cluster at {self._address} has not answered for "
                    f"{OUTAGE_SECONDS:.0f} seconds: {_first(error)} Resume the run."
                ) from None
            return None
        self._heard = time.monotonic()
        return answer

    def _copy_log(self) -> None:
        """Append to log.txt what the job has printed since the last time."""
        text = self._ask(self._client.get_job_logs) or ""
        with contextlib.suppress(OSError), self._folder.log_file.open("ab") as log:
            log.write(text[self._logged :].encode())
            self._logged = max(self._logged, len(text))

    def _left(self, *states: str) -> list[str]:
        """Ids of earlier jobs of this run in these states."""
        ids = [job.submission_id for job in self._client.list_jobs() if job.status in states]
        return [each for each in ids if (each or "").startswith(f"{self._folder.id}-")]

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn Ray's errors into sentences."""
        try:
            yield
        except self._errors as error:
            raise RunError(
                f"The Ray cluster at {self._address} does not take the run: {_first(error)} See "
                "that it runs, that RAY_ADDRESS is right, and that RAY_AUTH_TOKEN is its token.",
                field="engine",
            ) from None


def _variables(folder: RunFolder) -> dict[str, str]:
    """The environment of the job; nothing secret, as the cluster's dashboard shows it."""
    made = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    made |= {
        **_settings(),
        "BERT_EXPLORER_HOME": str(folder.path.parent.parent),
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUNBUFFERED": "1",
        **confined("lo"),
    }
    if not _gpus(folder.spec):
        made["CUDA_VISIBLE_DEVICES"] = ""
    return made


def _settings() -> dict[str, str]:
    """What the operator set, from a file too, as variables."""
    chosen, between = read_settings(), {"models": ",", "folders": os.pathsep}
    made = {}
    for key in SETTINGS:
        if origin(key)[0] != "default":
            value = getattr(chosen, key)
            parts = map(str, value) if key in between else [str(value)]
            made[PREFIX + key.upper()] = between.get(key, "").join(parts)
    return made


def _gpus(spec: RunSpec) -> int:
    return sum(device.startswith("cuda") for device in spec.devices)


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return f"{lines[0][:300].rstrip('.')}."


ENGINE = Ray()
