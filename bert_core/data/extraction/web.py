"""HTML: the words that a browser would show, block by block."""

import codecs
import re

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PreformattedString

from bert_core.data.extraction.plain import check_text, decoded, marked
from bert_core.data.extraction.reading import Reading, counted, refused

MOST_TAGS = 300_000
"""In one file: about ten seconds and 200 MiB."""

# Where the text is parted, strongest first: characters that Unicode keeps out of texts.
_MARKS = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4"
_BLOCK, _ROW, _CELL, _PARAGRAPH, _BREAK = tuple(_MARKS)
_FOREIGN = str.maketrans(dict.fromkeys(_MARKS, "\ufffd"))
_EDGES = {
    **dict.fromkeys(("table", "ul", "ol", "dl", "pre", "hr"), _BLOCK),
    **dict.fromkeys(("tr", "li", "dt", "dd"), _ROW),
    **dict.fromkeys(
        """address article aside blockquote body caption center details dialog div fieldset
        figcaption figure footer form h1 h2 h3 h4 h5 h6 header legend main p section
        summary""".split(),
        _PARAGRAPH,
    ),
}
_DROPPED = frozenset(
    """head title script style template noscript svg math iframe object audio video canvas
    select datalist textarea button rp rt""".split()
)
_HIDING = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_SPACES = re.compile("[ \t\n\r\f]+")
_PARTING = re.compile(f" ?[{_MARKS}][{_MARKS} ]*")
_PROLOG = re.compile(r"\A\s*<\?xml[^>]*>", re.IGNORECASE)
# What browsers take these names for (WHATWG Encoding Standard, section 4.2).
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# Encodings of the web as Python calls them; others (such as "idna") are not for texts.
_ENCODINGS = re.compile(
    r"utf-8|cp125[0-8]|cp866|cp874|cp932|cp949|iso8859-\d+|koi8-[ru]|mac-(?:roman|cyrillic)"
    r"|gb18030|big5|big5hkscs|euc_jp|iso2022_jp"
)
_BEGINNING = 4096
"""Bytes within which an encoding is declared; browsers look at 1024."""


def read_web(content: bytes, name: str) -> Reading:
    """Text of an HTML file; nothing that it points at is fetched.

    The encoding is that of the byte order mark, or of the file's ``<meta>``, or else as of any
    text.

    Args:
        content: the whole file.
        name: of the file, for sentences.

    Raises:
        InputError: it is no text, its encoding is not known, or it has too many tags.
    """
    markup, notes = _decoded(content, name)
    reading = read_markup(markup, name)
    return Reading(reading.parts, (*notes, *reading.notes))


def read_markup(markup: str, name: str) -> Reading:
    """Text of HTML, given as characters.

    Blocks become paragraphs, items and table rows lines, table cells are parted by tabs, and a
    ``<br>`` ends a line. Scripts, styles, templates, drawings, form fields, readings beside
    characters, hidden elements and ``<nav>`` are left out. The title comes first where no ``<h1>``
    says what the page is.

    Args:
        markup: the whole file.
        name: of the file, for sentences.

    Raises:
        InputError: it has more than ``MOST_TAGS`` tags.
    """
    tags = markup.count("<")
    if tags > MOST_TAGS:
        raise refused(
            f"{name} has {tags:,} tags; at most {MOST_TAGS:,} are read. Split it, or save the "
            "part that matters as text."
        )
    # libxml2 rather than html.parser: the latter takes minutes over an unclosed "<!--" repeated,
    # and does not know that a <p> ends the one before. The line end is for Beautiful Soup, which
    # warns of a markup that looks like an address.
    soup = BeautifulSoup("\n" + _PROLOG.sub("", markup, count=1), "lxml")
    pieces, notes = _pieces(soup)
    text = _PARTING.sub(_parted, _SPACES.sub(" ", "".join(pieces)))
    text = text.replace("\u00a0", " ").strip("\n ")
    if text and soup.h1 is None and soup.head is not None and soup.head.title is not None:
        title = " ".join(_words(soup.head.title.get_text()).split())
        text = f"{title}\n\n{text}" if title else text
    return Reading((text,), notes)


def _decoded(content: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    declared = EncodingDetector.find_declared_encoding(content[:_BEGINNING], is_html=True)
    if declared and not marked(content):
        check_text(content, name)
        try:
            encoding = codecs.lookup(declared).name
            encoding = _WIDER.get(encoding, encoding)
            if _ENCODINGS.fullmatch(encoding):
                return content.decode(encoding), ()
        except (LookupError, ValueError):
            pass  # the declaration is wrong: as any text
    return decoded(content, name)


def _pieces(soup: BeautifulSoup) -> tuple[list[str], tuple[str, ...]]:
    """Strings and marks in the document's order, and notes on what was left out.

    A stack in place of recursion, as tags may be nested deeper than Python can call.
    """
    pieces: list[str] = []
    stack: list[object] = [soup]
    menus = hidden = 0
    while stack:
        node = stack.pop()
        if isinstance(node, Tag):
            if node.name in _DROPPED:
                continue
            if node.name == "nav" or _is_hidden(node):
                menus += node.name == "nav"
                hidden += node.name != "nav"
                pieces.append(_PARAGRAPH if node.name == "nav" else "")
                continue
            edge = _EDGES.get(node.name, "")
            if node.name == "pre":
                pieces.append(f"{edge}{_verbatim(node.get_text())}{edge}")
            elif node.name in ("td", "th", "br"):
                pieces.append(_BREAK if node.name == "br" else _CELL)
                stack.extend(reversed(node.contents))
            else:
                pieces.append(edge)
                stack.append(edge)
                stack.extend(reversed(node.contents))
        elif isinstance(node, str) and not isinstance(node, PreformattedString):
            pieces.append(_words(node) if isinstance(node, NavigableString) else node)
    notes = []
    if menus:
        notes.append(f"Left out: {counted(menus, 'navigation block', 'navigation blocks')}.")
    if hidden:
        notes.append(f"Left out: {counted(hidden, 'hidden element', 'hidden elements')}.")
    return pieces, tuple(notes)


def _is_hidden(tag: Tag) -> bool:
    return tag.has_attr("hidden") or bool(_HIDING.search(str(tag.get("style", ""))))


def _words(text: str) -> str:
    """A string of the document, in which our own marks are no characters."""
    return text.translate(_FOREIGN)


def _verbatim(text: str) -> str:
    """Preformatted text whose lines and spaces outlast the joining of white space."""
    lines = _words(text).strip("\n").replace("\t", "    ").replace(" ", "\u00a0")
    return lines.replace("\n", _BREAK)


def _parted(marks: re.Match[str]) -> str:
    """What stands in the text for a run of marks: the strongest wins."""
    found = marks[0]
    tabs = found.rpartition(_ROW)[2].count(_CELL) - (_ROW in found)
    if _BLOCK in found:
        return "\n\n" + "\t" * tabs
    if _ROW in found:
        return "\n" + "\t" * tabs
    if _CELL in found:
        return "\t" * tabs
    if _PARAGRAPH in found or found.count(_BREAK) > 1:
        return "\n\n"
    return "\n"
