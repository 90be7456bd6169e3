"""A visitor's text in figures."""

from html import escape


def plotly_text(text: str) -> str:
    """Text that plotly's own small HTML shows letter by letter.

    Example:
        >>> plotly_text("<b>&")
        '&lt;b&gt;&amp;'
    """
    return escape(text, quote=False)
