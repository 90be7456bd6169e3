"""The Python lines that repeat what the page shows."""

from bert_core.views.difference_snippet import covered, difference_snippet
from bert_core.views.snippets import attend_snippet
from pages._attention.weights import Seen


def snippet_of(seen: Seen, *, hide: bool) -> str:
    """Lines for the text alone, for one side alone, or for both."""
    this, other = seen.this, seen.other
    if other and seen.compared:
        return difference_snippet((this.choice, this.view), (other.choice, other.view),
                                  shown=seen.side, hide=hide, renormalise=this.renormalised,
                                  target=this.target, place=seen.place)  # fmt: skip
    alone = other if other and seen.side == "other" else this
    tokens = alone.trace.tokens
    return attend_snippet(alone.choice, tokens, covered(tokens), alone.view, hide=hide,
                          renormalise=alone.renormalised, target=alone.target,
                          place=seen.place)  # fmt: skip
