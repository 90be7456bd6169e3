"""Plain text for pre-training: its instances with their masks, and the realised rates."""

import streamlit as st

from bert_core.training.kinds.pretraining import instance_settings
from bert_core.training.settings import TrainSettings
from bert_core.training.tasks.base import Task
from bert_core.training.text_preview import TextPreview, preview_text
from bert_core.views.instances import LEGEND, instance_caption, instance_chips, rates
from bert_core.views.numbers import counted
from pages._fine_tune.data import Files
from pages._fine_tune.where import Place
from pages._shared.answers import kept
from pages._shared.components import chips
from pages._shared.sentences import escaped, show_notes
from pages._shared.tables import show

LONGEST = 512


def panel(task: Task, files: Files, settings: TrainSettings, place: Place) -> None:
    """The beginning of the text as the model would see it."""
    found = _preview(files, settings, place)
    held = found.statistics.text
    part = "The text" if found.looked_at == found.size else "The beginning of the text"
    sentences, documents = counted(held.sentences, "sentence"), counted(held.documents, "document")
    st.markdown(escaped(f"{part}: {sentences} in {documents}, {held.pieces:,} word pieces."))
    for problem in found.statistics.warnings():
        st.warning(escaped(problem.message), icon=":material/warning:")
    show(rates(found.statistics), key="ft_rates")
    number = st.number_input("Instance", 1, len(found.instances), key="ft_instance")
    instance = found.instances[number - 1]
    chips(instance_chips(instance, found.pieces), key="ft_instance_chips", selectable="none",
          label="Pieces of the instance", height=240)  # fmt: skip
    show_notes([instance_caption(instance), LEGEND])
    if settings.from_scratch:
        show_notes(["The pieces shown are the model's; the run learns its own from the text."])


def _preview(files: Files, settings: TrainSettings, place: Place) -> TextPreview:
    found, wanted = files.train.stat(), str(instance_settings(settings, LONGEST))
    stamp = (str(files.train), found.st_mtime_ns, found.st_size)
    key = ("instances", *stamp, wanted, place.model)

    def compute() -> TextPreview:
        with st.spinner("Making instances of the text"):
            return preview_text(files.train, settings, model=place.model)

    return kept(key, compute)
