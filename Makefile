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

.PHONY: help install book quick test lint clean

help:
	@echo "Times are of two cores, with the environment installed."
	@echo "make install  install the pinned environment into $(VENV)          3 min, once"
	@echo "make book     run the notebooks (quick settings), build the book  5 min"
	@echo "make quick    the tests, less the slow ones                       2 min"
	@echo "make test     all tests; those of the browser need the book       15 min"
	@echo "make lint     ruff, mypy, import-linter, stripped notebooks       1 min"
	@echo "make clean    remove the built book                               at once"
	@echo "Variables: PYTHON=$(PYTHON) VENV=$(VENV) JOBS=$(JOBS) PIP_ARGS=$(PIP_ARGS)"

install: $(INSTALLED)

$(INSTALLED): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hydrotl needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV) # no package of older pins stays behind
	$(BIN)/python -m pip install --disable-pip-version-check --quiet $(PIP_ARGS) -c constraints.txt -e '.[book,sample,test]'
	@touch $@

book: $(INSTALLED)
	$(BIN)/hydrotl book --jobs $(JOBS)

quick: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope -m "not slow"

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/nbstripout --verify notebooks/*.ipynb

clean:
	rm -rf _build book/notebooks book/_generated
