"""bertviz's views of attention as single pages that open without a network.

bertviz (Vig 2019, arXiv:1906.05714) ships three scripts that draw with d3 and jQuery, and makes
pages for notebooks that fetch both from a server and hold the input as it is. Here its scripts
are put into pages of our own, with d3 and jQuery inside, every text escaped and nothing else
allowed to run. The scripts are those of :mod:`.bertviz_scripts`.

Inside the app a page is shown by ``st.iframe(html, height=...)``: with a height, since without
one Streamlit puts a script of its own into the page, which the page does not let run.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.blocks import BLOCK_NAMES
from bert_core.analysis.attention.levels import Unit, units_of
from bert_core.analysis.attention.queries import QueryKeyResult
from bert_core.errors import InputError
from bert_core.views.bertviz_scripts import HEAD, MODEL, NEURON, drawing, shared_scripts
from bert_core.views.templates import TEMPLATES, rendered

HEAD_VIEW_UNITS = 128
MODEL_VIEW_UNITS = 64
NEURON_VIEW_PIECES = 64
"""Above these lengths a view takes many seconds to draw: every weight is an element of the page."""
MOST_NUMBERS = 3_000_000
"""Numbers in one page: they take about 20 MB, which a browser still opens at once."""
SHARES = ("raw", "rollout", "flow")
"""Measures whose values lie between 0 and 1. A line is as opaque as its value, no less or more."""
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class _View:
    """One of bertviz's views.

    Attributes:
        script: its name in the package.
        title: what it is called.
        hint: how it is used.
        selects: which of the lists "layer" and "head" stand above it.
    """

    script: str
    title: str
    hint: str
    selects: tuple[str, ...]


_HEAD = _View(
    HEAD,
    "Head view",
    "Hover over a token to see where it looks. Click a square to switch a head off or on, "
    "double-click it to see that head alone.",
    ("layer",),
)
_MODEL = _View(
    MODEL,
    "Model view",
    "Click a head to enlarge it. In a narrow window, scroll sideways for the others.",
    (),
)
_NEURON = _View(
    NEURON,
    "Neuron view",
    "Hover over a token to see where it looks; click the plus sign beside it to see its query and "
    "the keys, number by number.",
    ("layer", "head"),
)


def head_view_html(result: AttentionResult, *, dark: bool = False) -> str:
    """All heads of one layer at a time, as lines between two columns of tokens.

    Args:
        result: at most 128 pieces or words, of a measure that is a share of attention.
        dark: light ink on black.

    Returns:
        A page of its own. Weights are rounded to four decimals.

    Raises:
        InputError: the text is too long, the page would become too large, or the measure has
            values outside 0 to 1.
    """
    _refuse(result, _HEAD, HEAD_VIEW_UNITS)
    return _page(_HEAD, result.model, _about(result), _of_result(result), dark)


def model_view_html(result: AttentionResult, *, dark: bool = False) -> str:
    """All heads of all layers as small pictures.

    Args:
        result: at most 64 pieces or words, of a measure that is a share of attention.
        dark: light ink on black.

    Returns:
        A page of its own. Weights are rounded to four decimals.

    Raises:
        InputError: as :func:`head_view_html`.
    """
    _refuse(result, _MODEL, MODEL_VIEW_UNITS)
    params = _of_result(result)
    # Few heads stay as small as those of BERT-base; one alone would be higher than a screen.
    params["total_heads"] = max(12, len(params["include_heads"]))
    return _page(_MODEL, result.model, _about(result), params, dark)


def neuron_view_html(result: QueryKeyResult, *, dark: bool = False) -> str:
    """The query and key vectors behind the weights of one head at a time.

    bertviz can take them only from its own copies of BERT and RoBERTa of 2019. Its script draws
    any, so they are given here by the model that is shown, of whatever family.

    Args:
        result: at most 64 pieces.
        dark: light ink on black.

    Returns:
        A page of its own. Weights and vectors are rounded to four decimals.

    Raises:
        InputError: the text is too long, or the page would become too large.
    """
    pieces = len(result.tokens)
    _refuse_long(_NEURON, pieces, NEURON_VIEW_PIECES, "word pieces")
    _refuse_large(result.weights.size + result.queries.size + result.keys.size)
    units = units_of(result.tokens)
    heads = range(1, result.weights.shape[1] + 1)
    params = _params(units, units, result.weights, result.layers, heads)
    params["attention"]["all"] |= {
        "queries": _rounded(result.queries),
        "keys": _rounded(result.keys),
    }
    return _page(_NEURON, result.model, "raw, by pieces", params, dark)


def _of_result(result: AttentionResult) -> dict[str, Any]:
    rows, columns = ([result.units[at] for at in side] for side in (result.rows, result.columns))
    return _params(rows, columns, result.weights, result.layers, result.heads or ["all"])


def _params(
    rows: Sequence[Unit],
    columns: Sequence[Unit],
    weights: np.ndarray[Any, Any],
    layers: Sequence[int],
    heads: Iterable[int | str],
) -> dict[str, Any]:
    """What a script of bertviz is given; blocks are cut from the whole in the browser."""
    whole = {
        "attn": _rounded(weights),
        "left_text": [unit.text for unit in rows],
        "right_text": [unit.text for unit in columns],
    }
    return {
        "attention": {"all": whole},
        "blocks": _blocks(rows, columns),
        "default_filter": "all",
        "root_div_id": "bertviz",
        "include_layers": list(layers),
        "include_heads": list(heads),
        "bidirectional": True,
    }


def _blocks(rows: Sequence[Unit], columns: Sequence[Unit]) -> list[tuple[str, Any, Any]]:
    """Name, rows and columns of A→A and so on; none unless both texts look and are looked at."""
    places: list[dict[str, tuple[int, int]]] = []
    for units in (rows, columns):
        first = sum(unit.side == 0 for unit in units)
        places.append({"a": (0, first), "b": (first, len(units))})
    if any(begin == end for sides in places for begin, end in sides.values()):
        return []
    return [(name, places[0][name[0]], places[1][name[1]]) for name in ("aa", "ab", "ba", "bb")]


def _rounded(values: np.ndarray[Any, Any]) -> Any:
    """Nested lists; float64, since a rounded float32 is written with all its digits."""
    return np.round(values.astype(np.float64), _DIGITS).tolist()


def _page(view: _View, model: str, about: str, params: dict[str, Any], dark: bool) -> str:
    params["display_mode"] = "dark" if dark else "light"
    style = (TEMPLATES / "bertviz.css").read_text("utf-8")
    scripts = [*shared_scripts(), drawing(view.script)]
    blocks = [
        (name, BLOCK_NAMES[name]) for name in ("all", *(each[0] for each in params["blocks"]))
    ]
    return rendered(
        "bertviz.html.j2",
        policy=_policy(scripts, style),
        mode=params["display_mode"],
        title=f"{view.title} of {model}",
        about=f"Attention: {about}. Layers and heads are counted from 1; weights are rounded to "
        f"{_DIGITS} decimals. Drawn by bertviz.",
        hint=view.hint,
        layers="layer" in view.selects,
        heads="head" in view.selects,
        blocks=blocks if len(blocks) > 1 else [],
        params=htmlsafe_json_dumps(params, separators=(",", ":"), allow_nan=False),
        style=Markup(style),  # noqa: S704 - our own text, as are the scripts of the packages
        scripts=[Markup(script) for script in scripts],  # noqa: S704
    )


def _policy(scripts: Sequence[str], style: str) -> str:
    """A content security policy under which these scripts run and no other, and nothing loads."""
    known = " ".join(map(_fingerprint, scripts))
    return (
        f"default-src 'none'; script-src {known}; style-src {_fingerprint(style)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _fingerprint(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _about(result: AttentionResult) -> str:
    where = "" if result.block == "all" else f", {BLOCK_NAMES[result.block]}"
    return f"{result.measure}, by {result.level}s{where}"


def _refuse(result: AttentionResult, view: _View, most: int) -> None:
    if result.minus:
        raise InputError(
            "bertviz draws values from 0 to 1, and a difference has values below 0. Use the grid.",
            field="measure",
        )
    if result.measure not in SHARES:
        raise InputError(
            f"bertviz draws values from 0 to 1, which those of the measure {result.measure} are "
            "not. Use the grid, or another measure.",
            field="measure",
        )
    longest = max(len(result.rows), len(result.columns))
    _refuse_long(view, longest, most, "word pieces" if result.level == "piece" else "words")
    _refuse_large(result.weights.size)


def _refuse_long(view: _View, length: int, most: int, noun: str) -> None:
    if length > most:
        raise InputError(
            f"bertviz's {view.title.lower()} takes at most {most} {noun} and this text has "
            f"{length:,}. Use the grid, which draws 512, or shorten the text.",
            field="text",
        )


def _refuse_large(numbers: int) -> None:
    if numbers > MOST_NUMBERS:
        raise InputError(
            f"This view would hold {numbers:,} numbers; a page with more than {MOST_NUMBERS:,} "
            "does not open well. Choose one layer, or use the grid.",
            field="layer",
        )
