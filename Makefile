# `make demo` plays the walkthrough in the lab, `make test` runs every test.
# Both install what they need first, and start at once the next time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
CLOUD := .lab/venv/bin
PIP := -m pip install --disable-pip-version-check --no-input --progress-bar off
# pip names a package at a time: enough to see that it goes on.
PROGRESS := sed -un 's/^ *Collecting \([A-Za-z0-9._-]*\).*/   \1/p'

# A cloud or a guest for each worker; a file's tests share one. With a cloud, half of what two do is
# waiting; a guest has tests that measure time.
PARALLEL := -n 3 --dist loadfile
GUESTS := -n 2 --dist loadfile

# Whatever is installed has the versions listed, and so has whatever builds it: as of pip 25.3 the
# second variable is for that, before it the first.
PINS := tests/constraints.txt
OLDEST_PINS := tests/constraints-minimum.txt
$(BIN)/.installed $(CLOUD)/.installed: export PIP_CONSTRAINT = $(PINS)
$(BIN)/.installed $(CLOUD)/.installed: export PIP_BUILD_CONSTRAINT = $(PINS)
.venv-min/.installed: export PIP_CONSTRAINT = $(OLDEST_PINS)
.venv-min/.installed: export PIP_BUILD_CONSTRAINT = $(OLDEST_PINS)

.NOTPARALLEL:
.PHONY: help demo test test-minimum unit functional lint bench docs lab shell machine system \
  ovn-test makers makers-test makers-programs walkthrough fresh-debian clean

help:
	@echo "make demo   install what is missing, start the lab, play the walkthrough"
	@echo "make walkthrough  the same literally, with real Kubernetes, Kuryr, cloud-provider-openstack"
	@echo "make test   install what is missing, run the unit, functional and lab tests"
	@echo "make ovn-test  the lab tests with OVN as the provider"
	@echo "make unit   the tests that need neither cloud nor lab"
	@echo "make functional  those that need the cloud, but no SCTP in a kernel"
	@echo "make lint   ruff and mypy"
	@echo "make makers a shell on real Kubernetes, Kuryr and cloud-provider-openstack"
	@echo "make makers-test  tests against them, and what they make beside what was recorded"
	@echo "make bench  what probes, lists and start-up cost, beside their peers (10 minutes)"
	@echo "make docs   the documentation, into doc/build"
	@echo "make test-minimum  the oldest versions allowed; with PYTHON=python3.10 of Python, too"
	@echo "make fresh-debian  both of the first two, on a new Debian 13 and a new 12 (as root, an hour)"
	@echo "make shell  a shell on the lab's client, cloud credentials set; with PROVIDER=ovn over OVN"
	@echo "make clean  remove .venv, .lab and all that was built"

demo: lab
	@$(BIN)/python -m tests.support.lab.play_walkthrough

test: lab unit functional
	@echo "== Lab tests, in a guest with SCTP and IPVS (about ten minutes)"
	@$(BIN)/python -m pytest -q $(GUESTS) tests/lab --ignore=tests/lab/ovn

# A data path of its own, whose kernel modules are built the first time.
ovn-test: PROFILES := ovn
ovn-test: lab
	@echo "== Lab tests with OVN, and what both providers do side by side (twenty minutes)"
	@$(BIN)/python -m pytest -q $(GUESTS) tests/lab/ovn

unit: $(BIN)/.installed
	@echo "== Unit tests (half a minute)"
	@$(BIN)/python -m pytest -q tests/unit

functional: $(BIN)/.installed $(CLOUD)/.installed
	@$(BIN)/python -m tests.support.cloud prepare
	@echo "== Functional tests, against real APIs on this machine's loopback (about ten minutes)"
	@$(BIN)/python -m pytest -q $(PARALLEL) tests/functional

lint: $(BIN)/.installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: lab
	@$(BIN)/python -m tests.benchmarks

# Whatever the pages warn of is an error.
SPHINX := $(BIN)/sphinx-build -q -W --keep-going

docs: $(BIN)/.installed
	@$(SPHINX) -b html doc/source doc/build/html
	@$(SPHINX) -b man doc/source doc/build/man
	@echo "Read doc/build/html/index.html"

