"""The same word read in five ways, from a table without context to both sides at once.

1. ``table``: its input embedding, one vector for every context, as word2vec and GloVe have it.
2. ``left``: its state when pieces may look back only, as in a left-to-right model.
3. ``right``: ahead only.
4. ``shallow``: these two side by side (concatenated), as ELMo joins two one-way models (Peters
   et al. 2018, section 3.1): neither has seen the other side.
5. ``deep``: every piece looks both ways in every layer, as BERT was trained (Devlin et al. 2019,
   section 1 and figure 3).

Left and right use the same weights with attention cut to one side, as in
:mod:`bert_core.analysis.directions`; BERT was not trained that way, so they show what it loses,
not how good a one-way model could become.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bert_core.analysis.directions import visibility
from bert_core.analysis.embeddings.vectors import WordTrace
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Floats
from bert_core.tasks.distribution import refuse_no_numbers

Reading = Literal["table", "left", "right", "shallow", "deep"]
Side = Literal["left", "right"]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class ReadingStates:
    """The word and the other words of a trace, read in one way, at K layers.

    Attributes:
        reading: which way.
        vectors: shape (K, N, H); of a table K is 1, else L + 1; ``shallow`` has 2 H units.
        others: shape (K, M, H).
    """

    reading: Reading
    vectors: Floats
    others: Floats


def read_five_ways(
    encoder: Encoder, trace: WordTrace, *, on_progress: Progress | None = None
) -> tuple[ReadingStates, ...]:
    """Read the word of a trace in the five ways, in the order of this module's head.

    Args:
        encoder: the model that made the trace.
        trace: from :func:`.vectors.word_in_context`.
        on_progress: told how many sentences are done, one side after the other, and of how
            many; may raise to stop.
    """
    from bert_core.model.hidden import input_states

    inputs = [each.tokens for each in trace.occurrences]
    groups = trace.groups
    table = input_states(encoder, inputs, groups, pooling=trace.pooling)[None]
    left = _one_side(encoder, trace, "left", 0, on_progress)
    right = _one_side(encoder, trace, "right", len(inputs), on_progress)
    return (
        _parted("table", trace, table),
        left,
        right,
        ReadingStates(
            "shallow",
            np.concatenate([left.vectors, right.vectors], axis=-1),
            np.concatenate([left.others, right.others], axis=-1),
        ),
        ReadingStates("deep", trace.vectors, trace.others),
    )


def _one_side(
    encoder: Encoder, trace: WordTrace, side: Side, before: int, on_progress: Progress | None
) -> ReadingStates:
    from bert_core.model.hidden import pooled_states

    def visible(tokens: Tokens) -> NDArray[np.bool_]:
        return visibility(tokens, side)

    def told(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(before + done, 2 * total)

    states = pooled_states(
        encoder,
        [each.tokens for each in trace.occurrences],
        trace.groups,
        pooling=trace.pooling,
        visible=visible,
        on_progress=told,
    )
    return _parted(side, trace, states)


def _parted(reading: Reading, trace: WordTrace, states: Floats) -> ReadingStates:
    refuse_no_numbers(states)
    return ReadingStates(reading, *trace.parted(states))
