"""Every head switched off in turn: what the answer owes to each, the same on all pages."""

from bert_core import ModelChoice, Tokens
from bert_core.analysis.attention.ranking import RankingResult, rank_heads
from bert_core.analysis.attention.targets import Target
from bert_core.model.costs import costly
from bert_core.views.numbers import counted
from pages._shared.long_work import when_asked
from pages._shared.models import encoder_with_progress


def head_ranking(
    choice: ModelChoice, tokens: Tokens, target: Target, *, widget: str
) -> RankingResult | None:
    """What each head does alone; where that takes long it waits for a click, and can be stopped.

    Args:
        choice: the model.
        tokens: the text.
        target: the answer that is followed.
        widget: key of the buttons.

    Returns:
        None until somebody asks for it.
    """
    encoder = encoder_with_progress(choice)
    count = encoder.checkpoint.layers * encoder.checkpoint.attention_heads
    return when_asked(
        ("rank", choice, tokens, target),
        lambda bar: rank_heads(encoder, tokens, target, on_progress=bar),
        long=costly(encoder, count * len(tokens)),
        label="Rank all heads",
        about=f"{counted(count, 'head')}, each switched off in turn.",
        bar="Heads",
        widget=widget,
    )
