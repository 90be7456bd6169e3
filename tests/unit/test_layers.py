"""The arrows of the house: who may import whom, how long things may be, what is documented."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from bert_core.settings import PROJECT

MODEL_LIBRARIES = {"torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"}
DRAWING_LIBRARIES = {"plotly", "bertviz"}
SERVERS = {"streamlit", "starlette"}

TOP = {"bert_core.views", "bert_core.commands", "bert_core.cli"}
SIDE_BY_SIDE = {
    "bert_core.analysis",
    "bert_core.evaluation",
    "bert_core.features",
    "bert_core.training",
}
ABOVE_TASKS = DRAWING_LIBRARIES | TOP | SIDE_BY_SIDE
BESIDE_SETTINGS = {"numpy"} | {
    f"bert_core.{path.stem}"
    for path in (PROJECT / "bert_core").iterdir()
    if path.stem not in ("model_names", "settings", "setting_values")
}
"""All others are above the settings: they read them."""

# Where, and what nothing in there may import, at the top of a file or inside a function.
FORBIDDEN: dict[str, set[str]] = {
    "bert_core": SERVERS | {"pages", "tests"},
    "bert_core/data": ABOVE_TASKS
    | {"torch", "transformers", "bert_core.tasks", "bert_core.metrics"},
    "bert_core/metrics": ABOVE_TASKS | MODEL_LIBRARIES | {"bert_core.tasks", "bert_core.model"},
    "bert_core/model": ABOVE_TASKS | {"bert_core.tasks", "bert_core.data", "bert_core.metrics"},
    "bert_core/tasks": ABOVE_TASKS,
    "bert_core/analysis": ABOVE_TASKS - {"bert_core.analysis"},
    "bert_core/features": ABOVE_TASKS - {"bert_core.features"},
    "bert_core/training": ABOVE_TASKS - {"bert_core.training"},
    "bert_core/evaluation": (ABOVE_TASKS | MODEL_LIBRARIES) - {"bert_core.evaluation"},
    "bert_core/serving": DRAWING_LIBRARIES | TOP,
    "bert_core/views": MODEL_LIBRARIES | {"bert_core.commands", "bert_core.cli"},
    "bert_core/errors.py": {"bert_core", "numpy"} | MODEL_LIBRARIES | DRAWING_LIBRARIES,
    "bert_core/model_names.py": {"bert_core", "numpy"} | MODEL_LIBRARIES | DRAWING_LIBRARIES,
    "bert_core/settings.py": BESIDE_SETTINGS | MODEL_LIBRARIES | DRAWING_LIBRARIES,
    "bert_core/setting_values.py": BESIDE_SETTINGS | MODEL_LIBRARIES | DRAWING_LIBRARIES,
    "pages": MODEL_LIBRARIES | DRAWING_LIBRARIES | {"tests", "bert_core.cli", "bert_core.commands"},
    "app.py": MODEL_LIBRARIES | DRAWING_LIBRARIES | {"bert_core"},
}


def sources(where: str) -> list[Path]:
    """All Python files of a folder, or the one file; never none."""
    path = PROJECT / where
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    assert found, f"{where} has no Python files"
    return found


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> set[str]:
    """Full names of the modules that a file imports anywhere, relative ones resolved."""
    package = path.relative_to(PROJECT).with_suffix("").parts[:-1]
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            # "from bert_core import views" imports bert_core.views as well.
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


EVERY_FILE = [*sources("bert_core"), *sources("pages"), *sources("app.py")]


def test_real_files_are_walked() -> None:
    assert len(sources("bert_core/model")) >= 15
    assert len(sources("bert_core/tasks")) >= 3
    assert len(sources("bert_core/analysis")) >= 3
    assert len(sources("bert_core/views")) >= 3
    assert len(sources("pages")) >= 3
    assert "torch" in imported(PROJECT / "bert_core/model/encoder.py"), "imports inside functions"
    assert "bert_core.model.batching" in imported(PROJECT / "bert_core/model/encoder.py")


@pytest.mark.parametrize("where", FORBIDDEN)
def test_no_layer_reaches_up(where: str) -> None:
    wrong = {
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in sources(where)
        for name in imported(path)
        for package in FORBIDDEN[where]
        if within(name, package)
    }
    assert wrong == set()


def test_the_app_starts_without_the_core() -> None:
    """It answers before anything heavy is in memory: see the test with a fresh process below."""
    assert {"streamlit"} & imported(PROJECT / "app.py")


def test_no_page_knows_another() -> None:
    pages = {f"pages.{path.stem}" for path in (PROJECT / "pages").glob("*.py")}
    assert {"pages.home", "pages.masked_word"} <= pages
    wrong = {
        f"{path.relative_to(PROJECT)} imports {name}"
        for path in sources("pages")
        for name in imported(path)
        if any(within(name, page) for page in pages)
    }
    assert wrong == set()


def test_nothing_in_the_core_goes_round_in_circles() -> None:
    graph = {}
    for path in sources("bert_core"):
        parts = path.relative_to(PROJECT).with_suffix("").parts
        graph[".".join(part for part in parts if part != "__init__")] = imported(path)
    edges = {name: {other for other in found if other in graph} for name, found in graph.items()}
    # The package's own list of names points at everything by design, and is read lazily.
    edges["bert_core"] = set()
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for other in sorted(edges[name]):
                walk(other, (*trail, name))
            done.add(name)

    for name in edges:
        walk(name, ())
    assert done == set(edges)


HEAVY = """
import sys
{statement}
heavy = {{"torch", "transformers", "streamlit", "plotly", "bertviz"}} & set(sys.modules)
print(*sorted(heavy))
"""
OF_TENSORS = {
    f"bert_core.model.{name}"
    for name in (
        "bert",
        "bert_heads",
        "body",
        "contributions",
        "half",
        "hidden",
        "lean",
        "parts",
        "walk",
        "without",
        "word_gradients",
    )
} | {
    f"bert_core.training.{name}"
    for name in (
        "collate",
        "optimizer",
        "predicting",
        "pretraining_model",
        "reporting",
        "timing",
        "trainer",
    )
}
"""Modules made of torch's own classes; they are imported when a model is loaded."""
ALL_OTHERS = f"""
import importlib, pkgutil, bert_core
for module in pkgutil.walk_packages(bert_core.__path__, "bert_core."):
    if module.name not in {sorted(OF_TENSORS)} and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def left_in_memory(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", HEAVY.format(statement=statement)],
        cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return set(done.stdout.split())


def test_importing_the_core_is_light() -> None:
    assert left_in_memory("import bert_core") == set()


def test_every_module_of_the_core_is_light_but_for_those_of_tensors() -> None:
    assert left_in_memory(ALL_OTHERS) <= {"plotly"}
    for name in OF_TENSORS:
        assert {"torch", "transformers"} & imported(PROJECT / (name.replace(".", "/") + ".py"))


# ---- size and words ----------------------------------------------------------------------------


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring and decorators."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: str(path.relative_to(PROJECT)))
def test_sizes_stay_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    if path.parent == PROJECT / "pages":
        assert len(text.splitlines()) <= 60
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert code_lines(node) <= 40, f"{node.name} is too long"


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_file_says_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(parsed(path))
    assert docstring, "a module docstring"
    assert docstring.splitlines()[0].endswith((".", "?", ":", ";", ","))


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda path: str(path.relative_to(PROJECT)))
def test_nothing_is_unpickled_or_caught_wholesale(path: Path) -> None:
    for name in ("pickle", "dill", "joblib", "marshal", "shelve"):
        assert not any(within(found, name) for found in imported(path))
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else ""
            assert caught not in ("", "Exception", "BaseException"), f"line {node.lineno}"
        if isinstance(node, ast.Attribute) and node.attr == "load":
            assert ast.unparse(node) != "torch.load", f"line {node.lineno}"
