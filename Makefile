# owtui: two commands do all the set-up on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 4
BIN    := $(VENV)/bin
UV_PIN := uv==0.13.*

# With columns in tracebacks CPython 3.11 parses source while it formats one; a second traceback that
# the collector or a thread formats meanwhile is a SystemError, which ends a worker instead of a test.
test check: export PYTHONNODEBUGRANGES = 1

.DEFAULT_GOAL := help
.PHONY: help demo test check chaos bench screenshots docs lock clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.runtime: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)-bench/.ready: requirements-bench.lock
	@test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

demo: $(VENV)/.runtime  ## a simulated fleet and the console on it; nothing else needed
	@$(BIN)/owtui demo

test: $(VENV)/.dev  ## everything: linters, types, contracts, all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/pytest -n $(JOBS) --dist loadgroup

check: $(VENV)/.dev  ## the fast part, three minutes on two cores
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	$(BIN)/pytest -n $(JOBS) --dist loadgroup -m "not slow"

chaos: $(VENV)/.dev  ## 1,000 guarded pushes and 1,800 upgrades under injections, each judged by its device
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos.upgrades

bench: $(VENV)/.dev $(VENV)-bench/.ready  ## ratios against peers, side by side in one run
	$(BIN)/python -m tests.bench

screenshots: $(VENV)/.dev  ## redraw screenshots/ from a seeded fleet with a frozen clock
	$(BIN)/python -m tests.screenshots

docs: $(VENV)/.dev  ## write the pages anew that are made from the program
	sed -i '/^<!-- From here on/,$$d' docs/keys.md
	$(BIN)/owtui keys --markdown >> docs/keys.md

lock: $(VENV)/.dev  ## resolve the dependencies anew into the hashed requirements files
	$(BIN)/python -m pip install -q "$(UV_PIN)"
	$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --no-annotate \
	    --upgrade --extra build pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --no-annotate \
	    --upgrade --extra build --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	printf '%s\n' $$($(BIN)/python -c "import tomllib;print('\n'.join(tomllib.load(open('pyproject.toml','rb'))['project']['optional-dependencies']['bench']))") \
	  | $(BIN)/uv pip compile -q --generate-hashes --no-header --no-emit-index-url --python-version 3.11 --no-annotate \
	    --upgrade - -o requirements-bench.lock

clean:  ## remove what make made
	rm -rf $(VENV) $(VENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis
