# make book: the whole book from a fresh checkout. Needs Python >= 3.11 and PyPI, no data, no GPU.
PYTHON ?= python3
VENV ?= .venv
JOBS ?= 2
# For example PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu" (see README.md)
PIP_ARGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# Each process keeps to one thread: on few cores, many threads in many processes are far slower.
export OMP_NUM_THREADS = 1

.PHONY: help install book test lint clean

help:
	@echo "make book    run the notebooks (quick settings) and build the book"
	@echo "make test    run the tests"
	@echo "make lint    ruff, mypy and stripped notebooks"
	@echo "make clean   remove the built book"
	@echo "Variables: PYTHON=$(PYTHON) VENV=$(VENV) JOBS=$(JOBS) PIP_ARGS=$(PIP_ARGS)"

install: $(INSTALLED)

$(INSTALLED): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hydrotl needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV) # no package of older pins stays behind
	$(BIN)/python -m pip install --disable-pip-version-check --quiet $(PIP_ARGS) -c constraints.txt -e '.[book,sample,test]'
	@touch $@

book: $(INSTALLED)
	$(BIN)/hydrotl book --jobs $(JOBS)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify notebooks/*.ipynb

clean:
	rm -rf _build book/notebooks
