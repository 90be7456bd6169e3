"""Whether a file is what its ending says, by its first bytes."""

from bert_core.data.extraction.reading import refused

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_RENAME = "Give it the ending of what it is"
_SAVE = "Save it as .docx or PDF"
_STARTS = (
    (b"%PDF-", "a PDF", "Rename it to end in .pdf"),
    (_ZIP, "a zip archive or an Office file", f"{_RENAME}, or unpack it"),
    (_OLE, "an old Office file or one with a password", "Save it as .docx without a password"),
    (b"{\\rtf", "a rich text file (RTF)", _SAVE),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it"),
    (b"BZh", "compressed with bzip2", "Unpack it"),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it"),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it"),
    (b"\x89PNG", "a picture", "Run text recognition (OCR) on it, and give its text"),
    (b"\xff\xd8\xff", "a picture", "Run text recognition (OCR) on it, and give its text"),
    (b"GIF8", "a picture", "Run text recognition (OCR) on it, and give its text"),
)
_WANTED = {"pdf": (b"%PDF-", "a PDF"), "docx": (_ZIP, "a Word file (.docx)")}
_HEADER = 1024
"""Bytes within which readers look for a PDF's first words (PDF Reference 1.7, appendix H)."""


def check_kind(content: bytes, suffix: str, name: str) -> None:
    """Refuse a file whose beginning is that of another kind of file.

    Args:
        content: the whole file.
        suffix: its ending, in small letters and without the dot.
        name: of the file, for the sentence.

    Raises:
        InputError: the ending does not fit; the sentence says what the file seems to be.
    """
    start, wanted = _WANTED.get(suffix, (b"", "a text"))
    if suffix == "pdf" and start in content[:_HEADER]:
        return
    if suffix == "docx" and content.startswith(start):
        return
    for other, kind, advice in _STARTS:
        if content.startswith(other):
            raise refused(f"{name} is not {wanted} but {kind}. {advice}.")
    if start:
        raise refused(f"{name} is not {wanted}: it does not begin like one. {_RENAME}.")
