# Everything lives in .venv; nothing is installed outside of it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-bench browsers demo call test lint bench pictures screens lock clean

help:  ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/.dev: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' || { echo "earmark: error: Python 3.11 or newer with its venv module is needed"; echo "earmark: hint: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --require-hashes --requirement requirements/bench-build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --require-hashes --requirement requirements/bench.txt
	@touch $@

setup: $(VENV)/.dev  ## Make .venv with the command earmark in it
setup-bench: $(VENV)/.bench  ## The same with what the benchmark needs (a C compiler for pesq)

demo: setup  ## Mark a briefing for a dozen listeners, leak one copy, name it; AUDIO=path takes your own recording
	@$(BIN)/python -m demo.run $(if $(AUDIO),"$(AUDIO)")

call: setup browsers  ## Hold a call of three browsers, leak what one of them heard, name it; RELAY=janus takes that relay
	@$(BIN)/python -m demo.call $(if $(RELAY),"$(RELAY)")

test: setup browsers lint  ## Run all checks and tests
	$(BIN)/pytest

browsers:  ## Install what tests run in or beside, browsers, Janus, coturn and PostgreSQL, where they are missing (Debian, as root)
	@sh tests/install.sh

lint: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports

bench: setup-bench  ## Measure everything and print tables (ATTACK=room+noise:20 for the seconds of one attack)
	$(BIN)/python -m bench $(if $(ATTACK),--attack $(ATTACK))

pictures: setup-bench  ## Draw the pictures of the documentation from real speech
	$(BIN)/python -m docs.pictures

screens: setup-bench browsers  ## Take the pictures of a call that the README shows
	$(BIN)/python -m docs.screens

lock:  ## Lock the dependencies anew, with hashes (needs uv)
	for group in dev bench-build bench; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	    --group $$group pyproject.toml --output-file requirements/$$group.txt; done
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --extra postgres pyproject.toml --output-file requirements/run.txt

clean:  ## Remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
