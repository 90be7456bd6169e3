"""Hold a part of the training data back to measure on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bert_core.data.examples import Example, QuestionExample, TextExample
from bert_core.errors import InputError

E = TypeVar("E", bound=Example)


@dataclass(frozen=True, slots=True)
class Split(Generic[E]):
    """Two parts of a data set, each in the file's order.

    Attributes:
        train: what is learnt from.
        dev: what is measured on.
        stratified: whether each class has its share in both.
        single: classes of one row, which stayed in ``train``.
    """

    train: tuple[E, ...]
    dev: tuple[E, ...]
    stratified: bool
    single: int = 0


def hold_out(examples: Sequence[E], *, share: float = 0.1, seed: int) -> Split[E]:
    """Part the examples, the same way for the same seed.

    Classes keep their shares where there are classes and rows enough; of SQuAD, whole paragraphs
    are held back, so that none is on both sides.

    Args:
        examples: of one file.
        share: of the examples to hold back, in (0, 1).
        seed: of the random choice.

    Raises:
        InputError: a share that cannot be used, or fewer than two examples (of SQuAD, paragraphs).
    """
    if not 0 < share < 1:
        raise InputError(f"A share of {share} cannot be held back: it is between 0 and 1.")
    if questions := [example for example in examples if isinstance(example, QuestionExample)]:
        return _by_context(examples, [example.context for example in questions], share, seed)
    labels = [example.label if isinstance(example, TextExample) else None for example in examples]
    classes = Counter(label for label in labels if isinstance(label, str))
    movable = [place for place, label in enumerate(labels) if classes.get(label, 2) > 1]  # type: ignore[arg-type]
    if len(movable) < 2:
        raise InputError(
            "There are too few rows to hold some back for measuring: give a file for it, or more "
            "rows.",
            field="train",
        )
    number = min(max(1, round(share * len(examples))), len(movable) - 1)
    wanted = [labels[place] for place in movable]
    kinds = len(set(wanted))
    stratify = wanted if classes and kinds <= number <= len(movable) - kinds else None
    from sklearn.model_selection import train_test_split

    _, dev = train_test_split(
        movable, test_size=number, random_state=seed % 2**32, stratify=stratify
    )
    single = sum(count == 1 for count in classes.values())
    return _parted(examples, set(dev), stratify is not None, single)


def _by_context(examples: Sequence[E], contexts: list[str], share: float, seed: int) -> Split[E]:
    from sklearn.model_selection import GroupShuffleSplit

    different = len(set(contexts))
    if different < 2:
        raise InputError(
            "All questions are on one paragraph, so none can be held back for measuring: give a "
            "file for it.",
            field="train",
        )
    number = min(max(1, round(share * different)), different - 1)
    splitter = GroupShuffleSplit(1, test_size=number, random_state=seed % 2**32)
    _, dev = next(splitter.split(contexts, groups=contexts))
    return _parted(examples, set(dev.tolist()), False, 0)


def _parted(examples: Sequence[E], dev: set[int], stratified: bool, single: int) -> Split[E]:
    return Split(
        tuple(example for place, example in enumerate(examples) if place not in dev),
        tuple(example for place, example in enumerate(examples) if place in dev),
        stratified,
        single,
    )
