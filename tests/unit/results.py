"""One result of every kind, from a tiny model, for the tests of what is made of results."""

from bert_core.analysis.compare import compare
from bert_core.analysis.directions import directions
from bert_core.analysis.lens import lens
from bert_core.analysis.surprise import surprise
from bert_core.tasks.candidates import score_candidates
from bert_core.tasks.masked import fill, trace_masks
from bert_core.tasks.probe import probe

TEXT = "The [MASK] waits near the [MASK]."
KINDS = ("fill", "candidates", "probe", "surprise", "lens", "directions", "compare")


def all_results(
    encoder, other, text: str = TEXT, pair: str | None = None, words=("lake", "herons")
):
    """Results by kind.

    Args:
        encoder: a model with a masked-word head.
        other: a second one to compare with.
        text: a sentence with a mask.
        pair: a second sentence.
        words: candidates for the mask, and slot words of the probe.
    """
    tokens = encoder.tokenize(text, pair)
    trace = trace_masks(encoder, tokens)
    return {
        "fill": fill(encoder, text, pair, k=12, strategy="beam", words_only=False),
        "candidates": score_candidates(encoder, tokens, words),
        "probe": probe(
            encoder, ["The {slot} and the ___.", "A ___ by {slot}."], words, ["river"], ["snow"]
        ),
        "surprise": surprise(encoder, tokens),
        "lens": lens(encoder, trace, tokens.masks[0], k=4),
        "directions": directions(encoder, tokens, tokens.masks[0], k=4),
        "compare": compare(encoder, other, tokens, k=6),
    }
