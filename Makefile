# `make` lists the targets. VENV is where everything is installed, PYTHON what creates it:
#     make test VENV=/tmp/sparsead PYTHON=python3.12
# Everything comes as wheels; no target needs a compiler or a library of the system.

VENV ?= .venv
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
    $$p -c '$(SUITABLE)' >/dev/null 2>&1 && { echo $$p; break; }; done)
SUITABLE = import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

# Extras that `make test` uses where their wheels exist. PyTorch is not among them, because its default wheel draws
# gigabytes of GPU libraries, nor cvxopt, because its license, the GPL, is yours to choose: install them by hand
# and their tests run too.
OPTIONAL ?= jax pardiso autograd plot mesh plot3d amg nlopt examples
PYTEST_ARGS ?=
BENCH ?=

# As many processes as there are cores, up to eight (each may take 2 GB), with one thread each for linear algebra.
# Neighbours stay together until a process has nothing left to do, so that they share what they compiled.
PROCESSES = -n auto --maxprocesses 8 --dist worksteal
# Programs that users read: with the examples and the pages `make test` would take a third longer.
SHOWN = tests/test_examples.py tests/test_pages.py
# The gallery of the documentation runs each example too, with warnings as errors, so that after `make docs` this is left.
NOT_IN_GALLERY = --deselect tests/test_examples.py::test_example_runs
ONE_THREAD = OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
# Many tests start Python anew. Where the environment forbids bytecode each of them would compile both packages again.
WITH_BYTECODE = PYTHONDONTWRITEBYTECODE=

RUN = $(VENV)/bin/python
INSTALL = $(RUN) -m pip install --quiet --disable-pip-version-check --only-binary :all:

.PHONY: help demo test lint typed docs bench examples pages clean
help:
	@echo "make demo      a beam and a bracket from a mesh file: their sensitivities, checked, with pictures"
	@echo "make test      the test suite, on every optional library that has wheels here"
	@echo "make lint      style, types and layering"
	@echo "make typed     the types that a user's type checker sees; reads JAX, so a minute the first time"
	@echo "make docs      the documentation, into build/docs"
	@echo "make examples  every example and every page of the documentation; each checks itself"
	@echo "make pages     the same without the examples, which the gallery of \`make docs\` runs"
	@echo "make bench     the benchmarks; BENCH=<group> for one of them"
	@echo "make clean     remove what was built, but not $(VENV)"

demo: $(VENV)/.demo
	@MPLBACKEND=Agg $(RUN) examples/first_structure/plot_mbb_beam.py
	@echo
	@MPLBACKEND=Agg $(RUN) examples/fem/plot_bracket_from_file.py
	@echo
	@echo "Faster solves, optional: $(VENV)/bin/pip install -e '.[pardiso]' (a wheel); \
	CHOLMOD and UMFPACK need SuiteSparse: see docs/install.md."

test: $(VENV)/.test
	$(WITH_BYTECODE) $(ONE_THREAD) $(RUN) -m pytest $(PROCESSES) $(SHOWN:%=--ignore=%) $(PYTEST_ARGS)

lint: $(VENV)/.lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache

typed: $(VENV)/.lint $(VENV)/.demo
	$(VENV)/bin/mypy --config-file tests/typed/mypy.ini

docs: $(VENV)/.docs
	MPLBACKEND=Agg $(ONE_THREAD) $(RUN) -m sphinx -W --keep-going --quiet -d build/doctrees -b html docs build/docs
	@echo "open build/docs/index.html"

bench: $(VENV)/.bench
	$(RUN) -m benchmarks $(BENCH)

examples: $(VENV)/.test
	$(WITH_BYTECODE) $(ONE_THREAD) $(RUN) -m pytest $(PROCESSES) $(SHOWN)

pages: $(VENV)/.test
	$(WITH_BYTECODE) $(ONE_THREAD) $(RUN) -m pytest $(PROCESSES) $(SHOWN) $(NOT_IN_GALLERY)

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache docs/gallery docs/reference/generated
	find sparsead fem tests benchmarks examples docs -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { \
	    echo "error: no Python 3.11 or later with the venv module was found"; \
	    echo "  looked for: python3.13 python3.12 python3.11 python3"; \
	    echo "  fix:        install one (Debian: apt install python3-venv), or make $(MAKECMDGOALS) PYTHON=/path/to/python"; \
	    exit 1; }
	@$(PYTHON) -c '$(SUITABLE)' || { \
	    echo "error: PYTHON=$(PYTHON) is not Python 3.11 or later with the venv module"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# One stamp for each set of requirements: a second run installs nothing.
$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -e ".[jax,plot,mesh]"
	@touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -e ".[test]"
	@for extra in $(OPTIONAL); do \
	    echo "$(INSTALL) -e \".[$$extra]\""; \
	    $(INSTALL) -e ".[$$extra]" || echo "note: '$$extra' cannot be installed here; its tests will be skipped"; \
	done
	@touch $@

$(VENV)/.lint: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -e ".[lint]"
	@touch $@

$(VENV)/.docs: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -e ".[docs,jax,autograd,mesh,plot3d,amg,examples]"
	@touch $@

$(VENV)/.bench: pyproject.toml | $(VENV)/bin/python
	$(INSTALL) -e ".[bench]"
	@touch $@
