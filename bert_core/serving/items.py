"""One question to each route of the JSON API, with its limits; names are those of the core."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bert_core.analysis.attention.blocks import Block
from bert_core.analysis.attention.levels import Level
from bert_core.analysis.attention.measures import Measure
from bert_core.analysis.attention.targets import TargetHead
from bert_core.features.writing import Pool
from bert_core.tasks.candidates import MAX_CANDIDATES
from bert_core.tasks.filling import MAX_WIDTH, Strategy
from bert_core.tasks.masked import MAX_K
from bert_core.tasks.next_pairs import MOST_CANDIDATES
from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.spans.features import SpanSettings
from bert_core.tasks.squad import MAX_ANSWER, MAX_BEST

MOST_PIECES = 10_000
"""Longest list of positions; no model reads so many pieces."""

TEXTS = ("text", "pair", "question", "context", "candidates")
"""Fields that hold texts of any length."""

Position = Annotated[int, Field(ge=0, le=MOST_PIECES)]
Counted = Annotated[int, Field(ge=1, le=1_000)]
Words = Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_CANDIDATES)]
Followers = Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_CANDIDATES)]


class Strict(BaseModel):
    """What takes exactly the fields it names, of exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Item(Strict):
    """One question."""

    def characters(self) -> int:
        """Length of all its texts."""
        given = [getattr(self, name, None) or () for name in TEXTS]
        return sum(len(each) if isinstance(each, str) else sum(map(len, each)) for each in given)


class _Text(Item):
    text: str = Field(description="the text")
    pair: str | None = Field(None, description="a second text")


class FillItem(_Text):
    """A sentence with masks: [MASK], <mask> or ___, or pieces to put one over."""

    k: int = Field(10, ge=1, le=MAX_K, description="words to rank at each mask")
    strategy: Strategy = Field("independent", description="how several masks are filled together")
    width: int = Field(
        5, ge=1, le=MAX_WIDTH,
        description="whole sentences in the answer, whatever k is; of a beam also its width",
    )  # fmt: skip
    words_only: bool = Field(True, description="leave out parts of words")
    masked: tuple[Position, ...] = Field(
        (), max_length=MOST_PIECES, description="positions of pieces to put a mask over"
    )
    candidates: Words | None = Field(
        None,
        description="words of your own, none empty: the answer is how well each fits one mask; not "
        "with k, strategy, width or words_only",
    )
    mask: int = Field(
        0, ge=0, le=MOST_PIECES, description="with candidates: which mask, counted from 0"
    )


class SurpriseItem(_Text):
    """A text of which every piece is masked in turn."""


class NextItem(Item):
    """Two texts: does the second follow the first? Or a text and those that may follow it."""

    text: str = Field(description="the first text")
    pair: str | None = Field(None, description="the second text")
    candidates: Followers | None = Field(
        None, description="in the place of pair, texts that may follow: the answer ranks them"
    )


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
        0.0,
        description="with impossible, by the rules of run_squad or run_qa: no answer above this "
        "margin, in nats",
    )
    decoder: Decoder = Field("google", description="rules: run_squad, run_qa or the pipeline")
    max_seq_length: Counted | None = Field(
        None, description="longest window in word pieces; null: 384, or what the model reads"
    )
    doc_stride: Counted | None = Field(
        None, description="pieces from one window's start to the next; null: 128"
    )
    max_query_length: Counted | None = Field(
        None, description="longest question in word pieces; null: 64"
    )
    overlap: bool = Field(
        False, description="doc_stride is what two windows share, as in transformers' examples"
    )

    def layout(self) -> SpanSettings | None:
        """The lengths of windows that are named, the others as usual; None where none is."""
        lengths = self.model_dump(include={"max_seq_length", "doc_stride", "max_query_length"})
        named = {name: value for name, value in lengths.items() if value is not None}
        return SpanSettings(**named, overlap=self.overlap) if named or self.overlap else None


class TargetItem(Strict):
    """An output to be followed; what is left open is what the model would answer."""

    head: TargetHead = Field("masked_word", description="the task head")
    position: Position | None = Field(
        None, description="for a masked word: its mask in word pieces; null: the first"
    )
    word: str | None = Field(
        None, max_length=200, description="for a masked word: a word of one piece; null: the best"
    )
    follows: bool | None = Field(
        None, description="for the next sentence: whether it follows; null: the more probable"
    )
    span: tuple[Position, Position] | None = Field(
        None, description="for an answer: its first and last piece; null: the best"
    )


class AttendItem(_Text):
    """A text whose attention weights are wanted."""

    masked: tuple[Position, ...] = Field(
        (), max_length=MOST_PIECES, description="positions of pieces to put a mask over"
    )
    measure: Measure = Field("raw", description="what the weights are")
    target: TargetItem | None = Field(
        None, description="with the measure attribution: the output followed; null: the first mask"
    )
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
