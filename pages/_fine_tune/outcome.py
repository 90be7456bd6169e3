"""What a run left: its figures, its model to try, its card, and ways to take it along."""

import os
import re
import tempfile
from pathlib import Path

import streamlit as st

from bert_core.model.checkpoints import inspect
from bert_core.model.run_models import result_folder
from bert_core.model_names import RUN
from bert_core.training import export, runs
from bert_core.training.folder import RunFolder
from bert_core.training.tasks import all_tasks
from bert_core.views import outcomes
from bert_core.views.run_lines import RunLine
from pages._fine_tune import attempt
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.tables import show

LARGEST = 2**30
"""Bytes of a model that a browser is offered as a download."""
_SHA = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")


def panel(line: RunLine) -> None:
    """Everything about the result of a run."""
    folder = runs.get(line.spec.id)
    if (line.result or {}).get("metrics"):
        show(outcomes.figures(line), key="ft_figures")
    begun = bool(line.result and line.result["steps"])
    if line.partial and begun:
        st.caption("The run was stopped: this is what it had learnt until then.")
    elif line.partial:
        st.caption("The run was stopped before its first step; its folder holds the model that it "
                   "began from. Resume it, or order it anew.")  # fmt: skip
        return
    if counts := outcomes.read_counts(line):
        st.caption(escaped(counts))
    details = outcomes.details(line)
    if details is not None:
        with st.expander("By class", icon=":material/table_rows:"):
            show(details, key="ft_details")
    if not folder.result.is_dir():
        return
    _published(line)
    attempt.panel(line)
    with st.expander("Model card", icon=":material/description:"):
        st.markdown(_card(folder))
    _take_along(folder, line)


def _published(line: RunLine) -> None:
    task = all_tasks().get(line.spec.task)
    sentences = outcomes.comparisons(line, task, parameters(line)) if task else ()
    if sentences:
        with st.expander("Beside published figures", icon=":material/leaderboard:"):
            show_notes(sentences)


def parameters(line: RunLine) -> int | None:
    """Number of weights of a run's model; None as long as there is none."""
    if line.result is None:
        return None
    return inspect(result_folder(RUN + line.spec.id), source=line.spec.id).parameters


def _card(folder: RunFolder) -> str:
    """The card without the lines for machines; what it quotes was escaped as it was made."""
    path = folder.result / "README.md"
    if not path.is_file():
        return "This result has no card."
    # A SHA-256 in full would make its table wider than the page; the file has it.
    text = _SHA.sub(r"\1…", path.read_text(encoding="utf-8"))
    return text.split("\n---\n", 1)[-1] if text.startswith("---\n") else text


def _take_along(folder: RunFolder, line: RunLine) -> None:
    size = sum(path.stat().st_size for path in folder.result.iterdir() if path.is_file())

    def packed() -> bytes:
        with tempfile.TemporaryDirectory(prefix="bert-explorer-zip-") as name:
            return export.zip_result(folder.path, Path(name) / "run.zip").read_bytes()

    with shown_errors(), st.container(horizontal=True, gap="small"):
        if size <= LARGEST:
            st.download_button(f"Model and record (zip, {size / 2**20:,.0f} MiB)", packed,
                               f"{line.spec.id}.zip", "application/zip", on_click="ignore",
                               icon=":material/folder_zip:", key="ft_zip")  # fmt: skip
        else:
            st.caption("The model is too large for a browser: copy the folder "
                       f"runs/{line.spec.id}/result.")  # fmt: skip
        if os.environ.get(export.TOKEN):
            with st.popover("Push to a hub", icon=":material/cloud_upload:"):
                repo = st.text_input("Repository", key="ft_repo", placeholder="owner/name")
                private = st.toggle("Private", True, key="ft_private")
                if st.button("Push", type="primary", key="ft_push", disabled=not repo.strip()):
                    with shown_errors(), st.spinner("Uploading"):
                        st.write(export.push(folder.path, repo.strip(), private=private))
