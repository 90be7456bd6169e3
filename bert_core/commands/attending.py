"""``attend`` and ``heads``: what attention heads look at, in one text and over many sentences.

Layers and heads are counted from 1.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bert_core.commands import against
from bert_core.commands.common import Json, follow, sentences, show
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.data.lines import read_lines
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED
from bert_core.output import check_place, whole_file

Text = Annotated[
    str, typer.Argument(metavar="TEXT_A", help="The text; [MASK], <mask> or ___ is a mask.")
]
Pair = Annotated[str | None, typer.Argument(metavar="TEXT_B", help="A second text.")]
Out = Annotated[
    Path | None,
    typer.Option(help="The file to write: .csv, .npz, .json, .html or .svg (default: a table)."),
]
Layer = Annotated[int | None, typer.Option(help="One layer, counted from 1 (default: all).")]
Head = Annotated[int | None, typer.Option(help="One head, counted from 1 (default: all).")]
Measure = Annotated[str, typer.Option(help="With --out: raw, norm, rollout, flow or attribution.")]
Level = Annotated[str, typer.Option(help="With --out: piece or word.")]
Block = Annotated[
    str, typer.Option(help="With --out: all, aa, ab, ba or bb; ab is A looking at B.")
]
Hide = Annotated[
    bool, typer.Option("--hide-special", help="With --out: leave out [CLS], [SEP] and the like.")
]
Renormalise = Annotated[
    bool, typer.Option("--renormalise", help="With --hide-special: make rows sum to 1 again.")
]
Aim = Annotated[
    str, typer.Option("--target", help="What is followed: masked_word, next_sentence or span.")
]
Word = Annotated[
    str | None, typer.Option(help="Follow this word at the mask (default: the model's best).")
]
Mask = Annotated[int, typer.Option(help="Which mask is followed, counted from 1.")]

_FORMS = (".csv", ".npz", ".json", ".html", ".svg")
_USUAL = ("raw", dict(level="piece", block="all", hide_special=False, renormalise=False))


def attend(
    text: Text,
    pair: Pair = None,
    out: Out = None,
    layer: Layer = None,
    head: Head = None,
    measure: Measure = "raw",
    level: Level = "piece",
    block: Block = "all",
    hide_special: Hide = False,
    renormalise: Renormalise = False,
    target: Aim = "masked_word",
    word: Word = None,
    mask: Mask = 1,
    against_text: against.Text = None,
    against_pair: against.Pair = None,
    against_model: against.Model = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Write the attention of every head to a file, or print what each head looks at."""
    shown = dict(level=level, block=block, hide_special=hide_special, renormalise=renormalise)
    one = partial(_attention, measure=measure, target=(target, word, mask), layer=layer, head=head,
                  **shown)  # fmt: skip
    with sentences():
        _refuse_mixed((measure, level, block), (target, word, mask), hide_special, renormalise)
        held = against.refuse_mixed(against_text, against_pair, against_model)
        form = _form(out, as_json, changed=held or (measure, shown) != _USUAL)
        encoder = load(model, revision, device, precision)
        tokens = encoder.tokenize(text, pair)
        if out is None:
            _print_table(encoder, tokens, layer, head, as_json)
            return
        other = partial(load, against_model, None, device, precision) if against_model else None
        result = against.weighed(one, encoder, tokens, against_text, against_pair, other)
        _write(out, _as_file(result, form))
        for note in result.notes:
            typer.echo(f"Note: {note}", err=True)


