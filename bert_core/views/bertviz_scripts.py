"""The scripts in bertviz's pages, read from the installed packages.

Importing these packages would load torch and matplotlib and is not needed. Nor does this module
import what makes the pages: the server needs to know the scripts before the first answer, to let
them run.
"""

from importlib.metadata import distribution
from pathlib import Path

from bert_core.settings import PROJECT

HEAD = "head_view.js"
MODEL = "model_view.js"
NEURON = "neuron_view.js"
_LIBRARIES = (
    ("XStatic-jQuery", "xstatic/pkg/jquery/data/jquery.min.js"),
    ("mpld3", "mpld3/js/d3.v5.min.js"),
)


def every_script() -> list[str]:
    """The scripts of all pages, for whoever has to let them run."""
    return [*shared_scripts(), *map(drawing, (HEAD, MODEL, NEURON))]


def shared_scripts() -> list[str]:
    """The scripts of every page: two libraries, and what we put before bertviz's own."""
    before = PROJECT / "assets" / "templates" / "bertviz.js"
    return [*(_read(*place) for place in _LIBRARIES), before.read_text("utf-8")]


def drawing(name: str) -> str:
    """The script of one view: ``HEAD``, ``MODEL`` or ``NEURON``."""
    return _read("bertviz", f"bertviz/{name}").replace("PYTHON_PARAMS", "window.bertviz_params")


def _read(package: str, place: str) -> str:
    """A file of an installed package, without importing the package."""
    return Path(str(distribution(package).locate_file(place))).read_text(encoding="utf-8")
