# Every target makes the virtual environment it needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --max-worker-restart 0
OUT    ?= out

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check format bench mutation docs docs-check release packages clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/made:
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "celltrial needs Python 3.11 or newer; set PYTHON=python3.11"'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/base: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) -e '.[site]'
	touch $@

$(VENV)/dev: $(VENV)/made pyproject.toml constraints.txt
	$(PIP) -e '.[dev,growth,postgres,site,pdf]'
	touch $@ $(VENV)/base

packages: # Debian packages some tests need: a browser, PostgreSQL, Chinese fonts
	@sh .ci/packages

demo: $(VENV)/base ## one whole CAR-T trial: review, design, simulate, report
	$(BIN)/celltrial demo --out $(OUT)

test: $(VENV)/dev packages ## the test suite, without the long runs
	$(PYTEST) -m 'not long'

test-long: $(VENV)/dev packages ## every test, the long generative and load runs included
	$(PYTEST)

check: $(VENV)/dev ## style, types, layers, documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) docs-check

format: $(VENV)/dev ## put the code in its one layout
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(VENV)/dev ## speed and memory, beside the goals
	$(BIN)/python benchmarks/run.py

mutation: $(VENV)/dev ## do the tests notice a wrong module? an hour or more
	$(PIP) -e '.[mutation]'
	$(BIN)/python benchmarks/mutation.py

docs: $(VENV)/dev ## write the generated reference pages, then the documentation site
	$(BIN)/python docs/generate.py
	$(PIP) -e '.[docs]'
	$(BIN)/sphinx-build -q -j 2 -b html docs $(OUT)/docs

release: $(VENV)/dev ## what goes out with a version: wheel, bill of materials, constraints with hashes
	$(PIP) -e '.[release]' build
	$(BIN)/python -m build --wheel --outdir $(OUT)/dist .
	$(BIN)/cyclonedx-py environment --output-reproducible -o $(OUT)/dist/sbom.json $(VENV)
	$(BIN)/pip-compile --quiet --generate-hashes --no-emit-options \
	  --allow-unsafe --all-build-deps --extra postgres --extra growth --extra site -c constraints.txt -o $(OUT)/dist/constraints-hashed.txt pyproject.toml

docs-check: $(VENV)/dev # fail where a generated page is stale
	$(BIN)/python docs/generate.py --check

clean: ## remove what was made
	rm -rf $(VENV) $(OUT) docs/api build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
