# `make demo` plays the walkthrough in the lab, `make test` runs every test.
# Both install what they need first, and start at once the next time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
CLOUD := .lab/venv/bin
PIP := -m pip install --disable-pip-version-check --no-input --progress-bar off -c tests/constraints.txt
# pip names a package at a time: enough to see that it goes on.
PROGRESS := sed -un 's/^ *Collecting \([A-Za-z0-9._-]*\).*/   \1/p'

# A cloud or a guest for each of two workers; a file's tests share one.
PARALLEL := -n 2 --dist loadfile

.PHONY: help demo test test-minimum unit lint bench docs lab shell system clean

help:
	@echo "make demo   install what is missing, start the lab, play the walkthrough"
	@echo "make test   install what is missing, run the unit, functional and lab tests"
	@echo "make unit   the tests that need neither cloud nor lab"
	@echo "make lint   ruff and mypy"
	@echo "make bench  how fast a probe is, beside loops that do no more than SCTP needs"
	@echo "make docs   the documentation, into doc/build"
	@echo "make test-minimum  the unit and shell tests against the oldest versions allowed"
	@echo "make shell  a shell on the lab's client, cloud credentials set"
	@echo "make clean  remove .venv, .lab and all that was built"

demo: lab
	@$(BIN)/python -m tests.lab.walkthrough

test: lab
	@echo "== Unit tests"
	@$(BIN)/python -m pytest -q tests/unit
	@echo "== Functional tests, against Keystone, Neutron and Octavia on this machine's loopback"
	@$(BIN)/python -m pytest -q $(PARALLEL) tests/functional
	@echo "== Lab tests, in a guest with SCTP and IPVS"
	@$(BIN)/python -m pytest -q $(PARALLEL) tests/lab

unit: $(BIN)/.installed
	@$(BIN)/python -m pytest -q tests/unit

lint: $(BIN)/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: system
	@$(BIN)/python -m tests.bench

# Whatever the pages warn of is an error.
SPHINX := $(BIN)/sphinx-build -q -W --keep-going

docs: $(BIN)/.installed
	@$(SPHINX) -b html doc/source doc/build/html
	@$(SPHINX) -b man doc/source doc/build/man
	@echo "Read doc/build/html/index.html"

# The lower bounds of requirements.txt, in an environment of their own.
OLDEST := .venv-min/bin/python
test-minimum: .venv-min/.installed
	@$(OLDEST) -m pytest -q tests/unit tests/functional/test_startup.py tests/functional/test_errors.py

.venv-min/.installed: requirements.txt tests/constraints.txt
	@echo "== Installing the oldest versions allowed into .venv-min (about a minute)"
	@[ -x $(OLDEST) ] || $(PYTHON) -m venv .venv-min
	@sed -n 's/>=/==/p' requirements.txt > .venv-min/requirements.txt
	@$(OLDEST) -m pip install --disable-pip-version-check --no-input -q -r .venv-min/requirements.txt
	@$(OLDEST) $(PIP) -q --no-deps pytest hypothesis sortedcontainers iniconfig pluggy pygments pbr setuptools
	@$(OLDEST) $(PIP) -q --no-deps --no-build-isolation -e .
	@touch $@

shell: lab
	@$(BIN)/python -m tests.lab shell

# Everything the lab needs: system packages, both environments, the cloud's databases.
lab: system $(CLOUD)/.installed
	@$(BIN)/python -m tests.lab.cloud prepare

system: $(BIN)/.installed
	@tests/lab/system-packages $(BIN)/bindep

$(BIN)/.installed: requirements.txt test-requirements.txt doc/requirements.txt tests/constraints.txt setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "Python 3.10 or newer with venv is needed: apt-get install python3-venv, or make PYTHON=..." >&2; exit 1; }
	@echo "== Installing the plugin and its tests into .venv (about a minute)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python $(PIP) -r test-requirements.txt -r doc/requirements.txt -r requirements.txt | $(PROGRESS)
	@$(BIN)/python $(PIP) -q --no-deps --no-build-isolation -e .
	@touch $@

$(CLOUD)/.installed: tests/lab/cloud/requirements.txt tests/constraints.txt
	@echo "== Installing Keystone, Neutron and Octavia into .lab/venv (about two minutes, 470 MB)"
	@mkdir -p .lab
	@[ -x $(CLOUD)/python ] || $(PYTHON) -m venv .lab/venv
	@$(CLOUD)/python $(PIP) -r tests/lab/cloud/requirements.txt | $(PROGRESS)
	@touch $@

clean:
	rm -rf .venv .venv-min .lab build dist doc/build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
