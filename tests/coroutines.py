"""Coroutines in tests: in a thread of their own, since Playwright's loop occupies the main one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """What ``asyncio.run`` gives, also while a browser is open in the same process."""
    with ThreadPoolExecutor(1, "coroutine") as thread:
        return thread.submit(asyncio.run, work).result()
