"""A finished run to take away: one zip file, or a repository on a hub.

Neither names a folder of this machine. The token for a hub comes from the environment only; it
is never stored, shown or asked for.
"""

import contextlib
import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bert_core.errors import InputError, RunError
from bert_core.model.foreign import reason
from bert_core.model_names import is_repo_id
from bert_core.training.folder import RunFolder
from bert_core.training.sharing import model_name, without_places

TOKEN = "HF_TOKEN"  # noqa: S105 - the name of the variable
_RECORDS = (
    "metrics.jsonl",
    "answers.jsonl",
    "predictions.json",
    "nbest_predictions.json",
    "null_odds.json",
)
"""Files of a run that go into the zip as they are, where there are such."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip, so that the same run gives the same bytes."""


def zip_result(run: Path, target: Path) -> Path:
    """Pack the trained model with what it was made from and what was measured.

    The zip holds one folder, named as the run: the model folder's files, README.md among them,
    and under ``run/`` spec.json, result.json, metrics.jsonl and the answers on the dev data.

    Args:
        run: the run's folder.
        target: the zip file to write; it appears whole or not at all.

    Returns:
        ``target``.

    Raises:
        RunError: the run has no result yet, or the zip cannot be written.
    """
    folder = RunFolder(run)
    result = _result(folder)
    fresh = target.with_name(f"{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(fresh, "w") as archive:
            for path in _files(result):
                name = path.relative_to(result).as_posix()
                _add(archive, f"{run.name}/{name}", path)
            for name in _RECORDS:
                if (run / name).is_file():
                    _add(archive, f"{run.name}/run/{name}", run / name)
            for name, text in _rewritten(folder):
                archive.writestr(_entry(f"{run.name}/run/{name}"), text)
        os.replace(fresh, target)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise RunError(
            f"The zip of run {run.name} cannot be written ({error.strerror}). Make room on the "
            "disk and try again.",
            field="id",
        ) from None
    return target


def push(run: Path, repo: str, *, private: bool = True) -> str:
    """Upload the trained model to a hub, as one commit.

    Args:
        run: the run's folder.
        repo: hub id, ``owner/name``; made when absent.
        private: whether a new repository can be seen by its owner only.

    Returns:
        The address of the commit.

    Raises:
        InputError: the hub id has no legal form.
        RunError: the run has no result yet, there is no token, or the hub is out of reach or
            refuses.
    """
    from httpx2 import HTTPError
    from huggingface_hub import HfApi

    result = _result(RunFolder(run))
    if not is_repo_id(repo) or "/" not in repo:
        raise InputError(
            f"{repo[:80]!r} is no hub id: write the owner and a name, such as ada/my-bert.",
            field="repo",
        )
    token = _token()
    api = HfApi(token=token)
    try:
        api.create_repo(repo, private=private, exist_ok=True)
        done = api.upload_folder(
            repo_id=repo, folder_path=result, commit_message=f"Upload run {run.name}"
        )
    except (OSError, HTTPError, RuntimeError, ValueError) as error:
        raise RunError(_explained(error, repo).replace(token, "…"), field="repo") from None
    return str(done.commit_url)


def _token() -> str:
    """The token of the environment.

    Raises:
        RunError: there is none, or it is no token.
    """
    token = os.environ.get(TOKEN, "").strip()
    if not token:
        raise RunError(
            f"There is no token for the hub. Set {TOKEN} in the environment that BERT Explorer is "
            "started in; it is not typed in here, so that it is stored nowhere.",
            field="token",
        )
    # The library quotes a token that no request can carry in its error.
    if not re.fullmatch(r"[!-~]+", token):
        raise RunError(
            f"What {TOKEN} holds is no token: it has spaces or characters that are not ASCII.",
            field="token",
        )
    return token


def _explained(error: Exception, repo: str) -> str:
    """Why an upload failed, for the person who waits."""
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        status = error.response.status_code
        if status in (401, 403):
            return (
                f"The hub refused to write to {repo}. The token in {TOKEN} is wrong, has no write "
                f"access, or {repo.partition('/')[0]} is somebody else."
            )
        return f"The hub answered with an error for {repo} ({reason(error)}). Try again later."
    return (
        f"The upload to {repo} did not go through ({reason(error)}). Check the network and try "
        "again; what has arrived is not sent twice."
    )


def _result(folder: RunFolder) -> Path:
    if not (folder.result / "config.json").is_file():
        raise RunError(
            f"Run {folder.id} has no result yet. Wait until it is finished, or stop it: a stopped "
            "run saves what it has.",
            field="id",
        )
    return folder.result


def _files(result: Path) -> Iterator[Path]:
    """All files of a folder by name; links are not followed, they could lead elsewhere."""
    yield from sorted(
        path for path in result.rglob("*") if path.is_file() and not path.is_symlink()
    )


def _rewritten(folder: RunFolder) -> Iterator[tuple[str, str]]:
    """The records that name folders of this machine, without them."""
    yield "spec.json", without_places(folder.spec).model_dump_json(indent=1)
    record = folder.read_result()
    if record is not None:
        record["start"] = model_name(str(record.get("start", "")))
        yield "result.json", json.dumps(record, indent=1, ensure_ascii=False)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    # Weights do not get smaller, and trying takes minutes.
    weights = name.endswith(".safetensors")
    entry.compress_type = zipfile.ZIP_STORED if weights else zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    entry = _entry(name)
    entry.file_size = path.stat().st_size  # lets the library take its form for large files
    with path.open("rb") as source, archive.open(entry, "w") as written:
        shutil.copyfileobj(source, written, 1 << 20)
