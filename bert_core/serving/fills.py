"""``POST fill``: sentences with masks, many of them as one batch."""

from collections.abc import Callable, Iterator, Sequence

from bert_core.errors import InputError
from bert_core.model.batching import PROJECTED_ROWS
from bert_core.model.encoder import Encoder
from bert_core.model.tokens import Tokens
from bert_core.model.trace import Trace
from bert_core.serving.items import FillItem
from bert_core.serving.refusals import of_item
from bert_core.tasks.candidates import CandidateTable, score_candidates
from bert_core.tasks.many import trace_all_masks
from bert_core.tasks.masked import FillResult, fill_trace, require_masks, trace_masks

Progress = Callable[[int, int], None]
Answer = FillResult | CandidateTable

MOST_ROWS = 20_000
"""Candidates in one answer to a sentence with many masks."""


def fill_one(encoder: Encoder, item: FillItem, tell: Progress) -> Answer:
    """Answer one sentence.

    Raises:
        CoreError: as :func:`bert_core.fill` and :func:`bert_core.score_candidates`.
    """
    tokens = _tokens(encoder, item)
    if item.candidates:
        return _own(encoder, tokens, item, tell)
    return _told(encoder, trace_masks(encoder, tokens, hidden=False), item)


def fill_all(encoder: Encoder, items: Sequence[FillItem], tell: Progress) -> Iterator[Answer]:
    """Answer sentences in their order, computed in batches.

    Args:
        encoder: a model with a masked-word head.
        items: the sentences.
        tell: told how many are answered, and of how many; may raise to stop.

    Raises:
        Refused: the first sentence that has no answer, by its number; the sentences themselves
            are looked at before any is computed.
    """
    tokens = []
    for number, item in enumerate(items):
        with of_item(number):
            tokens.append(_tokens(encoder, item))
    for group in _groups(items, tokens):
        with of_item(group[0]):
            tell(group[0], len(items))
            many = [tokens[number] for number in group if not items[number].candidates]
            traces = iter(trace_all_masks(encoder, many) if many else ())
        for number in group:
            item = items[number]
            with of_item(number):
                if item.candidates:
                    answer: Answer = _own(encoder, tokens[number], item, tell)
                else:
                    answer = _told(encoder, next(traces), item)
            yield answer


def _tokens(encoder: Encoder, item: FillItem) -> Tokens:
    tokens = encoder.tokenize(item.text, item.pair).masked(item.masked)
    require_masks(tokens)
    rows = len(tokens.masks) * item.k
    if rows > MOST_ROWS:
        raise InputError(
            f"{len(tokens.masks):,} masks with {item.k:,} words each are {rows:,} rows; at most "
            f"{MOST_ROWS:,} are given at once. Ask for fewer words or masks.",
            field="k",
        )
    return tokens


def _groups(items: Sequence[FillItem], tokens: Sequence[Tokens]) -> Iterator[list[int]]:
    """Numbers of sentences whose masks together are so few that their logits are no burden."""
    group: list[int] = []
    rows = 0
    for number, each in enumerate(tokens):
        if group and rows + len(each.masks) > PROJECTED_ROWS:
            yield group
            group, rows = [], 0
        group.append(number)
        rows += len(each.masks)
    yield group


def _own(encoder: Encoder, tokens: Tokens, item: FillItem, tell: Progress) -> CandidateTable:
    """The words that were given, at one mask."""
    words = item.candidates or ()
    return score_candidates(encoder, tokens, words, mask=item.mask, on_progress=tell)


def _told(encoder: Encoder, trace: Trace, item: FillItem) -> FillResult:
    return fill_trace(
        encoder,
        trace,
        k=item.k,
        strategy=item.strategy,
        width=item.width,
        words_only=item.words_only,
    )
