"""Link, downloads and snippet of an answer; the files of run_squad for the whole session."""

import json
from dataclasses import replace

import streamlit as st

from bert_core import ModelChoice
from bert_core.tasks.spans.export import run_squad_files
from bert_core.views import records, reports
from bert_core.views.asked import squad_questions
from bert_core.views.snippets import answer_snippet
from bert_core.views.span_answers import spans
from pages._shared.link import address
from pages._shared.toolbar import Download, toolbar
from pages._squad import state
from pages._squad.history import entries
from pages._squad.reading import Reading


def panel(choice: ModelChoice, reading: Reading) -> None:
    """The toolbar of the page."""
    result, table = reading.result, spans(reading.result)
    values = st.session_state
    fits = values["qa_example"] != state.OWN or state.short(values["qa_text"]) is not None
    carried = values if fits else {**values, "qa_text": "", "qa_example": state.FIRST.name}
    link = address(state.LINKED, carried)
    snippet = answer_snippet(choice, result.question, state.short(result.context),
                             reading.settings, reading.decoder, state.layout())  # fmt: skip
    downloads = [
        Download("Candidates (CSV)", "answer.csv", "text/csv", lambda: records.to_csv(result)),
        Download("All numbers (JSON)", "answer.json", "application/json",
                 lambda: records.to_json(result)),
        Download("Figure (SVG)", "answer.svg", "image/svg+xml", lambda: reports.bars_svg(table)),
        Download("Report (HTML, opens offline)", "answer.html", "text/html",
                 lambda: reports.report_html(result, [table], link=link, snippet=snippet)),
        *_session_files(),
    ]  # fmt: skip
    toolbar(link, downloads, snippet, key="qa_export",
            note="" if fits else "The document is too long for an address: the link has the "
            "question and the settings only.")  # fmt: skip


def _session_files() -> list[Download]:
    """run_squad's files for every question of the session, and the questions by their ids."""
    asked = entries()
    ids = [f"q{number}" for number in range(1, len(asked) + 1)]
    answers = [
        replace(each.result, null_score=each.weighed.null_score, null_odds=each.weighed.null_odds)
        for each in asked
    ]
    files = {
        **run_squad_files(ids, answers, impossible=True),
        "questions.json": squad_questions(ids, [each.result for each in asked]),
    }
    return [
        Download(f"{name} (this session)", name, "application/json",
                 lambda name=name: json.dumps(files[name], indent=4, ensure_ascii=False))
        for name in files
    ]  # fmt: skip
