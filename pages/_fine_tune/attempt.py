"""Try it: the visitor's own text through a run's model, and what training changed."""

from collections.abc import Callable
from typing import Any

import streamlit as st

import bert_core
from bert_core import CoreError, Encoder, ModelChoice
from bert_core.model.checkpoints import Head
from bert_core.model.sources import find
from bert_core.model_names import RUN
from bert_core.training.samples import sample
from bert_core.training.spec import RunSpec
from bert_core.training.tasks import find_task
from bert_core.training.tasks.base import Task
from bert_core.views import answers, figures, tables
from bert_core.views.run_lines import RunLine
from bert_core.views.span_answers import spans
from pages._shared.answers import kept
from pages._shared.charts import STILL
from pages._shared.components import chips
from pages._shared.models import encoder_with_progress
from pages._shared.sentences import escaped, show_notes, shown_errors
from pages._shared.tables import show

PAGES = {"masked_word": ("masked_word.py", "Masked word"),
         "span": ("question_answering.py", "Question answering")}  # fmt: skip
Texts = tuple[str, ...]


def panel(line: RunLine) -> None:
    """Inputs that fit the run's head, the answer, and on request a look inside."""
    st.subheader("Try it", anchor=False)
    task = find_task(line.spec.task)
    head = task.kind.head
    after = choice_of(line)
    if head in PAGES:
        page, title = PAGES[head]
        st.page_link(page, label=f"Open in {title}", icon=":material/open_in_new:",
                     query_params={"model": after.source})  # fmt: skip
    with shown_errors():
        texts = _ask(line.spec, task)
        before = ModelChoice(line.spec.model, line.spec.revision)
        _side_by_side(before, after, head, texts)
        if head != "multiple_choice":  # that one reads several inputs at once
            _inside(before, after, texts)


def choice_of(line: RunLine) -> ModelChoice:
    """The model of a run."""
    return ModelChoice(RUN + line.spec.id)


def _ask(spec: RunSpec, task: Task) -> Texts:
    """The inputs of a head, filled with the first example of the task's sample."""
    ready = _ready(task)
    found = []
    for name, words in ready.items():
        key = f"ft_try_{spec.task}_{name}"
        st.session_state.setdefault(key, words)
        box = st.text_area if "\n" in words or name == "context" else st.text_input
        found.append(box(name.capitalize(), key=key, persist_state="session"))
    return tuple(found)


def _ready(task: Task) -> dict[str, str]:
    if task.kind.head == "masked_word":
        return {"text": "The doctor works at the [MASK]."}
    example: Any = task.kind.read(sample(task.name)[1], {}).examples[0]  # type: ignore[attr-defined]
    if task.kind.head == "classification":
        return {"text": example.text} | ({"pair": example.pair} if example.pair else {})
    if task.kind.head == "tagging":
        return {"text": " ".join(example.words)}
    if task.kind.head == "multiple_choice":
        endings = "\n".join(example.endings)
        return {"context": example.context, "start": example.start, "endings": endings}
    return {"question": example.question, "context": example.context}


def _side_by_side(before: ModelChoice, after: ModelChoice, head: Head, texts: Texts) -> None:
    """The answer, and the starting model's beside it where it can give one."""
    if _could(before, head):
        left, right = st.columns(2)
        with left:
            st.caption("Before training")
            _answer(before, head, texts, "before")
        with right:
            st.caption("After training")
            _answer(after, head, texts, "after")
        return
    _answer(after, head, texts, "after")
    st.caption("The model that training began from has no head for this: it could not answer.")


def _could(before: ModelChoice, head: Head) -> bool:
    """Whether the starting model has the head; its weights are not loaded to tell."""
    try:
        return head in find(before).heads
    except CoreError:
        return False


def _answer(choice: ModelChoice, head: Head, texts: Texts, side: str) -> None:
    asked, draw = _HEADS[head]
    result = kept(
        ("try", head, choice, texts), lambda: asked(encoder_with_progress(choice), *texts)
    )
    draw(result, choice, f"ft_{side}")
    show_notes(result.notes)


def _choose(encoder: Encoder, context: str, start: str, endings: str) -> Any:
    listed = [line.strip() for line in endings.splitlines() if line.strip()]
    return bert_core.choose(encoder, context, listed, start)


def _draw_labels(result: Any, choice: ModelChoice, key: str) -> None:
    if result.score is not None:
        st.metric("Score", f"{result.score:.3f}", border=True)
    else:
        show(answers.labels(result), key=f"{key}_labels")


def _draw_tags(result: Any, choice: ModelChoice, key: str) -> None:
    vocabulary = encoder_with_progress(choice).tokenizer.vocabulary
    chips(answers.tag_chips(result, vocabulary), key=f"{key}_tags", selectable="none",
          label="Tags of the words")  # fmt: skip
    if result.entities:
        show(answers.entities(result), key=f"{key}_entities")
    elif all(word.tag == "O" for word in result.words):
        st.caption("It names nothing: every word is tagged O.")


def _draw_endings(result: Any, choice: ModelChoice, key: str) -> None:
    show(answers.endings(result), key=f"{key}_endings")


def _draw_spans(result: Any, choice: ModelChoice, key: str) -> None:
    st.markdown(f"**{escaped(result.text) or 'No answer'}**")
    show(spans(result), key=f"{key}_spans")
    st.caption(escaped(result.why))


def _draw_fits(result: Any, choice: ModelChoice, key: str) -> None:
    size = len(encoder_with_progress(choice).tokenizer.vocabulary)
    for index, mask in enumerate(result.masks):
        show(tables.fits(mask, size), key=f"{key}_fits_{index}")


_HEADS: dict[str, tuple[Callable[..., Any], Callable[[Any, ModelChoice, str], None]]] = {
    "classification": (bert_core.classify, _draw_labels),
    "tagging": (bert_core.tag, _draw_tags),
    "multiple_choice": (_choose, _draw_endings),
    "span": (bert_core.answer, _draw_spans),
    "masked_word": (bert_core.fill, _draw_fits),
}


def _inside(before: ModelChoice, after: ModelChoice, texts: Texts) -> None:
    """How far heads and hidden states moved on this text."""
    box = st.expander("What training changed inside", icon=":material/difference:",
                      key="ft_inside", on_change="rerun")  # fmt: skip
    if not box.open:
        return
    with box, shown_errors():
        result = kept(
            ("shift", before, after, texts),
            lambda: bert_core.shift(
                encoder_with_progress(before), encoder_with_progress(after), *texts
            ),
        )
        st.caption("Attention: share of each head's weight that went elsewhere")
        st.plotly_chart(figures.shift_heads(result), key="ft_shift_heads", config=STILL)
        st.caption("Hidden states: how far each piece turned")
        st.plotly_chart(figures.shift_pieces(result), key="ft_shift_pieces", config=STILL)
        show_notes(result.notes)
