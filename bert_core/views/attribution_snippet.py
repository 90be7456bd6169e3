"""An attribution in Python: a few lines that run as they are."""

from collections.abc import Sequence

from bert_core.analysis.attribution.attribute import AttributionResult
from bert_core.model.choice import ModelChoice
from bert_core.views.snippets import WHERE, model_line


def attribution_snippet(
    choice: ModelChoice, results: Sequence[AttributionResult], lines: Sequence[str]
) -> str:
    """Lines that print methods on one target as CSV.

    Args:
        choice: the model.
        results: what is repeated, of one input, target and baseline.
        lines: what gives the input the name ``tokens``, in order; the model is called
            ``encoder``.
    """
    first = results[0]
    steps = max(each.steps for each in results)
    calls = [
        f"    attribute(encoder, tokens, target, method={each.method!r}, "
        f"baseline={each.baseline!r}, steps={steps}),"
        for each in results
    ]
    return "\n".join(
        [
            WHERE,
            "import bert_core",
            f"from {type(first.target).__module__} import {type(first.target).__name__}",
            "from bert_core.analysis.attribution.attribute import attribute",
            "from bert_core.views.attribution_files import attribution_csv",
            "",
            model_line("encoder", choice),
            *lines,
            f"target = {first.target!r}",
            "results = [",
            *calls,
            "]",
            "print(attribution_csv(results))",
        ]
    )
