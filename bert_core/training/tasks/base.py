"""A task: a kind of training on a known layout, with its metric and what others reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bert_core.training.kinds.base import Kind


@dataclass(frozen=True, slots=True)
class Published:
    """A figure that others reported.

    Attributes:
        model: whose it is (``"BERT-base"``).
        metric: what was measured.
        value: in the unit of the task's metrics.
        source: where it stands.
        spread: standard deviation over seeds, where it was reported.
    """

    model: str
    metric: str
    value: float
    source: str
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that BERT can be trained for.

    Attributes:
        name: what the command line calls it (``"sst2"``).
        title: its name for people.
        about: one sentence on what is asked.
        kind: how it is read, encoded and measured.
        metric: the one figure that decides which checkpoint is best; higher is better.
        files: what its files look like, in one sentence.
        sample: name of its sample in assets/samples, with ``{}`` for train and dev.
        defaults: settings that differ from the usual ones.
        published: figures to hold a result against.
        family: heading under which a picker lists it.
    """

    name: str
    title: str
    about: str
    kind: Kind
    metric: str
    files: str
    sample: str
    family: str
    defaults: Mapping[str, object] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
