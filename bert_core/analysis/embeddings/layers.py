"""The pieces of one sentence from layer to layer: how far each moves from where it began."""

from dataclasses import dataclass

import numpy as np

from bert_core.analysis.embeddings.geometry import Doubles, to_unit_length
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.tasks.distribution import refuse_no_numbers


@dataclass(frozen=True, slots=True, eq=False)
class TokenLayers:
    """A sentence of T pieces through L layers.

    Attributes:
        model: name of the model.
        tokens: the pieces.
        centre: whether the mean over the pieces was taken off at each layer.
        to_start: shape (L + 1, T), cosine of each piece with itself at layer 0.
        to_neighbours: shape (L + 1, T), mean cosine with the piece before and the one after.
        to_all: shape (L + 1,), mean cosine of two different pieces.
        paths: shape (L + 1, T, 2), all states, brought to length 1, in the plane of their two
            principal components; the first piece ends on the right and above.
        explained: share of their variance along the two.
    """

    model: str
    tokens: Tokens
    centre: bool
    to_start: Doubles
    to_neighbours: Doubles
    to_all: Doubles
    paths: Doubles
    explained: tuple[float, float]


def token_layers(encoder: Encoder, text: str, *, centre: bool = True) -> TokenLayers:
    """Follow every piece of a sentence through all layers.

    Args:
        encoder: any model.
        text: the sentence; everything in it is text.
        centre: whether the mean over the pieces is taken off at each layer. Without it the
            paths show mostly what all pieces do alike.

    Raises:
        InputError: the text is empty, too long, or the model answered with no numbers.
    """
    from sklearn.decomposition import PCA

    tokens = encoder.tokenize(text, masks=False)
    hidden = encoder.trace(tokens, hidden=True).hidden
    assert hidden is not None  # noqa: S101 - asked for in the line above
    refuse_no_numbers(hidden)
    states = hidden.astype(np.float64)
    if centre:
        states = states - states.mean(axis=1, keepdims=True)
    count, pieces, width = states.shape
    flat = to_unit_length(states.reshape(-1, width))
    unit = flat.reshape(states.shape)
    cosines = unit @ unit.transpose(0, 2, 1)
    found = PCA(n_components=2, svd_solver="full").fit(flat)
    paths = found.transform(flat).reshape(count, pieces, 2)
    # The sign of a component is arbitrary.
    paths *= np.where(paths[-1, 0] < 0, -1.0, 1.0)
    shares = found.explained_variance_ratio_
    return TokenLayers(
        model=encoder.label,
        tokens=tokens,
        centre=centre,
        to_start=(unit * unit[0]).sum(axis=-1),
        to_neighbours=_beside(cosines),
        to_all=(cosines.sum(axis=(1, 2)) - np.trace(cosines, axis1=1, axis2=2))
        / (pieces * (pieces - 1)),
        paths=paths,
        explained=(float(shares[0]), float(shares[1])),
    )


def _beside(cosines: Doubles) -> Doubles:
    """Mean of the cosines (L + 1, T, T) with the pieces before and after, shape (L + 1, T)."""
    steps = np.diagonal(cosines, offset=1, axis1=1, axis2=2)
    sums = np.zeros(cosines.shape[:2])
    sums[:, :-1] += steps
    sums[:, 1:] += steps
    counts = np.full(cosines.shape[1], 2.0)
    counts[[0, -1]] = 1.0
    found: Doubles = sums / counts
    return found
