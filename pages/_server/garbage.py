"""Garbage collection beside what stays: libraries and weights hold no garbage.

Python looks through all objects in memory now and then, and Streamlit has it do so after every run
of a page. The libraries are 250,000 objects: a tenth of a second, in which everybody waits, and a
sixth of the time in which they are imported.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def not_collected() -> Iterator[None]:
    """A block that brings into memory what stays; it is not looked through, then or later.

    What else comes into memory meanwhile is not either. It is still freed when nothing refers to
    it any more, as nearly everything is.
    """
    gc.disable()
    try:
        yield
    finally:
        settle()


def settle() -> None:
    """Take what is in memory for what stays, and collect garbage from now on."""
    gc.freeze()
    gc.enable()


def look_through() -> None:
    """Collect among all objects once, what stayed until now included, and take the rest for it.

    For moments in which much has come or gone: a model's weights refer to each other, so that
    without a collection they are never freed.
    """
    if gc.isenabled():  # else what stays is coming into memory just now
        gc.unfreeze()
        gc.collect()
        gc.freeze()
