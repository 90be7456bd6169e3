"""The HTML report and the SVG picture: whatever the text, it stays text and loads nothing."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.tasks.candidates import CandidateScore, CandidateTable
from bert_core.tasks.masked import fill
from bert_core.views import tables
from bert_core.views.bars import Bar, Column
from bert_core.views.reports import bars_svg, report_html
from bert_core.views.tables import BarTable

NASTY = "</script><img src=x onerror=alert(1)>"
TEXTS = [
    NASTY,
    "\"'><svg/onload=alert(1)> & &lt;b&gt; {{ 7*7 }} {% raw %}",
    "\u05d0\u05d1\u05d2 \u202eabc\u202c \u0645\u0631\u062d\u0628\u0627",
    "NUL \0 bell \x07 escape \x1b[31m vertical \x0b form \x0c \x7f \x85 \ufffe \uffff",
    "]]> <!-- --> <![CDATA[x]]> <?xml?> </svg></text></pre></style><style>*{}</style>",
    "emoji \U0001f600, half \ud800 a pair",
]
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED_TAGS = {
    "html", "meta", "title", "style", "h1", "h2", "p", "small", "table", "caption", "thead",
    "tbody", "tr", "th", "td", "i", "pre", "footer", "span",
}  # fmt: skip


class Elements(HTMLParser):
    """Every element with its attributes, and the text of the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def legal(text: str) -> str:
    """What XML may hold of a text, by the Char production of XML 1.0."""

    def ok(code: int) -> bool:
        return (
            code in (9, 10, 13)
            or 0x20 <= code <= 0xD7FF
            or 0xE000 <= code <= 0xFFFD
            or code >= 0x10000
        )

    return "".join(c if ok(ord(c)) else "\ufffd" for c in text)


def table_of(text: str) -> BarTable:
    columns = (
        Column(text, "rank"),
        Column(text, "word"),
        Column("", "bar"),
        Column(text, "number"),
    )
    rows = (Bar(("1", text, "50 %"), 0.5, note=text), Bar(("2", text, text), -0.25))
    return BarTable(columns, rows, caption=text, badge=text)


def svg_texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(SVG + "text")]  # noqa: S314 - our own


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_gives_a_well_formed_picture(text: str) -> None:
    svg = bars_svg(table_of(text))
    svg.encode("utf-8")
    root = ElementTree.fromstring(svg)  # noqa: S314 - written two lines above
    assert {element.tag for element in root.iter()} == {SVG + "svg", SVG + "rect", SVG + "text"}
    assert svg_texts(svg)[0] == legal(text)
    assert svg_texts(svg)[2] == "1 " + legal(text)
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on") or "href" in name}


@given(st.text(st.characters(codec=None)))
def test_every_text_is_read_back_from_the_picture(text: str) -> None:
    # A parser of XML reads every kind of line end as one.
    expected = legal(text).replace("\r\n", "\n").replace("\r", "\n")
    assert svg_texts(bars_svg(table_of(text)))[0] == expected


def test_bars_are_as_long_as_their_values() -> None:
    root = ElementTree.fromstring(bars_svg(table_of("x")))  # noqa: S314 - our own
    bars = root.findall(SVG + "rect")[1:]
    assert [float(bar.attrib["width"]) for bar in bars] == [320.0, 160.0]
    assert bars[0].attrib["fill"] != bars[1].attrib["fill"], "below 0 looks different"


@pytest.mark.parametrize(
    "rows", [(), (Bar(("1", "a", "0"), 0.0),)], ids=["no rows", "nothing but zero"]
)
def test_a_picture_of_nothing(rows) -> None:
    table = BarTable(table_of("x").columns, rows)
    root = ElementTree.fromstring(bars_svg(table))  # noqa: S314 - our own
    assert len(root.findall(SVG + "rect")) == 1 + len(rows)


def test_a_fixed_scale() -> None:
    table = BarTable(table_of("x").columns, (Bar(("1", "a", "b"), 0.5),), scale=1.0)
    root = ElementTree.fromstring(bars_svg(table))  # noqa: S314 - our own
    assert float(root.findall(SVG + "rect")[1].attrib["width"]) == 160.0


def report(encoder, text: str, pair: str | None = None, extra: str = "") -> str:
    result = fill(encoder, text, pair, strategy="beam")
    rows = tuple(CandidateScore(word, (word,), (-1.0,), -1.0, -1.0, 1) for word in (extra, "lake"))
    words = CandidateTable("tiny", result.tokens, 1, rows, ())
    shown = [
        tables.fits(result.masks[0], len(encoder.tokenizer.vocabulary)),
        tables.sentences(result.sentences),
        tables.candidates(words),
    ]
    return report_html(result, shown, link="http://127.0.0.1:8501/masked_word?text=" + extra,
                       snippet="import bert_core\n" + extra)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS[:-1])
def test_a_report_holds_text_as_text(embedded, text: str) -> None:
    html = report(embedded, f"The ___ waits ___ {text}", pair=text, extra=text)
    html.encode("utf-8")
    page = Elements(html)
    assert {tag for tag, _ in page.found} <= ALLOWED_TAGS
    for _, attributes in page.found:
        assert not {name for name in attributes if name.startswith("on")}
        assert not {"src", "href", "srcset", "action", "data", "background"} & set(attributes)
    assert "\0" not in html
    joined = "".join(page.texts)
    # The text, the pair, the candidate, the link and the snippet all show it.
    assert joined.count(legal(text)) >= 5


def test_a_report_loads_nothing(tiny_bert) -> None:
    html = report(tiny_bert, "The ___ waits.", extra="lake")
    assert "url(" not in html
    assert "@import" not in html
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b", html)
    policy = next(
        attributes["content"]
        for tag, attributes in Elements(html).found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


def test_a_report_shows_every_figure(tiny_bert) -> None:
    result = fill(tiny_bert, "The ___ near the \u4eca ___.")
    shown = [tables.fits(mask, 200) for mask in result.masks]
    page = "".join(Elements(report_html(result, shown, link="", snippet="x = 1")).texts)
    for table in shown:
        assert table.badge in page
        for row in table.rows:
            assert all(cell in page for cell in row.cells)
    assert result.notes
    assert all(note in page for note in result.notes)
    assert " ".join(result.tokens.pieces) in page
    assert "x = 1" in page


def test_half_a_pair_in_a_link_can_be_written(tiny_bert) -> None:
    html = report(tiny_bert, "The ___ waits ___.", extra=TEXTS[-1])
    html.encode("utf-8")
    assert legal(TEXTS[-1]) in "".join(Elements(html).texts)
