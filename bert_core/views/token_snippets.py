"""The tokens page in Python: a few lines that run as they are, and load no weights."""

from typing import get_args

from bert_core.analysis.tokenization.compare import Change
from bert_core.model.choice import EMBEDDED, ModelChoice
from bert_core.views.snippets import WHERE


def tokens_snippet(choice: ModelChoice, text: str, pair: str | None, *, masks: bool) -> str:
    """Lines that print the table of pieces."""
    options = [repr(text), *([repr(pair)] if pair else []), *([] if masks else ["masks=False"])]
    call = f"bert_core.tokenize(tokenizer, {', '.join(options)})"
    return _snippet(choice, f"print(to_csv({call}))")


def comparison_snippet(choice: ModelChoice, other: str, text: str) -> str:
    """Lines that print where two tokenizers differ.

    Args:
        choice: the model.
        other: a change of its tokenizer, or the name of a second model.
        text: the text.
    """
    home = "bert_core.analysis.tokenization.compare"
    changed = other in get_args(Change)
    second = (
        f"changed_cutter(tokenizer, {other!r})"
        if changed
        else f"own_cutter(bert_core.load_tokenizer(bert_core.ModelChoice({other!r})))"
    )
    names = "changed_cutter, own_cutter" if changed else "own_cutter"
    return _snippet(
        choice,
        f"second = {second}",
        f"result = bert_core.compare_tokenizers(own_cutter(tokenizer), second, {text!r})",
        "print(to_csv(result))",
        imports=(f"from {home} import {names}",),
    )


def statistics_snippet(choice: ModelChoice, file: str, column: str | None) -> str:
    """Lines that print a file's figures."""
    more = f", column={column!r}" if column else ""
    return _snippet(
        choice,
        f"result = bert_core.token_statistics(tokenizer, {file!r}{more})",
        "print(result.pieces_per_word, result.unknown_share, result.fitting(512))",
        "print(to_csv(result))",
    )


def _snippet(choice: ModelChoice, *lines: str, imports: tuple[str, ...] = ()) -> str:
    given = [] if choice.source == EMBEDDED else [repr(choice.source)]
    given += [f"revision={choice.revision!r}"] if choice.revision else []
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            *imports,
            "from bert_core.views.records import to_csv",
            "",
            f"tokenizer = bert_core.load_tokenizer(bert_core.ModelChoice({', '.join(given)}))",
            *lines,
        ]
    )
