"""``fill`` and what else is asked at a mask."""

from typing import Annotated, Any, cast

import typer

from bert_core.commands.common import Json, sentences, show
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED

Text = Annotated[str, typer.Argument(help="The sentence; [MASK], <mask> or ___ is a mask.")]
Pair = Annotated[str | None, typer.Option(help="A second sentence.")]
TopK = Annotated[int, typer.Option("--top-k", help="Words per mask.")]
Mask = Annotated[int, typer.Option(help="Which mask, counted from 1.")]


def fill(
    text: Text,
    pair: Pair = None,
    top_k: TopK = 10,
    strategy: Annotated[
        str, typer.Option(help="independent, left-to-right, confident-first or beam.")
    ] = "independent",
    width: Annotated[int, typer.Option(help="Sentences to rank, 1 to 10.")] = 5,
    candidates: Annotated[
        str | None, typer.Option(help="Score these words at the mask instead: a,b,c")
    ] = None,
    mask: Mask = 1,
    pieces: Annotated[bool, typer.Option("--pieces", help="Show parts of words too.")] = False,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Rank the words that fit a mask."""
    from bert_core.tasks import masked
    from bert_core.tasks.candidates import score_candidates, split_words
    from bert_core.tasks.filling import Strategy
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device, precision)
        if candidates is not None:
            tokens = encoder.tokenize(text, pair)
            scored = score_candidates(encoder, tokens, split_words(candidates), mask=mask - 1)
            show(scored, plain.candidates, as_json)
            return
        how: dict[str, Any] = {"k": top_k, "width": width, "words_only": not pieces}
        result = masked.fill(encoder, text, pair, strategy=cast(Strategy, strategy), **how)
        show(result, plain.fill, as_json)


def surprise(
    text: Text,
    pair: Pair = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Mask every piece in turn; print surprise and pseudo-log-likelihood."""
    from bert_core.analysis.surprise import surprise as run
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device, precision)
        show(run(encoder, encoder.tokenize(text, pair)), plain.surprise, as_json)


def lens(
    text: Text,
    pair: Pair = None,
    mask: Mask = 1,
    top_k: TopK = 3,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Read each layer's hidden state at a mask through the masked-word head."""
    from bert_core.analysis.lens import lens as run
    from bert_core.tasks.masked import trace_masks
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device, precision)
        trace = trace_masks(encoder, encoder.tokenize(text, pair))
        position = _mask(trace.positions, mask)
        show(run(encoder, trace, position, k=top_k), plain.lens, as_json)


def directions(
    text: Text,
    pair: Pair = None,
    mask: Mask = 1,
    top_k: TopK = 5,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Predict a mask from the left, the right, and both."""
    from bert_core.analysis.directions import directions as run
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device, precision)
        tokens = encoder.tokenize(text, pair)
        position = _mask(tokens.masks, mask)
        show(run(encoder, tokens, position, k=top_k), plain.directions, as_json)


def compare(
    text: Text,
    other: Annotated[str, typer.Option("--with", help="The second model.")],
    pair: Pair = None,
    mask: Mask = 1,
    top_k: TopK = 10,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    other_precision: Annotated[str, typer.Option(help="Precision of the second.")] = "exact",
    as_json: Json = False,
) -> None:
    """Ask two models for the same mask."""
    from bert_core.analysis.compare import compare as run
    from bert_core.views import plain

    with sentences():
        first = load(model, revision, device, precision)
        second = load(other, None, device, other_precision)
        result = run(first, second, first.tokenize(text, pair), mask=mask - 1, k=top_k)
        show(result, plain.compare, as_json)


def probe(
    templates: Annotated[list[str], typer.Argument(help="Sentences with {slot} and one mask.")],
    slots: Annotated[str, typer.Option(help="Words for the slot: a,b,c")],
    group_a: Annotated[str, typer.Option(help="Words of the first group: a,b")],
    group_b: Annotated[str, typer.Option(help="Words of the second group: a,b")],
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Compare two groups of words at the mask of templates, for every slot word."""
    from bert_core.tasks.candidates import split_words
    from bert_core.tasks.probe import probe as run
    from bert_core.views import plain

    with sentences():
        encoder = load(model, revision, device, precision)
        lists = [split_words(each) for each in (slots, group_a, group_b)]
        show(run(encoder, templates, *lists), plain.probe, as_json)


def _mask(masks: tuple[int, ...], number: int) -> int:
    if not 1 <= number <= len(masks):
        raise InputError(f"There is no mask {number}: the sentence has {len(masks)}.", field="mask")
    return masks[number - 1]
