"""Answers computed on a GPU: those of the CPU, and a sentence where memory runs out."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

import bert_core
from bert_core.analysis.attention.attend import attend
from bert_core.analysis.lens import lens
from bert_core.errors import InputError, ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.devices import list_devices
from bert_core.model.encoder import Encoder
from bert_core.tasks.classify import classify
from tests import tiny

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
CLOSE = 2e-4
"""Of logits and hidden states of size 1 to 10. Products in TensorFloat32 would be 100 times off."""
TEXT = "The heron waits near the cold [MASK] every morning."
LONG = " ".join(tiny.SENTENCES * 8)
Both = tuple[Encoder, Encoder]


@pytest.fixture(scope="module")
def both(base_of: Callable[[str], Path], device: str) -> Callable[..., Both]:
    """The same model on the CPU and on the GPU."""
    loaded: dict[str, Both] = {}

    def get(head: str = "pretraining") -> Both:
        if head not in loaded:
            first, second = (
                bert_core.load(ModelChoice(str(base_of(head)), device=where))
                for where in ("cpu", device)
            )
            loaded[head] = first, second
        return loaded[head]

    return get


@contextmanager
def no_more_memory() -> Iterator[None]:
    """Torch gets no further memory of the GPU; what it holds stays."""
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(0.0)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def test_the_gpu_is_listed_with_its_memory(base_of: Callable[[str], Path], device: str) -> None:
    here = {each.name: each for each in list_devices()}
    assert torch.cuda.get_device_name(0) in here[device].label
    assert "GiB free" in here[device].label
    native = torch.cuda.get_device_capability(0) >= (8, 0)
    assert here[device].fast == ("bfloat16" if native else "float16")
    with pytest.raises(InputError, match=rf"no device cuda:9 .*{device}"):
        bert_core.load(ModelChoice(str(base_of("bare")), device="cuda:9"))


def test_weights_are_where_they_were_asked_for(both: Callable[..., Both], device: str) -> None:
    _, gpu = both()
    assert ModelChoice(device="cuda").device == gpu.choice.device == device
    with gpu.computing() as body:
        assert str(body.device) == device
    assert not torch.backends.cuda.matmul.allow_tf32, "exact means float32"


def test_masked_words(both: Callable[..., Both]) -> None:
    cpu, gpu = (bert_core.fill(each, TEXT) for each in both())
    for one, other in zip(cpu.masks[0].candidates, gpu.masks[0].candidates, strict=True):
        assert one.word == other.word
        assert one.probability == pytest.approx(other.probability, abs=1e-4)
    assert cpu.masks[0].entropy == pytest.approx(gpu.masks[0].entropy, abs=1e-3)


def test_hidden_states_and_logits_of_all_levels(both: Callable[..., Both]) -> None:
    traces = [
        each.trace(each.tokenize(TEXT), positions=(3, 7), hidden=True, next_sentence=True)
        for each in both()
    ]
    for name in ("hidden", "logits", "next_sentence"):
        one, other = (getattr(trace, name) for trace in traces)
        np.testing.assert_allclose(one, other, atol=CLOSE, rtol=CLOSE, err_msg=name)
    seen = [lens(each, trace, 7) for each, trace in zip(both(), traces, strict=True)]
    for one, other in zip(seen[0].layers, seen[1].layers, strict=True):
        assert one.entropy == pytest.approx(other.entropy, abs=1e-3)


def test_surprise_of_every_piece(both: Callable[..., Both]) -> None:
    cpu, gpu = (bert_core.surprise(each, each.tokenize(TEXT)) for each in both())
    for one, other in zip(cpu.pieces, gpu.pieces, strict=True):
        assert one.bits == pytest.approx(other.bits, abs=2e-3)
    assert cpu.pll == pytest.approx(gpu.pll, rel=1e-4)


def test_next_sentences(both: Callable[..., Both]) -> None:
    first, second = tiny.SENTENCES[:2]
    cpu, gpu = (bert_core.next_sentence(each, first, second) for each in both())
    assert cpu.score.answer == gpu.score.answer
    assert cpu.score.p_is_next == pytest.approx(gpu.score.p_is_next, abs=1e-4)
    assert cpu.swapped.p_is_next == pytest.approx(gpu.swapped.p_is_next, abs=1e-4)


def test_answers_in_several_windows(both: Callable[..., Both]) -> None:
    cpu, gpu = (
        bert_core.answer(each, "Where does the heron wait?", LONG * 2) for each in both("span")
    )
    assert cpu.windows == gpu.windows > 1
    assert cpu.text == gpu.text
    scores = [[each.probability for each in result.nbest] for result in (cpu, gpu)]
    np.testing.assert_allclose(*scores, atol=1e-4)


def test_classes(both: Callable[..., Both]) -> None:
    cpu, gpu = (classify(each, TEXT) for each in both("classification"))
    assert cpu.label == gpu.label


@pytest.mark.parametrize("measure", ["raw", "rollout", "norm"])
@pytest.mark.parametrize("level", ["piece", "word"])
def test_attention(both: Callable[..., Both], measure: str, level: str) -> None:
    cpu, gpu = (
        attend(each, TEXT, tiny.SENTENCES[1], measure=measure, level=level)  # type: ignore[arg-type]
        for each in both()
    )
    np.testing.assert_allclose(cpu.weights, gpu.weights, atol=CLOSE, rtol=CLOSE)


def test_many_texts_that_share_a_batch(both: Callable[..., Both]) -> None:
    texts = [" ".join(tiny.SENTENCES[: n % 5 + 1]) for n in range(40)]
    found = []
    for each in both():
        inputs = [each.tokenize(text) for text in texts]
        found.append(np.concatenate(each.head_logits("next_sentence", inputs)))
    np.testing.assert_allclose(*found, atol=CLOSE, rtol=CLOSE)


def test_the_fast_mode_is_close(base_of: Callable[[str], Path], both, device: str) -> None:
    fast = bert_core.load(ModelChoice(str(base_of("pretraining")), device=device, precision="fast"))
    assert fast.label.endswith("(fast)")
    exact, close = (
        each.trace(each.tokenize(TEXT), hidden=True).hidden for each in (both()[1], fast)
    )
    assert exact is not None
    assert close is not None
    gap = np.abs(exact - close).max()
    assert 1e-5 < gap < 0.5, "16 bits, and yet the same model"


def test_an_answer_for_which_memory_runs_out_is_a_sentence(both, device: str) -> None:
    _, gpu = both()
    tokens = gpu.tokenize(LONG)
    with no_more_memory(), pytest.raises(InputError, match=f"^{device} ran out of memory") as told:
        gpu.trace(tokens, hidden=True, attention=True)
    assert told.value.field == "device"
    assert "GPU 0 has a total capacity" not in str(told.value)
    assert gpu.trace(tokens, hidden=True).hidden is not None, "and the next one is answered"


def test_a_model_for_which_there_is_no_memory_is_a_sentence(
    base_of: Callable[[str], Path], device: str
) -> None:
    with no_more_memory(), pytest.raises(ModelError, match="has not enough memory") as told:
        bert_core.load(ModelChoice(str(base_of("bare")), device=device))
    assert told.value.field == "device"


def test_memory_comes_back_when_a_model_is_released(
    base_of: Callable[[str], Path], device: str
) -> None:
    before = torch.cuda.memory_allocated()
    encoder = bert_core.load(ModelChoice(str(base_of("bare")), device=device))
    taken = torch.cuda.memory_allocated() - before
    assert taken >= encoder.memory_mib * 2**20
    encoder.release()
    gc.collect()
    assert torch.cuda.memory_allocated() - before < taken / 10
