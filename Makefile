# make demo    sets everything up and shows three releases on a real local cluster
# make test    sets everything up and runs all tests
# make soak    ships 200 good releases, lets many write to one route for ten minutes, then disturbs releases at random and watches
#              what must hold: 30 minutes, or SOAK=8h; SEED=7 repeats one
# make bench   how often healthy canaries are taken back, and how soon bad ones: half an hour, or BENCH=--quick, or --full
# make check   format, lint, types and unit tests in under a minute; properties are tried with a fifth of their cases

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SOAK   ?= 30m
BENCH  ?=
STAMP  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help lint check test demo soak bench docs crd lock clean

help:
	@sed -n 's/^# //p' Makefile

$(STAMP): pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "canary-operator needs Python 3.11 or newer; set PYTHON=python3.13, for example")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lint: $(STAMP)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/python docs/generate.py --check

check: lint
	HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q -n 2 -m "not integration and not serial and not thorough" --ignore=tests/integration

test: lint
	$(BIN)/pytest -q -n 2 -m "not integration and not serial" --ignore=tests/integration
	$(BIN)/python -m testbed tools
	$(BIN)/pytest -q -n 4 --dist loadgroup -m "integration and not serial" tests/integration
	$(BIN)/pytest -q -m serial tests/integration

demo: $(STAMP)
	$(BIN)/python -m testbed demo

soak: $(STAMP)
	GOOD_RELEASES=200 $(BIN)/pytest -q -m serial tests/integration/test_judgement_speed.py -k good_releases
	CANARY_OPERATOR_WRITERS_SECONDS=600 $(BIN)/pytest -q --timeout 1200 tests/integration/test_one_object_many_writers.py
	$(BIN)/python -m testbed soak --for $(SOAK) $(if $(SEED),--seed $(SEED))

bench: $(STAMP)
	$(BIN)/python -m benchmarks.verdicts --jobs 2 $(BENCH)

docs crd: $(STAMP)
	$(BIN)/python docs/generate.py
	$(BIN)/python -m canary_operator.api.crd > crds/canaryrollouts.canary-operator.dev.yaml
	$(BIN)/python -m canary_operator.api.reference > docs/reference/canaryrollout.md

## The lock file carries hashes and no index address, and serves every Python that we support.
lock: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --no-header --group dev --output-file requirements.txt pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
