# BERT Explorer. `make run` and `make test` set everything up by themselves.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Processes that share the tests. Not one for each core: each takes two GiB of memory with the
# servers that it starts, and on two cores one computes while the others wait for their browsers.
WORKERS ?= 3

$(VENV)/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@# Older ones have known holes, and Debian 12's cannot build seqeval.
	$(BIN)/pip install --quiet --disable-pip-version-check 'pip>=25.3'
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: setup run test test-ray nightly test-gpu lint audit bench help chromium axe clean

setup: $(VENV)/ready  ## set up and start nothing

run: $(VENV)/ready  ## set up and start the app at http://127.0.0.1:8501
	$(BIN)/python -m bert_core serve $(if $(ADDRESS),--address $(ADDRESS)) $(if $(PORT),--port $(PORT))

test: $(VENV)/ready-dev chromium axe  ## set up and run every test that needs no GPU
	$(BIN)/python -m pytest -m "not gpu and not ray" -n $(WORKERS) --dist worksteal

test-ray: $(VENV)/ready-dev  ## install Ray and run its tests
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-ray.txt
	$(BIN)/python -m pytest -m ray tests/unit/test_engine_ray.py

test-gpu: $(VENV)/ready-dev  ## run the tests that need a CUDA device
	$(BIN)/python -m pytest -m gpu tests/gpu

nightly: $(VENV)/ready-dev  ## 1,000 new examples for every public function and route of the API
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout 7200 \
		tests/properties tests/unit/test_api_requests.py tests/unit/test_api_server.py

lint: $(VENV)/ready-dev  ## ruff, formatting, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# By exact version, what others bring included. "+cpu" is no part of a version that is published;
# --strict, since a package that cannot be looked up was not audited.
audit: $(VENV)/ready  ## look all installed packages up among the known vulnerabilities
	$(BIN)/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	@mkdir -p build
	$(BIN)/pip freeze --all | sed 's/+[^+]*$$//' > build/audit.txt
	$(BIN)/pip-audit --strict --no-deps --disable-pip --requirement build/audit.txt

bench: $(VENV)/ready-dev  ## measure against transformers' own pipeline and trainer
	$(BIN)/python -m tests.bench

chromium:
	@sh tests/browser/install_chromium.sh

axe:
	@sh tests/browser/install_axe.sh

clean:  ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10
