"""Every example in a docstring of the package gives what it says."""

import doctest
import importlib
import pkgutil

import pytest

import bert_core

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(bert_core.__path__, "bert_core.")
]
EXAMPLES = [
    test
    for module in MODULES
    for test in doctest.DocTestFinder(exclude_empty=True).find(module)
    if test.examples
]


def test_the_examples_were_found() -> None:
    names = {example.name for example in EXAMPLES}
    assert "bert_core.views.numbers.percent" in names
    assert "bert_core.model.marks.mark" in names
    assert len(MODULES) > 40


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_gives_what_it_says(example: doctest.DocTest) -> None:
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=said.append)
    assert result.failed == 0, "".join(said)
    assert result.attempted > 0
