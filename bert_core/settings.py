"""Where things are, what is allowed and how large it may be: the operator's choices.

Each is read from the environment, as ``BERT_EXPLORER_PORT=8600``, or from one TOML file that
``BERT_EXPLORER_SETTINGS`` names, as ``port = 8600``; the environment wins.
``python -m bert_core settings`` prints all of them. A file is read once: to apply what was
changed in it, restart.
"""

import contextlib
import functools
import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bert_core.model_names import meant
from bert_core.setting_values import (
    IN_WORDS,
    Folder,
    Level,
    ModelOrKind,
    NumberOrNone,
    Token,
    Whole,
    WholeOrNone,
    parts,
    resolved,
)

PROJECT = Path(__file__).resolve().parents[1]
EMBEDDED_MODEL = PROJECT / "assets" / "model"
READER_MODEL = PROJECT / "assets" / "reader"
MAX_CHARACTERS = 100_000
"""Longest text that is looked at at all, if not set; the model's own limit is far below it."""
MAX_DOCUMENT = 1_000_000
"""Characters of the longest document that is read in windows, if not set: some 300 pages."""
PREFIX = "BERT_EXPLORER_"
FILE = "BERT_EXPLORER_SETTINGS"
COMMAND_LINE = "BERT_EXPLORER_COMMAND_LINE"
"""Marks the command line and the runs it starts: they are the operator's own, not a visitor's."""
MARKS = frozenset({FILE, COMMAND_LINE, "BERT_EXPLORER_RUN", "BERT_EXPLORER_LEASE"})
"""Variables with the prefix that are no settings; the last two mark the processes of a run."""

Origin = Literal["default", "file", "environment"]


class SettingsError(ValueError):
    """A setting that cannot be used, in one sentence for the operator.

    Args:
        message: what is wrong, where, and what is allowed.
        key: name of the setting at fault, if there is one.
    """

    def __init__(self, message: str, *, key: str | None = None) -> None:
        super().__init__(message)
        self.key = key


def _folders(before: dict[str, Any]) -> tuple[Path, ...]:
    """Those of who sits at this machine; a server for others opens none that was not named."""
    return (Path.home().resolve(), PROJECT) if is_loopback(before.get("address", "")) else ()


def is_loopback(host: str | None) -> bool:
    """Whether an address or name is one of this machine alone."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host or "").is_loopback
    return host == "localhost"


def _home() -> Path:
    return resolved(Path("~/.cache/bert-explorer"))


def _field(default: Any, allowed: str, about: str, **limits: Any) -> Any:
    how = {"default_factory": default} if callable(default) else {"default": default}
    return Field(description=about, json_schema_extra={"allowed": allowed}, **how, **limits)


def _count(default: int | None, least: int, most: int, about: str) -> Any:
    none = ", or none" if default is None else ""
    allowed = f"a whole number from {least:,} to {most:,}{none}"
    return _field(default, allowed, about, ge=least, le=most)


def _switch(default: bool, about: str) -> Any:
    return _field(default, "yes or no", about)


class Settings(BaseModel):
    """The operator's choices. What each means stands in its description.

    Attributes are named as in the file; the variable of ``port`` is ``BERT_EXPLORER_PORT``.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, validate_default=True
    )

    address: str = _field(
        "127.0.0.1", "an address of this machine, such as 127.0.0.1 or 0.0.0.0",
        "where the server listens; 0.0.0.0: everywhere", pattern=r"^[A-Za-z0-9._:-]{1,253}$",
    )  # fmt: skip
    port: Whole = _count(8501, 1, 65_535, "the server's port")
    home: Folder = _field(
        _home, "a folder", "folder of runs, uploads and all that outlives a restart"
    )
    models: Annotated[tuple[ModelOrKind, ...], parts(",")] = _field(
        ("runs", "folders", "hub"),
        "a list of runs, folders, hub, and names of single models, or the word embedded",
        "models that may be opened beside the built-in ones: runs, folders, hub (any of that "
        "kind; hub: data sets too), and single ones by name; embedded: no other",
    )  # fmt: skip
    folders: Annotated[tuple[Folder, ...], parts(os.pathsep)] = _field(
        _folders, f"a list of folders (in the environment with {os.pathsep!r} between them)",
        "folders under which models and data may be opened",
    )  # fmt: skip
    demo: bool = _switch(False, "for the public: no training, no uploads, no hub, no folders")
    login: bool = _switch(False, "refuse to start unless Streamlit's login is configured")
    api_token: Token | None = _field(
        None, "at least 16 letters, digits or signs of ASCII, and no space",
        "secret that callers of the JSON API send",
    )  # fmt: skip
    characters: Whole = _count(MAX_CHARACTERS, 100, 10_000_000, "characters of a text")
    document_characters: Whole = _count(MAX_DOCUMENT, 100, 100_000_000, "characters of a document")
    upload_mib: Whole = _count(100, 1, 10_000, "MiB of an uploaded file")
    table_rows: Whole = _count(1_000_000, 1, 100_000_000, "rows of a table, with its header")
    windows: Whole = _count(4_000, 1, 1_000_000, "windows that a document is read in")
    masks: Whole = _count(10, 1, 100, "masks that are filled one after another")
    runs_per_device: Whole = _count(1, 1, 16, "runs that compute on a device at a time")
    runs_waiting: Whole = _count(500, 0, 10_000, "runs that may wait for a device")
    runs_disk_gib: NumberOrNone = _field(
        None, "a number above 0, or none", "GiB that all runs together may fill", gt=0,
        allow_inf_nan=False,
    )  # fmt: skip
    requests_per_minute: Whole = _count(120, 1, 100_000, "answers for one visitor in a minute")
    waiting_visitors: Whole = _count(50, 0, 10_000, "visitors that may wait for a model")
    client_seconds: Whole = _count(
        30, 1, 3_600, "seconds in which a client has to send or to take 16 KiB"
    )
    memory_mib: WholeOrNone = _count(
        None,
        512,
        10_000_000,
        "MiB of the process above which, when one more model is loaded, the "
        "least used one is unloaded",
    )
    log_level: Level = _field("warning", ", ".join(get_args(Level)), "how much the server tells")
    log_events: bool = _switch(False, "one JSON line for each event")
    log_texts: bool = _switch(False, "with the visitors' texts in it")


