"""Answers of a span head as a table of bars, and what their figures mean in sentences."""

from bert_core.tasks.spans.answers import Candidate
from bert_core.tasks.squad import AnswerResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import PER_CENT, counted, percent, signed
from bert_core.views.tables import BarTable

_DETAILS = (
    Column("start", "number", help="Logit of the first piece, in nats.", optional=True),
    Column("end", "number", help="Logit of the last piece, in nats.", optional=True),
    Column("window", "number", optional=True),
    Column("characters", "number", help="Of the text, counted from 0.", optional=True),
)
_OVER_CANDIDATES = "Softmax over the candidates of this question only."
_OVER_WINDOW = f"Start times end, each within one window; they do not add up to 100{PER_CENT}."
_NOT_MEANT = (
    "It is not the probability of being right, and it does not compare with that of another "
    "question or text."
)


def spans(result: AnswerResult, most: int = 10, *, brief: bool = False) -> BarTable:
    """The candidates, best first, the chosen one in bold.

    Args:
        result: an answer.
        most: candidates that are shown; "no answer" is shown beyond them, with its rank.
        brief: whether logits and places are left out, for a narrow table.
    """
    chosen = _chosen(result)
    rows = tuple(
        Bar(
            (str(rank), each.text or _no_answer(rank, won=each == chosen),
             percent(each.probability), *(() if brief else _details(each))),
            each.probability,
            emphasis=each == chosen,
        )
        for rank, each in enumerate(result.nbest, start=1)
        if rank <= most or not each.text
    )  # fmt: skip
    within = result.decoder == "pipeline"
    columns = (
        Column("Rank", "rank"),
        Column("answer", "text"),
        Column("Bar", "bar"),
        Column("probability", "number", help=_OVER_WINDOW if within else _OVER_CANDIDATES),
        *(() if brief else _DETAILS),
    )
    badge = f"{counted(len(result.nbest), 'candidate')} · {counted(result.windows, 'window')}"
    # The old pipeline adds up the scores of equal texts, which can pass 1.
    scale = max((1.0, *(row.value for row in rows)))
    return BarTable(columns, rows, caption="Answers", badge=badge, scale=scale)


def _no_answer(rank: int, *, won: bool) -> str:
    """What stands for "no answer"; others may be more probable where the threshold decides."""
    return "no answer: its margin is above the threshold" if won and rank > 1 else "no answer"


def _details(each: Candidate) -> tuple[str, ...]:
    where = f"{each.start:,}–{each.end:,}" if each.text else "–"
    return signed(each.start_logit), signed(each.end_logit), f"{each.window + 1:,}", where


def confidence(result: AnswerResult) -> str:
    """What the probability of the chosen answer is, and what it is not."""
    chosen = _chosen(result)
    if chosen is None:
        return "Nothing could be ranked, so there is no probability."
    shown = percent(chosen.probability)
    if result.decoder == "pipeline":
        return (
            f"{shown} is the probability that the answer starts here times the probability that "
            f"it ends here, each within one window, added up over equal texts. {_NOT_MEANT}"
        )
    others = counted(len(result.nbest), "candidate")
    if not chosen.text:
        return f"{shown} is the share of “no answer” among {others} for this question. {_NOT_MEANT}"
    null = any(not each.text for each in result.nbest)
    included = "included" if null else "not included"
    return (
        f"{shown} is the share of this answer among {others} for this question, “no answer” "
        f"{included}. {_NOT_MEANT}"
    )


def margin(result: AnswerResult) -> str:
    """How far "no answer" leads the best span, as one sentence."""
    if result.null_score is None:
        return "“No answer” is not among the choices: the best span is the answer."
    score = signed(result.null_score)
    if result.null_odds is None:
        return f"“No answer” scores {score}; no span is allowed."
    best = signed(result.null_score - result.null_odds)
    return (
        f"“No answer” scores {score}; the best span {best}: margin {signed(result.null_odds)} nats."
    )


def where(result: AnswerResult) -> str:
    """Where the answer stands; "" for no answer."""
    best = result.best
    if best is None:
        return ""
    return f"characters {best.start:,}–{best.end:,} · window {best.window + 1:,}"


def _chosen(result: AnswerResult) -> Candidate | None:
    """The candidate that is the answer: a span, or the null answer."""
    if result.best is not None:
        return result.best
    return next((each for each in result.nbest if not each.text), None)
