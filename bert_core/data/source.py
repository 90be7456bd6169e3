"""A person's file as text: read within a limit, hashed, its encoding checked."""

import codecs
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from bert_core.data.dataset import Problem
from bert_core.errors import InputError
from bert_core.settings import read_settings

LIMIT_MIB = 512.0
_CHUNK = 2**20
_MARKS = (  # longest first: UTF-32's mark begins with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook: unpack it, or save it as CSV"),
    (b"\x1f\x8b", "compressed with gzip: unpack it"),
    (b"\xfd7zXZ\x00", "compressed with xz: unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file: save it as CSV"),
    (b"PAR1", "a Parquet file: save it as JSONL"),
    (b"%PDF", "a PDF: save its table as CSV"),
    (b"\x89PNG", "a picture"),
)


@dataclass(frozen=True, slots=True)
class Source:
    r"""What was read from a file.

    Attributes:
        path: the file.
        sha256: of its bytes, in hexadecimal.
        text: what it says, without a byte order mark and NUL; lines end in ``\n``.
        size: in bytes.
        crlf: number of lines that ended in ``\r\n``, as Windows writes them.
        problems: about the encoding.
    """

    path: Path
    sha256: str
    text: str
    size: int
    crlf: int = 0
    problems: tuple[Problem, ...] = ()


def read_source(path: str | os.PathLike[str], *, limit_mib: float = LIMIT_MIB) -> Source:
    """Read a text file whole.

    A file that is not UTF-8 is decoded all the same, the way it looks, so that a cleaned file
    can be made of it; the problem that says so is blocking.

    Args:
        path: the file.
        limit_mib: largest size in MiB.

    Raises:
        InputError: there is no such file, it cannot be read, it is too large or not a text.
    """
    path = Path(path)
    raw, sha256 = _read(path, limit_mib)
    for start, words in _OTHER_FILES:
        if raw.startswith(start):
            raise InputError(f"{path.name} is not a text file but {words}.", field="path")
    text, problems = _decoded(raw)
    size = len(raw)
    del raw  # beside the text it would be held twice
    if "\0" in text:
        problems.append(_nul(text))
        text = text.replace("\0", "")
    crlf = text.count("\r\n")
    text = text.replace("\r\n", "\n") if crlf else text
    if "\n" not in text:
        text = text.replace("\r", "\n")  # lines of the first Macintosh
    return Source(path.absolute(), sha256, text, size, crlf, tuple(problems))


def check_file(path: Path, limit_mib: float | None = None) -> int:
    """Size of a file in bytes.

    Args:
        path: the file.
        limit_mib: largest size in MiB, or None for any.

    Raises:
        InputError: it is missing, no ordinary file, out of reach, or larger than the limit.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise InputError(f"There is no file {path}. Check the path.", field="path") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(
            f"{str(path)[:200]!r} cannot be opened ({_reason(error)}).", field="path"
        ) from None
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{path} is a folder: give a file in it.", field="path")
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{path} is not an ordinary file.", field="path")
    if limit_mib is not None and found.st_size > limit_mib * 2**20:
        raise InputError(
            f"{path.name} has {found.st_size / 2**20:,.1f} MiB; at most {limit_mib:,.0f} MiB are "
            "read. Give a part of it.",
            field="path",
        )
    return found.st_size


def check_rows(count: int) -> None:
    """Refuse a table with too many rows.

    Args:
        count: of its rows, or of those that were read so far.

    Raises:
        InputError: there are more than the operator allows.
    """
    most = read_settings().table_rows
    if count > most:
        raise InputError(
            f"The table has more than {most:,} rows, the most that are read. Give a part of it.",
            field="path",
        )


def unreadable(path: Path, error: OSError) -> InputError:
    """What to say when reading failed half-way or was not allowed."""
    return InputError(f"{path} cannot be read ({_reason(error)}).", field="path")


def encoding_problem(line: int, byte: int, value: int, looks: str) -> Problem:
    """The one sentence on a file that is not UTF-8; ``byte`` counts from 1 within the line."""
    return Problem(
        "blocking",
        "encoding",
        f"The file is not UTF-8: byte {byte} of line {line} is 0x{value:02X}. It looks like "
        f"{looks}. Save it as UTF-8, or take the cleaned file and check its accents.",
        row=line,
    )


def damage(problem: Problem) -> str:
    """What is wrong with a file's bytes, for a reader that offers no cleaned file.

    Args:
        problem: of a :class:`Source`, of the kind ``encoding`` or ``nul``.
    """
    if problem.kind == "encoding":
        return f"The file is not UTF-8, see line {problem.row:,}. Save it as UTF-8."
    return f"The file has NUL characters, see line {problem.row:,}: it is damaged or not a text."


def bom_problem() -> Problem:
    """The one sentence on a byte order mark."""
    return Problem(
        "warning",
        "bom",
        "The file begins with a byte order mark, as Excel and Windows write it. It was left "
        "out, so that it is not part of the first column's name.",
        row=1,
    )


def _read(path: Path, limit_mib: float) -> tuple[bytes, str]:
    check_file(path, limit_mib)
    digest, raw = hashlib.sha256(), bytearray()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                raw += chunk
    except OSError as error:
        raise unreadable(path, error) from None
    return bytes(raw), digest.hexdigest()


def _decoded(raw: bytes) -> tuple[str, list[Problem]]:
    if raw.startswith(codecs.BOM_UTF8):
        text, problems = _decoded(raw[len(codecs.BOM_UTF8) :])
        return text, [bom_problem(), *problems]
    at, wide = 0, _wide(raw)
    if wide is None:
        try:
            return raw.decode("utf-8"), []
        except UnicodeDecodeError as error:
            at = error.start
    line = raw.count(b"\n", 0, at) + 1
    for name, looks in ((wide, "UTF-16 or UTF-32"), ("cp1252", "Windows-1252")):
        if name is not None:
            try:
                text = raw.decode(name)
            except UnicodeDecodeError:
                continue
            return text, [encoding_problem(line, at - raw.rfind(b"\n", 0, at), raw[at], looks)]
    problem = encoding_problem(line, at - raw.rfind(b"\n", 0, at), raw[at], "Latin-1")
    return raw.decode("latin-1"), [problem]


def _wide(raw: bytes) -> str | None:
    """The encoding with two or four bytes a character that a file seems to have, or None.

    Without a mark it is known by its NUL bytes: UTF-16 of plain English is valid UTF-8 too.
    """
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        half = raw[first : first + 2000 : 2]
        if len(raw) >= 4 and len(raw) % 2 == 0 and half.count(0) > 0.7 * len(half):
            return name
    return None


def _nul(text: str) -> Problem:
    first = text.index("\0")
    line = text.count("\n", 0, first) + 1
    return Problem(
        "blocking",
        "nul",
        f"The file has {text.count(chr(0)):,} NUL characters, the first on line {line}: it is "
        "damaged or not a text. The cleaned file is without them.",
        row=line,
    )


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
