"""The one place for colours of figures; components take theirs from the page's theme.

Indigo for amounts, blue and orange for the two sides of a difference: both pairs stay apart
for the common kinds of colour blindness, and no figure relies on colour alone.
"""

ACCENT = "#4f46e5"
FAINT = "rgba(79, 70, 229, 0.5)"
"""What stands beside the accent: weaker than it on white and on the dark paper."""
CATEGORIES = ("#4f46e5", "#c2570c", "#0f766e", "#a21caf", "#4d7c0f", "#64748b")
SEQUENTIAL = ((0.0, "rgba(79, 70, 229, 0)"), (1.0, "#4f46e5"))
"""For amounts: from nothing, which shows the page's own paper, to the accent."""
BELOW, ABOVE = "#cf6c26", "#5f8bd8"
"""The two ends of signed attention weights, as the components take them from the theme."""
INK = "#1c2333"
SOFT = "#5b6475"
LINE = "#e3e6ee"
PAPER = "#ffffff"


def layer_shades(layers: int) -> tuple[str, ...]:
    """A shade of the accent for each layer; the first is to be seen on any paper, too."""
    return tuple(
        f"rgba(79, 70, 229, {0.12 + 0.88 * layer / max(1, layers - 1):.3f})"
        for layer in range(layers)
    )
