"""Models from the Hugging Face hub: look before waiting, download with a count.

The libraries retry an unreachable hub for the better part of a minute before they say so.
Here one request with a short limit goes first; what is in the local cache needs no network.
"""

import contextlib
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bert_core.errors import CoreError, ModelError
from bert_core.model.allowed import is_allowed
from bert_core.model.checkpoints import check_texts
from bert_core.model.foreign import reason
from bert_core.model_names import did_you_mean, meant

T = TypeVar("T")
PROBE_SECONDS = 4.0
_REVISION = re.compile(r"\w[\w.-]{0,99}(/\w[\w.-]{0,99}){0,3}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")
_WANTED = re.compile(
    r"(config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json"
    r"|vocab\.txt|merges\.txt|sentencepiece\.bpe\.model|spiece\.model"
    r"|model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json"
)


def download(
    repo: str,
    revision: str | None,
    *,
    on_progress: Callable[[str, float | None], None] | None = None,
) -> tuple[Path, str]:
    """Bring a hub model to this machine, or find it in the local cache.

    Args:
        repo: hub id.
        revision: branch, tag or commit; None for the default branch.
        on_progress: told the file under way and the share of bytes that is here.

    Returns:
        The folder with its files, and its commit.

    Raises:
        ModelError: the hub is out of reach and nothing is cached, the id or revision does not
            exist, access is refused, or the repository has no safetensors weights.
    """
    _check_revision(revision)
    try:
        late = f"it did not answer within {PROBE_SECONDS:.0f} seconds"
        info = answered_in_time(
            lambda: _ask(repo, revision), lambda: _unreached(repo, revision, late)
        )
    except ModelError as error:
        cached = _cached(repo, revision)
        if cached is None:
            raise error
        return cached
    files = {file.rfilename: file.size or 0 for file in info.siblings or []}
    wanted = {name: size for name, size in files.items() if _WANTED.fullmatch(name)}
    check_texts(wanted, repo)
    if not any(name.endswith(".safetensors") for name in wanted):
        raise ModelError(
            f"{repo} has no .safetensors weights on the hub. Other weight files can hide programs "
            "and are not opened.",
            field="model",
        )
    folder = _fetch(repo, str(info.sha), wanted, on_progress)
    _remember(folder, revision or "main")
    return folder, str(info.sha)


def commit_here(repo: str, revision: str | None) -> str | None:
    """The commit that a branch, tag or commit means in the local cache; None: it is not here.

    No network is asked.

    Raises:
        ModelError: that is no revision.
    """
    _check_revision(revision)
    found = _cached(repo, revision)
    return None if found is None else found[1]


def _check_revision(revision: str | None) -> None:
    # A revision becomes part of a path in the cache, so it must not lead elsewhere.
    if revision is not None and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise ModelError(
            f"{revision[:60]!r} is no revision: give a branch, a tag or a commit.", field="revision"
        )


def answered_in_time(ask: Callable[[], T], late: Callable[[], CoreError]) -> T:
    """Make a request to the hub, given up after ``PROBE_SECONDS`` in all.

    Args:
        ask: makes it; raises a CoreError that explains what went wrong.
        late: makes what is raised when there is no answer in time.
    """
    answers: list[T] = []
    errors: list[CoreError] = []

    def work() -> None:
        try:
            answers.append(ask())
        except CoreError as error:
            errors.append(error)

    # Name resolution ignores the request's own limit, so the wait is bounded from outside.
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    worker.join(PROBE_SECONDS)
    if answers:
        return answers[0]
    raise errors[0] if errors else late()


