"""What heads and words do for an answer, as rows for CSV."""

from bert_core.analysis.attention.ablation import AblationResult
from bert_core.analysis.attention.leave_one_out import LeaveOneOutResult
from bert_core.analysis.attention.ranking import RankingResult
from bert_core.views.rows import Row

Effect = AblationResult | RankingResult | LeaveOneOutResult


def effect_rows(result: Effect) -> list[Row]:
    """One row for each outcome, head, or piece or word left out; units in the names."""
    match result:
        case AblationResult():
            return [
                {
                    "off": " ".join(map(str, result.off)),
                    "outcome": each.label,
                    "followed": each.followed,
                    "before": each.before,
                    "after": each.after,
                }
                for each in result.outcomes
            ]
        case RankingResult():
            return [
                {
                    "layer": each.name.layer,
                    "head": each.name.head,
                    "divergence_nats": each.divergence,
                    "change_nats": each.change,
                }
                for each in result.heads
            ]
        case LeaveOneOutResult():
            return [
                {
                    "text": unit.text,
                    "first_piece": unit.pieces[0],
                    "pieces": len(unit.pieces),
                    "divergence_nats": float(divergence),
                    "change_nats": float(change),
                }
                for unit, divergence, change in zip(
                    result.units, result.divergence, result.change, strict=True
                )
            ]
