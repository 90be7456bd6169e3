"""Classes and numbers: the measures of GLUE, by scikit-learn and SciPy.

Accuracy, F1 of the second class, Matthews, Pearson and Spearman are defined as in GLUE (Wang et
al. 2019): CoLA takes Matthews, MRPC and QQP accuracy and F1, STS-B Pearson and Spearman. Where a
measure is not defined, because everything got the same answer, it is 0 and ``remarks`` says so.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bert_core.errors import InputError

Classes = NDArray[np.int64]


def classification(
    gold: ArrayLike, predicted: ArrayLike, *, labels: Sequence[str], names: Sequence[str]
) -> dict[str, float]:
    """Measure predicted classes.

    Args:
        gold: N indices of ``labels``.
        predicted: N indices of ``labels``.
        labels: the C classes.
        names: measures to take: ``accuracy``, ``f1`` (of the second of two classes),
            ``macro_f1`` (mean over the classes that occur), ``matthews``.

    Returns:
        Each measure by name, in the order of ``names``; in [0, 1], Matthews in [-1, 1].

    Raises:
        InputError: no examples, an unknown measure, or ``f1`` without exactly two classes.
    """
    right, said = _classes(gold, predicted)
    measures = _measures()
    for name in names:
        if name not in measures:
            known = ", ".join(measures)
            raise InputError(f"There is no measure '{name}'. There are: {known}.", field="metrics")
    if "f1" in names and len(labels) != 2:
        raise InputError(
            f"f1 is the F1 of the second of two classes; there are {len(labels)}. Take macro_f1.",
            field="metrics",
        )
    return {name: float(measures[name](right, said)) for name in names}


def regression(gold: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """Pearson's and Spearman's correlation of N numbers, both in [-1, 1].

    Raises:
        InputError: no examples.
    """
    from scipy.stats import pearsonr, spearmanr

    right = np.asarray(gold, dtype=np.float64)
    said = np.asarray(predicted, dtype=np.float64)
    _refuse_none(len(right))
    if not _varies(right) or not _varies(said):
        return {"pearson": 0.0, "spearman": 0.0}
    return {
        "pearson": float(pearsonr(right, said).statistic),
        "spearman": float(spearmanr(right, said).statistic),
    }


def per_class(
    gold: ArrayLike, predicted: ArrayLike, *, labels: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of examples of each class, by its label.

    Args:
        gold: N indices of ``labels``.
        predicted: N indices of ``labels``.
        labels: the C classes.

    Raises:
        InputError: no examples.
    """
    from sklearn.metrics import precision_recall_fscore_support

    right, said = _classes(gold, predicted)
    columns = precision_recall_fscore_support(
        right, said, labels=range(len(labels)), zero_division=0
    )
    names = ("precision", "recall", "f1", "support")
    return {
        label: {name: float(value) for name, value in zip(names, row, strict=True)}
        for label, row in zip(labels, zip(*columns, strict=True), strict=True)
    }


def confusion(gold: ArrayLike, predicted: ArrayLike, *, labels: Sequence[str]) -> Classes:
    """Numbers of examples, shape (C, C): row = gold class, column = predicted class.

    Raises:
        InputError: no examples.
    """
    from sklearn.metrics import confusion_matrix

    right, said = _classes(gold, predicted)
    counts: Classes = confusion_matrix(right, said, labels=range(len(labels)))
    return counts


def remarks(gold: ArrayLike, predicted: ArrayLike) -> tuple[str, ...]:
    """Sentences on answers that a measure cannot judge; () where all is well.

    Args:
        gold: N classes or numbers.
        predicted: N classes or numbers.
    """
    right = np.asarray(gold, dtype=np.float64)
    said = np.asarray(predicted, dtype=np.float64)
    found = []
    if not np.isfinite(said).all():
        found.append("Some answers of the model are not numbers; correlations are given as 0.")
    elif not _varies(said):
        found.append("The model gives every example the same answer; correlations are given as 0.")
    if not _varies(right):
        found.append("All examples have the same gold answer; correlations are given as 0.")
    return tuple(found)


def _measures() -> Mapping[str, Callable[[Classes, Classes], Any]]:
    from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

    return {
        "accuracy": accuracy_score,
        "f1": lambda right, said: f1_score(right == 1, said == 1, zero_division=0),
        "macro_f1": lambda right, said: f1_score(right, said, average="macro", zero_division=0),
        "matthews": lambda right, said: (
            matthews_corrcoef(right, said) if _varies(right) and _varies(said) else 0.0
        ),
    }


def _classes(gold: ArrayLike, predicted: ArrayLike) -> tuple[Classes, Classes]:
    right, said = np.asarray(gold, dtype=np.int64), np.asarray(predicted, dtype=np.int64)
    _refuse_none(len(right))
    return right, said


def _refuse_none(number: int) -> None:
    if not number:
        raise InputError("There are no examples to measure. Add some to the file.", field="dev")


def _varies(values: NDArray[Any]) -> bool:
    """Whether numbers differ by more than rounding; False where one is no number."""
    if not len(values) or not np.isfinite(values).all():
        return False
    return bool(np.ptp(values) > 1e-10 * np.abs(values).max())
