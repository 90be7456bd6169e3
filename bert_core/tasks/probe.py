"""Template probes: one sentence, many words in its slot, two groups of words at its mask.

For each slot word the signed log-odds say which group BERT expects more. Part of that is the
groups' own frequency, so each figure is shown beside the one of the same template with its
slot masked (Kurita et al. 2019, arXiv:1906.07337). A probe describes sentences of one form;
it is no verdict on a model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bert_core.checks import a_list, a_text, shown
from bert_core.errors import InputError
from bert_core.model.encoder import Encoder
from bert_core.model.marks import MASK_SPELLINGS
from bert_core.tasks.candidates import passes_of, score_candidates
from bert_core.tasks.distribution import log_sum_exp
from bert_core.tasks.limits import bearable, writable_words

SLOT = "{slot}"
MAX_SLOTS = 200
MAX_TEMPLATES = 20


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One slot word.

    Attributes:
        slot: the word in the slot.
        log_odds: ln(mean P of group A / mean P of group B), mean over templates, in nats;
            above 0 where A is expected more.
        corrected: the same minus the log-odds of the template with its slot masked.
        by_template: log-odds in each template.
    """

    slot: str
    log_odds: float
    corrected: float
    by_template: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ProbeTable:
    """A probe's answer, most A first.

    Attributes:
        model: name of the model, see :attr:`Encoder.label`.
        templates: the sentences.
        group_a: words of the first group that could be scored.
        group_b: words of the second group that could be scored.
        baseline: log-odds with the slot masked, for each template.
        rows: one per slot word.
        notes: what a reader should know, in sentences.
    """

    model: str
    templates: tuple[str, ...]
    group_a: tuple[str, ...]
    group_b: tuple[str, ...]
    baseline: tuple[float, ...]
    rows: tuple[ProbeRow, ...]
    notes: tuple[str, ...]


