"""A difference of attention in Python: a few lines that run as they are."""

from typing import Literal

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.targets import Target
from bert_core.model.choice import ModelChoice
from bert_core.model.tokens import Tokens
from bert_core.views.snippets import WHERE, model_line

Shown = Literal["difference", "this", "other"]


def difference_snippet(
    this: tuple[ModelChoice, AttentionResult],
    other: tuple[ModelChoice, AttentionResult],
    *,
    shown: Shown = "difference",
    hide: bool = False,
    renormalise: bool = False,
    target: Target | None = None,
    place: tuple[int, int] = (0, 0),
) -> str:
    """Lines that print the shape of what is shown of two sides, and the weights of one head.

    Args:
        this: the model, and what was cut from its weights.
        other: the same of what is subtracted.
        shown: which of the three results is printed.
        hide: whether special pieces are left out.
        renormalise: whether rows are divided by what hiding left of them.
        target: what attribution follows; None: a masked word.
        place: the head that is printed, as positions in the layers and heads of the result.
    """
    result = this[1]
    options = [f"measure={result.measure!r}", f"level={result.level!r}", f"block={result.block!r}"]
    options += ["hide_special=True"] if hide else []
    options += ["renormalise=True"] if renormalise else []
    options += [f"target=Target({target.head!r})"] if target else []
    # Costly measures are shown of one layer only.
    options += [f"layer={result.layers[0]}"] if len(result.layers) == 1 else []
    same = this[0] == other[0]
    facing = "encoder" if same else "facing"
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.analysis.attention.attend import attend",
            "from bert_core.analysis.attention.difference import compare_attention",
            *(["from bert_core.analysis.attention.targets import Target"] if target else []),
            "",
            model_line("encoder", this[0]),
            *([] if same else [model_line(facing, other[0])]),
            f"options = dict({', '.join(options)})",
            f"this = attend(encoder, {_input(this[1].tokens)}, **options)",
            f"other = attend({facing}, {_input(other[1].tokens)}, **options)",
            f"result = compare_attention(this, other).{shown}",
            "print(result.weights.shape)  # layers, heads, rows, columns",
            "print([result.units[row].text for row in result.rows])",
            f"print(result.weights[{place[0]}, {place[1]}].round(4))",
        ]
    )


def _input(tokens: Tokens) -> str:
    masked = covered(tokens)
    said = f"{tokens.text!r}, {tokens.pair!r}"
    return f"{said}, masked={masked!r}" if masked else said


def covered(tokens: Tokens) -> tuple[int, ...]:
    """Positions of the pieces that a mask was put over, typed masks aside."""
    return tuple(at for at, original in enumerate(tokens.originals) if original is not None)
