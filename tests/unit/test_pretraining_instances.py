"""Pre-training instances against those of google-research/bert, and against what they promise."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bert_core.data.pretraining.build import build
from bert_core.data.pretraining.cutting import google_cut
from bert_core.data.pretraining.export import as_record, write_jsonl
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.statistics import Statistics
from bert_core.data.pretraining.store import Instance, InstanceStore
from bert_core.errors import InputError
from bert_core.settings import EMBEDDED_MODEL

OWN = Path(__file__).parents[1] / "golden" / "own"
VOCABULARY = (EMBEDDED_MODEL / "vocab.txt").read_bytes()
PIECES = VOCABULARY.decode().removesuffix("\n").split("\n")
RUNS = [
    json.loads(line)
    for line in gzip.decompress((OWN / "pretraining_data.jsonl.gz").read_bytes()).split(b"\n")
    if line
]
CUTS = [
    json.loads(line)
    for line in (OWN / "tokenization.jsonl").read_text(encoding="utf-8").split("\n")
    if line
]


def settings_of(run: dict) -> InstanceSettings:  # type: ignore[type-arg]
    given_ = run["settings"]
    return InstanceSettings(
        max_seq_length=given_["max_seq_length"],
        max_predictions=given_["max_predictions_per_seq"],
        masked_share=given_["masked_lm_prob"],
        dupe_factor=given_["dupe_factor"],
        short_share=given_["short_seq_prob"],
        whole_words=given_["do_whole_word_mask"],
        seed=run["random_seed"],
    )


@pytest.fixture(scope="module")
def cut():  # type: ignore[no-untyped-def]
    return google_cut(PIECES, lower=True)


# ---- exactness ---------------------------------------------------------------------------------


def test_the_vocabulary_is_that_of_the_golden_data() -> None:
    expected = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
    assert hashlib.sha256(VOCABULARY).hexdigest() == expected
    assert sum(run["n_instances"] for run in RUNS) == 1265


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["id"])
def test_instances_are_those_of_the_reference(run, cut, tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = tmp_path / "text.txt"
    text.write_bytes(run["input_text"].encode())
    store = build([text], tmp_path / "store", settings_of(run), cut=cut, pieces=PIECES)
    assert len(store) == run["n_instances"]
    assert [as_record(instance, PIECES) for instance in store] == run["instances"]

    write_jsonl(store, tmp_path / "out.jsonl", PIECES)
    written = (tmp_path / "out.jsonl").read_bytes().decode("ascii").split("\n")
    assert written.pop() == ""
    assert [json.loads(line) for line in written] == run["instances"]
    assert list(json.loads(written[0])) == list(run["instances"][0]), "the same order of keys"


def test_the_exact_tokenizer_is_that_of_the_reference() -> None:
    for lower in (True, False):
        rows = [row for row in CUTS if row["lower"] is lower]
        found = google_cut(PIECES, lower=lower)([row["text"] for row in rows])
        assert found == [row["ids"] for row in rows]


def test_the_model_s_own_tokenizer_differs_in_final_sigmas_only(embedded, cut) -> None:  # type: ignore[no-untyped-def]
    lines = sorted({line.strip() for run in RUNS for line in run["input_text"].split("\n")} - {""})
    pairs = zip(lines, cut(lines), embedded.tokenizer.cut_many(lines), strict=True)
    differing = [line for line, exact, own in pairs if exact != own]
    explained = {row["text"] for row in CUTS if row["hf_reason"] == "final sigma"}
    assert len(differing) == 1
    assert set(differing) <= explained


def test_several_files_are_read_as_one(tmp_path: Path, cut) -> None:  # type: ignore[no-untyped-def]
    run = RUNS[0]
    lines = run["input_text"].splitlines(keepends=True)
    parts = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for part, some in zip(parts, (lines[:100], lines[100:]), strict=True):
        part.write_bytes("".join(some).replace("\n", "\r\n").encode())
    store = build(parts, tmp_path / "store", settings_of(run), cut=cut, pieces=PIECES)
    assert [as_record(instance, PIECES) for instance in store] == run["instances"]
    assert [source.sha256 for source in store.sources] == [
        hashlib.sha256(part.read_bytes()).hexdigest() for part in parts
    ]


# ---- what every instance promises --------------------------------------------------------------

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CLS, SEP, MASK = 2, 3, 4


def numbers(texts: Sequence[str]) -> list[list[int]]:
    """A tokenizer for texts that are ids already."""
    return [[int(word) for word in text.split()] for text in texts]


def written(documents: list[list[int]]) -> tuple[str, list[list[int]]]:
    """A text in which every piece is another one, and its sentences as ids."""
    lines, sentences, at = [], [], len(SPECIAL)
    for document in documents:
        for length in document:
            sentences.append(list(range(at, at + length)))
            lines.append(" ".join(map(str, sentences[-1])))
            at += length
        lines.append("")
    return "\n".join(lines), sentences


def made(
    text: str, pieces: list[str], settings: InstanceSettings
) -> tuple[InstanceStore, list[Instance]]:
    with TemporaryDirectory() as folder:
        (Path(folder) / "text.txt").write_text(text)
        store = build(
            [Path(folder) / "text.txt"], Path(folder) / "s", settings, cut=numbers, pieces=pieces
        )
        return store, list(store)


DOCUMENTS = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=12), min_size=1, max_size=6)
SETTINGS = st.builds(
    InstanceSettings,
    max_seq_length=st.integers(5, 80),
    max_predictions=st.integers(1, 12),
    masked_share=st.floats(0, 1),
    dupe_factor=st.integers(1, 3),
    short_share=st.floats(0, 1),
    whole_words=st.booleans(),
    seed=st.integers(0, 2**32),
)


def check_instance(instance: Instance, settings: InstanceSettings, going_on: set[int]) -> None:
    ids, second = instance.ids.tolist(), instance.segments.tolist().index(1)
    for position, label, fate in zip(
        instance.positions, instance.labels, instance.fates, strict=True
    ):
        assert fate != "mask" or ids[position] == MASK
        assert fate != "kept" or ids[position] == label
        ids[position] = int(label)
    assert len(ids) <= settings.max_seq_length
    assert instance.segments.tolist() == [0] * second + [1] * (len(ids) - second)
    assert [place for place, id_ in enumerate(ids) if id_ < len(SPECIAL)] == [
        0, second - 1, len(ids) - 1
    ]  # fmt: skip
    assert (ids[0], ids[second - 1], ids[-1]) == (CLS, SEP, SEP)
    first, other = ids[1 : second - 1], ids[second:-1]
    for text in (first, other):
        assert text
        assert all(b - a == 1 for a, b in pairwise(text)), "one stretch of the text"
    assert instance.is_random_next or first[-1] < other[0]
    places = instance.positions.tolist()
    assert places == sorted(set(places))
    wanted = settings.predictions(len(ids))
    if not settings.whole_words:
        assert len(places) == min(wanted, len(first) + len(other))
        return
    assert len(places) <= wanted
    body = [place for place in range(len(ids)) if ids[place] >= len(SPECIAL)]
    for before, place in pairwise(body):
        if ids[place] in going_on:
            assert (before in places) == (place in places), "a word is masked whole or not at all"


@given(documents=DOCUMENTS, settings=SETTINGS, share=st.integers(1, 5))
def test_instances_keep_their_promises(
    documents: list[list[int]], settings: InstanceSettings, share: int
) -> None:
    text, sentences = written(documents)
    number = sum(map(len, sentences))
    going_on = {len(SPECIAL) + n for n in range(number) if n % share}
    pieces = SPECIAL + [f"##{n}" if n + len(SPECIAL) in going_on else str(n) for n in range(number)]
    store, instances = made(text, pieces, settings)
    for instance in instances:
        check_instance(instance, settings, going_on)
    counts = store.statistics()
    assert counts.instances == len(instances) == len(store)
    assert counts.pieces == sum(len(instance.ids) for instance in instances)
    fates = [fate for instance in instances for fate in instance.fates]
    assert [counts.mask, counts.random, counts.kept] == [
        fates.count(fate) for fate in ("mask", "random", "kept")
    ]
    assert counts.random_next == sum(instance.is_random_next for instance in instances)
    assert counts.text.documents == len(documents)
    assert counts.text.single == sum(len(document) == 1 for document in documents)
    assert counts.text.sentences == len(sentences)
    assert counts.text.pieces == number


def near(realised: int, of: int, share: float) -> bool:
    """Within four and a half standard deviations of a share."""
    return bool(abs(realised - of * share) <= 4.5 * (of * share * (1 - share)) ** 0.5)


@hypothesis_settings(max_examples=4)
@given(seed=st.integers(0, 2**32), whole_words=st.booleans())
def test_shares_are_those_of_the_paper(seed: int, whole_words: bool) -> None:
    text, sentences = written([[8 + (n + m) % 9 for n in range(12)] for m in range(150)])
    number = sum(map(len, sentences))
    pieces = SPECIAL + [f"##{n}" if n % 4 == 3 else str(n) for n in range(number)]
    settings = InstanceSettings(whole_words=whole_words, seed=seed, dupe_factor=2)
    store, _ = made(text, pieces, settings)
    counts = store.statistics()
    assert counts.masked > 5000
    assert counts.masked_share == pytest.approx(counts.expected_masked_share, abs=1e-3)
    assert counts.masked_share == pytest.approx(0.15, abs=0.003)
    for fate, share in ((counts.mask, 0.8), (counts.random, 0.1), (counts.kept, 0.1)):
        assert near(fate, counts.masked, share)
    free = counts.instances - counts.alone
    assert near(counts.random_next - counts.alone, free, 0.5)
    assert kinds(counts) == []


# ---- what is odd -------------------------------------------------------------------------------


def kinds(counts: Statistics) -> list[str]:
    return [problem.kind for problem in counts.warnings()]


def test_one_document_is_said_to_be_its_own_random_partner() -> None:
    text, _ = written([[10] * 60])
    store, _ = made(text, SPECIAL + [str(n) for n in range(600)], InstanceSettings())
    counts = store.statistics()
    assert kinds(counts) == ["one-document"]
    assert counts.same_document == counts.random_next > 0


def test_documents_of_one_sentence_are_named() -> None:
    text, _ = written([[10]] * 6 + [[9, 9]] * 4)
    store, instances = made(text, SPECIAL + [str(n) for n in range(132)], InstanceSettings())
    counts = store.statistics()
    assert kinds(counts) == ["short-documents"]
    assert "6 of 10 documents" in counts.warnings()[0].message
    assert counts.alone >= 6 * 5
    assert counts.expected_random_next_share > 0.75
    assert counts.same_document == 0
    assert len(instances) >= 10 * 5


def test_sentences_that_fill_an_instance_are_named() -> None:
    text, _ = written([[130, 140, 150]] * 3)
    store, _ = made(text, SPECIAL + [str(n) for n in range(1260)], InstanceSettings())
    assert kinds(store.statistics()) == ["long-lines"]


def test_a_text_in_another_script_is_named(tmp_path: Path, cut) -> None:  # type: ignore[no-untyped-def]
    text = tmp_path / "text.txt"
    text.write_text("ወንዙ ቀዝቃዛ ነው\nባቡሩ ዘገየ\n\nበረዶ ወረደ\nመስኮቱ ሞቃት ነው\n", encoding="utf-8")
    store = build([text], tmp_path / "s", InstanceSettings(), cut=cut, pieces=PIECES)
    assert kinds(store.statistics()) == ["unknown-pieces"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("max_seq_length", 4), ("max_predictions", 0), ("masked_share", float("nan")),
     ("masked_share", 1.1), ("dupe_factor", 0), ("short_share", -0.1), ("seed", -1)],
)  # fmt: skip
def test_settings_out_of_range_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(InputError, match=name) as caught:
        InstanceSettings(**{name: value})  # type: ignore[arg-type]
    assert caught.value.field == name
