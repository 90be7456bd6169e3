"""``tokenize``: a text's way to ids, two tokenizers on it, or a file's figures."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from bert_core.commands.common import Json, sentences, show, tell
from bert_core.commands.loading import Model, Revision
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED, ModelChoice

if TYPE_CHECKING:
    from bert_core.analysis.tokenization.compare import TokenizerComparison
    from bert_core.model.tokenizer import Tokenizer

Text = Annotated[str | None, typer.Argument(help="The text; [MASK], <mask> or ___ is a mask.")]
Pair = Annotated[str | None, typer.Option(help="A second text.")]
File = Annotated[
    Path | None,
    typer.Option(help="Instead of a text: a .txt file line by line, or a table with --column."),
]
Column = Annotated[str | None, typer.Option(help="With --file: the column of a table.")]
Other = Annotated[
    str | None,
    typer.Option(
        "--with",
        help="Compare with a second model, or a change of the first: 'other case', "
        "'first 10,000 pieces', 'first 3,000 pieces'.",
    ),
]
NoMasks = Annotated[bool, typer.Option("--no-masks", help="A typed mask is text.")]


def tokenize(
    text: Text = None,
    pair: Pair = None,
    file: File = None,
    column: Column = None,
    other: Other = None,
    no_masks: NoMasks = False,
    model: Model = EMBEDDED,
    revision: Revision = None,
    as_json: Json = False,
) -> None:
    """Show how a text becomes ids, step by step; or count the pieces of a file."""
    from bert_core.analysis.tokenization import statistics, tokenize
    from bert_core.views import token_text

    with sentences():
        _check(text, pair, file, column, other, no_masks)
        tokenizer = _load(model, revision)
        if file is not None:
            counted = statistics.token_statistics(tokenizer, file, column=column)
            show(counted, token_text.statistics, as_json)
        elif other is not None:
            show(_compared(tokenizer, other, text or ""), token_text.comparison, as_json)
        else:
            result = tokenize.tokenize(tokenizer, text or "", pair, masks=not no_masks)
            show(result, token_text.tokenization, as_json)


def _check(
    text: str | None,
    pair: str | None,
    file: Path | None,
    column: str | None,
    other: str | None,
    no_masks: bool,
) -> None:
    if (text is None) == (file is None):
        raise InputError("Give a text, or a file by --file: one of the two.", field="text")
    if file is not None and (pair is not None or other is not None or no_masks):
        raise InputError("--pair, --with and --no-masks go with a text, not a file.", field="file")
    if file is None and column is not None:
        raise InputError("--column goes with --file.", field="column")
    if other is not None and (pair is not None or no_masks):
        raise InputError("--with compares one text: leave out --pair and --no-masks.", field="pair")


def _load(model: str, revision: str | None) -> "Tokenizer":
    from bert_core.model.loading import load_tokenizer

    told = tell if sys.stderr.isatty() else None
    return load_tokenizer(ModelChoice(model, revision), on_progress=told)


def _compared(first: "Tokenizer", other: str, text: str) -> "TokenizerComparison":
    from bert_core.analysis.tokenization.compare import (
        Change,
        changed_cutter,
        compare_tokenizers,
        own_cutter,
    )

    if other in get_args(Change):
        second = changed_cutter(first, cast(Change, other))
    else:
        second = own_cutter(_load(other, None))
    return compare_tokenizers(own_cutter(first), second, text)
