"""The words of a web page and of a Markdown text."""

import pytest

from bert_core.data.extraction import web
from bert_core.data.extraction.extract import extract_text
from bert_core.errors import InputError


def text_of(markup: str, suffix: str = "html") -> str:
    return extract_text(markup.encode(), f"a.{suffix}").text


# ---- HTML --------------------------------------------------------------------------------------


def test_a_page_becomes_paragraphs() -> None:
    found = extract_text(
        b"""<!DOCTYPE html><html><head><title>Timetable</title><style>p {color: red}</style></head>
        <body><nav><ul><li>Home<li>Boats</ul></nav><h1>The ferry</h1>
        <p>It leaves
           at <b>s</b>ix &amp; carries&nbsp;bread.<p>An unclosed paragraph
        <script>document.write("<p>never</p>")</script><template>never</template>
        <noscript>never</noscript><p hidden>never<p>Line one<br>line two</p>
        <div style="color: red; display:none">never</div><!-- never -->
        <section><div>Caf&eacute; &#8211; open</div></section></body></html>""",
        "a.html",
    )
    assert found.text == (
        "The ferry\n\nIt leaves at six & carries bread.\n\nAn unclosed paragraph\n\n"
        "Line one\nline two\n\nCafé – open"
    )
    assert found.notes == ("Left out: 1 navigation block.", "Left out: 2 hidden elements.")


def test_a_title_stands_in_for_a_missing_heading() -> None:
    assert text_of("<title>The  ferry</title><p>It leaves.") == "The ferry\n\nIt leaves."
    with pytest.raises(InputError, match="has no text"):
        text_of("<title>The ferry</title><body><img src=x></body>")


def test_rows_are_lines_and_cells_are_parted_by_tabs() -> None:
    table = """<p>Fares<table><thead><tr><th></th><th>Adult</th><th>Goat</th></tr></thead>
    <tr><td><p>Single</p></td><td>2</td><td>1</td></tr><tr><td>Return</td><td></td><td>2</td></tr>
    </table>in shells"""
    assert text_of(table) == "Fares\n\n\tAdult\tGoat\nSingle\t2\t1\nReturn\t\t2\n\nin shells"


def test_a_page_laid_out_by_a_table_keeps_its_paragraphs() -> None:
    assert (
        text_of("<table><tr><td><p>One.<p>Two.<br><br>Three.</table>") == "One.\n\nTwo.\n\nThree."
    )


def test_items_are_lines_and_code_keeps_its_spaces() -> None:
    markup = "<ul><li><p>bread</p><li>letters</ul>then<pre>if goats:\n    row()\n</pre>end"
    assert text_of(markup) == "bread\nletters\n\nthen\n\nif goats:\n    row()\n\nend"


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("latin-1", "iso-8859-1"), ("cp1252", "latin1"), ("koi8-r", "koi8-r"), ("utf-8", "utf-8"),
     ("shift_jis", "Shift_JIS"), ("gbk", "gb2312"), ("utf-8", "idna"), ("utf-8", "no-such"),
     ("utf-8", "utf-16")],
)  # fmt: skip
def test_the_encoding_is_the_declared_one(encoding: str, declared: str) -> None:
    words = {"koi8-r": "Паром", "shift_jis": "渡し船", "gbk": "渡輪喆"}.get(
        encoding, "Fähre, traversée"
    )
    markup = f'<html><head><meta charset="{declared}"></head><body><p>{words}</p></body></html>'
    found = extract_text(markup.encode(encoding), "a.htm")
    assert found.text == words
    assert found.notes == ()


def test_a_mark_is_stronger_than_a_declaration() -> None:
    markup = '<meta charset="koi8-r"><p>Fähre'
    assert extract_text(markup.encode("utf-16"), "a.html").text == "Fähre"
    assert extract_text(markup.encode("utf-8-sig"), "a.html").text == "Fähre"


def test_only_the_beginning_declares() -> None:
    markup = f'<p>Fähre<pre>{" " * 5_000}<meta charset="koi8-r">{" " * 200_000}end</pre>'
    assert text_of(markup).startswith("Fähre")


def test_our_own_marks_are_no_part_of_a_text() -> None:
    found = extract_text("<p>a\ufdd0b\ufdd4c".encode(), "a.html")
    assert found.text == "a\ufffdb\ufffdc"
    assert found.notes == ("The text has 2 characters that cannot be read, shown as \ufffd.",)


def test_an_xhtml_page_is_read_like_any_other() -> None:
    markup = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html><html><body>x</body></html>'
    assert text_of(markup) == "x"
    assert text_of('<?xml version="1.0"?><page><line>x</line></page>') == "x"


def test_what_a_page_points_at_is_not_fetched() -> None:
    markup = (
        '<!DOCTYPE html SYSTEM "http://192.0.2.1/a.dtd"><p>a &x; b</p><img src="http://192.0.2.1/">'
        '<iframe src="http://192.0.2.1/">never</iframe><object data="http://192.0.2.1/">never'
        "</object>"
    )
    assert text_of(markup) == "a &x; b"


def test_depth_and_repetition_do_no_harm() -> None:
    assert text_of("<div>" * 20_000 + "deep") == "deep"
    assert text_of("a" + "<!--" * 20_000).startswith("a")
    assert text_of("a <b" * 20_000).startswith("a")
    assert text_of("\n " * 100_000 + "a") == "a"
    assert text_of("a" + "<meta " * 100_000) == "a"


def test_too_many_tags_are_refused() -> None:
    with pytest.raises(InputError, match="has 300,001 tags; at most 300,000"):
        text_of("<b>" * (web.MOST_TAGS + 1))


# ---- Markdown ----------------------------------------------------------------------------------


def test_the_marks_of_markdown_do_not_stand_in_the_text() -> None:
    found = text_of(
        """The ferry
=========

It **leaves** at _six_ from the [old `pier`](https://example.org/pier "title"), wind
or ~~no~~ wind. A star \\* stays, and so do 2 < 3 &amp; snake_case_names.

![a boat](boat.png)

1. bread
2. letters

> Goats pay half.

| Fare | Goat |
|------|-----:|
| 1    | half |

```python
def row(**goats):
    return "*" * 2
```
""",
        "md",
    )
    assert found == (
        "The ferry\n\nIt leaves at six from the old pier, wind or no wind. A star * stays, and so "
        "do 2 < 3 & snake_case_names.\n\nbread\nletters\n\nGoats pay half.\n\nFare\tGoat\n1\thalf"
        '\n\ndef row(**goats):\n    return "*" * 2'
    )


def test_html_in_markdown_is_read_but_swallows_nothing() -> None:
    markup = (
        "A <b>bold</b><br>line <!-- never -->\n\nUse the <script> tag.\n\n<div>block</div>\n\nEnd."
    )
    assert text_of(markup, "md") == "A bold\nline\n\nUse the <script> tag.\n\nblock\n\nEnd."


def test_markdown_of_pictures_alone_has_no_text() -> None:
    with pytest.raises(InputError, match="has no text"):
        text_of("![a boat](boat.png)\n\n---\n", "md")


def test_markdown_in_another_encoding_is_noted() -> None:
    content = "# Traversée\n\nElle dure **une** heure.".encode("cp1252")
    found = extract_text(content, "a.md")
    assert found.text == "Traversée\n\nElle dure une heure."
    assert "Windows-1252" in found.notes[0]
