"""Finding the files of a google-research/bert release in a folder or a zip file.

A zip file is never unpacked as it stands: every name in it is looked at first, and then only the
few files that a conversion needs are copied out, under their own last names, up to a total size.
"""

import re
import shutil
import stat
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bert_core.errors import ModelError

MAX_UNZIPPED = 16 * 2**30
"""Bytes that may come out of a zip file: four times BERT-large with its optimizer's slots."""

CONFIG = "bert_config.json"
VOCABULARY = "vocab.txt"
_USUAL_PREFIX = "bert_model.ckpt"
_NEEDED = re.compile(r"(bert_config\.json|vocab\.txt|checkpoint|.+\.index|.+\.data-\d{5}-of-\d{5})")
_NEWEST = re.compile(r'^model_checkpoint_path:\s*"(?:.*[/\\])?([^"/\\]+)"', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Release:
    """The files of one release.

    Attributes:
        folder: where they lie.
        prefix: the checkpoint's path without ``.index``.
        names: what the release goes by, most telling name first.
    """

    folder: Path
    prefix: Path
    names: tuple[str, ...]


def find_release(source: Path, room: Path, *, limit: int = MAX_UNZIPPED) -> Release:
    """Find the files of a release, unpacking what is needed of a zip file.

    Args:
        source: folder or zip file.
        room: folder that does not exist yet, for what is unpacked.
        limit: bytes that may be unpacked.

    Returns:
        The release; its configuration and vocabulary are known to exist.

    Raises:
        ModelError: nothing there, neither folder nor zip, a file is missing, several checkpoints
            and no word on which one, or a zip file that is damaged, unsafe or too large.
        OSError: no space for the unpacked files.
    """
    if source.is_dir():
        return _in_folder(source, (source.resolve().name,))
    if not source.is_file():
        raise ModelError(
            f"There is no folder or zip file {source}. Give the folder that holds {CONFIG}.",
            field="source",
        )
    if not zipfile.is_zipfile(source):
        raise ModelError(
            f"{source} is neither a folder nor a zip file. Give the folder that holds {CONFIG}, "
            "or Google's zip file as it was downloaded.",
            field="source",
        )
    room.mkdir()
    top = _unzip(source, room, limit)
    return _in_folder(room, tuple(filter(None, (top, source.stem))))


def _in_folder(folder: Path, names: tuple[str, ...]) -> Release:
    place = f"'{names[0]}'" if names[0] else str(folder)
    for name in (CONFIG, VOCABULARY):
        if not (folder / name).is_file():
            raise ModelError(
                f"There is no {name} in {place}. A run of run_classifier.py or run_squad.py does "
                "not copy it: put the one of the release it started from beside the checkpoint.",
                field="source",
            )
    prefixes = sorted(path.name.removesuffix(".index") for path in folder.glob("*.index"))
    if not prefixes:
        old = " It looks like the older format of one file." * (folder / _USUAL_PREFIX).is_file()
        raise ModelError(
            f"There is no TensorFlow checkpoint ({_USUAL_PREFIX}.index) in {place}.{old} A "
            "folder with model.safetensors needs no conversion.",
            field="source",
        )
    return Release(folder, folder / _choose(folder, prefixes, place), names)


def _choose(folder: Path, prefixes: list[str], place: str) -> str:
    """The release's name, the only one, or the one TensorFlow wrote down as its newest."""
    if len(prefixes) == 1 or _USUAL_PREFIX in prefixes:
        return _USUAL_PREFIX if _USUAL_PREFIX in prefixes else prefixes[0]
    state = folder / "checkpoint"
    if state.is_file():
        newest = _NEWEST.search(state.read_text(encoding="utf-8", errors="replace"))
        if newest and newest[1] in prefixes:
            return newest[1]
    raise ModelError(
        f"There are several checkpoints in {place}: {', '.join(prefixes)}. Leave the files of one, "
        "or name it in the file 'checkpoint' as TensorFlow does.",
        field="source",
    )


def _unzip(source: Path, room: Path, limit: int) -> str:
    """Copy the needed files out; the name of the zip file's top folder, or ""."""
    try:
        with zipfile.ZipFile(source) as archive:
            members = _safe_members(archive, source)
            top = _top_folder(members, source)
            needed = {
                path.name: info
                for path, info in members.items()
                if path.parent == top and _NEEDED.fullmatch(path.name) and not info.is_dir()
            }
            _check_total(sum(info.file_size for info in needed.values()), source, limit)
            for name, info in needed.items():
                # zipfile reads no more than the size it announced, so the sum above holds.
                with archive.open(info) as packed, (room / name).open("xb") as unpacked:
                    shutil.copyfileobj(packed, unpacked, 2**20)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError is what zipfile raises for a member with a password.
        raise ModelError(
            f"The zip file {source} cannot be unpacked: {error}. Download it again, or unpack it "
            "yourself and give the folder.",
            field="source",
        ) from error
    return top.name


def _safe_members(archive: zipfile.ZipFile, source: Path) -> dict[PurePosixPath, zipfile.ZipInfo]:
    """All members by path; refuses the whole file when one of them is up to something."""
    members: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        path = PurePosixPath(info.orig_filename)
        name = info.orig_filename
        if path.is_absolute() or ".." in path.parts or re.search(r"[\\:\0]", name):
            raise _unsafe(source, f"'{name}' is no plain path inside it")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _unsafe(source, f"'{name}' is a symbolic link")
        if path in members:
            raise _unsafe(source, f"'{name}' is in it twice")
        members[path] = info
    return members


def _unsafe(source: Path, why: str) -> ModelError:
    return ModelError(
        f"The zip file {source} is not unpacked: {why}. Download it from its first source.",
        field="source",
    )


def _top_folder(members: dict[PurePosixPath, zipfile.ZipInfo], source: Path) -> PurePosixPath:
    """Where the configuration lies: at the top, or in the one folder there."""
    tops = [path.parent for path in members if path.name == CONFIG and len(path.parts) <= 2]
    if len(tops) != 1:
        found = f"{len(tops)} of them" if tops else "none"
        raise ModelError(
            f"The zip file {source} should have one {CONFIG}, at its top or in one folder, and has "
            f"{found} there. Unpack it yourself and give the folder.",
            field="source",
        )
    return tops[0]


def _check_total(size: int, source: Path, limit: int) -> None:
    if size > limit:
        raise ModelError(
            f"The zip file {source} would unpack to {size / 2**30:,.1f} GiB, and "
            f"{limit / 2**30:,.1f} GiB is the limit. Unpack it yourself and give the folder.",
            field="source",
        )