def heads(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Sentences, one on each line.")],
    out: Annotated[Path | None, typer.Option(help="The .csv file to write.")] = None,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Say what every head looks at over many sentences: mean and spread."""
    from bert_core.analysis.attention.corpus import head_statistics
    from bert_core.views import attention_files, attention_text

    with sentences():
        _form(out, as_json, forms=(".csv",))
        lines = read_lines(file)
        encoder = load(model, revision, device, precision)
        result = head_statistics(encoder, lines, on_progress=follow("sentences"))
        if out is None:
            shown = attention_files.corpus_record(result) if as_json else result
            show(shown, attention_text.corpus, as_json)
            return
        _write(out, [attention_files.corpus_csv(result)])
        for line in attention_text.bad_rows(result):
            typer.echo(line, err=True)


def _form(
    out: Path | None, as_json: bool, *, changed: bool = False, forms: Iterable[str] = _FORMS
) -> str:
    """The suffix of the file to write, if the options go together; "" for none."""
    if out is None:
        if changed:
            raise InputError(
                "The table is of raw weights of the whole text. Give --out FILE to write another "
                "measure, level or part, or a difference.",
                field="out",
            )
        return ""
    if as_json:
        raise InputError("--json prints; it does not go with --out.", field="out")
    form = out.suffix.lower()
    if form not in forms:
        raise InputError(
            f"'{out.name}' is no file that can be written: its name has to end in "
            f"{' or '.join(forms)}.",
            field="out",
        )
    check_place(out)
    return form


def _print_table(
    encoder: Any, tokens: Any, layer: int | None, head: int | None, as_json: bool
) -> None:
    """What each head looks at, or the chosen ones."""
    from bert_core.analysis.attention.measures import weigh
    from bert_core.analysis.attention.table import head_table
    from bert_core.checks import whole_number
    from bert_core.views import attention_text

    checkpoint = encoder.checkpoint
    for name, value, most in (
        ("layer", layer, checkpoint.layers),
        ("head", head, checkpoint.attention_heads),
    ):
        if value is not None:
            whole_number(f"The {name}", value, most, field=name)
    weighed = weigh(encoder, tokens)
    table = head_table(weighed.weights, tokens)
    rows = tuple(
        row
        for row in table.rows
        if (layer is None or row.layer == layer) and (head is None or row.head == head)
    )
    chosen = replace(table, rows=rows)
    show(chosen, lambda found: attention_text.head_table(found, weighed.notes), as_json)


def target_of(tokens: Any, name: str, word: str | None, mask: int) -> Any:
    """What is followed; the number of the mask is that of the text."""
    from bert_core.analysis.attention.targets import Target, TargetHead

    if name != "masked_word":
        if word is not None:
            raise InputError("--word goes with --target masked_word.", field="target")
        return Target(head=cast(TargetHead, name))
    position = None
    if tokens.masks:
        if not 1 <= mask <= len(tokens.masks):
            raise InputError(
                f"There is no mask {mask}: the text has {len(tokens.masks)}.", field="mask"
            )
        position = tokens.masks[mask - 1]
    return Target(position=position, word=word)


def _refuse_mixed(
    names: tuple[str, str, str], aim: tuple[str, str | None, int], hide: bool, renormalise: bool
) -> None:
    from bert_core.analysis.attention.attend import refuse_names

    refuse_names(*names)
    if names[0] != "attribution" and aim != ("masked_word", None, 1):
        raise InputError("--target, --word and --mask go with --measure attribution.")
    if renormalise and not hide:
        raise InputError("--renormalise goes with --hide-special.", field="renormalise")


def _attention(
    encoder: Any, tokens: Any, *, measure: str, target: tuple[str, str | None, int],
    layer: int | None, head: int | None, **shown: Any,
) -> Any:  # fmt: skip
    """As :func:`.attend.attend`, telling how far it is."""
    from bert_core.analysis.attention.attend import refuse_choices, view
    from bert_core.analysis.attention.measures import weigh

    count = encoder.checkpoint.attention_heads
    refuse_choices(tokens, measure, count, shown["level"], shown["block"], head)
    aim = target_of(tokens, *target) if measure == "attribution" else None
    weighed = weigh(
        encoder, tokens, cast(Any, measure), layer=layer, target=aim,
        on_progress=follow("steps"),
    )  # fmt: skip
    return view(weighed, layer=layer, head=head, **shown)


def _as_file(result: Any, form: str) -> bytes | Iterable[str]:
    from bert_core.views import attention_files

    match form:
        case ".csv":
            return attention_files.csv_parts(result)
        case ".npz":
            return attention_files.attention_npz(result)
        case ".json":
            return [attention_files.attention_json(result)]
        case ".svg":
            from bert_core.views.attention_pictures import attention_svg

            return [attention_svg(result)]
        case _:
            from bert_core.views.attention_html import attention_html

            return [attention_html(result)]


def _write(out: Path, content: bytes | Iterable[str]) -> None:
    """Write a file in whole or not at all."""
    with whole_file(out) as file:
        if isinstance(content, bytes):
            file.write(content)
        else:
            file.writelines(part.encode() for part in content)
    typer.echo(f"Wrote {out}.", err=True)
