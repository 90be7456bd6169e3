"""What is not in memory before the server answers, nor before its home page stands."""

import ast
import subprocess
import sys

import pytest

from bert_core.settings import PROJECT

HEAVY = {
    "huggingface_hub", "jinja2", "numpy", "pandas", "psutil", "pyarrow", "pydantic_settings",
    "safetensors", "scipy", "tokenizers", "torch", "transformers",
}  # fmt: skip


def left_in_memory(program: str) -> set[str]:
    """The heavy ones that a program leaves in memory."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{program}\nprint(*sys.modules)"],
        cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return HEAVY.intersection(done.stdout.split())


def imports_of(*files: str) -> str:
    """The import statements at the top of some files, as a program."""
    return "\n".join(
        ast.unparse(node)
        for file in files
        for node in ast.parse((PROJECT / file).read_text(encoding="utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
    )


HEALTH = """
import app
from bert_core.model.checkpoints import require_files
from bert_core.settings import EMBEDDED_MODEL
require_files(EMBEDDED_MODEL, "embedded")
"""
"""The server as it listens, and what its first health answer looks at."""
POLICY = """
from pages._server.headers import Headers
Headers(None)._page_policy
"""
"""The policy under which a browser shows a page."""
HOME = f"""
{imports_of("pages/main.py", "pages/home.py")}
tour._stops()
loaded.shipped_models()
"""
"""What the home page is made of."""


@pytest.mark.parametrize("program", [HEALTH, POLICY + HOME], ids=["health", "home"])
def test_nothing_heavy_is_imported_before_the_server_answers(program: str) -> None:
    assert left_in_memory(program) == set()


def test_a_command_waits_for_no_other() -> None:
    program = """
from bert_core.cli import COMMANDS, Commands
assert len(Commands()) == len(COMMANDS) > 20
Commands()["serve"]
modules = {name for name in sys.modules if name.startswith("bert_core.commands.")}
assert modules == {"bert_core.commands.common", "bert_core.commands.settings"}, modules
"""
    assert left_in_memory(program) == set()


def test_what_is_brought_ahead_leaves_the_home_page_nothing_to_import() -> None:
    program = f"""
import app
from pages._server.ahead import bring
{POLICY}
bring()
here = set(sys.modules)
{HOME}
late = {{name for name in set(sys.modules) - here if name.startswith(("bert_core", "pages"))}}
assert not late, late
"""
    assert left_in_memory(program) == {"numpy"}
