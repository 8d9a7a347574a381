# Everything lives in .venv and build/; nothing outside the tree is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTHON_FOLDERS := rubricdsl compiler rl grammars tests benchmarks
STAMP := $(VENV)/.installed

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false

.PHONY: demo test test-stacks lint types clean

demo: $(STAMP)
	$(BIN)/rubricc demo --out build/demo

test: $(STAMP) lint types
	$(BIN)/python -m pytest

# Adapters, called by the stacks' own code; the packages go into build/stacks. Then some of the stacks
# whole, with a small model.
test-stacks: $(STAMP)
	$(BIN)/python -m rubricdsl.compiler.conformance.environments
	$(BIN)/python -m rubricdsl.compiler.conformance.end_to_end.verifiers
	$(BIN)/python -m rubricdsl.compiler.conformance.end_to_end.trl
	$(BIN)/python -m rubricdsl.compiler.conformance.end_to_end.ms_swift
	for stack in inspect lm_eval promptfoo; do \
	  $(BIN)/python -m rubricdsl.compiler.conformance.end_to_end.$$stack || exit 1; done

lint: $(STAMP)
	$(BIN)/ruff check $(PYTHON_FOLDERS)
	$(BIN)/ruff format --check $(PYTHON_FOLDERS)

types: $(STAMP)
	$(BIN)/mypy rubricdsl compiler rl grammars

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[train,dev]'
	touch $@

clean:
	rm -rf $(VENV) build
