"""The same word in Python: a few lines that run as they are."""

from collections.abc import Mapping

from bert_core.analysis.embeddings.geometry import Geometry
from bert_core.model.choice import ModelChoice
from bert_core.views.snippets import WHERE, model_line


def word_snippet(
    choice: ModelChoice,
    word: str,
    text: str | None,
    geometry: Geometry,
    *,
    layer: int,
    pooling: str = "mean",
    which: Mapping[int, int] | None = None,
    senses: bool = True,
) -> str:
    """Lines that print the similarities of one layer and how well each reading does.

    Args:
        choice: the model.
        word: the word.
        text: the sentences, one a line; None: the ready ones of the word.
        geometry: how vectors are compared.
        layer: 0 = embeddings, 1 to L.
        pooling: what stands for several pieces.
        which: for lines that have the word more than once, which one is taken.
        senses: whether sentences have senses, so that there are readings to score.
    """
    options = [f"pooling={pooling!r}"] if pooling != "mean" else []
    options += [f"which={dict(which)!r}"] if which else []
    given = repr(text) if text is not None else f"ready_sets()[{word!r}].sentences"
    call = ["encoder", "sentences", repr(word), *options]
    ready = "from bert_core.analysis.embeddings.sentences import ready_sets"
    lines = [
        WHERE,
        "import bert_core",
        "from bert_core.analysis.embeddings.geometry import Geometry, space",
        *([ready] if text is None else []),
        "",
        model_line("encoder", choice),
        f"sentences = {given}",
        f"trace = bert_core.word_in_context({', '.join(call)})",
        f"geometry = {geometry!r}",
        f"print(space(trace, {layer}, geometry).values.round(3))",
    ]  # fmt: skip
    if senses:
        lines += [
            "for each in bert_core.senses(encoder, trace, geometry).readings:",
            "    print(each.reading, each.best.layer, each.best.accuracy)",
        ]
    return "\n".join(lines)


def token_snippet(choice: ModelChoice, text: str, *, centre: bool) -> str:
    """Lines that print how far each piece of a sentence moves from where it began."""
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            "from bert_core.analysis.embeddings.layers import token_layers",
            "",
            model_line("encoder", choice),
            f"result = token_layers(encoder, {text!r}, centre={centre})",
            "print(result.tokens.pieces)",
            "print(result.to_start.round(3))  # layers, pieces",
        ]
    )
