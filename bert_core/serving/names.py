"""Where the JSON API is and how much it reads; light, since the server needs it to start."""

ROOT = "/api"
"""The page that shows the JSON API; everything below it is the API itself."""
BASE = f"{ROOT}/v1"
NAMES = ("fill", "surprise", "next", "ask", "attend", "tokenize", "embed")
"""The routes that take questions."""
MOST_BYTES = 8 * 2**20
"""Largest body of a request. How long a text may be, the core checks."""


def is_api(path: str) -> bool:
    """Whether a path is one of the API: below the page, but for what the page's browser asks there.

    Example:
        >>> is_api("/api/v1/fill"), is_api("/api"), is_api("/api/"), is_api("/api/_stcore/health")
        (True, False, False, False)
    """
    below = path.removeprefix(f"{ROOT}/")
    return below not in (path, "") and not below.startswith("_stcore/")
