"""What the home page says of the shipped models: their cards say the same."""

import re

from bert_core.model.facts import shipped_models
from bert_core.model.sources import SHIPPED


def test_every_shipped_model_is_described() -> None:
    assert [facts.name for facts in shipped_models()] == list(SHIPPED)


def test_every_figure_stands_in_the_card_of_its_model() -> None:
    for facts in shipped_models():
        card = (SHIPPED[facts.name] / "README.md").read_text("utf-8")
        said = " ".join((facts.about, facts.trained, facts.on))
        figures = {figure.value.removesuffix("\N{NO-BREAK SPACE}%") for figure in facts.measured}
        figures |= set(re.findall(r"\d[\d.,]*\d|\b\d+\b", said.replace("all-MiniLM-L6-v2", "")))
        assert len(figures) >= 4
        assert {figure for figure in figures if figure not in card} == set()


def test_the_shape_is_that_of_the_file(embedded) -> None:
    checkpoint, about = embedded.checkpoint, shipped_models()[0].about
    assert f"{checkpoint.layers} layers, {checkpoint.attention_heads} heads" in about
    assert f"{checkpoint.hidden} hidden, {checkpoint.parameters / 1e6:.1f} million" in about
