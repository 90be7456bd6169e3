"""Clicks on their way from a browser component: every one counted, and counted once.

A server that is busy keeps only the newest of the messages that wait for it, and may hand the
same message over again. So a component numbers its clicks and sends all that it has not seen
acknowledged; here those already handled are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the clicks of one mounted component have been handled.

    Attributes:
        source: name the component gave itself when it was mounted; empty before its first click.
        number: number of its last click that was handled.
    """

    source: str = ""
    number: int = 0


def new_events(sent: object, seen: Seen) -> tuple[list[Mapping[str, object]], Seen]:
    """Pick out the clicks that were not handled yet, trusting nothing the browser sent.

    Args:
        sent: ``{"source": str, "events": [{"number": int, ...}, ...]}``, or anything else.
        seen: what was handled before.

    Returns:
        The new clicks in the order they were made, and what is handled once they are.
    """
    if not isinstance(sent, Mapping):
        return [], seen
    source, events = sent.get("source"), sent.get("events")
    if not isinstance(source, str) or not isinstance(events, list):
        return [], seen
    last = seen.number if seen.source == source else 0
    fresh: list[Mapping[str, object]] = []
    for event in events:
        number = event.get("number") if isinstance(event, Mapping) else None
        if type(number) is int and number > last:
            fresh.append(event)
            last = number
    return fresh, Seen(source, last) if fresh else seen
