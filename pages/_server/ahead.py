"""What the first page of a server needs, brought into memory while its browser reads JavaScript.

The page's script would wait a fifth of a second for it.
"""

import inspect
from importlib import import_module

MODULES = (
    "numpy", "PIL.ImageFile",  # Streamlit imports them for the logo
    "pages._home.drawing", "pages._home.loaded", "pages._home.tour",
    "pages._shared.contrast", "pages._shared.gate", "pages._shared.sidebar",
)  # fmt: skip


def bring() -> None:
    """Bring it."""
    for name in MODULES:
        import_module(name)
    # Streamlit asks once, at the first element, what the outermost caller is. For that Python
    # resolves the path of every module in memory, and remembers them.
    inspect.stack()
