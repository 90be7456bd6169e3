"""A link that restores a page: state to query string and back.

Texts go into a link only when the visitor asks for one; typing never changes the address.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

Value = str | int | float | bool | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a page that a link carries.

    Attributes:
        name: its name in the query string.
        key: its key in the session state.
        default: what it is without a link.
        read: turns the query's text into a value; raises ValueError when it cannot.
    """

    name: str
    key: str
    default: Value
    read: Callable[[str], Value] = str


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(text: str) -> int:
        if not lowest <= int(text) <= highest:
            raise ValueError(f"{lowest} to {highest} is expected")
        return int(text)

    return read


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """A reader of numbers within bounds."""

    def read(text: str) -> float:
        if not lowest <= float(text) <= highest:
            raise ValueError(f"{lowest:g} to {highest:g} is expected")
        return float(text)

    return read


def one_of(*options: str) -> Callable[[str], str]:
    """A reader of one of some words."""

    def read(text: str) -> str:
        if text not in options:
            raise ValueError(f"one of {', '.join(options)} is expected")
        return text

    return read


def yes_no(text: str) -> bool:
    """Read 1 or 0."""
    return {"1": True, "0": False}[one_of("0", "1")(text)]


def positions(text: str) -> tuple[int, ...]:
    """Read positions that are separated by dots."""
    return tuple(int(part) for part in text.split(".") if part)


def arrive(page: str) -> None:
    """Note which page is shown; on another one than before, its link is followed anew."""
    state = st.session_state
    if state.get("_shown_page") != page:
        state["_shown_page"] = page
        state["_followed"] = {}


def restore(page: str, fields: Sequence[Field]) -> list[str]:
    """Fill the session state from a link that has not been followed yet, else with defaults.

    A link leaves defaults out, so following one resets what it does not name. The router calls
    :func:`arrive` before.

    Returns:
        A sentence for each value of the link that could not be used.
    """
    linked = {field.name: st.query_params[field.name] for field in fields
              if field.name in st.query_params}  # fmt: skip
    followed = st.session_state["_followed"]
    fresh = bool(linked) and linked != followed.get(page)
    st.session_state["_followed"] = {**followed, page: linked}
    problems = []
    for field in fields:
        value = field.default
        try:
            value = field.read(linked[field.name]) if field.name in linked else value
        except ValueError:
            problems.append(f"The link's {field.name} = '{linked[field.name][:60]}' is not "
                            "understood; the usual value is used.")  # fmt: skip
        if fresh or field.key not in st.session_state:
            st.session_state[field.key] = value
    return problems if fresh else []


def address(fields: Sequence[Field], state: Mapping[str, object]) -> str:
    """The full address of the page in a state; defaults are left out."""
    query = {
        field.name: _spelled(state.get(field.key))
        for field in fields
        if state.get(field.key) != field.default
    }
    base = (st.context.url or "").split("?")[0]
    return f"{base}?{urlencode(query)}" if query else base


def _spelled(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return ".".join(str(part) for part in value)
    return "" if value is None else str(value)
