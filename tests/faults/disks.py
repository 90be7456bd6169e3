"""A disk that can be filled, without filling anybody's own."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

MIB = 2**20
SIZE = 24 * MIB
LEAST = 4096
"""Bytes of a file that may still be written where the disk is only made believe to be full."""


class Disk:
    """A folder on a small disk of its own; where none can be mounted, files may not grow.

    Args:
        folder: the folder.
        mounted: whether it is a disk.
    """

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder = folder
        self._mounted = mounted

    @contextlib.contextmanager
    def full(self, process: psutil.Process) -> Iterator[None]:
        """Leave no byte on it for a block; without a mount, for one process and its children."""
        if not self._mounted:
            before = process.rlimit(psutil.RLIMIT_FSIZE)
            process.rlimit(psutil.RLIMIT_FSIZE, (LEAST, resource.RLIM_INFINITY))
            try:
                yield
            finally:
                process.rlimit(psutil.RLIMIT_FSIZE, before)
            return
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (MIB, LEAST, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"." * size) == size:
                        pass
        try:
            yield
        finally:
            filler.unlink()


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mount a disk in memory, where the system lets us."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    mounted = os.name == "posix" and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