def read_settings() -> Settings:
    """Read the settings.

    Raises:
        SettingsError: an unknown key, a value that is not allowed, or a file that cannot be read.
    """
    # What decides them; the same environment gives the same object, without reading it again.
    found = [(key, value) for key, value in os.environ.items() if key.upper().startswith(PREFIX)]
    return _read(tuple(sorted(found)), os.environ.get("HOME", ""))


def in_demo() -> bool:
    """Whether this process serves the public: demo mode does not bind the command line.

    Raises:
        SettingsError: as :func:`read_settings`.
    """
    return COMMAND_LINE not in os.environ and read_settings().demo


def origin(key: str) -> tuple[Origin, str]:
    """Where the value of a setting comes from, and the variable or file; "" for a default.

    Raises:
        SettingsError: the file cannot be read.
    """
    for name, value in os.environ.items():
        if name.upper() == PREFIX + key.upper() and value:
            return "environment", name
    return ("file", os.environ[FILE]) if key in _file_values() else ("default", "")


def said_by(key: str) -> str:
    """What a sentence about a setting begins with: its variable, or its name and its file.

    Raises:
        SettingsError: the file cannot be read.
    """
    where, place = origin(key)
    return place if where == "environment" else f"{key} in {place}"


def allowed(key: str) -> str:
    """What a setting may be, in words."""
    extra = cast(dict[str, str], Settings.model_fields[key].json_schema_extra)
    return extra["allowed"]


@functools.lru_cache(maxsize=16)
def _read(environment: tuple[tuple[str, str], ...], home: str) -> Settings:
    for name, _ in environment:
        if name not in MARKS and name[len(PREFIX) :].lower() not in Settings.model_fields:
            raise _unknown(name, "in the environment", [PREFIX + key.upper() for key in _keys()])
    written = _file_values()
    for key in written:
        if key not in Settings.model_fields:
            raise _unknown(key, f"in {os.environ[FILE]}", _keys())
    named = {
        name[len(PREFIX) :].lower(): value
        for name, value in environment
        if value and name not in MARKS
    }
    try:
        return Settings.model_validate({**written, **named})
    except ValidationError as error:
        raise _refused(error, written) from None


def _file_values() -> dict[str, Any]:
    """What the file says, as it stands there; nothing where none is named."""
    name = os.environ.get(FILE, "").strip()
    if not name:
        return {}
    return _parsed(name)


@functools.lru_cache(maxsize=4)
def _parsed(name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(name).expanduser().read_text(encoding="utf-8"))
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SettingsError(f"{FILE} names {name}, which cannot be read: {why}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name} is no TOML file: {error}.") from None


def _keys() -> list[str]:
    return list(Settings.model_fields)


def _unknown(name: str, where: str, known: list[str]) -> SettingsError:
    near = meant(name, known)
    hint = f"Did you mean {near}?" if near else "'python -m bert_core settings' lists them all."
    return SettingsError(f"There is no setting {name} ({where}). {hint}", key=name)


def _refused(error: ValidationError, written: dict[str, Any]) -> SettingsError:
    """The first fault in one sentence; the value of a secret is not repeated."""
    first = error.errors(include_url=False, include_context=False)[0]
    key = str(first["loc"][0])
    if first["type"] == IN_WORDS:
        return SettingsError(f"{said_by(key)} {first['msg']}", key=key)
    where, place = origin(key)
    raw = os.environ[place] if where == "environment" else written.get(key)
    said = "cannot be used" if key == "api_token" else f"is {str(raw)[:80]!r}"
    return SettingsError(f"{said_by(key)} {said}; allowed is {allowed(key)}.", key=key)
