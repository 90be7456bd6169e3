"""Models in memory: loaded once, the one unused for longest let go for another."""

import gc
import os
import shutil
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bert_core.errors import ModelError
from bert_core.model.choice import ModelChoice
from bert_core.model.waiting import until
from bert_core.serving.held import HeldModels, Watch, used_mib
from bert_core.settings import EMBEDDED_MODEL
from pages._server.garbage import look_through

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


def test_room_is_made_also_when_nobody_waits_for_it_any_more(choices: list[ModelChoice]) -> None:
    held, left = HeldModels(1), threading.Event()
    first = held.get(choices[0])
    left.set()
    with until(left):
        second = held.get(choices[1])
    assert (first.loaded, second.loaded) == (False, True)


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


def test_what_comes_and_goes_is_told(choices: list[ModelChoice]) -> None:
    told: list[tuple[str, str, bool]] = []

    def tell(what: str) -> Watch:
        return lambda each: told.append((what, Path(each.choice.source).name, each.loaded))

    held = HeldModels(1, on_loaded=tell("came"), on_gone=tell("went"))
    for choice in (*choices[:2], choices[1]):
        held.get(choice)
    first, second = KINDS[:2]
    assert told == [("came", first, True), ("came", second, True), ("went", first, True)]


def spelled(folder: str) -> list[str]:
    """Names of one folder."""
    path = Path(folder)
    return [folder, f"{folder}/", f"{path.parent}/./{path.name}", f"{folder}/../{path.name}"]


def test_one_model_is_held_once_whatever_it_is_called(choices: list[ModelChoice]) -> None:
    came: list[str] = []
    held = HeldModels(9, on_loaded=lambda each: came.append(each.label))
    folder = choices[0].source
    asked = [*(ModelChoice(name) for name in spelled(folder)), ModelChoice(folder, "elsewhere")]
    assert len({id(held.get(each)) for each in asked}) == 1
    assert came == [folder]
    assert len(held.loaded()) == 1


@pytest.mark.usefixtures("models")
def test_a_shipped_model_has_its_name_whoever_asks_first() -> None:
    held = HeldModels(9)
    for name in (*spelled(str(EMBEDDED_MODEL)), "embedded"):
        assert held.get(ModelChoice(name, "zzz")).label == "embedded"
    assert len(held.loaded()) == 1


def test_a_run_that_was_resumed_is_loaded_anew(
    folder_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BERT_EXPLORER_HOME", str(tmp_path))
    result = tmp_path / "runs" / "one" / "result"
    shutil.copytree(folder_of("bert-masked"), result)
    held, choice = HeldModels(9), ModelChoice("run:one")
    first = held.get(choice)
    assert held.get(ModelChoice("run:one", "1700000000")) is first
    time = (result / "model.safetensors").stat().st_mtime
    os.utime(result / "model.safetensors", (time + 1, time + 1))
    second = held.get(choice)
    assert second is not first
    assert held.get(choice) is second


def test_what_may_not_be_opened_is_not_found_by_another_name(
    choices: list[ModelChoice], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = HeldModels(9)
    first = held.get(choices[0])
    held.get(ModelChoice())
    monkeypatch.setenv("BERT_EXPLORER_MODELS", spelled(choices[0].source)[2])
    refused = set(spelled(choices[0].source)) - {spelled(choices[0].source)[2]}
    for name in (*refused, str(EMBEDDED_MODEL)):
        with pytest.raises(ModelError, match="may not be opened here"):
            held.get(ModelChoice(name))
    assert held.get(ModelChoice(spelled(choices[0].source)[2])) is first


def test_weights_that_are_let_go_are_freed_and_what_stays_is_not_looked_through(
    choices: list[ModelChoice],
) -> None:
    held = HeldModels(1, on_changed=look_through)
    try:
        with held.get(choices[0]).computing() as body:
            weights = weakref.ref(next(body.encoder.parameters()))
        del body
        assert gc.get_freeze_count() > 10_000
        held.get(choices[1])
        assert weights() is None
    finally:
        gc.unfreeze()