# The lower bounds of requirements.txt, in an environment of their own.
OLDEST := .venv-min/bin/python
# Hints are for the commands of another plugin, which is not there.
PROVING := tests/unit --ignore=tests/unit/test_commands_in_sentences.py \
  --ignore=tests/unit/verifier/checks/test_advised_commands.py $(addprefix tests/functional/test_,startup.py arguments.py credentials.py \
  errors.py answers.py verify.py)

test-minimum: $(BIN)/.installed $(CLOUD)/.installed .venv-min/.installed
	@$(BIN)/python -m tests.support.cloud prepare
	@echo "== Tests with the oldest versions allowed (a minute or two)"
	@$(OLDEST) -m pytest -q $(PARALLEL) $(PROVING)

.venv-min/.installed: requirements.txt tests/constraints-minimum.txt setup.cfg
	@echo "== Installing the oldest versions allowed into .venv-min (about a minute)"
	@[ -x $(OLDEST) ] || $(PYTHON) -m venv .venv-min
	@[ -e $@ ] || tests/preflight index $(OLDEST)
	@$(OLDEST) $(PIP) -r requirements.txt hypothesis pbr pytest pytest-xdist setuptools | $(PROGRESS)
	@$(OLDEST) $(PIP) -q --no-deps --no-build-isolation -e .
	@touch $@

# What a new user does, on the Debian releases that the README's two commands are for.
SUITE := trixie bookworm

fresh-debian:
	@tests/fresh-debian $(SUITE)

# The provider of load balancers in the lab: amphora, or ovn.
PROVIDER ?= amphora

shell: PROFILES := $(filter ovn,$(PROVIDER))
shell: lab
	@$(BIN)/python -m tests.lab shell --provider $(PROVIDER)

# The makers, each over a Kubernetes of its own. Their programs are built once for all checkouts.
makers: makers-programs
	@$(BIN)/python -m tests.support.makers shell

# The pages' sessions from kubectl on: makers and cloud on this machine, the data path in a guest.
walkthrough: lab makers-programs
	@$(BIN)/python -m tests.support.makers.play_pages

# Each worker has a lab of its own, and most of its work is waiting.
makers-test: system makers-programs
	@echo "== Tests against the real makers, and what was recorded of them (twenty minutes)"
	@$(BIN)/python -m pytest -q -n 4 --dist load --maxschedchunk 1 tests/makers

makers-programs: $(BIN)/.installed $(CLOUD)/.installed
	@$(BIN)/python -m tests.support.cloud prepare
	@$(BIN)/python -m tests.support.makers.programs

# Everything the lab needs: system packages, both environments, the cloud's databases.
lab: system $(CLOUD)/.installed
	@$(BIN)/python -m tests.support.cloud prepare

system: machine $(BIN)/.installed
	@tests/system-packages $(BIN)/bindep $(PROFILES)

machine:
	@tests/preflight machine

$(BIN)/.installed: requirements.txt test-requirements.txt doc/requirements.txt tests/constraints.txt setup.cfg pyproject.toml
	@tests/preflight python "$(PYTHON)"
	@echo "== Installing the plugin and its tests into .venv (about a minute, 470 MB)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@[ -e $@ ] || tests/preflight index $(BIN)/python
	@$(BIN)/python $(PIP) -r test-requirements.txt -r doc/requirements.txt -r requirements.txt | $(PROGRESS)
	@$(BIN)/python $(PIP) -q --no-deps --no-build-isolation -e .
	@touch $@

$(CLOUD)/.installed: tests/support/cloud/requirements.txt tests/constraints.txt
	@echo "== Installing Keystone, Neutron and Octavia into .lab/venv (about two minutes, 470 MB)"
	@mkdir -p .lab
	@[ -x $(CLOUD)/python ] || $(PYTHON) -m venv .lab/venv
	@[ -e $@ ] || tests/preflight index $(CLOUD)/python
	@$(CLOUD)/python $(PIP) -r tests/support/cloud/requirements.txt | $(PROGRESS)
	@touch $@

clean:
	rm -rf .venv .venv-min .lab .fresh build dist doc/build .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
