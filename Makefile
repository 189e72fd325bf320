# `make app` and `make test` do everything a fresh Debian or Ubuntu machine with Python 3.11 needs.

HOST ?= 127.0.0.1
PORT ?= 8501
PYTHON ?= python3.11
BIN := .venv/bin
# Two processes: the test machines have two cores.
WORKERS ?= 2

.PHONY: app test lint types unit pages browser bench bench-gpu pictures lock clean

app: .venv/installed
	@$(BIN)/python -m streamlit run app.py --server.address=$(HOST) --server.port=$(PORT)

test: lint types unit browser

lint: .venv/installed-dev
	$(BIN)/ruff check .

types: .venv/installed-dev
	$(BIN)/mypy

unit: .venv/installed-dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --durations 15 -m "not browser" --doctest-modules tests cnn_core

browser: .venv/installed-dev
	$(BIN)/python tests/browser/require_chromium.py
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile -m browser tests

bench: .venv/installed-dev
	$(BIN)/python -m benchmarks

# On a machine with a GPU: against the course's loop and the published record.
bench-gpu: .venv/installed-dev
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps -r requirements-gpu.txt
	$(BIN)/python -m benchmarks.gpu

# The README's pictures, of the app as it is now.
pictures: .venv/installed-dev
	$(BIN)/python -m docs.take_pictures

# Installed once; again only when the lists change. The stamp appears last, so that a broken install is not taken for whole.
.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Convolab needs Python 3.11: apt install python3.11 python3.11-venv, or PYTHON=/path/to/python3.11 make app"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt constraints.txt | .venv/bin/python
	@echo "Setting up Convolab, this once: about 6 GB to fetch and unpack, which takes some minutes."
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt -c constraints.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt -c constraints.txt
	@touch $@

# Renews constraints.txt from the installed environment, after requirements*.txt were changed and installed.
lock: .venv/installed-dev
	$(BIN)/python -m pip freeze --disable-pip-version-check --exclude-editable > constraints.txt

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
