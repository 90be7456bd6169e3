"""Models in memory: loaded once, the one unused for longest let go for another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bert_core.errors import ModelError
from bert_core.model.choice import ModelChoice
from bert_core.serving.held import HeldModels, used_mib

KINDS = ("bert-masked", "bert-span", "bert-bare", "distilbert")


@pytest.fixture
def choices(folder_of) -> list[ModelChoice]:  # type: ignore[no-untyped-def]
    return [ModelChoice(source=str(folder_of(name))) for name in KINDS]


def names(held: HeldModels) -> list[str]:
    return [Path(each.choice.source).name for each in held.loaded()]


def test_many_who_ask_at_once_get_the_same(choices: list[ModelChoice]) -> None:
    held, together = HeldModels(3), threading.Barrier(8)

    def ask(number: int) -> int:
        together.wait(30)
        return id(held.get(choices[number % 2]))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(set(found)) == 2
    assert sorted(names(held)) == sorted(KINDS[:2])


def test_the_one_unused_for_longest_is_let_go(choices: list[ModelChoice]) -> None:
    held = HeldModels(2)
    first, second = held.get(choices[0]), held.get(choices[1])
    assert held.get(choices[0]) is first
    third = held.get(choices[2])
    assert names(held) == [KINDS[0], KINDS[2]]
    assert (first.loaded, second.loaded, third.loaded) == (True, False, True)
    again = held.get(choices[1])
    assert again is not second
    assert again.loaded
    assert not first.loaded


def test_a_ceiling_lets_go_as_many_as_it_takes(choices: list[ModelChoice]) -> None:
    """Memory is counted, not measured here: what other tests hold is not part of it."""
    held = HeldModels(9, 1_000, used=lambda: 900 + sum(e.memory_mib for e in held.loaded()))
    for choice in choices[:3]:
        held.get(choice)
    assert names(held) == list(KINDS[:3]), "tiny models fit"
    tight = HeldModels(9, 900, used=lambda: 899.9 + sum(e.memory_mib for e in tight.loaded()))
    one = tight.get(choices[0])
    two = tight.get(choices[1])
    assert names(tight) == [KINDS[1]], "never less than the one that is asked for"
    assert (one.loaded, two.loaded) == (False, True)
    assert tight.get(choices[1]) is two


def test_what_cannot_be_loaded_leaves_no_trace(
    choices: list[ModelChoice], models: Path, tmp_path: Path
) -> None:
    held = HeldModels(2)
    kept = [held.get(choice) for choice in choices[:2]]
    empty = models / "empty"
    empty.mkdir()
    for _ in range(3):
        with pytest.raises(ModelError):
            held.get(ModelChoice(source=str(empty)))
    assert held.loaded() == kept
    assert all(each.loaded for each in kept)


def test_all_who_wait_for_a_model_that_fails_hear_why(models: Path) -> None:
    held, together = HeldModels(2), threading.Barrier(4)
    missing = ModelChoice(source=str(models / "missing"))

    def ask(_: int) -> str:
        together.wait(30)
        try:
            held.get(missing)
        except ModelError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        assert all("There is no folder" in said for said in pool.map(ask, range(4)))


def test_used_memory_is_that_of_this_process() -> None:
    assert 20 < used_mib() < 100_000
