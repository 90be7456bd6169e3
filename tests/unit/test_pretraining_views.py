"""How instances and their rates are shown: fates in words and tint, rates beside expectations."""

import numpy as np

from bert_core.data.pretraining.corpus import TextCounts
from bert_core.data.pretraining.settings import InstanceSettings
from bert_core.data.pretraining.statistics import Statistics
from bert_core.data.pretraining.store import Instance
from bert_core.views.bars import bars_payload
from bert_core.views.chips import chip_payload
from bert_core.views.instances import instance_caption, instance_chips, rates

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "river", "cold", "her", "##on", "wait"]
INSTANCE = Instance(
    ids=np.array([2, 6, 4, 3, 4, 9, 4, 5, 3]),
    segments=np.array([0, 0, 0, 0, 1, 1, 1, 1, 1]),
    positions=np.array([2, 4, 5, 6, 7]),
    labels=np.array([5, 7, 8, 8, 5]),
    is_random_next=True,
    fates=("mask", "mask", "random", "mask", "kept"),
)


def test_every_fate_is_told_in_words_and_tint() -> None:
    chips = instance_chips(INSTANCE, PIECES)
    assert [chip.text for chip in chips] == [
        "[CLS]", "cold", "river", "[SEP]", "her", "wait (was ##on)", "##on", "river (kept)", "[SEP]"
    ]  # fmt: skip
    assert [chip.masked for chip in chips] == [place in (2, 4, 6) for place in range(9)]
    assert [chip.special for chip in chips] == [place in (0, 3, 8) for place in range(9)]
    assert chips[1].level is None
    assert chips[5].level != chips[7].level
    assert all(chip.note for chip in chips if chip.level is not None or chip.masked)
    assert "Original: her" in str(chip_payload(chips[4])["tip"])


def test_pieces_of_a_word_stay_together() -> None:
    chips = instance_chips(INSTANCE, PIECES)
    assert [chip.word for chip in chips] == [-1, 0, 1, -1, 2, 2, 2, 3, -1]


def test_a_random_special_piece_is_not_taken_for_the_models_own() -> None:
    instance = Instance(
        ids=np.array([2, 3, 3, 6, 3]), segments=np.array([0, 0, 0, 1, 1]),
        positions=np.array([1]), labels=np.array([6]), is_random_next=False, fates=("random",),
    )  # fmt: skip
    chips = instance_chips(instance, PIECES)
    assert chips[1].text == "[SEP] (was cold)"
    assert [chip.special for chip in chips] == [True, False, True, False, True]


def test_the_caption_says_what_is_asked() -> None:
    assert instance_caption(INSTANCE) == (
        "9 pieces, 5 to be guessed; the second text is a random text."
    )


def test_rates_stand_beside_what_was_asked_for() -> None:
    counts = Statistics(
        settings=InstanceSettings(max_seq_length=20, max_predictions=2),
        text=TextCounts(9, 1, 0, 8, 2, 0, 100, 0),
        instances=10,
        lengths=(*[0] * 10, 4, *[0] * 9, 6),
        mask=15, random=3, kept=2,
        random_next=6, alone=2, filled=0, same_document=0,
    )  # fmt: skip
    table = rates(counts)
    assert [row.cells for row in table.rows] == [
        ("masked pieces", "12.5\xa0%", "12.5\xa0%"),  # 20 of 160; rounding up, then at most two
        ("become [MASK]", "75.0\xa0%", "80.0\xa0%"),
        ("become a random piece", "15.0\xa0%", "10.0\xa0%"),
        ("are kept", "10.0\xa0%", "10.0\xa0%"),
        ("random second text", "60.0\xa0%", "60.0\xa0%"),
    ]
    assert bars_payload(table.rows, table.columns, table.scale)["full"] == 1.0


def test_rates_of_instances_without_masks_are_shown() -> None:
    counts = Statistics(
        settings=InstanceSettings(), text=TextCounts(1, 0, 0, 1, 1, 1, 9, 0), instances=1,
        lengths=(0,) * 12 + (1,), mask=0, random=0, kept=0,
        random_next=1, alone=1, filled=0, same_document=1,
    )  # fmt: skip
    assert [row.value for row in rates(counts).rows] == [0, 0, 0, 0, 1]
