"""Make a store of instances from text files (``create_training_instances``).

Two passes: the text is cut into pieces, then instances are made from them, document by document
in a shuffled order. The instances are written as they are made; shuffling them is shuffling
their numbers, which takes the same random numbers as shuffling a list of them.
"""

import shutil
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np

from bert_core.data.pretraining.arrays import ArrayWriter
from bert_core.data.pretraining.corpus import Corpus, Cut, TextCounts, tokenise
from bert_core.data.pretraining.folders import new_folder
from bert_core.data.pretraining.lines import LineReader
from bert_core.data.pretraining.masking import mask
from bert_core.data.pretraining.pairs import pairs_of
from bert_core.data.pretraining.pieces import Pieces
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.statistics import Statistics
from bert_core.data.pretraining.store import ORDER, InstanceStore, write_description
from bert_core.data.pretraining.writer import InstanceWriter
from bert_core.errors import InputError

Progress = Callable[[str, int, int], None]
"""Told a stage ("text" or "instances"), how much of it is done, and how much there is."""
_NUMBERS = "I"
"""Unsigned integers of 32 bits: documents and instances are counted in them."""


def build(
    paths: Sequence[Path],
    folder: Path,
    settings: InstanceSettings,
    *,
    cut: Cut,
    pieces: Sequence[str],
    on_progress: Progress = lambda stage, done, total: None,
    check: Callable[[], None] = lambda: None,
) -> InstanceStore:
    """Make instances of text files: one sentence per line, a blank line between documents.

    For the same text, vocabulary, settings and seed these are the instances of
    ``create_pretraining_data.py`` of google-research/bert under Python 3, in its order.

    Args:
        paths: UTF-8 text files, read as if they were one.
        folder: where to; it must not exist, and does not until the store is whole.
        settings: how.
        cut: the tokenizer: texts to ids, special pieces neither added nor recognised.
        pieces: its V pieces in the order of ids.
        on_progress: told ("text", bytes, bytes in all), then ("instances", documents gone
            through, documents in all times ``dupe_factor``).
        check: called often; what it raises stops the work and leaves nothing behind.

    Returns:
        The store, open.

    Raises:
        InputError: ``folder`` exists, a file cannot be read, or there is no sentence in it.
        ModelError: the vocabulary is not that of a BERT, or not the tokenizer's.
    """
    known = Pieces(pieces)
    reader = LineReader(paths)

    def report(stage: str, done: int, total: int) -> None:
        check()
        on_progress(stage, done, total)

    with new_folder(folder) as partial:
        text = partial / "text"
        text.mkdir()
        counts = tokenise(reader, text, cut=cut, pieces=known, report=report)
        if not counts.sentences:
            raise InputError("The text has no sentence that the tokenizer can see.", field="text")
        statistics = _make_instances(Corpus(text), partial, counts, settings, known, report)
        shutil.rmtree(text)
        write_description(partial, pieces, reader.sources, statistics)
    return InstanceStore.open(folder)


def _make_instances(
    corpus: Corpus,
    folder: Path,
    counts: TextCounts,
    settings: InstanceSettings,
    pieces: Pieces,
    report: Progress,
) -> Statistics:
    """The second pass. Every call of the random numbers stands where the reference has it."""
    rng = Random(settings.seed)  # noqa: S311 - not for secrets
    order = array(_NUMBERS, range(corpus.documents))
    rng.shuffle(order)
    with InstanceWriter(folder, pieces, settings) as writer:
        for repeat in range(settings.dupe_factor):
            for number in range(len(order)):
                for pair in pairs_of(number, order, corpus, settings, rng):
                    first, second = (corpus.pieces(*part) for part in (pair.first, pair.second))
                    ids = [pieces.cls, *first, pieces.sep, *second, pieces.sep]
                    start = len(first) + 2
                    masks = mask(ids, start, pieces, settings, rng)
                    if writer.add(ids, start, masks, pair):
                        done = repeat * len(order) + number
                        report("instances", done, settings.dupe_factor * len(order))
    report("instances", settings.dupe_factor * len(order), settings.dupe_factor * len(order))
    instances = array(_NUMBERS, range(len(writer)))
    rng.shuffle(instances)
    with ArrayWriter(folder / ORDER, np.uint32) as file:
        file.append(np.frombuffer(instances, np.uintc))
    return writer.statistics(counts)
