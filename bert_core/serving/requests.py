"""What each route of the JSON API may be asked, with its limits; names are those of the core.

A request is one question, or several of one kind with ``items``. The model is named beside them.
"""

from typing import Generic, Self, TypeVar

import pydantic_core
from pydantic import Field, ValidationError, model_validator

from bert_core.model.choice import EMBEDDED, READER, ModelChoice, Precision
from bert_core.serving.combinations import refuse_revision, refuse_unused
from bert_core.serving.faults import first_fault
from bert_core.serving.items import (
    AskItem,
    AttendItem,
    EmbedItem,
    FillItem,
    Item,
    NextItem,
    Strict,
    SurpriseItem,
    TokenizeItem,
)
from bert_core.serving.refusals import Refused, of_item
from bert_core.settings import read_settings

MOST_ITEMS = 64
"""Questions in one request."""


class Asked(Strict):
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

    def choice(self) -> ModelChoice:
        """The model that is asked for.

        Raises:
            InputError: a value is not one of the legal ones.
        """
        return ModelChoice(self.model, self.revision, self.device, self.precision)


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
        Refused: it is no JSON ("malformed"), not what the route may be asked ("invalid"), or has
            fields that have no meaning together ("input").
    """
    try:
        found = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Refused(f"The body is no JSON: {error}.", kind="malformed") from None
    if not isinstance(found, dict):
        raise Refused("The body is JSON but no object. Send {...}.", kind="malformed")
    kind = batch if "items" in found else single
    try:
        asked = kind.model_validate_json(body)
    except ValidationError as error:
        of_request = Asked.model_fields.keys()
        raise first_fault(error, of_request, single.model_fields.keys() - of_request) from None
    _refuse_unused(asked)
    return asked


def _refuse_unused(asked: Asked) -> None:
    """Refuse what was given and would change nothing."""
    with of_item(None):
        refuse_revision(asked.model, asked.revision)
    if isinstance(asked, Batch):
        for number, item in enumerate(asked.items):
            with of_item(number):
                refuse_unused(item)
    elif isinstance(asked, Item):
        with of_item(None):
            refuse_unused(asked)
