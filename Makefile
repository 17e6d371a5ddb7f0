# The commands: `make demo` shows what latentkit does, `make test` that it works (`make test-quick` in a minute), `make bench` how fast
# (half an hour; `make bench ROWS="umap tsne"` measures these rows, `make bench ROWS=--quick` all in a hurry).
# All use .venv, make it when there is none, and never remove one.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

export LATENTKIT_TEST_BACKENDS ?= torch,keras

.PHONY: demo test test-quick test-slow lint lint-page release bench

demo: .venv/torch.stamp
	$(BIN)/latentkit demo

test: lint
	$(BIN)/pytest --numprocesses 2 --dist loadgroup --durations 20

# For the loop of a developer: no Keras, no browser, nothing that starts a process.
test-quick: .venv/dev.stamp
	$(BIN)/pytest --quick --numprocesses 2 --dist loadfile

test-slow: .venv/dev.stamp
	$(BIN)/pytest --numprocesses 2 --dist worksteal --durations 20 -m slow

bench: .venv/bench.stamp
	$(BIN)/python -m tests.benchmarks --picture growth.png $(ROWS)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The page's scripts and style; this alone needs Node.
lint-page: tools/page/node_modules/stamp
	cd tools/page && npm run --silent lint

release: .venv/dev.stamp
	$(BIN)/python tools/release.py

tools/page/node_modules/stamp: tools/page/package-lock.json
	cd tools/page && npm ci
	touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("latentkit needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 ..." if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv

.venv/torch.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[torch]'
	touch $@

.venv/dev.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[dev]'
	touch $@ .venv/torch.stamp

.venv/bench.stamp: .venv/bin/python pyproject.toml constraints.txt
	$(PIP) --editable '.[bench]'
	touch $@ .venv/torch.stamp