def probe(
    encoder: Encoder,
    templates: Sequence[str],
    slots: Sequence[str],
    group_a: Sequence[str],
    group_b: Sequence[str],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> ProbeTable:
    """Compare two groups of words at the mask of templates, for every slot word.

    Args:
        encoder: a model with a masked-word head.
        templates: 1 to 20 sentences, each with ``{slot}`` and exactly one mask.
        slots: 1 to 200 words for the slot.
        group_a: words expected more where figures are positive; of one piece or several.
        group_b: words expected more where figures are negative.
        on_progress: told how many sentences are done, and of how many.

    Raises:
        InputError: a template without slot or with other than one mask, an empty list, a word
            that the vocabulary cannot spell, a word in both groups, or more than can be read in
            a bearable time.
    """
    _check(encoder, templates, slots, group_a, group_b)
    total = len(templates) * (len(slots) + 1)
    figures = np.zeros((len(slots) + 1, len(templates)))
    for column, template in enumerate(templates):
        for row, slot in enumerate((encoder.tokenizer.mask_token, *slots)):
            figures[row, column] = _log_odds(encoder, template, slot, group_a, group_b)
            if on_progress is not None:
                on_progress(column * (len(slots) + 1) + row + 1, total)
    rows = [
        ProbeRow(
            slot=slot,
            log_odds=float(line.mean()),
            corrected=float((line - figures[0]).mean()),
            by_template=tuple(float(value) for value in line),
        )
        for slot, line in zip(slots, figures[1:], strict=True)
    ]
    return ProbeTable(
        model=encoder.label,
        templates=tuple(templates),
        group_a=tuple(group_a),
        group_b=tuple(group_b),
        baseline=tuple(float(value) for value in figures[0]),
        rows=tuple(sorted(rows, key=lambda row: -row.log_odds)),
        notes=_notes(encoder, templates, (*group_a, *group_b)),
    )


def _log_odds(
    encoder: Encoder, template: str, slot: str, group_a: Sequence[str], group_b: Sequence[str]
) -> float:
    """One cell of the table; the slot may be the mask token itself."""
    tokens = encoder.tokenize(template.replace(SLOT, slot))
    target = MASK_SPELLINGS.search(template)
    slots_before = template[: target.start()].count(SLOT) if target else 0
    mask = slots_before if slot == encoder.tokenizer.mask_token else 0
    table = score_candidates(encoder, tokens, (*group_a, *group_b), mask=mask)
    logs = {each.word: each.log_probability for each in table.rows}
    return _mean_log(logs, group_a) - _mean_log(logs, group_b)


def _mean_log(logs: dict[str, float | None], group: Sequence[str]) -> float:
    """Ln of the mean probability of a group, so that a longer list has no advantage."""
    values = np.array([logs[word] for word in group], dtype=np.float64)
    return log_sum_exp(values) - float(np.log(len(values)))


def _check(
    encoder: Encoder,
    templates: Sequence[str],
    slots: Sequence[str],
    group_a: Sequence[str],
    group_b: Sequence[str],
) -> None:
    for name, values, most in (
        ("templates", templates, MAX_TEMPLATES),
        ("slots", slots, MAX_SLOTS),
        ("group_a", group_a, MAX_SLOTS),
        ("group_b", group_b, MAX_SLOTS),
    ):
        a_list(f"The {name.replace('_', ' ')}", values, field=name)
        if not 1 <= len(values) <= most:
            raise InputError(
                f"{name.replace('_', ' ').capitalize()}: {len(values)} given, 1 to {most} are "
                "expected.",
                field=name,
            )
    _check_templates(templates)
    spelled = {
        name: [_pieces(encoder, word, name) for word in group]
        for name, group in (("group_a", group_a), ("group_b", group_b))
    }
    for word, ids in zip(group_b, spelled["group_b"], strict=True):
        # By pieces, since a vocabulary can read two spellings alike.
        if ids in spelled["group_a"]:
            raise InputError(f"{shown(word)} is in both groups.", field="group_b")
    words = dict(zip((*group_a, *group_b), (*spelled["group_a"], *spelled["group_b"]), strict=True))
    _bearable(encoder, templates, len(slots), words)
    for slot in slots:
        a_text("The slot word", slot, field="slots")
        if any(len(MASK_SPELLINGS.findall(each.replace(SLOT, slot))) != 1 for each in templates):
            raise InputError(f"The slot word {shown(slot)} makes or breaks a mask.", field="slots")


def _check_templates(templates: Sequence[str]) -> None:
    for number, template in enumerate(templates, start=1):
        a_text(f"Template {number}", template, field="templates")
        masks = len(MASK_SPELLINGS.findall(template))
        if SLOT not in template or masks != 1:
            raise InputError(
                f"Template {number} needs {SLOT} and exactly one mask; it has "
                f"{template.count(SLOT)} and {masks}.",
                field="templates",
            )


def _bearable(
    encoder: Encoder, templates: Sequence[str], slots: int, words: Mapping[str, tuple[int, ...]]
) -> None:
    counts = [count for count, _ in passes_of(words)]
    lengths = [len(encoder.pieces_of(template)) for template in templates]
    once = sum(length + count for length in lengths for count in counts)
    bearable((slots + 1) * once, field="group_b")


def _pieces(encoder: Encoder, word: str, field: str) -> tuple[int, ...]:
    writable_words([word], field=field)
    ids = encoder.pieces_of(word)
    if not ids or encoder.tokenizer.vocabulary.unknown_id in ids:
        raise InputError(f"The vocabulary cannot spell {shown(word)}.", field=field)
    most = encoder.tokenizer.max_pieces
    if len(ids) > most:
        raise InputError(
            f"{shown(word)} has {len(ids):,} word pieces; the model reads {most:,}. Shorten it.",
            field=field,
        )
    return ids


def _notes(encoder: Encoder, templates: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    found = [
        f"{len(templates)} template{'s' if len(templates) > 1 else ''}: a different wording can "
        "turn the sign. This describes the model on these sentences and no more."
    ]
    if len({len(encoder.pieces_of(word)) for word in words}) > 1:
        found.append(
            "The groups hold words of different numbers of pieces, which shifts all figures; the "
            "corrected column is less affected."
        )
    return tuple(found)
