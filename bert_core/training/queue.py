"""So many runs at a time on each device, usually one: others wait in the order in which they came.

Every run that waits or works holds a ticket: a file in ``devices/HOST`` of the home folder, with
a number, under a lock that the operating system takes back when the process dies, however it dies.
A run may begin when fewer earlier tickets want each of its devices than the operator lets compute
there. Nothing has to be cleaned up after a crash, and no two runs can wait for each other.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from bert_core.settings import read_settings
from bert_core.training.states import this_host

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Ticket:
    """A place in the queue.

    Attributes:
        number: lower ones go first.
        run: id of the run.
        devices: what it wants.
    """

    number: int
    run: str
    devices: tuple[str, ...]


@contextmanager
def turn(
    home: Path,
    run: str,
    devices: Sequence[str],
    *,
    on_wait: Callable[[Sequence[Ticket]], None] = lambda ahead: None,
    on_dead: Callable[[str], None] = lambda run: None,
    check: Callable[[], None] = lambda: None,
) -> Iterator[None]:
    """Wait until all ``devices`` have room, and hold them inside the context.

    Args:
        home: home folder of the runs.
        run: id of the run.
        devices: what it computes on.
        on_wait: told the tickets that are ahead, whenever they are others than before.
        on_dead: told a run whose process died with its ticket, before its devices are free.
        check: called while waiting; what it raises ends the wait.
    """
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    own, lock = _draw(folder, run, devices)
    try:
        before: Sequence[Ticket] | None = None
        at_once = read_settings().runs_per_device
        while ahead := _ahead(folder, own, on_dead, at_once):
            if ahead != before:
                on_wait(ahead)
            before = ahead
            check()
            time.sleep(POLL_SECONDS)
        check()
        yield
    finally:
        # Under the counter, so that nobody looks at a ticket that is just going.
        with _counter(folder):
            _path(folder, own.number).unlink(missing_ok=True)
            lock.release()


def tickets(home: Path) -> tuple[Ticket, ...]:
    """Who waits and works, by number; a run that died may still be among them."""
    return tuple(_read(path) for path in _paths(_folder(home)))


def _draw(folder: Path, run: str, devices: Sequence[str]) -> tuple[Ticket, FileLock]:
    """Take the next number, and the lock that says that it is held."""
    with _counter(folder):
        number = max((int(path.stem) for path in _paths(folder)), default=0) + 1
        ticket = Ticket(number, run, tuple(sorted(set(devices))))
        path = _path(folder, number)
        lock = FileLock(path, thread_local=False)
        lock.acquire(blocking=False)
        path.write_text(json.dumps({"run": run, "devices": ticket.devices}), encoding="utf-8")
    return ticket, lock


def _ahead(
    folder: Path, own: Ticket, on_dead: Callable[[str], None], at_once: int
) -> tuple[Ticket, ...]:
    """Living tickets before ``own`` that want one of its devices that is full, in order."""
    found = []
    with _counter(folder):
        for path in _paths(folder):
            if int(path.stem) >= own.number:
                break
            ticket = _read(path)
            if not set(ticket.devices) & set(own.devices):
                continue
            if _held(path):
                found.append(ticket)
            else:
                on_dead(ticket.run)
                path.unlink(missing_ok=True)
    full = {
        device for device in own.devices if sum(device in each.devices for each in found) >= at_once
    }
    return tuple(each for each in found if full & set(each.devices))


def _held(path: Path) -> bool:
    try:
        with FileLock(path, blocking=False):
            return False
    except Timeout:
        return True


def _folder(home: Path) -> Path:
    """The queues of this machine; others that share the home folder have devices of their own."""
    return home / "devices" / this_host()


def _counter(folder: Path) -> FileLock:
    return FileLock(folder / "lock")


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:09d}.ticket"


def _paths(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.ticket"))


def _read(path: Path) -> Ticket:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Ticket(int(path.stem), said["run"], tuple(said["devices"]))
    except (ValueError, FileNotFoundError):
        # Its process died, or is at its end, in the moment of writing: it wants nothing.
        return Ticket(int(path.stem), "", ())
