"""Data sets from the Hugging Face hub, written once as JSONL and then files like any other.

As for models, one request with a short limit goes first: the libraries retry an unreachable
hub for the better part of a minute. No program of a repository is run.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bert_core.errors import InputError
from bert_core.model.hub import PROBE_SECONDS, answered_in_time
from bert_core.model_names import is_repo_id
from bert_core.permissions import refuse_hub

PREFIX = "hub:"
_CONFIG = re.compile(r"\w[\w.+-]{0,95}", re.ASCII)
_SPLIT = re.compile(r"\w{1,60}(\[[0-9]{0,12}%?:[0-9]{0,12}%?\])?", re.ASCII)
_OFFLINE = "The hub cannot be reached. Check the network, or give a file of this machine."


def is_hub_name(name: str) -> bool:
    """Whether a name means a data set on the hub and no file."""
    return name.startswith(PREFIX)


def fetch_hub(name: str, *, split: str, home: Path) -> Path:
    """Bring a data set of the hub here, or find it where it was brought before.

    Args:
        name: ``"hub:owner/name"``, or with a configuration ``"hub:owner/name:config"``.
        split: ``"train"``, ``"validation"`` ..., also a part of it: ``"train[:1000]"``.
        home: folder of the app's own files; the data goes below ``home / "data"``.

    Returns:
        A JSONL file. Classes are written by their names; a class of -1 is no label.

    Raises:
        InputError: a name that cannot be meant, the hub is out of reach, it has no such data, or
            the disk is full, or the hub is switched off.
    """
    refuse_hub()
    repo, config = _parsed(name)
    if not _SPLIT.fullmatch(split):
        raise InputError(
            f"{split[:60]!r} is no split. Give one such as train, validation or train[:1000].",
            field="split",
        )
    # Written as in an address: no two names give one file.
    parts = [quote(part, safe="") for part in (*repo.split("/"), config or "", split)]
    target = home / "data" / "hub" / f"{'--'.join(parts)}.jsonl"
    if target.exists():
        return target
    answered_in_time(lambda: _ask(repo), lambda: InputError(_OFFLINE, field="data"))
    rows = _load(repo, config, split)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_rows(rows, rows.features, target)
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror}).", field="data") from None
    return target


def write_rows(rows: Iterable[dict[str, Any]], features: dict[str, Any], target: Path) -> None:
    """Write the rows of a data set as JSONL, whole or not at all.

    Args:
        rows: of the ``datasets`` library.
        features: the types of their columns.
        target: the new file.

    Raises:
        OSError: the file cannot be written.
        InputError: a column holds something else than text, numbers and lists of them.
    """
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8") as file:
            for row in rows:
                values = {name: _named(value, features[name]) for name, value in row.items()}
                file.write(json.dumps(values, ensure_ascii=False) + "\n")
        partial.replace(target)
    except (TypeError, UnicodeEncodeError) as error:  # pictures, dates, half characters
        raise InputError(
            f"This data set has a column that is not text ({error}). Give another one.",
            field="data",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _named(value: Any, feature: Any) -> Any:
    """A value with class numbers as their names, at any depth."""
    if hasattr(feature, "int2str"):  # a class
        return None if value is None or value < 0 else feature.int2str(value)
    inner = getattr(feature, "feature", None)  # of a list
    if isinstance(value, list) and inner is not None:
        return [_named(part, inner) for part in value]
    if isinstance(value, dict) and isinstance(feature, dict):
        return {name: _named(part, feature[name]) for name, part in value.items()}
    return value


def _parsed(name: str) -> tuple[str, str | None]:
    repo, _, config = name.removeprefix(PREFIX).partition(":")
    if not is_hub_name(name) or not is_repo_id(repo) or (config and not _CONFIG.fullmatch(config)):
        raise InputError(
            f"{name[:120]!r} is no data set of the hub. Its form is hub:owner/name, or with a "
            "configuration hub:owner/name:config.",
            field="data",
        )
    return repo, config or None


def _ask(repo: str) -> None:
    """See whether the hub has a data set."""
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

    try:
        HfApi().dataset_info(repo, timeout=PROBE_SECONDS)
    except GatedRepoError:
        words = f"{repo} asks for a licence agreement on the hub: accept it there and set HF_TOKEN."
    except RepositoryNotFoundError:
        words = f"There is no data set '{repo}' on the hub that can be read from here."
    except HfHubHTTPError as error:
        words = f"The hub answered with an error for {repo} ({_first_line(error)}). Try later."
    except (OSError, HTTPError, AttributeError, LookupError, TypeError, ValueError):
        words = _OFFLINE
    else:
        return
    raise InputError(words, field="data")


def _load(repo: str, config: str | None, split: str) -> Any:
    from datasets import load_dataset
    from datasets.exceptions import DatasetsError
    from httpx2 import HTTPError

    try:
        return load_dataset(repo, name=config, split=split)
    except (DatasetsError, OSError, HTTPError, LookupError, RuntimeError, ValueError) as error:
        raise InputError(
            f"The data set {repo} cannot be read: {_first_line(error)}", field="data"
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip().partition("\n")[0] or type(error).__name__)[:300]
