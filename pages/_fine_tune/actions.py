"""What can be done with a run: stop, resume, launch again, delete; each asks before it acts."""

import streamlit as st

from bert_core.settings import in_demo
from bert_core.training import runs
from bert_core.training.failures import relaunch_settings
from bert_core.training.folder import RunFolder
from bert_core.views.run_lines import RunLine
from pages._fine_tune import order, state
from pages._shared.sentences import escaped, shown_errors

PATIENCE = 2.0  # seconds in which a run that is to be killed may still end by itself


def panel(folder: RunFolder, line: RunLine) -> None:
    """The buttons that fit the state of a run; in a demonstration, none."""
    if in_demo():
        return
    with shown_errors(), st.container(horizontal=True, gap="small"):
        if not line.status.over:
            _stop(folder, line)
        else:
            if line.status.reason == "out of memory":
                _smaller(line)
            if line.status.state != "finished":
                _resume(folder)
        if st.button("Use these settings", icon=":material/replay:", key="ft_again",
                     type="tertiary", on_click=state.repeat, args=(line.spec,),
                     help="Fills the form of a new run with them."):  # fmt: skip
            st.rerun()
        if line.status.over:
            _delete(folder, line)


def _stop(folder: RunFolder, line: RunLine) -> None:
    if line.status.state != "stopping":
        with st.popover("Stop", icon=":material/stop:"):
            st.write("It saves a checkpoint and a model that opens, marked as partial; it can be "
                     "resumed.")  # fmt: skip
            if st.button("Stop and save", type="primary", key="ft_stop"):
                runs.stop(folder)
                st.rerun()
        return
    with st.popover("It does not stop", icon=":material/dangerous:"):
        st.write("It is saving, or busy with a step. Killed, it keeps its last whole checkpoint; "
                 "what came after is lost.")  # fmt: skip
        if st.button("Kill it", key="ft_kill"):
            with st.spinner("Ending it"):
                runs.stop(folder, force=True, grace=PATIENCE)
            st.rerun()


def _resume(folder: RunFolder) -> None:
    saved = folder.checkpoints()  # sizes only: every byte is looked at when it is resumed
    whole = [each.step for each in saved if each.problem is None]
    with st.popover("Resume", icon=":material/resume:"):
        where = "It begins anew: there is no checkpoint."
        if whole:
            where = f"It goes on from step {whole[-1]:,} in the same folder."
        refused = [f"{each.path.name} cannot be used: {each.problem}." for each in saved
                   if each.problem is not None and each.step > max(whole, default=-1)]  # fmt: skip
        st.write(escaped(" ".join((*refused, where))))
        if st.button("Resume it", type="primary", key="ft_resume"):
            runs.resume(folder)
            st.rerun()


def _smaller(line: RunLine) -> None:
    better = relaunch_settings(line.spec.settings)
    if better is None:
        return
    label = f"Launch again with batches of {better.batch_size} × {better.accumulation}"
    if better.batch_size == line.spec.settings.batch_size:
        label = "Launch again with gradient checkpointing"
    if st.button(label, type="primary", icon=":material/memory:", key="ft_smaller",
                 help="As many examples for each optimizer step, in less memory."):  # fmt: skip
        state.choose_run(order.again(line.spec, better))
        st.rerun()


def _delete(folder: RunFolder, line: RunLine) -> None:
    with st.popover("Delete", icon=":material/delete:", type="tertiary"):
        st.write(escaped(f"Deletes {line.label} with its checkpoints, its model and its record."))
        if st.button("Delete for good", key="ft_delete"):
            runs.delete(folder)
            state.choose_run("")
            st.rerun()
