"""The pre-flight: a few real steps in a process of their own, watched and cancelled from here."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from bert_core import RunError
from bert_core.training.preflight import Preflight, measure
from bert_core.training.spec import RunSpec
from pages._fine_tune.state import SETTING
from pages._shared.sentences import escaped, shown_errors

POLL = 1.0


class Trial:
    """A pre-flight under way; a visitor has at most one.

    Args:
        spec: the run as it would be ordered.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self._began = time.monotonic()
        self._cancelled = threading.Event()
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pre-flight")
        self.answer: Future[Preflight] = worker.submit(measure, spec, check=self._check)
        worker.shutdown(wait=False)

    @property
    def seconds(self) -> float:
        """Time since it began."""
        return time.monotonic() - self._began

    def cancel(self) -> None:
        """End it; its process is gone within a moment."""
        self._cancelled.set()

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise RunError("The pre-flight was cancelled.")


def panel(draft: RunSpec) -> None:
    """The button, what is under way, and the answer as long as it is about this draft."""
    trial: Trial | None = st.session_state.get("ft_trial")
    if trial is not None and not trial.answer.done():
        st.fragment(_under_way, run_every=POLL)()
        return
    st.button(
        "Pre-flight", icon=":material/timer:", key="ft_preflight", width="stretch",
        on_click=lambda: st.session_state.update(ft_trial=Trial(draft)),
        help="Four real steps in a process of their own: time, memory, and whether it fits.",
    )  # fmt: skip
    if trial is not None and trial.spec == draft:
        with shown_errors():
            _answer(trial.answer.result())


def _under_way() -> None:
    trial: Trial | None = st.session_state.get("ft_trial")
    if trial is None or trial.answer.done():
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/timer: Four real steps, {trial.seconds:.0f} s so far")
        st.button("Cancel", key="ft_cancel", on_click=_cancel)


def _cancel() -> None:
    trial: Trial = st.session_state.pop("ft_trial")
    trial.cancel()


def _answer(found: Preflight) -> None:
    if found.fits:
        st.success(escaped(found.sentence), icon=":material/check:")
        return
    st.warning(escaped(found.sentence), icon=":material/memory:")
    if found.proposal is not None:
        st.button("Use these batches", key="ft_proposal", on_click=_take, args=(found.proposal,))


def _take(proposal: dict[str, int]) -> None:
    for name, value in proposal.items():
        st.session_state[SETTING + name] = value
