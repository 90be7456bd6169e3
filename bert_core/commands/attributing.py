"""``attribute``: what an output owes to each word piece of a text."""

from typing import Annotated, Any, cast

import typer

from bert_core.commands.attending import Mask, Pair, Text, Word, target_of
from bert_core.commands.common import Json, follow, sentences, show
from bert_core.commands.loading import How, Model, Revision, Where, load
from bert_core.errors import InputError
from bert_core.model.choice import EMBEDDED

Aim = Annotated[
    str,
    typer.Option("--target", help="What is followed: masked_word, next_sentence, span or class."),
]
Label = Annotated[
    str | None, typer.Option(help="With --target class: this class (default: the best).")
]
Method = Annotated[str, typer.Option(help="integrated (gradients) or gradient (x input).")]
Baseline = Annotated[str, typer.Option(help="What stands for nothing: mask, pad, unknown or zero.")]
Steps = Annotated[int, typer.Option(help="Points between baseline and text, 1 to 500.")]


def attribute(
    text: Text,
    pair: Pair = None,
    target: Aim = "masked_word",
    word: Word = None,
    mask: Mask = 1,
    label: Label = None,
    method: Method = "integrated",
    baseline: Baseline = "mask",
    steps: Steps = 50,
    model: Model = EMBEDDED,
    revision: Revision = None,
    device: Where = "cpu",
    precision: How = "exact",
    as_json: Json = False,
) -> None:
    """Attribute a logit to the word pieces of a text, beside leaving each one out."""
    from bert_core.analysis.attribution.attribute import attribute as run
    from bert_core.analysis.attribution.outputs import ClassTarget
    from bert_core.views import attribution_text

    with sentences():
        of_class = target == "class"
        if label is not None and not of_class:
            raise InputError("--label goes with --target class.", field="target")
        if word is not None and of_class:
            raise InputError("--word goes with --target masked_word.", field="target")
        encoder = load(model, revision, device, precision)
        tokens = encoder.tokenize(text, pair, masks=not of_class)
        aim = ClassTarget(label) if of_class else target_of(tokens, target, word, mask)
        how = {"method": cast(Any, method), "baseline": cast(Any, baseline), "steps": steps}
        found = run(encoder, tokens, aim, **how, on_progress=follow("inputs"))
        show(found, attribution_text.attribution, as_json)
