"""One HTML file in which the grid of heads and the detail of each of them work.

Its scripts are the app's own components, written into the file; the weights of all heads stand in
a block of data. It loads nothing: it opens from disk with the network cut. A policy in the file
lets nothing run but these scripts, so a text cannot bring one along.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from bert_core.analysis.attention.attend import AttentionResult
from bert_core.analysis.attention.edges import strongest_edges
from bert_core.analysis.attention.table import head_table
from bert_core.errors import InputError
from bert_core.settings import PROJECT
from bert_core.views.attention_clicks import Pick
from bert_core.views.attention_levels import Levels, Scale, quantise, scaled
from bert_core.views.attention_payload import about, grid_words, head_notes, head_words
from bert_core.views.templates import TEMPLATES, rendered

SMALL_FILE = 8_000_000
"""Bytes of a file up to which weights are stored with 16 bits, beyond which with 8."""
LARGEST_FILE = 64_000_000
"""Bytes of the largest file that is made: all 144 heads of 512 pieces take 51 MB."""
LINES = 500
"""Most lines of one head."""
COMPONENTS = PROJECT / "assets" / "components"
GRID, HEAD = ("common", "heat", "grid"), ("common", "heat", "map", "lines", "head")
_EXPORT = "export default function (component)"


def attention_html(
    result: AttentionResult,
    *,
    notes: Sequence[str] = (),
    selected: Pick | None = None,
    scale: Scale = "shared",
    share: float = 0.9,
    link: str = "",
    snippet: str = "",
) -> str:
    """All heads of an input in one file, with the detail of each.

    Args:
        result: what is shown, all layers and heads of it.
        notes: a sentence for each head, layer by layer; none: what can be said of the weights.
        selected: the head that is open at first; None: the first.
        scale: of the grid, see :func:`.attention_levels.quantise`.
        share: of each row's sum that the lines carry, 0.5 to 1.
        link: the address that restores the page.
        snippet: the Python lines that repeat it.

    Raises:
        InputError: the file would be larger than ``LARGEST_FILE``, or the share is out of range.
        ValueError: notes do not fit, or the scale is ``"one"`` and a weight lies above 1.
    """
    size = least_bytes(result)
    if size > LARGEST_FILE:
        raise InputError(
            f"A file with all these heads would take {size // 1_000_000:,} MB; "
            f"{LARGEST_FILE // 1_000_000} MB is the most. Choose fewer pieces, a block or a layer.",
            field="out",
        )
    # The lines of a head take some four letters each.
    lines = 4 * LINES * result.weights.shape[0] * result.weights.shape[1]
    # Each head on its own scale, whatever the colours are: so values keep most of their digits.
    levels = quantise(result.weights, "head", signed=bool(result.minus),
                      depth=16 if 2 * size + lines < SMALL_FILE else 8)  # fmt: skip
    script, style = _script(), (TEMPLATES / "attention.css").read_text("utf-8")
    return rendered(
        "attention.html.j2",
        script=Markup(script),  # noqa: S704 - ours, and hashed
        style=Markup(style),  # noqa: S704
        script_hash=_hash(script),
        style_hash=_hash(style),
        data=Markup(_data(result, levels, notes, selected, scale, share)),  # noqa: S704 - escaped
        texts=[text for text in (result.tokens.text, result.tokens.pair) if text],
        small=about(result),
        notes=[*result.notes, _rounding(levels)],
        link=link,
        snippet=snippet,
    )  # fmt: skip


def least_bytes(result: AttentionResult) -> int:
    """Bytes, about, of the file with 8 bits for each weight; a small one takes twice as many."""
    return result.weights.size * 4 // 3  # three bytes are four letters


def _data(
    result: AttentionResult,
    levels: Levels,
    notes: Sequence[str],
    selected: Pick | None,
    scale: Scale,
    share: float,
) -> str:
    shown = replace(levels, full=scaled(levels.full, scale))
    words = grid_words(
        shown,
        scale,
        layers=result.layers,
        heads=result.heads,
        notes=notes or _notes(result),
    )
    grid = {
        **words,
        "label": "All heads",
        "shape": list(levels.values.shape),
        "full": shown.full.ravel().tolist(),
        "selected": _cell(result, selected),
    }
    said = {
        "grid": grid,
        "head": {
            "units": [unit.text for unit in result.units],
            "rows": list(result.rows),
            "columns": list(result.columns),
        },
        "heads": _heads(result, levels, words["notes"], share),
        "zero": levels.zero,
        "most": levels.most,
        "weights": base64.b64encode(levels.values.tobytes()).decode("ascii"),
        "styles": {"grid": _joined(GRID, "css"), "head": _joined(HEAD, "css")},
    }
    return _harmless(json.dumps(said))


def _heads(
    result: AttentionResult, levels: Levels, notes: Sequence[str], share: float
) -> list[dict[str, object]]:
    heads = []
    for cell, note in enumerate(notes):
        at = divmod(cell, levels.full.shape[1])
        weights = result.weights[at]
        edges = strongest_edges(weights, share=share, most=LINES)
        title, _, badge = note.partition(": ")
        words = head_words(edges, weights.shape, float(levels.full[at]), levels.zero > 0)
        heads.append({**words, "label": title[:1].upper() + title[1:], "badge": badge})
    return heads


def _notes(result: AttentionResult) -> tuple[str, ...]:
    """What each head does, where the weights are those the head table is made of."""
    pieces = len(result.tokens)
    if result.minus or (result.measure, result.level) != ("raw", "piece") or not result.heads:
        return ()
    if result.weights.shape[-2:] != (pieces, pieces):
        return ()
    table = head_table(result.weights, result.tokens)
    rows = tuple(
        replace(row, layer=result.layers[row.layer - 1], head=result.heads[row.head - 1])
        for row in table.rows
    )
    return head_notes(replace(table, rows=rows))


def _cell(result: AttentionResult, selected: Pick | None) -> int:
    if selected is None or selected.layer not in result.layers:
        return 0
    column = result.heads.index(selected.head) if selected.head in result.heads else 0
    return result.layers.index(selected.layer) * max(1, len(result.heads)) + column


def _script() -> str:
    """The components and what mounts them, in a scope of their own."""
    shared = _joined([name for name in HEAD if name != "head"], "js")
    mounts = [
        f"const mount{name.capitalize()} = (() => {{\n{_as_function(name)}\nreturn mount;\n}})();"
        for name in ("grid", "head")
    ]
    adapter = (TEMPLATES / "attention.js").read_text("utf-8")
    return "\n".join(['"use strict";\n(() => {', shared, *mounts, adapter, "})();"])


def _as_function(name: str) -> str:
    """A component's script, its one export turned into a function."""
    before, after = _joined([name], "js").split(_EXPORT)
    return f"{before}function mount(component){after}"


def _joined(names: Sequence[str], kind: str) -> str:
    paths = [COMPONENTS / f"{name}.{kind}" for name in names]
    return "\n".join(path.read_text("utf-8") for path in paths if path.exists())


def _harmless(data: str) -> str:
    """JSON that cannot end the element it stands in; it holds no character beyond ASCII."""
    for character in "<>&":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return data


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _rounding(levels: Levels) -> str:
    steps = levels.most - levels.zero
    return f"The values in this file are rounded to 1/{steps:,} of the largest of their head."
