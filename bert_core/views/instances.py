"""Pre-training instances for people: the pieces by what became of them, and the realised rates."""

from collections.abc import Sequence

from bert_core.data.pretraining.masking import Fate
from bert_core.data.pretraining.statistics import Statistics
from bert_core.data.pretraining.store import Instance
from bert_core.views.bars import Bar, Column
from bert_core.views.chips import Chip
from bert_core.views.numbers import counted, percent
from bert_core.views.tables import BarTable

LEGEND = (
    "[MASK] hides a piece. “x (was y)” is a random piece in place of y, “y (kept)” is still "
    "itself. All of them are to be guessed."
)
"""One line that explains :func:`instance_chips`."""
_LEVELS: dict[Fate, float] = {"mask": 0.0, "random": 1.0, "kept": 0.4}
_ADDED = ("[CLS]", "[SEP]")


def instance_chips(instance: Instance, pieces: Sequence[str]) -> tuple[Chip, ...]:
    """The pieces of an instance, those to be guessed tinted by their fate and told apart in words.

    Args:
        instance: from a store.
        pieces: the vocabulary that the store was made with.
    """
    masked = {
        position: (pieces[label], fate)
        for position, label, fate in zip(
            instance.positions.tolist(), instance.labels.tolist(), instance.fates, strict=True
        )
    }
    found: list[Chip] = []
    word = -1
    for position, id_ in enumerate(instance.ids.tolist()):
        original, fate = masked.get(position, (pieces[id_], None))
        special = fate is None and original in _ADDED
        word += not special and not (original.startswith("##") and found[-1].word >= 0)
        found.append(_chip(pieces[id_], original, fate, special, -1 if special else word))
    return tuple(found)


def _chip(shown: str, original: str, fate: Fate | None, special: bool, word: int) -> Chip:
    """One piece: ``shown`` stands there, ``original`` stood there."""
    if fate is None:
        return Chip(shown, special=special, continues=_continues(shown), word=word)
    if fate == "mask":
        return Chip(
            original, masked=True, continues=_continues(original), note="Hidden (80 %)", word=word
        )
    text, note = (
        (f"{shown} (kept)", "Kept (10 %): to be guessed although it stands there")
        if fate == "kept"
        else (f"{shown} (was {original})", f"Random piece (10 %) in place of {original}")
    )
    return Chip(text, continues=_continues(shown), level=_LEVELS[fate], note=note, word=word)


def _continues(piece: str) -> bool:
    return piece.startswith("##") and len(piece) > 2


def instance_caption(instance: Instance) -> str:
    """One line on an instance: its length, what is to be guessed, and what follows what."""
    relation = "a random text" if instance.is_random_next else "the text that follows"
    return (
        f"{counted(len(instance.ids), 'piece')}, {len(instance.positions):,} to be guessed; "
        f"the second text is {relation}."
    )


def rates(statistics: Statistics) -> BarTable:
    """Realised shares beside those that the settings ask for; a bar is the realised share."""
    s = statistics
    shares = (
        ("masked pieces", s.masked_share, s.expected_masked_share, "of all pieces"),
        ("become [MASK]", s.fate_share(s.mask), 0.8, "of the masked pieces"),
        ("become a random piece", s.fate_share(s.random), 0.1, "of the masked pieces"),
        ("are kept", s.fate_share(s.kept), 0.1, "of the masked pieces"),
        ("random second text", s.random_next_share, s.expected_random_next_share,
         "of the instances; one that has room for a single sentence always has one"),
    )  # fmt: skip
    rows = tuple(
        Bar((name, percent(realised), percent(expected)), realised, note=note)
        for name, realised, expected, note in shares
    )
    columns = (
        Column("share", "text"),
        Column("Bar", "bar"),
        Column("realised", "number"),
        Column("expected", "number", help="By the settings and the lengths of the sentences."),
    )
    return BarTable(
        columns, rows, "Realised rates", badge=counted(s.instances, "instance"), scale=1.0
    )
