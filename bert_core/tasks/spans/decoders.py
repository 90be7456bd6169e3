"""Deciding on answers from a trace, by the rules of one tool or another.

The same logits can give other answers: what a span may be, which of equals wins and what a
probability is over differ from tool to tool.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Protocol, get_args

from bert_core.checks import shown
from bert_core.errors import InputError
from bert_core.tasks.spans.answers import SpanAnswer
from bert_core.tasks.spans.decode import DecodeSettings, decode
from bert_core.tasks.spans.huggingface import decode_hf
from bert_core.tasks.spans.pipeline import decode_pipeline
from bert_core.tasks.spans.trace import SpanTrace

Decoder = Literal["google", "hf", "pipeline"]
DECODERS: tuple[Decoder, ...] = get_args(Decoder)


class _Rules(Protocol):
    def __call__(
        self, trace: SpanTrace, settings: DecodeSettings, *, keep_rejected: bool
    ) -> list[SpanAnswer]: ...


def decide(
    trace: SpanTrace,
    settings: DecodeSettings,
    *,
    decoder: Decoder = "google",
    keep_rejected: bool = False,
) -> list[SpanAnswer]:
    """Answer every question of a trace; no model is asked.

    Args:
        trace: N questions that a model has read.
        settings: how answers are chosen; its ``lower`` is the trace's.
        decoder: ``"google"``: run_squad.py. ``"hf"``: transformers' run_qa.py. ``"pipeline"``:
            transformers' question-answering pipeline, as it was until release 5.2.
        keep_rejected: whether the spans that are no candidates are listed.

    Returns:
        N answers.

    Raises:
        InputError: there is no such decoder.
        ModelError: logits that are no numbers.
    """
    check_decoder(decoder)
    return _RULES[decoder](trace, replace(settings, lower=trace.lower), keep_rejected=keep_rejected)


def check_decoder(decoder: str) -> None:
    """Refuse a name that no decoder has.

    Raises:
        InputError: there is no such decoder.
    """
    if decoder not in DECODERS:
        raise InputError(
            f"The decoder is {shown(decoder)}; choose one of {', '.join(DECODERS)}.",
            field="decoder",
        )


def _google(trace: SpanTrace, settings: DecodeSettings, *, keep_rejected: bool) -> list[SpanAnswer]:
    return decode(
        trace.features, trace.starts, trace.ends, trace.pieces, settings,
        keep_rejected=keep_rejected,
    )  # fmt: skip


_RULES: Mapping[Decoder, _Rules] = {
    "google": _google,
    "hf": decode_hf,
    "pipeline": decode_pipeline,
}
