"""Model cards: what they say and must not say, and that nothing a person typed breaks out."""

import hashlib
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert_core.training.card import escaped, write_card
from bert_core.training.grid import GridResult, summarise
from bert_core.training.settings import TrainSettings
from bert_core.training.sharing import bare_command, without_places
from bert_core.training.spec import DataFile, RunSpec
from bert_core.training.tasks import find_task

SHA = hashlib.sha256(b"reviews").hexdigest()


def spec(**changes: Any) -> RunSpec:
    values: dict[str, Any] = {
        "id": "sst2-1",
        "name": "Reviews of cafés",
        "task": "sst2",
        "train": DataFile(path="/data/ada/reviews_2.tsv", sha256=SHA, size=12_345),
        "dev": DataFile(path="C:\\data\\dev.tsv", sha256="0" * 64, size=99),
        "command": "python -m bert_core train --task sst2 --train /data/ada/reviews_2.tsv",
        "packages": {"torch": "2.13.0"},
        "commit": "abc123",
    }
    return RunSpec(**{**values, **changes})


def record(**changes: Any) -> dict[str, Any]:
    return {
        "metrics": {"accuracy": 0.91},
        "details": {"0": {"precision": 0.9, "support": 30.0}},
        "step": 40,
        "steps": 1060,
        "partial": False,
        "seconds": 300.0,
        "data": {"train": 1_234, "dev": 20, "cut": 3, "dev_cut": 0},
        "start": "embedded",
        **changes,
    }


@pytest.fixture
def card(own_copy: Callable[[str], Path]) -> Callable[..., str]:
    folder = own_copy("bert-classification")

    def written(order: RunSpec | None = None, said: Any = None, **more: Any) -> str:
        order = order or spec()
        path = write_card(folder, order, find_task(order.task), said or record(), **more)
        assert path == folder / "README.md"
        return path.read_text(encoding="utf-8")

    return written


def test_a_card_says_what_was_done(card: Callable[..., str]) -> None:
    text = card()
    assert text.startswith("---\nlibrary_name: transformers\npipeline_tag: text-classification\n")
    assert "\n# Reviews of cafés\n" in text
    assert "starting from the small BERT that comes with it" in text
    assert "| accuracy (decides) | 0.9100 |" in text
    assert "Measured on 20 examples (dev.tsv), with the weights of step 40 of 1,060." in text
    assert f"| training | reviews\\_2.tsv | 12,345 | `{SHA}` |" in text
    assert "- Examples trained on: 1,234." in text
    assert "which were cut: 3." in text
    assert "that were cut: 0" not in text
    assert "| learning\\_rate | 3e-05 |" in text
    assert "in 5 minutes." in text
    assert "```sh\npython -m bert_core train --task sst2 --train reviews_2.tsv\n```" in text
    assert "torch 2.13.0, BERT Explorer at commit abc123." in text
    assert "91.00 is below the band 91.70 to 93.70 of BERT-base" in text
    assert "a smaller model is expected below it" in text
    assert "| Class | precision | support |" in text
    assert "| 0 | 0.9000 | 30 |" in text
    assert "Licence: none was chosen" in text
    assert "Partial" not in text


def test_a_card_names_no_folder_of_this_machine(card: Callable[..., str]) -> None:
    text = card(
        spec(model="/home/ada/models/mine", dev=None),
        record(start="/home/ada/models/mine"),
    )
    assert "starting from mine." in text
    assert "(held back from the training data)" in text
    for place in ("/data", "/home", "ada/", "C:"):
        assert place not in text


def test_a_stopped_run_is_called_partial(card: Callable[..., str]) -> None:
    text = card(said=record(partial=True, steps=17, step=-1, metrics={}, details={}, data={}))
    assert "> **Partial.** Training was stopped after 17 steps" in text
    assert "Nothing was measured." in text
    assert "| Measure |" not in text


