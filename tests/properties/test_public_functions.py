"""Whatever a public function is given: a result that holds together, or a sentence.

`make test` tries 50 examples of each, the same every time; `make nightly` 1,000 new ones.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bert_core
from bert_core.errors import CoreError
from tests.properties import attended, files, heads, inside, masked_word, models, tokenizers
from tests.properties.given import Given
from tests.properties.outcome import check_sentence

PROPERTIES: dict[str, Callable[[Given], Any]] = {
    **masked_word.PROPERTIES,
    **heads.PROPERTIES,
    **inside.PROPERTIES,
    **attended.PROPERTIES,
    **tokenizers.PROPERTIES,
    **files.PROPERTIES,
    **models.PROPERTIES,
}
NO_INPUT = {
    "CoreError": "what the functions raise",
    "InputError": "what the functions raise",
    "BusyError": "what the functions raise",
    "ModelError": "what the functions raise",
    "RunError": "what the functions raise",
    "list_models": "it takes nothing, and passes over what it cannot read",
    "Trace": "what a pass leaves behind; it checks nothing",
}
"""Public names that are given nothing from outside, and why."""
FUNCTIONS = [name for name in bert_core.__all__ if name not in NO_INPUT]


def test_every_public_name_has_a_property() -> None:
    assert set(FUNCTIONS) == set(PROPERTIES)
    assert set(NO_INPUT) <= set(bert_core.__all__)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of the hub leads to the sentence that the hub cannot be reached."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_any_input_ends_in_a_result_or_a_sentence(
    name: str,
    encoder_of: Callable[[str], Any],
    folder_of: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    examples = answered = 0

    @settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(st.data())
    def check(data: st.DataObject) -> None:
        nonlocal examples, answered
        folder = Path(tempfile.mkdtemp(prefix="example-", dir=tmp_path))
        try:
            found = PROPERTIES[name](Given(data.draw, encoder_of, folder_of, folder))
        finally:
            shutil.rmtree(folder)
        examples, answered = examples + 1, answered + (found is not None)

    check()
    # A property of inputs that are nearly all refused, or all taken, would say little.
    assert examples / 20 < answered < examples, f"{answered} of {examples} were answered"


@given(st.text(min_size=11, max_size=40).map(lambda text: f"A {text}."))
def test_whatever_an_error_repeats_can_be_shown(text: str) -> None:
    check_sentence(str(CoreError(text)))
