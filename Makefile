# BERT Explorer. `make run` and `make test` set everything up by themselves.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ADDRESS ?= 127.0.0.1
PORT ?= 8501
# Processes that share the tests. Not one for each core: each takes a GiB of memory and starts
# servers of its own, and on a single core one computes while the other waits for its browser.
WORKERS ?= 2

$(VENV)/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: run test test-ray lint bench help chromium clean

run: $(VENV)/ready  ## set up and start the app at http://127.0.0.1:8501
	$(BIN)/streamlit run app.py --server.address $(ADDRESS) --server.port $(PORT)

test: $(VENV)/ready-dev chromium  ## set up and run every test that needs no GPU
	$(BIN)/python -m pytest -m "not gpu and not ray" -n $(WORKERS) --dist worksteal

test-ray: $(VENV)/ready-dev  ## install Ray and run its tests
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-ray.txt
	$(BIN)/python -m pytest -m ray tests/unit/test_engine_ray.py

lint: $(VENV)/ready-dev  ## ruff, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/ready-dev  ## measure against transformers' own pipeline and trainer
	$(BIN)/python -m tests.bench

chromium:
	@sh tests/browser/install_chromium.sh

clean:  ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10
