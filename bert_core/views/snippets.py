"""The same answer in Python: a few lines that run as they are."""

from collections.abc import Sequence

from bert_core.model.choice import EMBEDDED, ModelChoice

WHERE = "# in the project's folder: .venv/bin/python -"


def fill_snippet(
    choice: ModelChoice,
    text: str,
    pair: str | None,
    masked: Sequence[int],
    *,
    k: int,
    strategy: str,
    width: int,
    words_only: bool,
) -> str:
    """Lines that print the table of the masked-word page."""
    options = [f"k={k}", f"strategy={strategy!r}", f"width={width}", f"words_only={words_only}"]
    if masked:
        options.append(f"masked={tuple(masked)!r}")
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "",
            f"encoder = bert_core.load({_choice(choice)})",
            "result = bert_core.fill(",
            f"    encoder, {text!r}, {pair!r},",
            f"    {', '.join(options)},",
            ")",
            "for mask in result.masks:",
            "    for each in mask.candidates:",
            '        print(f"{each.rank:>6} {each.word:<20} {each.probability:.6f}")',
        ]
    )


def call_snippet(choice: ModelChoice, call: str, *before: str) -> str:
    """Lines that print the table of one analysis as CSV.

    Args:
        choice: the model.
        call: the expression that gives the result; the model is called ``encoder`` in it.
        before: lines that it needs, in order.
    """
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.views.records import to_csv",
            "",
            f"encoder = bert_core.load({_choice(choice)})",
            *before,
            f"print(to_csv({call}))",
        ]
    )


def tokens_line(text: str, pair: str | None, masked: Sequence[int] = ()) -> str:
    """The line that cuts a text into pieces, with masks over some."""
    over = f".masked({tuple(masked)!r})" if masked else ""
    return f"tokens = encoder.tokenize({text!r}, {pair!r}){over}"


def model_line(name: str, choice: ModelChoice) -> str:
    """The line that loads a further model."""
    return f"{name} = bert_core.load({_choice(choice)})"


def _choice(choice: ModelChoice) -> str:
    if choice == ModelChoice():
        return ""
    values = {
        "source": (choice.source, EMBEDDED),
        "revision": (choice.revision, None),
        "device": (choice.device, "cpu"),
        "precision": (choice.precision, "exact"),
        "attention": (choice.attention, "sdpa"),
    }
    given = [f"{name}={value!r}" for name, (value, usual) in values.items() if value != usual]
    return f"bert_core.ModelChoice({', '.join(given)})"
