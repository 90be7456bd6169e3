"""What several decoders make of the same logits, as a table of bars."""

from collections.abc import Mapping, Sequence

from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.squad import AnswerResult
from bert_core.views.bars import Bar, Column
from bert_core.views.numbers import percent
from bert_core.views.tables import BarTable

DECODER_NAMES: Mapping[Decoder, str] = {
    "google": "BERT's run_squad",
    "hf": "transformers' run_qa",
    "pipeline": "the old pipeline",
}
RULES_IN_WORDS: Mapping[Decoder, str] = {
    "google": "run_squad: only the window that shows most around a piece may begin an answer "
    "there; answers with the same text count once; the text is found again in the original; "
    "probabilities are over the list.",
    "hf": "run_qa: any window may begin an answer anywhere; the same text may stand in the list "
    "several times and shares its probability; the text is cut out by characters. Its windows "
    "differ too: the option for an overlap gives those.",
    "pipeline": "The question-answering pipeline that transformers had until 5.2: start "
    "and end are probabilities within one window, so windows compete on unequal terms; answers "
    "grow to whole words; equal texts add up, and the figures are no shares of one.",
}


def compared(results: Sequence[AnswerResult]) -> BarTable:
    """One row for each decoder; those that agree with the first are not in bold.

    Answers agree that differ in white space at most: run_squad writes a line break as a space.

    Args:
        results: answers to one question by different decoders, at least one.
    """
    said = [" ".join(result.text.split()) for result in results]
    rows = []
    for result, text in zip(results, said, strict=True):
        best = result.best
        probability = 0.0 if best is None else best.probability
        cells = (
            DECODER_NAMES[result.decoder],
            text or "no answer",
            percent(probability) if best else "–",
            f"{best.start:,}–{best.end:,}" if best else "–",
        )
        rows.append(Bar(cells, probability, emphasis=text != said[0]))
    columns = (
        Column("decoder", "text"),
        Column("answer", "text"),
        Column("Bar", "bar"),
        Column("probability", "number", help="Each tool's own figure; they mean different things."),
        Column("characters", "number", optional=True),
    )
    different = len(set(said))
    shares = [row.value for row in rows]
    badge = "all agree" if different == 1 else f"{different} different answers"
    return BarTable(
        columns, tuple(rows), caption="The same logits", badge=badge, scale=max(1.0, *shares)
    )
