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

.PHONY: help install book book-pdf links quick test oldest lint clean

help:
	@echo "Times are of two cores, with the packages installed."
	@echo "make install  the pinned environment in $(VENV)              minutes, once (PyTorch)"
	@echo "make book     run the notebooks (quick settings), build it  about 10 minutes"
	@echo "make book-pdf the book as one PDF (needs Chromium)            some minutes more"
	@echo "make links    links of the built book that lead nowhere    minutes (asks other hosts)"
	@echo "make quick    the tests, without the slow ones              under 2 minutes"
	@echo "make test     all tests; some look at the built book        about 20 minutes"
	@echo "make oldest   the notebooks with the oldest versions allowed about 15 minutes"
	@echo "make lint     ruff, mypy, import-linter, nbstripout         1 minute"
	@echo "make clean    remove the built book                         at once"
	@echo "Variables: PYTHON=$(PYTHON) VENV=$(VENV) JOBS=$(JOBS) PIP_ARGS=$(PIP_ARGS)"

install: $(INSTALLED)

$(INSTALLED): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "hydrotl needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV) # no package of older pins stays behind
	$(BIN)/python -m pip install --disable-pip-version-check --quiet $(PIP_ARGS) -c constraints.txt -e '.[book,sample,test]'
	@touch $@

book: $(INSTALLED)
	$(BIN)/hydrotl book --jobs $(JOBS)

book-pdf: book
	$(BIN)/python -m hydrotl.book.pdf

links: book
	$(BIN)/python book/_ext/links.py _build/html --outside

quick: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope -m "not slow"

test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadscope

# What a notebook service may have: PYTHON=python3.12, or what .ci/oldest.txt was made for.
oldest:
	$(PYTHON) -m venv --clear .venv-oldest
	.venv-oldest/bin/python -m pip install --disable-pip-version-check --quiet $(PIP_ARGS) -c .ci/oldest.txt -e '.[sample]'
	rm -rf book/notebooks
	.venv-oldest/bin/python -c 'from hydrotl.book.build import run_notebooks; run_notebooks(jobs=$(JOBS))'
	rm -rf book/notebooks # the book is built with the pinned versions

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/nbstripout --verify notebooks/*.ipynb

clean:
	rm -rf _build book/notebooks book/_generated
