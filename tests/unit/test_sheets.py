"""Tables of numbers on a page: read in our words, sorted and saved as they are."""

import io

import pyarrow
from streamlit.testing.v1 import AppTest

from bert_core.views.numbers import percent, share


def script() -> None:
    import streamlit as st

    from bert_core.views.numbers import percent, share
    from pages._shared.tables import sheet

    rows = [
        {"line": 1, "P": 0.97549, "part": 0.0, "text": "<b>one</b>"},
        {"line": 2, "P": 0.00001, "part": 0.5, "text": "two"},
        {"line": 3, "P": None, "part": 1.0, "text": ""},
    ]
    sheet(rows, {"P": percent, "part": share}, key="it", pinned=("line",),
          on_pick=lambda row: st.session_state.update(picked=row))  # fmt: skip


def shown(page: AppTest) -> dict[str, list[str]]:
    """The words in the cells by the place of their column."""
    sent = page.dataframe[0].proto.arrow_data.styler.display_values
    return pyarrow.ipc.open_stream(io.BytesIO(sent)).read_all().to_pydict()


def test_words_are_read_and_numbers_kept() -> None:
    page = AppTest.from_function(script).run()
    assert not page.exception
    line, chance, part, text = shown(page).values()
    assert line == ["1", "2", "3"]
    assert chance == [percent(0.97549), percent(0.00001), "–"]
    assert part == [share(0.0), share(0.5), share(1.0)]
    assert text == ["<b>one</b>", "two", ""]
    kept = page.dataframe[0].value
    assert kept["P"].tolist()[:2] == [0.97549, 0.00001], "not rounded"
    assert kept["text"].tolist() == ["<b>one</b>", "two", ""]
