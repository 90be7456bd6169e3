"""The doctor's findings, at once: counts, balance, lengths, every problem with its row."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from bert_core.data.clean import clean_bytes
from bert_core.data.doctor import FileReport, Report
from bert_core.training.inspection import Inspection, inspect_data
from bert_core.training.kinds.examples import ExampleKind
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks.base import Task
from bert_core.views import doctor
from pages._fine_tune import text
from pages._fine_tune.data import Files
from pages._fine_tune.where import Place
from pages._shared.answers import kept
from pages._shared.charts import STILL
from pages._shared.sentences import escaped, shown_errors
from pages._shared.tables import show


@dataclass(frozen=True, slots=True)
class Found:
    """What a launch needs to know of the data.

    Attributes:
        why_not: a sentence that stops a launch, or None.
        mapping: columns of the training data.
        dev_mapping: those of the dev data; None: the same.
    """

    why_not: str | None
    mapping: dict[str, str]
    dev_mapping: dict[str, str] | None


def panel(task: Task, files: Files, settings: TrainSettings, place: Place) -> Found | None:
    """Examine the files and show what was found; None when they cannot be read at all."""
    with shown_errors():
        if not isinstance(task.kind, ExampleKind):
            text.panel(task, files, settings, place)
            return Found(None, {}, None)
        report = _report(task, files, settings, place)
        _columns(task.kind, report.files)
        if report.findings:
            show(doctor.problems(report), key="ft_problems")
        show(doctor.checks(report), key="ft_checks")
        if report.findings:
            with st.container(horizontal=True, gap="small"):
                _downloads(task, files, settings, place, report)
        _pictures(report)
        mapping, dev_mapping = _chosen(task.kind)
        return Found(doctor.why_blocked(report), mapping, dev_mapping)
    return None


def _chosen(kind: ExampleKind) -> tuple[dict[str, str], dict[str, str] | None]:
    """The mappings that the visitor chose so far."""
    maps = [
        {role: str(column) for role in kind.roles
         if (column := st.session_state.get(f"ft_map_{file}_{role}"))}
        for file in ("train", "dev")
    ]  # fmt: skip
    return maps[0], maps[1] or None


def _examined(task: Task, files: Files, settings: TrainSettings, place: Place) -> Inspection:
    mapping, dev_mapping = _chosen(task.kind)
    return inspect_data(
        task, files.train, files.dev, settings,
        mapping=mapping, dev_mapping=dev_mapping, model=place.model,
    )  # fmt: skip


def _report(task: Task, files: Files, settings: TrainSettings, place: Place) -> Report:
    """The findings; read again only when a file, a column or the longest input changes."""
    stamps = tuple(_stamp(path) for path in files if path is not None)
    length = settings.max_seq_length
    key = ("doctor", task.name, stamps, str(_chosen(task.kind)), length, place.model)

    def compute() -> Report:
        with st.spinner("Reading and checking the data"):
            return _examined(task, files, settings, place).report

    return kept(key, compute)


def _stamp(path: Path) -> tuple[str, int, int]:
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size


def _columns(kind: ExampleKind, files: tuple[FileReport, ...]) -> None:
    """Which column is taken for what; open when a column was looked for in vain."""
    if not kind.roles or not any(file.columns for file in files):
        return
    missing = any(set(file.mapping.values()) - set(file.columns) for file in files)
    used = ", ".join(f"{role}: {name}" for role, name in files[0].mapping.items())
    with st.expander("Say which column is which" if missing else escaped(f"Columns: {used}"),
                     expanded=missing, icon=":material/view_column:"):  # fmt: skip
        for file in files:
            if file.role == "dev" and file.columns == files[0].columns:
                continue
            titles = {"train": "", "dev": " in the dev data"}
            for column, role in zip(st.columns(len(kind.roles)), kind.roles, strict=True):
                key = f"ft_map_{file.role}_{role}"
                names = [name for name in file.columns if name]
                if st.session_state.get(key) not in (None, *names):
                    del st.session_state[key]
                taken = file.mapping.get(role)
                column.selectbox(role.capitalize() + titles[file.role], names, None, key=key,
                                 placeholder=taken if taken in names else "choose",
                                 persist_state="session")  # fmt: skip


def _downloads(
    task: Task, files: Files, settings: TrainSettings, place: Place, report: Report
) -> None:
    ending = "json" if task.kind.head == "span" else "jsonl"
    for index, file in enumerate(report.files):
        name = {"train": "training", "dev": "dev"}[file.role]

        def cleaned(index: int = index, file: FileReport = file) -> bytes:
            held = _examined(task, files, settings, place)
            return clean_bytes((held.train, held.dev)[index], without=file.unusable)

        if file.usable > len(file.unusable):
            st.download_button(
                f"Cleaned {name} data", cleaned, f"{task.name}-{file.role}.clean.{ending}",
                on_click="ignore",
                type="tertiary", icon=":material/cleaning_services:", key=f"ft_clean_{file.role}",
                help="Its usable rows in one form; what is left out is listed below.",
            )  # fmt: skip
    st.download_button(
        "All problems (CSV)", lambda: doctor.problems_csv(report), "problems.csv", "text/csv",
        on_click="ignore", type="tertiary", icon=":material/download:", key="ft_problems_csv",
    )  # fmt: skip


def _pictures(report: Report) -> None:
    if any(len(file.labels) > 1 for file in report.files):
        show(doctor.labels(report), key="ft_labels")
    if any(file.numbers for file in report.files):
        st.plotly_chart(doctor.numbers_figure(report), key="ft_numbers", config=STILL)
    if any(file.lengths for file in report.files):
        st.markdown("**Lengths**")
        st.plotly_chart(doctor.length_figure(report), key="ft_lengths", config=STILL)
