"""Jinja templates of ``assets/templates``: whatever is put in stays text."""

import re

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bert_core.settings import PROJECT

TEMPLATES = PROJECT / "assets" / "templates"
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rendered(name: str, **values: object) -> str:
    """A template with its values, every text escaped.

    Args:
        name: of a file in ``assets/templates``.
        values: what the template asks for; a ``Markup`` is put in as it is.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_legal,
    )
    return environment.get_template(name).render(**values)


def _legal(value: object) -> object:
    """A text without what XML and HTML forbid even escaped: control characters, half pairs."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value) if type(value) is str else value
