"""How much a model has to compute for a question: known before it is asked."""

from bert_core.analysis.attention.rollout import refuse_long_flow
from bert_core.model.costs import CHARACTERS
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.serving import items
from bert_core.tasks.spans.lengths import fitting

STEPS = 60
"""Passes that the attribution of a layer takes, which go through that layer and those above: 20
points of the way, each forward and back, which takes about as long as three forward."""
FLOW = 6_500
"""Flow of one layer takes this times the cube of the pieces, times the layers below, in the measure
of :data:`.costs.COSTLY`. It is computed from the weights alone, so the model's width is nothing to
it."""


def pieces(encoder: Encoder, item: items.Item) -> float:
    """Roughly how many word pieces a model computes for a question, in all passes together.

    Args:
        encoder: the model that is asked.
        item: the question.

    Raises:
        CoreError: the question has a fault that can be seen without computing, or the model lacks
            its task head.
    """
    most = encoder.tokenizer.max_pieces
    match item:
        case items.AskItem():
            encoder.checkpoint.require("span")
            return _read(encoder, item)
        case items.NextItem():  # a pair is read in both orders
            encoder.checkpoint.require("next_sentence")
            others = item.candidates or (item.pair or "",) * 2
            lengths = (len(item.text) + len(each) for each in others)
            return sum(min(most, length / CHARACTERS) for length in lengths)
        case items.FillItem() | items.SurpriseItem() | items.AttendItem() | items.EmbedItem():
            if isinstance(item, items.FillItem | items.SurpriseItem):
                encoder.checkpoint.require("masked_word")
            tokens = encoder.tokenize(item.text, item.pair)
            return _passes(encoder, item, tokens) * len(tokens)
    return 0.0  # nothing is computed


def _read(encoder: Encoder, item: items.AskItem) -> float:
    """A document in windows, which overlap."""
    tokenizer = encoder.tokenizer
    specials = 2 + tokenizer.seps_between
    layout = fitting(item.layout(), tokenizer.max_pieces, specials=specials)
    step = layout.step(layout.max_seq_length - layout.max_query_length - specials)
    return len(item.context) / CHARACTERS * max(1.0, layout.max_seq_length / max(1, step))


def _passes(encoder: Encoder, item: items.Item, tokens: Tokens) -> float:
    """How often a text goes through the model, or what takes as long."""
    layers = encoder.checkpoint.layers
    match item:
        case items.FillItem(candidates=[_, *_] as words):  # those of one length share their first
            lengths = [len(encoder.pieces_of(word)) for word in words]
            return len(set(lengths)) + sum(max(0, length - 1) for length in lengths)
        case items.FillItem(strategy=strategy) if strategy != "independent":
            return item.width * (len(tokens.masks) + len(item.masked))
        case items.SurpriseItem():
            return len(tokens.content)
        case items.AttendItem(measure="attribution", layer=None):
            return STEPS * (layers + 1) / 2
        case items.AttendItem(measure="attribution", layer=int() as layer):
            return STEPS * (layers - layer + 1) / layers
        case items.AttendItem(measure="flow"):
            refuse_long_flow(len(tokens))
            share = (item.layer or layers) / layers
            return 1.0 + FLOW * share * len(tokens) ** 2 / encoder.checkpoint.hidden**2
    return 1.0
