"""``next``: does a text follow another? A pair, candidates, a paragraph, or a file of pairs."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bert_core.commands.common import Json, follow, sentences, show
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.data.lines import read_lines
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED
from bert_core.output import check_place, whole_file

Text = Annotated[str | None, typer.Argument(metavar="TEXT_A", help="The first text.")]
Pair = Annotated[str | None, typer.Argument(metavar="TEXT_B", help="The second text.")]
Candidate = Annotated[
    list[str] | None, typer.Option("--candidate", help="A text that may follow A; repeat it.")
]
Candidates = Annotated[
    Path | None, typer.Option(help="A file of texts that may follow A, one on each line.")
]
Paragraph = Annotated[
    Path | None, typer.Option(help="A text file: every ordered pair of its sentences.")
]
Pairs = Annotated[
    Path | None, typer.Option(help="A table with the columns text_a and text_b; needs --out.")
]
Columns = Annotated[
    str | None, typer.Option(help="With --pairs: its two columns, as in 'question,reply'.")
]
Out = Annotated[Path | None, typer.Option(help="With --pairs: the .csv file to write.")]
Seed = Annotated[int, typer.Option(min=0, help="With --paragraph: of the shuffled orders.")]
_MOST_BAD = 5


def following(
    text: Text = None,
    pair: Pair = None,
    candidate: Candidate = None,
    candidates: Candidates = None,
    paragraph: Paragraph = None,
    pairs: Pairs = None,
    columns: Columns = None,
    out: Out = None,
    seed: Seed = 0,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Say whether the second text follows the first: 0 = is next."""
    with sentences():
        listed = bool(candidate or candidates)
        _one_way(text, pair, listed=listed, paragraph=paragraph, pairs=pairs)
        if (pairs is None) != (out is None):
            raise InputError("--pairs and --out go together.", field="out")
        if columns is not None and pairs is None:
            raise InputError("--columns goes with --pairs.", field="columns")
        if pairs is not None and as_json:
            raise InputError("--json prints; it does not go with --out.", field="out")
        # Called when the files were looked at: loading takes longest.
        encoder = partial(load, model, revision, device, precision)
        if pairs is not None and out is not None:
            _score(encoder, pairs, out, columns)
        elif paragraph is not None:
            _read(encoder, paragraph, seed, as_json)
        elif listed:
            _rank(encoder, text or "", [*(candidate or []), *_lines(candidates)], as_json)
        else:
            _ask(encoder, text or "", pair or "", as_json)


def _one_way(
    text: str | None, pair: str | None, *, listed: bool, paragraph: Path | None, pairs: Path | None
) -> None:
    """Refuse anything but one of the four ways to ask."""
    files = [name for name, given in (("--pairs", pairs), ("--paragraph", paragraph)) if given]
    if len(files) > 1 or (files and (text is not None or listed)):
        raise InputError(f"{files[0]} goes without other texts.", field="text")
    if listed and (text is None or pair is not None):
        raise InputError("Candidates go with one text: next TEXT_A --candidate B.", field="text")
    if not files and not listed and (text is None or pair is None):
        raise InputError(
            "Give two texts, or one text and --candidate, or --paragraph FILE, or --pairs FILE "
            "with --out FILE.",
            field="text",
        )


def _ask(encoder: Callable[[], Any], text: str, pair: str, as_json: bool) -> None:
    from bert_core.tasks.next_sentence import next_sentence
    from bert_core.views import next_text

    show(next_sentence(encoder(), text, pair), next_text.pair, as_json)


def _rank(encoder: Callable[[], Any], text: str, candidates: list[str], as_json: bool) -> None:
    from bert_core.tasks.next_pairs import rank_candidates
    from bert_core.views import next_text

    show(rank_candidates(encoder(), text, candidates), next_text.ranking, as_json)


def _read(encoder: Callable[[], Any], file: Path, seed: int, as_json: bool) -> None:
    from bert_core.data.sentences import split_sentences
    from bert_core.tasks.paragraph import paragraph
    from bert_core.views import next_text

    found = split_sentences("\n".join(read_lines(file)))
    result = paragraph(encoder(), found, seed=seed, on_progress=follow("pairs"))
    show(result, next_text.paragraph, as_json)


def _score(encoder: Callable[[], Any], file: Path, out: Path, columns: str | None) -> None:
    from bert_core.data.text_pairs import read_pairs
    from bert_core.tasks.next_pairs import score_blocks
    from bert_core.views.next_files import table_lines

    if out.suffix.lower() != ".csv":
        raise InputError(f"'{out.name}' is a CSV file: let its name end in .csv.", field="out")
    check_place(out, file)
    table = read_pairs(file, _names(columns))
    bad = [
        (problem.row, problem.message)
        for problem in table.problems
        if problem.row is not None and problem.severity == "blocking"
    ]
    texts = [(row.text, row.pair) for row in table.rows]
    scored = score_blocks(encoder(), texts, on_progress=follow("pairs"))
    unscored: list[tuple[int, str]] = []
    with whole_file(out) as target:
        noted = _noted(scored, table.rows, unscored)
        target.writelines(line.encode() for line in table_lines(table, noted))
        if len(unscored) == len(table.rows):
            why = [f" Line {line:,}: {reason}" for line, reason in (unscored or bad)[:1]]
            raise InputError(f"No row of {file.name} can be scored.{''.join(why)}")
    done = len(table.rows) - len(unscored)
    typer.echo(f"Scored {done:,} of {table.read:,} rows. Wrote {out}.", err=True)
    told = sorted([*bad, *unscored])
    for line, reason in told[:_MOST_BAD]:
        typer.echo(f"Line {line:,}: {reason}", err=True)
    if len(told) > _MOST_BAD:
        typer.echo(f"... and {len(told) - _MOST_BAD:,} more.", err=True)


def _noted(
    blocks: Iterable[Any], rows: Iterable[Any], unscored: list[tuple[int, str]]
) -> Iterator[Any]:
    """The blocks as they come; rows without a score are noted on the way."""
    coming = iter(rows)
    for block in blocks:
        for score, row in zip(block, coming, strict=False):
            if isinstance(score, str):
                unscored.append((row.line, score))
        yield block


def _names(columns: str | None) -> tuple[str, ...]:
    if columns is None:
        return ()
    names = tuple(name.strip() for name in columns.split(","))
    if len(names) != 2 or not all(names):
        raise InputError("--columns names two columns, as in 'question,reply'.", field="columns")
    return names


def _lines(file: Path | None) -> list[str]:
    """The lines of a file that are not blank."""
    return [] if file is None else [line for line in read_lines(file) if line.strip()]
