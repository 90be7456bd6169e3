"""The two models that ship with the project, on a GPU."""

import pytest

import bert_core
from bert_core.model.choice import READER, ModelChoice
from tests import tiny

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
CONTEXT = "The club was founded in 1902 by a baker. In winter its members repaired eleven kayaks."


def test_the_embedded_model_fills_in_the_same_words(device: str) -> None:
    text = tiny.SENTENCES[0].replace("lake", "[MASK]")
    cpu, gpu = (
        bert_core.fill(bert_core.load(ModelChoice(device=w)), text) for w in ("cpu", device)
    )
    for one, other in zip(cpu.masks[0].candidates, gpu.masks[0].candidates, strict=True):
        assert one.word == other.word
        assert one.probability == pytest.approx(other.probability, abs=1e-5)
    assert [s.text for s in cpu.sentences] == [s.text for s in gpu.sentences]


@pytest.mark.parametrize("precision", ["exact", "fast"])
def test_the_reader_finds_the_same_answers(device: str, precision: str) -> None:
    cpu = bert_core.load(ModelChoice(READER))
    gpu = bert_core.load(ModelChoice(READER, device=device, precision=precision))  # type: ignore[arg-type]
    for question in ("When was the club founded?", "How many kayaks did the members repair?"):
        one, other = (bert_core.answer(each, question, CONTEXT) for each in (cpu, gpu))
        assert one.text == other.text
