"""The HTML report and the SVG picture: whatever the text, it stays text and loads nothing."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.tasks.candidates import CandidateScore, CandidateTable
from bert_core.tasks.masked import fill
from bert_core.tasks.spans.answers import Candidate
from bert_core.tasks.squad import AnswerResult, answer
from bert_core.views import tables
from bert_core.views.bars import Bar, Column
from bert_core.views.reports import bars_svg, report_html
from bert_core.views.span_answers import spans
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
    "tbody", "tr", "th", "td", "i", "mark", "pre", "footer", "span",
}  # fmt: skip


class Elements(HTMLParser):
    """Every element with its attributes, the text of the page, and what is marked in it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.marked: list[str] = []
        self._in_mark = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "mark":
            self._in_mark = True
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._in_mark:
            self.marked[-1] += data


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


# ---- an answer ---------------------------------------------------------------------------------


def answer_result(question: str, context: str, start: int, end: int) -> AnswerResult:
    """An answer that stands between two characters; between equal ones there is none."""
    text = " ".join(context[start:end].split())
    best = Candidate(text, 0.6, 3.5, 2.25, 0, 4, 6, start, end)
    null = Candidate("", 0.4, 1.0, 1.5, 0, 0, 0, 0, 0)
    return AnswerResult(
        model="tiny", question=question, context=context, decoder="google", text=text,
        best=best if text else None, why="The span with the highest score.",
        nbest=(best, null) if text else (null,), null_score=2.5, null_odds=-3.25, windows=1,
        notes=("Mind this.",),
    )  # fmt: skip


def answer_report(result: AnswerResult, *, link: str = "", snippet: str = "") -> Elements:
    html = report_html(result, [spans(result)], link=link, snippet=snippet)
    html.encode("utf-8")
    assert "\0" not in html
    return Elements(html)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("answered", [True, False])
def test_a_report_of_an_answer_holds_text_as_text(text: str, answered: bool) -> None:
    context = f"Before {text} {NASTY} behind"
    start = context.index(text)
    result = answer_result(text, context, start, start + len(text) * answered)
    page = answer_report(result, link="http://127.0.0.1/?question=" + text, snippet=text)
    assert {tag for tag, _ in page.found} <= ALLOWED_TAGS
    for _, attributes in page.found:
        assert not {name for name in attributes if name.startswith("on")}
        assert not {"src", "href", "srcset", "action", "data", "background"} & set(attributes)
    joined = "".join(page.texts)
    # Question, document, link, snippet, and the candidate where there is one.
    assert joined.count(legal(text)) >= 4
    assert legal(context) in joined, "the document is whole and in order"
    assert page.marked == ([legal(text)] if answered else [])


def test_the_answer_is_marked_once_though_it_stands_there_twice() -> None:
    context = "A heron waits.\nThe heron\n  and the lake. A heron."
    start = context.index("heron\n")
    page = answer_report(answer_result("Who?", context, start, start + len("heron\n  and")))
    assert page.marked == ["heron\n  and"], "as it stands in the document"
    html_before, html_behind = "".join(page.texts).split("heron\n  and")
    assert html_before.endswith("A heron waits.\nThe ")
    assert html_behind.startswith(" the lake. A heron.")


@given(st.text(st.characters(codec=None), min_size=1), st.data())
def test_the_mark_is_where_the_answer_is(context: str, data) -> None:
    start = data.draw(st.integers(0, len(context) - 1))
    end = data.draw(st.integers(start + 1, len(context)))
    result = answer_result("Who?", context, start, end)
    page = answer_report(result)
    assert page.marked == ([legal(context[start:end])] if result.text else [])
    assert legal(context) in "".join(page.texts)


def test_a_report_of_an_answer_loads_nothing_and_shows_every_figure(encoder_of) -> None:
    reader = encoder_of("bert-span")
    found = answer(reader, "Who waits \u4eca?", "The heron waits\nnear the lake.", impossible=True)
    result = replace(found, notes=("Mind this.",))
    html = report_html(result, [spans(result)], link="a link", snippet="x = 1")
    assert "url(" not in html
    assert "@import" not in html
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b", html)
    assert html.count("default-src 'none'; style-src 'unsafe-inline'") == 1
    page = "".join(Elements(html).texts)
    for row in spans(result).rows:
        assert all(cell in page for cell in row.cells)
    for words in (result.question, result.context, result.why, result.model, "Mind this.",
                  "a link", "x = 1"):  # fmt: skip
        assert words in page
