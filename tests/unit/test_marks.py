"""Mask spellings, and the way back to the text as typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.model.marks import mark


@pytest.mark.parametrize("spelling", ["[MASK]", "[mask]", "<mask>", "___", "____", "_" * 40])
@pytest.mark.parametrize("token", ["[MASK]", "<mask>"])
def test_every_spelling_becomes_the_models_own(spelling: str, token: str) -> None:
    marked = mark(f"at {spelling}.", token)
    assert marked.text == f"at {token}."
    assert marked.to_original(3, 3 + len(token)) == (3, 3 + len(spelling))


@pytest.mark.parametrize(
    "text", ["__", "[Mask]", "[MASK", "<MASK>", "mask", "[ MASK ]", "a_b_c", ""]
)
def test_what_is_no_mask_stays(text: str) -> None:
    marked = mark(text, "[MASK]")
    assert marked.text == text
    assert marked.origins == tuple(range(len(text) + 1))


def test_several_masks_side_by_side() -> None:
    marked = mark("[MASK]___<mask>", "[MASK]")
    assert marked.text == "[MASK][MASK][MASK]"
    assert [marked.to_original(6 * n, 6 * n + 6) for n in range(3)] == [(0, 6), (6, 9), (9, 15)]


pieces = st.lists(
    st.one_of(st.sampled_from(["[MASK]", "[mask]", "<mask>", "___", "____", " ", "["]), st.text())
)


@given(pieces, st.sampled_from(["[MASK]", "<mask>"]))
def test_origins_lead_back(parts: list[str], token: str) -> None:
    text = "".join(parts)
    marked = mark(text, token)
    assert len(marked.origins) == len(marked.text) + 1
    assert list(marked.origins) == sorted(marked.origins)
    assert marked.to_original(0, len(marked.text)) == (0, len(text))
    # What was not rewritten stands where it came from.
    for index, character in enumerate(marked.text):
        start, end = marked.to_original(index, index + 1)
        if end - start == 1:
            assert text[start] == character or text[start : start + 1] in "[<_"
