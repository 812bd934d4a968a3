# One file for every routine task. `make help` lists the targets.
# PYTHON names the interpreter the virtual environment is made from (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.setup-done
KERNELS := $(VENV)/.kernels-compiled
PAGE := nodes/page/static/built-from
PROTOC = $(BIN)/python -m grpc_tools.protoc -Iproto
UV := uv==0.13.9
AUDIT := pip-audit==2.10.1
FUZZ := atheris==3.0.0
MUTATE := cosmic-ray==8.7.0
ROOM :=
SAMPLE := 120

.DEFAULT_GOAL := help
.PHONY: help setup page demo test bench check faults soak sim fuzz long determinism coverage mutants audit docs proto lock wheel clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(KERNELS) ## .venv with everything pinned, kernels compiled, once
	@first=; test -f $(PAGE) || { first=1; echo "3 of 3: the picture page (half a minute)"; }; \
	  $(BIN)/python -m nodes.page.build || echo "All else is set up and runs without it. To try again: make page"; \
	  test -z "$$first" || echo "Set up. Next: make demo, or $(BIN)/triwatch --help"

# Everything comes from requirements.lock, hash by hash; the project itself goes in last, editable.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "triwatch needs Python 3.11 or newer; run: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "triwatch sets itself up in $(CURDIR):"
	@echo "packages into $(VENV), compiled kernels, the picture page."
	@echo "It takes two to six minutes the first time, then a second. Ctrl-C does no harm."
	@echo "1 of 3: packages as requirements.lock has them (a minute or two)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check -qq --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --disable-pip-version-check -qq --no-deps --no-build-isolation --editable .
	@touch $@

# numba's cache does not see that a function or constant inlined from another file has changed: start anew.
$(KERNELS): $(READY) $(shell grep -rlE --include='*.py' 'numba|fusion\.kernel' fusion nodes)
	@echo "2 of 3: compiling the kernels, once for these sources (one to three minutes)"
	@find fusion nodes '(' -name '*.nbi' -o -name '*.nbc' ')' -delete
	@$(BIN)/python -m nodes.cli.warm
	@touch $@

page: $(READY) ## build the picture page, where its sources have changed
	@$(BIN)/python -m nodes.page.build

demo: setup ## the default scenario, the live picture, a scorecard
	$(BIN)/triwatch demo

test: setup page ## the whole test suite, files side by side on the processors there are (four at most)
	$(BIN)/python -m pytest -n logical --maxprocesses=4 --dist loadfile --no-loadscope-reorder

bench: setup ## all benchmarks; tables, and benchmarks/results.json
	$(BIN)/python -m benchmarks

check: $(READY) ## formatter, linter, strict types, bindings up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && \
	  $(PROTOC) --python_out="$$fresh" --pyi_out="$$fresh" proto/triwatch/v1/*.proto && \
	  diff -r -x '*.proto' -x __pycache__ "$$fresh/triwatch" proto/triwatch && echo "Bindings are up to date" || \
	  { echo "The bindings in proto/triwatch/v1 are not those of its .proto files; run: make proto" >&2; exit 1; }

faults: $(READY) ## fault injection that needs root or network namespaces
	TRIWATCH_SOAK_S=300 $(BIN)/python -m pytest -m "faults or soak" -s

soak: $(READY) ## real cores for an hour under faults drawn by a seed; memory, descriptors, threads flat (SECONDS=3600)
	TRIWATCH_SOAK_S=$(or $(SECONDS),3600) $(BIN)/python -m pytest -m soak -s

sim: $(READY) ## many seeds of the simulated coalition (FIRST=0 LAST=999)
	PYTHONPATH=tests/kits:tests/sim $(BIN)/python tests/sim/simulation.py $(or $(FIRST),0) $(or $(LAST),999)

fuzz: $(READY) ## every fuzzer under atheris (SECONDS=60 FUZZERS="report policy")
	@tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && \
	  $(BIN)/python -m pip install --disable-pip-version-check -qq --target "$$tool" $(FUZZ) && \
	  PYTHONPATH="$$tool" $(BIN)/python tests/fuzz/with_atheris.py --seconds $(or $(SECONDS),60) $(FUZZERS)

long: setup ## many more seeds and scenes of what the suite has a sample of
	$(BIN)/python -m pytest -m long

determinism: $(READY) ## one recording under unlike settings: the same bytes
	$(BIN)/python -m pytest -m determinism

coverage: setup ## which lines the suite runs; compiled kernels show as not run
	$(BIN)/python -m coverage run -m pytest -m "not processes"
	$(BIN)/python -m coverage report

mutants: setup ## planted faults must be noticed (ROOM=finality SAMPLE=120)
	@tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && $(PYTHON) -m venv "$$tool" && \
	  "$$tool/bin/pip" install --disable-pip-version-check -qq $(MUTATE) && \
	  "$$tool/bin/python" tests/mutants/run.py --room "$(ROOM)" --sample $(SAMPLE) --python "$(CURDIR)/$(BIN)/python"

audit: $(READY) ## known vulnerabilities among the pinned dependencies
	@tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && $(PYTHON) -m venv "$$tool" && \
	  "$$tool/bin/pip" install --disable-pip-version-check -qq $(AUDIT) && \
	  "$$tool/bin/pip-audit" --require-hashes --disable-pip -r requirements.lock

docs: $(READY) ## the API's pages, from its docstrings, into build/docs
	$(BIN)/pdoc --docformat google --output-directory build/docs fusion '!fusion.warm' nodes triwatch.v1

proto: $(READY) ## regenerate the protobuf bindings
	$(PROTOC) --python_out=proto --pyi_out=proto proto/triwatch/v1/*.proto

lock: ## pin pyproject.toml's dependencies, with hashes
	@tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && $(PYTHON) -m venv "$$tool" && \
	  "$$tool/bin/pip" install --disable-pip-version-check -qq $(UV) && \
	  for pins in "requirements.lock --all-extras" "deploy/requirements.lock -c requirements.lock"; do \
	    "$$tool/bin/uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	      --no-annotate --custom-compile-command "make lock" -qq -o $$pins || exit 1; \
	  done

wheel: $(READY) ## build dist/triwatch-*.whl
	$(BIN)/hatchling build -t wheel

clean: ## remove everything the targets above made
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
