"""The beginning of a large text, to look at or to try something on."""

from pathlib import Path

from bert_core.errors import InputError


def copy_beginning(text: Path, target: Path, *, limit: int) -> tuple[int, int]:
    """Copy a text's first lines.

    Args:
        text: the file.
        target: where to.
        limit: bytes at most; the last line is whole.

    Returns:
        Bytes of the file, and of the copy.

    Raises:
        InputError: it cannot be read.
    """
    try:
        size = text.stat().st_size
        with text.open("rb") as file:
            content = file.read(limit)
    except OSError as error:
        raise InputError(f"{text} cannot be read: {error.strerror}.", field="text") from None
    if size > len(content) and b"\n" in content:
        content = content[: content.rindex(b"\n") + 1]  # a cut character is no fault of the file
    target.write_bytes(content)
    return size, len(content)
