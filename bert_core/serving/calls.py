"""The routes of the JSON API: each is one call of the core, as pages and command line make it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bert_core.analysis.attention.attend import AttentionResult, attend
from bert_core.analysis.attention.targets import Target
from bert_core.analysis.surprise import SurpriseResult, surprise
from bert_core.analysis.tokenization.tokenize import Tokenization, tokenize
from bert_core.errors import InputError
from bert_core.features.one_text import MOST_VALUES, EmbedResult, embed
from bert_core.model.encoder import Encoder
from bert_core.serving import items, requests
from bert_core.serving.fills import fill_all, fill_one
from bert_core.serving.refusals import of_item
from bert_core.tasks.candidates import CandidateTable
from bert_core.tasks.masked import FillResult
from bert_core.tasks.next_pairs import FollowerRanking, rank_candidates
from bert_core.tasks.next_sentence import NextSentenceResult, next_sentence
from bert_core.tasks.squad import AnswerResult, answer

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """One route that takes questions.

    Attributes:
        name: its last part: ``/api/v1/NAME``.
        summary: what it answers, in a sentence.
        single: what one question is.
        batch: what several are.
        result: what the core answers: a type, or several.
        call: the call of the core, of an encoder, an item, and who is told how far it is.
        example: a question of our own that has an answer.
        together: as ``call`` of all items at once, where the core computes them as a batch.
    """

    name: str
    summary: str
    single: type[requests.Asked]
    batch: type[requests.Batch[Any]]
    result: Any
    call: Callable[[Encoder, Any, Progress], Any]
    example: dict[str, Any]
    together: Callable[[Encoder, Any, Progress], Iterator[Any]] | None = None


def results(
    route: ApiRoute, asked: requests.Asked, encoder: Encoder, *, on_progress: Progress
) -> Iterator[Any]:
    """Answer one question or several, one after the other.

    Args:
        route: which route.
        asked: what :func:`.requests.read` made of the body.
        encoder: the model that is asked for.
        on_progress: called before each question and between the steps of long ones; may raise
            to stop.

    Yields:
        Results of the core in the order of the questions.

    Raises:
        Refused: the first question that has no answer, by its number where there are several.
    """
    if not isinstance(asked, requests.Batch):
        with of_item(None):
            on_progress(0, 1)
            found = route.call(encoder, asked, on_progress)
        yield found
    elif route.together is not None:
        yield from route.together(encoder, asked.items, on_progress)
    else:
        for number, item in enumerate(asked.items):
            with of_item(number):
                on_progress(number, len(asked.items))
                found = route.call(encoder, item, on_progress)
            yield found


def _surprise(encoder: Encoder, item: items.SurpriseItem, tell: Progress) -> SurpriseResult:
    return surprise(encoder, encoder.tokenize(item.text, item.pair), on_progress=tell)


def _next(
    encoder: Encoder, item: items.NextItem, tell: Progress
) -> NextSentenceResult | FollowerRanking:
    if item.candidates:
        return rank_candidates(encoder, item.text, item.candidates, on_progress=tell)
    return next_sentence(encoder, item.text, item.pair or "")


def _ask(encoder: Encoder, item: items.AskItem, tell: Progress) -> AnswerResult:
    return answer(
        encoder,
        item.question,
        item.context,
        n_best=item.n_best,
        max_answer_length=item.max_answer_length,
        impossible=item.impossible,
        null_threshold=item.null_threshold,
        layout=item.layout(),
        decoder=item.decoder,
        on_progress=tell,
    )


def _attend(encoder: Encoder, item: items.AttendItem, tell: Progress) -> AttentionResult:
    found = attend(
        encoder,
        item.text,
        item.pair,
        masked=item.masked,
        measure=item.measure,
        target=None if item.target is None else Target(**item.target.model_dump()),
        level=item.level,
        block=item.block,
        hide_special=item.hide_special,
        renormalise=item.renormalise,
        layer=item.layer,
        head=item.head,
        on_progress=tell,
    )
    if found.weights.size > MOST_VALUES:
        raise InputError(
            f"These are {found.weights.size:,} weights; at most {MOST_VALUES:,} are given at "
            "once. Ask for one layer or one head, or for a shorter text.",
            field="layer",
        )
    return found


def _tokenize(encoder: Encoder, item: items.TokenizeItem, tell: Progress) -> Tokenization:
    return tokenize(encoder.tokenizer, item.text, item.pair, masks=item.masks)


def _embed(encoder: Encoder, item: items.EmbedItem, tell: Progress) -> EmbedResult:
    return embed(encoder, item.text, item.pair, layers=item.layers, pool=item.pool)


ROUTES: tuple[ApiRoute, ...] = (
    ApiRoute(
        "fill", "Rank the words that fit a mask, or score your own.",
        requests.Fill, requests.FillBatch, FillResult | CandidateTable, fill_one,
        {"text": "The keys to the old cabinet [MASK] on the table.", "k": 5}, together=fill_all,
    ),
    ApiRoute(
        "surprise", "Mask every piece in turn and say how much it was expected.",
        requests.Surprise, requests.SurpriseBatch, SurpriseResult, _surprise,
        {"text": "The soup was not hot."},
    ),
    ApiRoute(
        "next", "Say whether a text follows another, or which of several follows it best.",
        requests.Next, requests.NextBatch, NextSentenceResult | FollowerRanking, _next,
        {"text": "The ferry left at six in the morning.",
         "pair": "It carried thirty people across the river."},
    ),
    ApiRoute(
        "ask", "Find the answer to a question in a text.",
        requests.Ask, requests.AskBatch, AnswerResult, _ask,
        {"question": "What did the ferry carry?",
         "context": "The ferry carried thirty people across the river.", "n_best": 3},
    ),
    ApiRoute(
        "attend", "Give the attention weights of a text.",
        requests.Attend, requests.AttendBatch, AttentionResult, _attend,
        {"text": "The heron waits.", "layer": 1, "head": 1},
    ),
    ApiRoute(
        "tokenize", "Show how a text becomes ids, step by step.",
        requests.Tokenize, requests.TokenizeBatch, Tokenization, _tokenize,
        {"text": "Herons wade."},
    ),
    ApiRoute(
        "embed", "Give the vector of a text, or those of its pieces.",
        requests.Embed, requests.EmbedBatch, EmbedResult, _embed,
        {"text": "Herons wade.", "layers": [-1], "pool": "mean"},
    ),
)  # fmt: skip
"""All routes that take questions, in the order in which they are shown."""
