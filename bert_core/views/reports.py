"""One self-contained HTML file of an answer, and its bars as SVG.

Both are written through Jinja templates with automatic escaping, hold no script and load
nothing: they open with the network cut.
"""

from collections.abc import Sequence

from bert_core.tasks.masked import FillResult
from bert_core.tasks.squad import AnswerResult
from bert_core.views import palette
from bert_core.views.tables import BarTable
from bert_core.views.templates import rendered


def bars_svg(table: BarTable) -> str:
    """A table of bars as a standalone SVG picture.

    Args:
        table: any bar table; columns without words are left out.
    """
    return rendered(
        "bars.svg.j2", palette=palette, table=table, texts=_texts(table), full=_full(table)
    )


def report_html(
    result: FillResult | AnswerResult, tables: Sequence[BarTable], *, link: str, snippet: str
) -> str:
    """All tables of an answer in one file.

    Args:
        result: the answer; its texts and notes are shown.
        tables: what the page shows, in order.
        link: the address that restores the page.
        snippet: the Python lines that repeat it.
    """
    match result:
        case FillResult():
            title, texts = "Masked word", _plain(result.tokens.text, result.tokens.pair)
            small = f"pieces: {' '.join(result.tokens.pieces)}"
        case AnswerResult():
            title, small = "Question answering", result.why
            texts = [*_plain(result.question), _marked(result)]
    return rendered(
        "report.html.j2",
        palette=palette,
        title=title,
        texts=texts,
        small=f"Model: {result.model} · {small}",
        notes=result.notes,
        tables=[(table, _full(table)) for table in tables],
        link=link,
        snippet=snippet,
    )


def _plain(*texts: str | None) -> list[list[tuple[str, bool]]]:
    return [[(text, False)] for text in texts if text]


def _marked(result: AnswerResult) -> list[tuple[str, bool]]:
    """The context in parts, each with whether it is the answer."""
    start, end = (result.best.start, result.best.end) if result.best else (0, 0)
    context = result.context
    return [(context[:start], False), (context[start:end], True), (context[end:], False)]


def _full(table: BarTable) -> float:
    longest = max((abs(row.value) for row in table.rows), default=0.0) or 1.0
    return longest if table.scale == "max" else table.scale


def _texts(table: BarTable) -> list[tuple[str, str, float]]:
    """For each row: what stands before the bar, what stands after it, and its value."""
    kinds = [column.kind for column in table.columns]
    before = kinds.index("bar") if "bar" in kinds else len(kinds)
    return [
        (" ".join(row.cells[:before]), row.cells[before] if before < len(row.cells) else "",
         row.value)
        for row in table.rows
    ]  # fmt: skip
