"""Plain text: bytes to characters, and nothing else."""

import codecs

from bert_core.data.extraction.reading import Reading, refused
from bert_core.errors import InputError

_MARKS = (  # longest first: UTF-32's mark begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_CONTROLS = bytes({*range(32), 127} - {*b"\t\n\v\f\r\x1b"})
_MOST_CONTROLS = 0.05
"""Share of a text's bytes. Random bytes have 0.1; a damaged text has a few."""
_MOST_ACCENTS = 0.2
"""Share of a text's characters. Western languages have 0.1 at most, other scripts over 0.5."""


def read_plain(content: bytes, name: str) -> Reading:
    """Text of a ``.txt`` file, its lines as they are.

    Args:
        content: the whole file.
        name: of the file, for sentences.

    Raises:
        InputError: it is no text, or its encoding is not known.
    """
    text, notes = decoded(content, name)
    return Reading((text,), notes)


def marked(content: bytes) -> bool:
    """Whether a byte order mark says what the encoding is."""
    return content.startswith(tuple(mark for mark, _, _ in _MARKS))


def decoded(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """Decode a text: by its byte order mark, else as UTF-8, else as Windows-1252.

    Windows-1252 is taken only where it is plain: no control characters, and few characters
    outside ASCII. Read so, a text in Russian or Chinese would be made of accents.

    Args:
        content: the whole file.
        name: of the file, for sentences.

    Returns:
        The text without its mark, and a note where the encoding was guessed.

    Raises:
        InputError: not a text, or a text in an encoding that is not known; with the byte offset.
    """
    for mark, encoding, words in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(encoding), ()
            except UnicodeDecodeError as error:
                raise _broken(content, name, words, error.start) from None
    check_text(content, name)
    try:
        return content.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        at = error.start
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise _broken(content, name, "UTF-8", at) from None
    accents = sum(not character.isascii() for character in text)
    if accents > _MOST_ACCENTS * len(text) or len(content.translate(None, _CONTROLS)) < len(text):
        raise _broken(content, name, "UTF-8", at)
    note = (
        f"The file is not UTF-8 (byte 0x{content[at]:02X} at offset {at:,}). It was read as "
        "Windows-1252, as it looks: check its accents."
    )
    return text, (note,)


def check_text(content: bytes, name: str) -> None:
    """Refuse bytes that are no text, whatever their encoding.

    Args:
        content: the whole file, without a byte order mark.
        name: of the file, for the sentence.

    Raises:
        InputError: more than one byte in twenty is a control character.
    """
    controls = len(content) - len(content.translate(None, _CONTROLS))
    if controls > _MOST_CONTROLS * len(content):
        raise refused(
            f"{name} is not a text: {controls:,} of its {len(content):,} bytes are control "
            "characters. If it is a text in UTF-16, save it as UTF-8."
        )


def _broken(content: bytes, name: str, encoding: str, at: int) -> InputError:
    value = f"0x{content[at]:02X}" if at < len(content) else "missing"
    return refused(
        f"{name} is not valid {encoding}: the byte at offset {at:,} is {value}. Open it in an "
        "editor that shows its text rightly, and save it as UTF-8."
    )
