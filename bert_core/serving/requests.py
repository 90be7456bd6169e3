"""What each route of the JSON API may be asked, with its limits; names are those of the core.

A request is one question, or several of one kind with ``items``. The model is named beside them.
"""

from typing import Annotated, Generic, Self, TypeVar

import pydantic_core
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bert_core.analysis.attention.blocks import Block
from bert_core.analysis.attention.levels import Level
from bert_core.analysis.attention.measures import Measure
from bert_core.features.writing import Pool
from bert_core.model.choice import EMBEDDED, READER, Attention, ModelChoice, Precision
from bert_core.serving.refusals import Refused
from bert_core.settings import read_settings
from bert_core.tasks.filling import Strategy
from bert_core.tasks.masked import MAX_K
from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.squad import MAX_ANSWER, MAX_BEST

MOST_ITEMS = 64
"""Questions in one request."""
MOST_PIECES = 10_000
"""Longest list of positions; no model reads so many pieces."""

Position = Annotated[int, Field(ge=0, le=MOST_PIECES)]
Counted = Annotated[int, Field(ge=1, le=1_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Asked(_Strict):
    """Which model is asked."""

    model: str = Field(
        EMBEDDED, min_length=1, max_length=500,
        description="embedded, reader, run:ID, a hub id or a folder, as far as they are allowed",
    )  # fmt: skip
    revision: str | None = Field(
        None, max_length=200, description="branch, tag or commit of a hub id"
    )
    device: str = Field("cpu", max_length=20, description="cpu, cuda:0 ... or mps")
    precision: Precision = Field("exact", description="exact (float32) or fast (16 bits)")

    def choice(self, attention: Attention) -> ModelChoice:
        """The model that is asked for.

        Raises:
            InputError: a value is not one of the legal ones.
        """
        return ModelChoice(self.model, self.revision, self.device, self.precision, attention)


class Item(_Strict):
    """One question."""

    def characters(self) -> int:
        """Length of all its texts."""
        return sum(len(value) for value in dict(self).values() if isinstance(value, str))


class _Text(Item):
    text: str = Field(description="the text")
    pair: str | None = Field(None, description="a second text")


class FillItem(_Text):
    """A sentence with masks: [MASK], <mask> or ___, or pieces to put one over."""

    k: int = Field(10, ge=1, le=MAX_K, description="words for each mask")
    strategy: Strategy = Field("independent", description="how several masks are filled together")
    width: int = Field(5, ge=1, le=10, description="sentences to rank, and of the beam")
    words_only: bool = Field(True, description="leave out parts of words")
    masked: tuple[Position, ...] = Field(
        (), max_length=MOST_PIECES, description="positions of pieces to put a mask over"
    )


class SurpriseItem(_Text):
    """A text of which every piece is masked in turn."""


class NextItem(Item):
    """Two texts: does the second follow the first?"""

    text: str = Field(description="the first text")
    pair: str = Field(description="the second text")


class AskItem(Item):
    """A question and the text that may answer it."""

    question: str = Field(description="the question")
    context: str = Field(description="the text that holds the answer")
    n_best: int = Field(20, ge=1, le=MAX_BEST, description="candidates")
    max_answer_length: int = Field(
        30, ge=1, le=MAX_ANSWER, description="longest answer in word pieces"
    )
    impossible: bool = Field(False, description="there may be no answer")
    null_threshold: float = Field(
        0.0, description="with impossible: no answer above this margin, in nats"
    )
    decoder: Decoder = Field("google", description="rules: run_squad, run_qa or the pipeline")


class AttendItem(_Text):
    """A text whose attention weights are wanted."""

    masked: tuple[Position, ...] = Field(
        (), max_length=MOST_PIECES, description="positions of pieces to put a mask over"
    )
    measure: Measure = Field("raw", description="what the weights are")
    level: Level = Field("piece", description="what a row and a column stand for")
    block: Block = Field("all", description="which text looks at which; ab: text at pair")
    hide_special: bool = Field(False, description="leave out [CLS], [SEP] and the like")
    renormalise: bool = Field(False, description="with hide_special: rows sum to 1 again")
    layer: Counted | None = Field(None, description="one layer, counted from 1; null: all")
    head: Counted | None = Field(None, description="one head, counted from 1; null: all")


class TokenizeItem(_Text):
    """A text and its way to ids."""

    masks: bool = Field(True, description="whether a typed [MASK], <mask> or ___ is a mask")


class EmbedItem(_Text):
    """A text whose vectors are wanted."""

    layers: tuple[Annotated[int, Field(ge=-1_001, le=1_000)], ...] = Field(
        (-1,), min_length=1, max_length=100,
        description="counted from the end, -1 is the last; 0 is what goes into the first",
    )  # fmt: skip
    pool: Pool = Field(
        "mean", description="none (every piece), cls (the first) or mean (of all pieces)"
    )


I = TypeVar("I", bound=Item)  # noqa: E741 - the one letter of an item


class Batch(Asked, Generic[I]):
    """Several questions of one kind to one model."""

    items: tuple[I, ...] = Field(
        min_length=1, max_length=MOST_ITEMS, description="the questions, answered in their order"
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        length = sum(item.characters() for item in self.items)
        most = read_settings().document_characters
        if length > most:
            raise ValueError(
                f"The items have {length:,} characters together; at most {most:,} are "
                "read at once. Send them in several requests."
            )
        return self


class Fill(Asked, FillItem):
    """A sentence with masks, to one model."""


class FillBatch(Batch[FillItem]):
    """Sentences with masks, to one model."""


class Surprise(Asked, SurpriseItem):
    """A text of which every piece is masked in turn, to one model."""


class SurpriseBatch(Batch[SurpriseItem]):
    """Texts of which every piece is masked in turn, to one model."""


class Next(Asked, NextItem):
    """Two texts, to one model."""


class NextBatch(Batch[NextItem]):
    """Pairs of texts, to one model."""


_READER = Field(
    READER, min_length=1, max_length=500, description="reader, or another with a span head"
)


class Ask(Asked, AskItem):
    """A question on a text, to one model."""

    model: str = _READER


class AskBatch(Batch[AskItem]):
    """Questions on texts, to one model."""

    model: str = _READER


class Attend(Asked, AttendItem):
    """A text, to one model's heads."""


class AttendBatch(Batch[AttendItem]):
    """Texts, to one model's heads."""


class Tokenize(Asked, TokenizeItem):
    """A text, to one model's tokenizer."""


class TokenizeBatch(Batch[TokenizeItem]):
    """Texts, to one model's tokenizer."""


class Embed(Asked, EmbedItem):
    """A text, to one model."""


class EmbedBatch(Batch[EmbedItem]):
    """Texts, to one model."""


def read(body: bytes, single: type[Asked], batch: type[Batch[Item]]) -> Asked:
    """Read a request: several questions where it has ``items``, else one.

    Args:
        body: JSON in UTF-8.
        single: the type of one question.
        batch: the type of several.

    Raises:
        Refused: it is no JSON ("malformed"), or not what the route may be asked ("invalid").
    """
    try:
        found = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(f"The body is no JSON: {error}.", kind="malformed") from None
    if not isinstance(found, dict):
        raise Refused("The body is JSON but no object. Send {...}.", kind="malformed")
    kind = batch if "items" in found else single
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise _sentence(error) from None


def _sentence(error: ValidationError) -> Refused:
    """The first fault: where it is and what is expected there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = list(first["loc"])
    item = None
    if len(where) > 1 and where[0] == "items" and isinstance(where[1], int):
        item, where = where[1], where[2:]
    field = ".".join(str(part)[:80] for part in where) or ("items" if item is not None else None)
    match first["type"]:
        case "missing":
            said = f"The field '{field}' is missing."
        case "extra_forbidden":
            said = f"There is no field '{field}'. See /api/v1/openapi.json for those there are."
        case "value_error":
            said, field = first["msg"].removeprefix("Value error, "), "items"
        case _:
            what = first["msg"].removeprefix("Input ").removeprefix("should ")
            said = f"The field '{field}' cannot be used: it should {what}."
            if not first["msg"].startswith("Input should "):
                said = f"The field '{field}' cannot be used: {first['msg']}."
    return Refused(said, kind="invalid", field=field, item=item)
