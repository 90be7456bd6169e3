"""Figures of heads, and what becomes of an answer without them, as tables."""

from bert_core.analysis.attention.ablation import AblationResult
from bert_core.analysis.attention.ranking import RankingResult
from bert_core.analysis.attention.table import HeadTable
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import counted, nats, percent, signed
from bert_core.views.tables import BarTable


def head_rows(table: HeadTable) -> list[dict[str, object]]:
    """One dictionary for each head: exact figures by the names of their columns."""
    found: list[dict[str, object]] = []
    for row in table.rows:
        shares = {
            "itself": row.itself,
            "previous": row.previous,
            "next": row.following,
            "[CLS]": row.cls,
            "[SEP]": row.sep,
            "punctuation": row.punctuation,
            "rest of word": row.rest_of_word,
            "A to B": row.a_to_b,
            "B to A": row.b_to_a,
        }
        found.append(
            {
                "layer": row.layer,
                "head": row.head,
                "pattern": row.pattern,
                "entropy, bits": row.entropy,
                "distance": row.distance,
                **{name: share for name, share in shares.items() if share is not None},
                "largest": row.largest,
            }
        )
    return found


def ablation(result: AblationResult) -> BarTable:
    """Outcomes before and after heads are switched off."""
    rows = tuple(
        Bar(
            (each.label, percent(each.before), percent(each.after)),
            each.after,
            emphasis=each.followed,
        )
        for each in result.outcomes
    )
    columns = (
        Column("outcome", "text"),
        Column("before", "number"),
        Column("Bar", "bar"),
        Column("after", "number"),
    )
    badge = f"KL {result.divergence:.4f} nats"
    return BarTable(columns, rows, caption="With and without", badge=badge, scale=1.0)


def ranking(result: RankingResult, most: int = 20) -> BarTable:
    """Heads by how much the answer changes without each of them.

    Args:
        result: from :func:`bert_core.analysis.attention.ranking.rank_heads`.
        most: heads that are shown.
    """
    rows = tuple(
        Bar((str(each.name), f"{each.divergence:.4f}", signed(each.change)), each.divergence)
        for each in result.heads[:most]
    )
    columns = (
        Column("layer.head", "text"),
        Column("Bar", "bar"),
        Column("KL", "number", help="KL(before || after) of the whole answer, in nats."),
        Column("change", "number", help="Of the log-probability of the outcome, in nats."),
    )
    badge = counted(len(result.heads), "head")
    if len(rows) < len(result.heads):
        badge = f"{len(rows)} of {badge}"
    return BarTable(columns, rows, caption="What each head does alone", badge=badge)


def followed(result: AblationResult) -> str:
    """What became of the outcome that is followed, in one sentence."""
    return (
        f"Followed: “{result.label}”, log-probability {nats(result.before)} nats, without the "
        f"heads {nats(result.after)} ({signed(result.change)})."
    )
