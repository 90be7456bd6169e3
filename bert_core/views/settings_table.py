"""The operator's settings as they are printed: each with its value and where it comes from."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from pydantic import SecretStr

from bert_core.settings import Origin, Settings, allowed, origin, read_settings


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting as it is printed.

    Attributes:
        key: its name.
        value: as text; of a secret only whether it is set.
        origin: where it comes from.
        place: the variable or the file; "" for a default.
        allowed: what it may be.
        about: what it means.
    """

    key: str
    value: str
    origin: Origin
    place: str
    allowed: str
    about: str


def shown_settings() -> tuple[Shown, ...]:
    """Every setting, in the order of :class:`bert_core.settings.Settings`.

    Raises:
        SettingsError: one of them cannot be used.
    """
    settings = read_settings()
    return tuple(
        Shown(key, _as_text(getattr(settings, key)), *origin(key), allowed(key),
              cast(str, field.description))
        for key, field in Settings.model_fields.items()
    )  # fmt: skip


def settings_text(shown: Sequence[Shown]) -> str:
    """A table in plain text: setting, value, where it comes from, what it means."""
    rows = [("setting", "value", "from", "what it is")]
    rows += [(each.key, each.value, each.place or each.origin, each.about) for each in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


def settings_json(shown: Sequence[Shown]) -> list[dict[str, str]]:
    """The same for JSON, in the same order."""
    return [asdict(each) for each in shown]


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, SecretStr):
        return "not set" if value is None else "set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
