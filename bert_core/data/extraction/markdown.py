"""Markdown: rendered to HTML and read like it, so that its marks do not stand in answers."""

import re

from markdown_it import MarkdownIt

from bert_core.data.extraction.plain import decoded
from bert_core.data.extraction.reading import Reading, check_length
from bert_core.data.extraction.web import read_markup

# Beyond these rendering takes longer than anyone waits: with brackets, the square of their number.
MOST_BRACKETS = 10_000
MOST_CELLS = 40_000

# The tags that GitHub's Markdown shows instead of obeying, as each would swallow what follows
# (GitHub Flavored Markdown Spec 0.29, section 6.11).
_SWALLOWING = re.compile(
    r"<(?=/?(?:title|textarea|style|xmp|iframe|noembed|noframes|script|plaintext)\b)",
    re.IGNORECASE,
)


def read_markdown(content: bytes, name: str) -> Reading:
    """Words of a CommonMark text with tables and struck-out words.

    Links keep their words and lose their address; code stays as it is; HTML in the text is read
    as HTML, but for tags such as ``<script>``, which stay as words.

    Args:
        content: the whole file.
        name: of the file, for sentences.

    Raises:
        InputError: it is no text, its encoding is not known, or it is too long.
    """
    text, notes = decoded(content, name)
    check_length(len(text), name)
    if text.count("[") > MOST_BRACKETS or text.count("|") > MOST_CELLS:
        return Reading((text,), (*notes, "It has so much markup that it was read as plain text."))
    markup = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    reading = read_markup(_SWALLOWING.sub("&lt;", markup), name)
    return Reading(reading.parts, (*notes, *reading.notes))
