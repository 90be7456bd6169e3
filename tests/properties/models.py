"""Properties of models on the disk: choices of one, damaged folders, releases of Google's."""

import json
import shutil
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import bert_core
from bert_core.settings import PROJECT
from tests import tiny
from tests.properties import given as g
from tests.properties.files import contents, values
from tests.properties.given import Given
from tests.properties.outcome import outcome

RELEASES = PROJECT / "tests" / "golden" / "google_tiny"
HARMS = st.sampled_from(("cut", "bytes", "values", "other", "gone"))


def damaged(given: Given, source: Path) -> Path:
    """A copy of a folder, whole, or with one of its files cut off, changed, replaced or gone."""
    folder = Path(shutil.copytree(source, given.folder / "copy"))
    how = given.draw(g.mostly(st.just("whole"), HARMS))
    path = folder / given.draw(st.sampled_from(sorted(each.name for each in folder.iterdir())))
    content = bytearray(path.read_bytes())
    if how == "cut":
        del content[given.draw(st.integers(0, len(content))) :]
    elif how == "bytes":
        for _ in range(given.draw(st.integers(1, 4))):
            # Beginnings matter most: lengths and headers stand there.
            at = given.draw(st.integers(0, min(len(content), 400) - 1))
            content[at] = given.draw(st.integers(0, 255))
    elif how == "values" and path.suffix == ".json":
        whole = json.loads(content)
        whole[given.draw(st.sampled_from(sorted(whole)))] = given.draw(values)
        content = bytearray(json.dumps(whole).encode())
    elif how == "other":
        content = bytearray(given.draw(contents))
    path.write_bytes(content)
    if how == "gone":
        path.unlink()
    return folder


def convert(given: Given) -> Any:
    """A release of Google's, whole or damaged, to a folder that can be opened."""
    names = ("uncased_L-2_H-8_A-2", "cased_squad_run", "classifier_run")
    source = damaged(given, RELEASES / given.draw(st.sampled_from(names)))
    wrong = ("", "copy", "no/such", "a\0b", "b" * 300)
    out = given.arguments(
        out=g.Kind(
            st.just(given.folder / "out"),
            st.sampled_from([given.folder / name for name in wrong]),
        )
    )["out"]
    before = sorted(given.folder.iterdir())
    found = outcome(bert_core.convert, source, out, lower=given.draw(st.none() | st.booleans()))
    if found is not None:
        assert found.parameters >= found.tensors > 0
        assert (out / "model.safetensors").stat().st_size > 4 * found.parameters
        encoder = bert_core.load_tokenizer(bert_core.ModelChoice(source=str(out)))
        assert len(encoder.vocabulary) == found.vocabulary
    else:
        assert sorted(given.folder.iterdir()) == before, "a refusal leaves nothing behind"
    return found


SOURCE = st.sampled_from(
    (
        "", " ", ".", "..", "/", "~", "./x", "../../etc", "/etc/passwd", "\\\\x\\y", "C:\\x",
        "a//b", "run:", "run:x", "run:../x", "run:a\0b", "a\0b", "/a\0b", "~nobody-here/x",
        "nothing/there",
        "a" * 5_000, "/" + "a" * 5_000, "../" * 2_000, "\ud800", "/\ud800", "ß/ß", "a/b/c",
        "file:///etc", "https://example.org/x", "run:" + "x" * 5_000, "\x1b[31m", "a\nb",
    )
)  # fmt: skip
CHOICE = {
    "source": g.Kind(st.just("embedded"), SOURCE | g.ANYTHING),
    "revision": g.Kind(st.none(), st.sampled_from(("main", "../x", "", "\0", "a" * 900, 7))),
    "device": g.either("cpu"),
    "precision": g.either("exact", "fast"),
}


def model_choice(given: Given) -> Any:
    """A choice that is legal, or a sentence; equal choices are one key."""
    asked = given.arguments(**CHOICE)
    choice = outcome(bert_core.ModelChoice, **asked)
    if choice is not None:
        assert choice == bert_core.ModelChoice(**asked)
        assert len({choice, bert_core.ModelChoice(**asked)}) == 1
        assert choice.source.strip() != ""
    return choice


def chosen(given: Given) -> Any:
    """A folder that may be damaged, or a name that leads to none."""
    names = ("bert-masked", "roberta", "distilbert")
    folder = damaged(given, given.folder_of(given.draw(st.sampled_from(names))))
    source = g.Kind(st.just(str(folder)), SOURCE)
    return outcome(bert_core.ModelChoice, **given.arguments(**{**CHOICE, "source": source}))


def load(given: Given) -> Any:
    """A model from a folder that may be damaged: if it opens, it answers."""
    choice = chosen(given)
    encoder = None if choice is None else outcome(bert_core.load, choice)
    if encoder is not None:
        tokens = encoder.tokenize(tiny.SENTENCES[0])
        outcome(encoder.trace, tokens, positions=(1,))
    return encoder


def load_tokenizer(given: Given) -> Any:
    """A tokenizer from such a folder: if it opens, it cuts."""
    choice = chosen(given)
    tokenizer = None if choice is None else outcome(bert_core.load_tokenizer, choice)
    if tokenizer is not None:
        outcome(tokenizer.encode, tiny.SENTENCES[0])
    return tokenizer


PROPERTIES = {
    "ModelChoice": model_choice,
    "convert": convert,
    "load": load,
    "load_tokenizer": load_tokenizer,
}
