# Everything here works with Python >= 3.11, git and make. `make help` lists it.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2
ARGS ?=
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; \
	done)
# uv installs the same pinned packages in a fraction of the time; pip does without it.
UV ?= $(shell command -v uv || (test -x $(BIN)/uv && echo $(BIN)/uv))
# On CI everything runs, in an order that is the same every time; the everyday suite is shuffled
# and leaves out what is marked slow.
MARKS := $(if $(filter 1 true,$(CI)),--randomly-seed=2026,-m "not slow")
CODE := src tests benchmarks packages

.PHONY: help setup demo test test-fast test-all test-again test-js lint format types check bench page-weight \
	invariants-long docs revision constraints audit clean
.DEFAULT_GOAL := help

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(VENV)/.ready-dev ## make .venv with everything for development

demo: $(VENV)/.ready-demo ## serve two projects on real data at http://127.0.0.1:8000
	@$(BIN)/fairhand demo $(ARGS)

test: $(VENV)/.ready-dev ## run the everyday suite (with CI=true: everything, and a skip is a failure)
	@$(BIN)/pytest -n $(JOBS) $(MARKS) $(ARGS)

test-fast: $(VENV)/.ready-dev ## run what needs neither a browser nor PostgreSQL
	@$(BIN)/pytest -n $(JOBS) -m "not slow and not browser" -k "not postgresql" $(ARGS)

test-all: $(VENV)/.ready-dev ## run everything, slow tests included
	@$(BIN)/pytest -n $(JOBS) $(ARGS)

test-again: $(VENV)/.ready-dev ## run what failed last time
	@$(BIN)/pytest --last-failed --last-failed-no-failures none $(ARGS)

test-js: ## run the JavaScript tests, when node is there
	@if ! command -v node >/dev/null; then echo "JavaScript tests skipped: no node found"; \
	elif compgen -G "tests/js/*.test.*js" >/dev/null; then node --test --test-reporter=dot tests/js/*.test.*js; \
	else echo "JavaScript tests skipped: tests/js holds none"; fi

lint: $(VENV)/.ready-dev ## check style and the import contracts
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/lint-imports

format: $(VENV)/.ready-dev ## mend style
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

types: $(VENV)/.ready-dev ## check types, strictly
	@$(BIN)/mypy

check: lint types test-js test ## all of the above

bench: $(VENV)/.ready-dev ## measure the task loop (ARGS for its options)
	@$(BIN)/python -m benchmarks.task_loop $(ARGS)

page-weight: $(VENV)/.ready-dev ## weigh the task page on a slow phone; fails above 100 KB
	@$(BIN)/python -m benchmarks.page_weight $(ARGS)

invariants-long: $(VENV)/.ready-dev ## let the state machines look for trouble much longer
	@FAIRHAND_HYPOTHESIS=long $(BIN)/pytest -n $(JOBS) tests/invariants $(ARGS)

docs: $(VENV)/.ready-dev ## check that the documentation's links and commands exist
	@$(BIN)/pytest -q tests/docs $(ARGS)

revision: $(VENV)/.ready-dev ## write the next migration: make revision MESSAGE="Add the seals"
	@$(BIN)/python -m fairhand.storage.migrate revision "$(MESSAGE)"

constraints: ## pin the newest versions that fit (needs uv)
	@$(UV) pip compile -q --upgrade pyproject.toml --extra assist --extra audio --extra demo --extra dev --extra imaging --extra peers --extra people --extra scale --python-version 3.11 \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links -o constraints.txt

audit: $(VENV)/.ready-dev ## compare the pinned versions with known vulnerabilities (asks the registry and its advisories)
	@{ $(or $(UV),$(BIN)/uv) tool run pip-audit -r constraints.txt --no-deps --disable-pip --progress-spinner off -f json \
	  2>/dev/null || true; } | $(BIN)/python -m tests.advisories

clean: ## remove the demo's workspace and what tools left behind
	@rm -rf .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Fairhand needs Python 3.11 or newer; none was found." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Could not make $(VENV). On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt uv || true

# The stamps make a second start quick: nothing is installed until the pins change.
$(VENV)/.ready-demo: pyproject.toml constraints.txt | $(VENV)/bin/python
	@$(call install,.[demo])
	@touch $@

$(VENV)/.ready-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@$(call install,.[audio$(comma)demo$(comma)dev$(comma)imaging$(comma)peers$(comma)people$(comma)scale])
	@# An independent verifier of the log's formats; it asks for Python 3.12 and runs on 3.11.
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --ignore-requires-python aics-tlog==0.2.1
	@# Label Studio's own client wants other versions of what we use, so it has a place of its own.
	@$(BIN)/python -m venv --clear $(VENV)/label-studio
	@$(call install-into,$(VENV)/label-studio,label-studio-sdk==2.1.2)
	@touch $@ $(VENV)/.ready-demo

comma := ,
define install-into
	{ test -n "$(UV)" && $(UV) pip install -q --python $(1)/bin/python '$(2)'; } \
	|| $(1)/bin/python -m pip install -q --disable-pip-version-check '$(2)'
endef
define install
	echo "Installing Fairhand and what it needs into $(VENV) ..."; \
	{ test -n "$(UV)" && $(UV) pip install -q --python $(BIN)/python -c constraints.txt -e '$(1)'; } \
	|| $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e '$(1)'
endef
