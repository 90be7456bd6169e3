"""The task heads that a checkpoint can have, and those that are really in its file.

Heads are recognised by their tensors. The library would fill a head that the file lacks with
random numbers, so it is reported as absent and every task that needs it refuses the checkpoint.
"""

from collections.abc import Mapping
from typing import Any, Literal

from bert_core.errors import ModelError
from bert_core.model.families import Family

Head = Literal[
    "masked_word", "next_sentence", "classification", "tagging", "multiple_choice", "span"
]
Answers = Literal["one", "several", "number"]
"""What a classifier's outputs are: one label of a set, each label yes or no, or a number."""
HEAD_NAMES: Mapping[Head, str] = {
    "masked_word": "masked word",
    "next_sentence": "next sentence",
    "classification": "classification",
    "tagging": "tagging",
    "multiple_choice": "multiple choice",
    "span": "answer span",
}
HEAD_PLACES: Mapping[Head, str] = {
    "masked_word": "the page Masked word",
    "next_sentence": "the page Next sentence",
    "classification": "python -m bert_core classify",
    "tagging": "python -m bert_core tag",
    "multiple_choice": "python -m bert_core choose",
    "span": "the page Question answering",
}
"""Where a head is asked, for those that have a place."""
_OUTPUTS = ("classifier.weight", "classifier.out_proj.weight")
_PROBLEMS: Mapping[str, Answers] = {
    "multi_label_classification": "several",
    "regression": "number",
}

Shapes = Mapping[str, tuple[int, ...]]


def find_heads(family: Family, shapes: Shapes, config: Mapping[str, Any]) -> tuple[Head, ...]:
    """The heads whose weights are in a file.

    Args:
        family: the architecture.
        shapes: of all tensors, by name.
        config: what ``config.json`` holds.
    """
    found: list[Head] = []
    if family.masked_word_tensor in shapes:
        found.append("masked_word")
    if family.next_sentence_tensor is not None and family.next_sentence_tensor in shapes:
        found.append("next_sentence")
    if family.classifier_tensor in shapes or "classifier.weight" in shapes:
        architectures = config.get("architectures")
        found.append(_classifier_kind(architectures if isinstance(architectures, list) else []))
    if "qa_outputs.weight" in shapes:
        found.append("span")
    return tuple(found)


def _classifier_kind(architectures: list[object]) -> Head:
    """The three classifiers share tensor names; only the architecture tells them apart."""
    if any(str(name).endswith("ForTokenClassification") for name in architectures):
        return "tagging"
    if any(str(name).endswith("ForMultipleChoice") for name in architectures):
        return "multiple_choice"
    return "classification"


def read_labels(shapes: Shapes, config: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """Names of the outputs of a classifier, in their order.

    Args:
        shapes: of all tensors, by name; the classifier's says how many outputs there are.
        config: what ``config.json`` holds; ``id2label`` names the outputs, and what it leaves out
            is called ``LABEL_0``, ``LABEL_1`` ..., as in the library.
        source: the name to show for the checkpoint.

    Raises:
        ModelError: ``id2label`` is no list of names.
    """
    outputs = next((shapes[name][0] for name in _OUTPUTS if shapes.get(name)), 0)
    given = config.get("id2label") or {}
    if not isinstance(given, dict) or any(
        isinstance(name, (dict, list)) or name is None for name in given.values()
    ):
        raise ModelError(
            f"config.json of {source} gives no names in id2label: an object such as "
            '{"0": "negative", "1": "positive"} is expected.',
            field="model",
        )
    return tuple(str(given.get(str(id_), f"LABEL_{id_}")) for id_ in range(outputs))


def read_answers(labels: tuple[str, ...], config: Mapping[str, Any]) -> Answers:
    """What the outputs of a classifier mean, as ``problem_type`` says; one output is a number."""
    if len(labels) == 1:
        return "number"
    return _PROBLEMS.get(str(config.get("problem_type")), "one")