def test_a_number_that_is_none_is_called_so(card: Callable[..., str]) -> None:
    text = card(said=record(metrics={"accuracy": math.nan, "f1": 88.4}))
    assert "| accuracy (decides) | not a number |" in text
    assert "| f1 | 88.40 |" in text


def test_a_grid_brings_its_means(card: Callable[..., str]) -> None:
    results = [
        GridResult(TrainSettings(seed=seed), {"accuracy": value})
        for seed, value in ((1, 0.90), (2, 0.94))
    ]
    results.append(GridResult(TrainSettings(learning_rate=5e-5), {"accuracy": 0.5}))
    text = card(grid=summarise(results, find_task("sst2")))
    assert "as one of 2 points of a grid" in text
    assert "| 32 | 3e-05 | 3 | 2 | 0.9200 ± 0.0283 |" in text
    assert "| 32 | 5e-05 | 3 | 1 | 0.5000 |" in text
    assert "Note: The best of 2 points" in text


def test_only_settings_that_had_a_say_are_listed(card: Callable[..., str]) -> None:
    sentences = card()
    assert "doc\\_stride" not in sentences
    assert "dupe\\_factor" not in sentences
    assert "vocabulary\\_size" not in sentences
    spans = card(spec(task="squad"), record(metrics={"f1": 88.4}, details={}))
    assert "| doc\\_stride | 128 |" in spans
    assert "dupe\\_factor" not in spans
    assert "AutoModelForQuestionAnswering" in spans
    assert "88.40 is inside the band 87.50 to 89.50 of BERT-base, f1" in spans


NASTY = "x | y\n# Heading\n<script>alert(1)</script> [link](http://evil) `code` *b* &amp; @ada"


def test_what_people_typed_stays_text(card: Callable[..., str]) -> None:
    order = spec(
        name=NASTY,
        train=DataFile(path=f"/data/{NASTY.replace('/', '')}.tsv", sha256=SHA, size=1),
        command="python -m bert_core train --name '```\n# out of the block'",
    )
    text = card(order, record(details={NASTY: {"f1": 0.5}}))
    assert "<script>" not in text
    assert "[link](" not in text
    assert "\n# Heading" not in text
    row = next(line for line in text.splitlines() if line.startswith("| training |"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 5, "four cells"
    fences = [line for line in text.splitlines() if re.fullmatch(r"`{3,}\w*", line)]
    assert fences[0] == "````sh"
    assert "````" in fences[1:]


def test_a_table_of_too_many_classes_is_left_out(card: Callable[..., str]) -> None:
    text = card(said=record(details={f"class {n}": {"f1": 0.5} for n in range(41)}))
    assert "class 7" not in text


@given(st.text(max_size=60))
def test_escaped_text_is_one_line_and_has_no_bare_sign(text: str) -> None:
    line = escaped(text)
    assert "\n" not in line
    assert "\r" not in line
    assert line.isprintable()
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_|\[\]]", line.replace("\\\\", ""))
    assert "<" not in line
    assert ">" not in line


def test_a_shared_spec_keeps_all_but_the_places() -> None:
    shared = without_places(spec(model="./models/mine"))
    assert shared.train.path == "reviews_2.tsv"
    assert shared.dev is not None
    assert shared.dev.path == "dev.tsv"
    assert shared.model == "mine"
    assert shared.train.sha256 == SHA
    assert shared.command.endswith("--train reviews_2.tsv")
    assert without_places(shared) == shared


@pytest.mark.parametrize(
    ("command", "bare"),
    [
        ("", ""),
        ("train --train=/a/b.tsv --set seed=3", "train --train=b.tsv --set seed=3"),
        ("train --model google-bert/bert-base", "train --model google-bert/bert-base"),
        ("train --train ~/x/y.tsv --model ../m", "train --train y.tsv --model m"),
        ("train 'no partner", "train ''\"'\"'no' partner"),
    ],
)
def test_commands_lose_their_paths(command: str, bare: str) -> None:
    assert bare_command(command) == bare
