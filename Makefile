.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
READY := .venv/.ready

.PHONY: help install check fix test test-nightly audit calibrate bench serve clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[sidecar,report]' --group dev
	@touch $(READY)

install: $(READY) ## Make .venv with everything but training
	$(BIN)/pip install --quiet --disable-pip-version-check --group bench

check: $(READY) ## Format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/shield policy check policies/default.toml
	$(BIN)/shield policy check policies/strict.toml
	$(BIN)/shield corpus check

fix: $(READY) ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(READY) ## Run the tests (WORKERS=n processes, two when left out)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --randomly-seed 1 -m 'not nightly'

test-nightly: $(READY) ## Run the tests with long fuzz, Hypothesis and load profiles
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --timeout 1800

audit: $(READY) ## Replay the corpora against the false-positive budget; writes report.json, .md, .html
	$(BIN)/shield audit -o report.json -o report.md -o report.html

calibrate: $(READY) ## Choose the thresholds again (EXTRA=folder adds benign rows)
	$(BIN)/shield calibrate $(if $(EXTRA),--extra $(EXTRA))

bench: install ## Run every benchmark; each ends with its claim as JSON
	@set -e; for file in benchmarks/*.py; do name=$$(basename $$file .py); \
	  [ $$name = __init__ ] || { echo "== $$name"; $(BIN)/python -m benchmarks.$$name; }; done

serve: $(READY) ## Run the sidecar on http://127.0.0.1:8321 (UPSTREAM=url; a stand-in for a model without it)
	@[ -n '$(UPSTREAM)' ] || { $(BIN)/python sidecar/stand_in.py & trap "kill $$!" EXIT; }; \
	$(BIN)/shield serve --config sidecar/sidecar.toml $(if $(UPSTREAM),--upstream $(UPSTREAM))

clean: ## Remove what the commands made
	rm -rf .venv .cache report.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
