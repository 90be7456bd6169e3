"""Files and names that mean harm, held against the core: refused before anything large is read."""

import json
import os
import re
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bert_core.data.uploads import keep_upload, local_file
from bert_core.errors import CoreError, InputError, ModelError, RunError
from bert_core.model import hub
from bert_core.model.checkpoints import MOST_TEXT_MIB, inspect
from bert_core.model.choice import ModelChoice
from bert_core.model.loading import load
from bert_core.model.sources import find
from bert_core.training import runs
from tests.unit.test_hub import REPO, Hub, cache, server  # noqa: F401 - fixtures
from tests.vectors import ELEMENTS, EVERYTHING, VECTORS
"""E"""
