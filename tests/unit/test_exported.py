"""What ``import bert_core`` promises."""

import ast
import importlib
import inspect
import re

import pytest

import bert_core
from bert_core.settings import PROJECT


def test_the_list_is_sorted_and_has_no_doubles() -> None:
    assert list(bert_core.__all__) == sorted(set(bert_core.__all__))
    assert len(bert_core.__all__) > 10


def test_every_name_is_there() -> None:
    for name in bert_core.__all__:
        assert getattr(bert_core, name) is not None


def test_what_is_typed_is_what_is_exported() -> None:
    """The names a type checker sees, the names that are loaded, and the list are the same."""
    tree = ast.parse((PROJECT / "bert_core" / "__init__.py").read_text(encoding="utf-8"))
    typed = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    public = {name for name in bert_core.__all__ if not name.startswith("__")}
    assert typed.keys() == public
    for name, home in typed.items():
        module, _, attribute = home.rpartition(".")
        assert getattr(bert_core, name) is getattr(importlib.import_module(module), attribute)


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        bert_core.nonsense  # noqa: B018
    assert not hasattr(bert_core, "torch")


def test_all_of_it_is_documented() -> None:
    for name in bert_core.__all__:
        thing = getattr(bert_core, name)
        if callable(thing):
            assert inspect.getdoc(thing), name


def test_errors_are_one_tree() -> None:
    for name in ("InputError", "ModelError", "RunError"):
        error = getattr(bert_core, name)
        assert issubclass(error, bert_core.CoreError)
        assert str(error("words", field="text")) == "words"
        assert error("words", field="text").field == "text"
        assert error("words").field is None


def test_the_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", bert_core.__version__)
