"""What heads and words do for an answer, in Python: a few lines that run as they are."""

from collections.abc import Sequence

from bert_core.analysis.attention.ablation import AblationResult
from bert_core.analysis.attention.ranking import RankingResult
from bert_core.model.choice import ModelChoice
from bert_core.views.effect_rows import Effect
from bert_core.views.snippets import call_snippet, tokens_line


def effect_snippet(choice: ModelChoice, result: Effect, masked: Sequence[int] = ()) -> str:
    """Lines that print the table of an ablation, a ranking of heads, or words left out as CSV.

    Args:
        choice: the model.
        result: what is repeated.
        masked: positions of pieces that a mask was put over.
    """
    tokens, target = result.tokens, result.target
    aim = f"Target({target.head!r}, follows=True)" if target.follows else f"Target({target.head!r})"
    home = "from bert_core.analysis.attention"
    lines = [f"{home}.targets import Target"]
    match result:
        case AblationResult():
            off = " ".join(map(str, result.off))
            lines += [f"{home}.ablation import ablate, parse_heads",
                      "held = encoder.checkpoint",
                      f"off = parse_heads({off!r}, layers=held.layers, "
                      "heads=held.attention_heads)"]  # fmt: skip
            call = f"ablate(encoder, tokens, off, {aim})"
        case RankingResult():
            lines += [f"{home}.ranking import rank_heads"]
            call = f"rank_heads(encoder, tokens, {aim})"
        case _:
            lines += [f"{home}.leave_one_out import leave_one_out"]
            call = f"leave_one_out(encoder, tokens, {aim}, level={result.level!r})"
    return call_snippet(choice, call, tokens_line(tokens.text, tokens.pair, masked), *lines)