def _ask(repo: str, revision: str | None) -> Any:
    """What the hub knows of a repository."""
    from httpx2 import HTTPError
    from huggingface_hub import HfApi

    try:
        return HfApi().model_info(
            repo, revision=revision, files_metadata=True, timeout=PROBE_SECONDS
        )
    except (OSError, HTTPError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise _explained(error, repo, revision) from None


def _explained(error: Exception, repo: str, revision: str | None) -> ModelError:
    """What went wrong, for the person who waits."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    field = "model"
    if isinstance(error, GatedRepoError):
        words = f"{repo} asks for a licence agreement on the hub: accept it there and set HF_TOKEN."
    elif isinstance(error, RevisionNotFoundError):
        words, field = f"{repo} has no revision '{revision}' on the hub.", "revision"
    elif isinstance(error, (RepositoryNotFoundError, HFValidationError)):
        words = (
            f"There is no model '{repo}' on the hub that can be read from here. Check the "
            f"spelling, for instance google-bert/bert-base-uncased.{_near(repo)}"
        )
    elif isinstance(error, HfHubHTTPError):
        words = f"The hub answered with an error for {repo} ({reason(error)}). Try again later."
    elif isinstance(error, (OSError, HTTPError)):
        return _unreached(repo, revision, type(error).__name__)
    else:  # an answer of another form
        words = (
            "What answers in place of the hub is something else, perhaps the log-in page of a "
            "network. Check the network, or use the embedded model or a model folder."
        )
    return ModelError(words, field=field)


def _unreached(repo: str, revision: str | None, why: str) -> ModelError:
    """Nobody can tell whether the name is wrong or only the network is away."""
    at = "" if revision is None else f" at revision '{revision}'"
    return ModelError(
        f"There is no model '{repo}'{at} on this machine, and the hub cannot be reached to look "
        f"for it ({why}). Check the spelling and the network, or use the embedded model or a model "
        f"folder.{_near(repo)}",
        field="model",
    )


def _near(repo: str) -> str:
    """Which model that was fetched before may have been meant."""
    others = {name for name, _, _ in cached_models() if is_allowed(name)} - {repo}
    return did_you_mean(meant(repo, sorted(others)))


def cached_models() -> list[tuple[str, Path, str]]:
    """Hub id, folder and commit of what the local cache holds, of whatever kind; by name."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir(constants.HF_HUB_CACHE)  # where the downloads go
    except (CacheNotFound, ValueError):  # ValueError: a file in its place
        return []
    return sorted(
        (repo.repo_id, revision.snapshot_path, revision.snapshot_path.name)
        for repo in cache.repos
        if repo.repo_type == "model"
        for revision in repo.revisions
    )


def _cached(repo: str, revision: str | None) -> tuple[Path, str] | None:
    """Folder and commit of an earlier download, or None."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(repo, "config.json", revision=revision)
    except HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    # A download that broke off leaves a folder without weights, the largest file.
    return (folder, folder.name) if any(folder.glob("model*.safetensors")) else None


def _remember(folder: Path, revision: str) -> None:
    """Note in the cache which commit a branch or tag means, to find it again offline.

    The files were asked for by commit, so that all are of one state of the repository; the
    library notes a branch only when it is asked for by name. Written last: what is noted is whole.
    """
    if _COMMIT.fullmatch(revision):
        return
    note = folder.parent.parent / "refs" / revision
    with contextlib.suppress(OSError):  # a cache that cannot be written is no fault of the model
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(folder.name, encoding="ascii")


def _fetch(
    repo: str,
    commit: str,
    sizes: dict[str, int],
    on_progress: Callable[[str, float | None], None] | None,
) -> Path:
    from httpx2 import HTTPError
    from huggingface_hub import hf_hub_download

    total, done = sum(sizes.values()) or 1, 0
    folder = Path()
    for name, size in sorted(sizes.items(), key=lambda item: item[1]):
        label = f"Downloading {name} ({size / 2**20:,.1f} MiB)"

        def tell(here: float, before: int = done, label: str = label) -> None:
            if on_progress is not None:
                on_progress(label, min(1.0, (before + here) / total))

        tell(0)
        try:
            path = hf_hub_download(repo, name, revision=commit, tqdm_class=_counting(tell))
        except (OSError, ValueError, RuntimeError, HTTPError) as error:
            raise ModelError(
                f"The download of {name} from {repo} stopped ({reason(error)}). What is here is "
                "kept: try again to go on.",
                field="model",
            ) from None
        folder = Path(path).parent
        done += size
    return folder


def _counting(tell: Callable[[float], None]) -> Any:
    """A progress bar for the hub's library that draws nothing and tells the bytes so far."""
    from tqdm import tqdm

    caller = threading.get_ident()

    class Counting(tqdm):  # type: ignore[misc]
        def display(self, *_args: Any, **_more: Any) -> None:
            return None

        def update(self, n: float | None = 1) -> bool | None:
            drawn: bool | None = super().update(n)
            if threading.get_ident() == caller:  # some transfers count in threads of their own
                tell(float(self.n))
            return drawn

    return Counting
