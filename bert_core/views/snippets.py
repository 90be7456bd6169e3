"""The same answer in Python: a few lines that run as they are."""

from collections.abc import Sequence

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.targets import Target
from bert_core.model.choice import EMBEDDED, ModelChoice
from bert_core.model.tokens import Tokens
from bert_core.tasks.spans.decode import DecodeSettings
from bert_core.tasks.spans.decoders import Decoder
from bert_core.tasks.spans.features import SpanSettings

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


def answer_snippet(
    choice: ModelChoice,
    question: str,
    context: str | None,
    settings: DecodeSettings,
    decoder: Decoder,
    layout: SpanSettings | None,
) -> str:
    """Lines that print the candidates of the question-answering page.

    Args:
        choice: the model.
        question: the question.
        context: the document; None: too long to stand here, a file is opened instead.
        settings: how the answer is chosen.
        decoder: by whose rules.
        layout: lengths of windows; None: the usual ones.
    """
    options = [*_changed(settings), *_decoder(decoder), *_layout(layout)]
    call = ", ".join(["encoder", repr(question), "context", *options])
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.tasks.spans.features import SpanSettings",
            "",
            f"encoder = bert_core.load({_choice(choice)})",
            _context(context),
            f"result = bert_core.answer({call})",
            "print(result.text or result.why)",
            "for each in result.nbest:",
            '    print(f"{each.probability:.6f} {each.start:>6} {each.end:>6} {each.text}")',
        ]
    )


def inspect_snippet(
    choice: ModelChoice,
    question: str,
    context: str | None,
    settings: DecodeSettings,
    decoder: Decoder,
    layout: SpanSettings | None,
    window: int | None,
    most: int,
) -> str:
    """Lines that print the rejected spans of a question, of one window or of all.

    See :func:`answer_snippet` and :func:`bert_core.analysis.windows.inspect` for the arguments.
    """
    trace = ", ".join(["encoder", repr(question), "context", *_layout(layout)])
    call = ", ".join(
        [
            "trace",
            f"DecodeSettings({', '.join(_changed(settings))})",
            *_decoder(decoder),
            *([] if window is None else [f"window={window}"]),
            f"rules=IN_THE_TEXT, most={most}",
        ]
    )
    return call_snippet(
        choice,
        f"inspect({call})",
        "from bert_core.analysis.reasons import IN_THE_TEXT",
        "from bert_core.analysis.windows import inspect",
        "from bert_core.tasks.spans.decode import DecodeSettings",
        "from bert_core.tasks.spans.features import SpanSettings",
        "from bert_core.tasks.squad import trace_answer",
        _context(context),
        f"trace = trace_answer({trace})",
    )


def window_lines(
    question: str, context: str | None, layout: SpanSettings | None, window: int
) -> tuple[str, ...]:
    """Lines that give the pieces of one window as ``tokens``; see :func:`answer_snippet`."""
    trace = ", ".join(["encoder", repr(question), "context", *_layout(layout)])
    return (
        "from bert_core.analysis.question_words import window_tokens",
        "from bert_core.tasks.spans.features import SpanSettings",
        "from bert_core.tasks.squad import trace_answer",
        _context(context),
        f"trace = trace_answer({trace})",
        f"tokens = window_tokens(encoder, trace, {window})",
    )


def _changed(settings: DecodeSettings) -> list[str]:
    usual = DecodeSettings()
    return [
        f"{name}={getattr(settings, name)!r}"
        for name in ("n_best", "max_answer_length", "impossible", "null_threshold")
        if getattr(settings, name) != getattr(usual, name)
    ]


def _decoder(decoder: Decoder) -> list[str]:
    return [] if decoder == "google" else [f"decoder={decoder!r}"]


def _layout(layout: SpanSettings | None) -> list[str]:
    if layout is None:
        return []
    values = layout.max_seq_length, layout.doc_stride, layout.max_query_length, layout.overlap
    return [f"layout=SpanSettings{values!r}"]


def _context(context: str | None) -> str:
    if context is not None:
        return f"context = {context!r}"
    # Line ends stay as they are, so that characters are counted as on the page.
    opened = 'with open("document.txt", encoding="utf-8", newline="") as file:'
    return f"{opened}\n    context = file.read()"


def attend_snippet(
    choice: ModelChoice,
    tokens: Tokens,
    masked: Sequence[int],
    result: AttentionResult,
    *,
    hide: bool,
    renormalise: bool = False,
    target: Target | None = None,
    place: tuple[int, int] = (0, 0),
) -> str:
    """Lines that print the shape of the attention page's weights, and the weights of one head.

    Args:
        choice: the model.
        tokens: the input.
        masked: positions of pieces that a mask was put over.
        result: what is shown of it.
        hide: whether special pieces are left out.
        renormalise: whether rows are divided by what hiding left of them.
        target: what attribution follows; None: a masked word.
        place: the head that is printed, as positions in the layers and heads of the result.
    """
    options = [f"measure={result.measure!r}", f"level={result.level!r}", f"block={result.block!r}"]
    options += [f"masked={tuple(masked)!r}"] if masked else []
    options += ["hide_special=True"] if hide else []
    options += ["renormalise=True"] if renormalise else []
    options += [f"target=Target({target.head!r})"] if target else []
    # Costly measures are shown of one layer only.
    options += [f"layer={result.layers[0]}"] if len(result.layers) == 1 else []
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.analysis.attention.attend import attend",
            *(["from bert_core.analysis.attention.targets import Target"] if target else []),
            "",
            f"encoder = bert_core.load({_choice(choice)})",
            f"result = attend(encoder, {tokens.text!r}, {tokens.pair!r}, {', '.join(options)})",
            "print(result.weights.shape)  # layers, heads, rows, columns",
            "print([result.units[row].text for row in result.rows])",
            f"print(result.weights[{place[0]}, {place[1]}].round(4))",
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


def tokens_line(
    text: str, pair: str | None, masked: Sequence[int] = (), *, masks: bool = True
) -> str:
    """The line that cuts a text into pieces, with masks over some.

    Args:
        text: the text.
        pair: the second text.
        masked: positions of pieces that a mask was put over.
        masks: whether what looks like a mask is one.
    """
    over = f".masked({tuple(masked)!r})" if masked else ""
    plain = "" if masks else ", masks=False"
    return f"tokens = encoder.tokenize({text!r}, {pair!r}{plain}){over}"


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
    }
    given = [f"{name}={value!r}" for name, (value, usual) in values.items() if value != usual]
    return f"bert_core.ModelChoice({', '.join(given)})"
