"""Where the JSON API is and how much it reads; light, since the server needs it to start."""

BASE = "/api/v1"
NAMES = ("fill", "surprise", "next", "ask", "attend", "tokenize", "embed")
"""The routes that take questions."""
MOST_BYTES = 8 * 2**20
"""Largest body of a request. How long a text may be, the core checks."""
