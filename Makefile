# Every command of the course. `make` alone lists them.
#
# Each target sets itself up on first use: a Python environment in .venv with the packages that
# requirements.txt locks. A stamp file in .venv, .venv/torch-<choice>, remembers that this was done
# and for which build of PyTorch, so the second `make` starts at once, and a `git pull` that
# changes the lock installs the difference. Works with GNU make 3.81 (macOS) and later.

# ---- choices, for the command line ---------------------------------------------------------------
# Which Python makes .venv. To change it later: make clean, then make lab PYTHON=...
PYTHON ?= $(if $(filter Windows_NT,$(OS)),python,python3)
# full: the builds on the package index, with CUDA on Linux.  cpu: PyTorch's CPU builds and a
# TensorFlow without CUDA. A choice stays until another one is named: `make lab TORCH=cpu` must not
# be undone by the plain `make test` that follows it.
TORCH ?= $(or $(CHOSEN),full)
LAB_FLAGS ?=
TEST_FLAGS ?=
BENCH_FLAGS ?=
LOCK_FLAGS ?=

# ---- fixed ---------------------------------------------------------------------------------------
# uv is pinned like everything else: another version may read the lock or the overrides differently.
UV_VERSION := 0.13.8
VENV := .venv
CHOSEN := $(patsubst $(VENV)/torch-%,%,$(firstword $(wildcard $(VENV)/torch-*)))
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python
UV := $(BIN)/uv
STAMP := $(VENV)/torch-$(TORCH)
TYPED := helpers data_scripts book/tools
# An idle core takes over what another still has to do.
CORES := --numprocesses=auto --dist=worksteal
test test-all: export OMP_NUM_THREADS := 1

# The lock is complete, so nothing needs resolving; --no-deps also keeps a package away that the
# lock leaves out on purpose (exclude-dependencies in pyproject.toml).
INSTALL_full := --no-deps -r requirements.txt
# The CPU builds are other files with other dependencies, so here uv resolves anew, from
# pyproject.toml, with the lock as a constraint: the same versions, without the NVIDIA libraries.
INSTALL_cpu := --torch-backend=cpu -r pyproject.toml --all-extras \
	--overrides requirements-cpu-overrides.txt --constraints requirements.txt

ifeq ($(INSTALL_$(TORCH)),)
$(error TORCH=$(TORCH) is not a choice. Use TORCH=full, or TORCH=cpu for a machine without a GPU)
endif

.DEFAULT_GOAL := help
.PHONY: help install lab test test-all book check bench notebooks format lock clean

help: ## list these commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "TORCH=cpu           without NVIDIA libraries, for Linux without a GPU; remembered"
	@echo "PYTHON=python3.12   another Python, where .venv is made anew (make clean)"

install: $(STAMP) ## set up .venv and do nothing else

lab: $(STAMP) ## open the chapters in JupyterLab (LAB_FLAGS=--no-browser ...)
	$(PY) -m jupyterlab --notebook-dir=chapters $(LAB_FLAGS)

test: $(STAMP) ## run the tests (TEST_FLAGS="-k images" ...)
	$(PY) -m pytest $(CORES) -m "not thorough" $(TEST_FLAGS)

test-all: $(STAMP) ## the chapters without photographs, then all tests: more than an hour
	EXPLAINING_FACES_DATA= $(PY) book/tools/execute.py
	$(PY) -m pytest $(CORES) $(TEST_FLAGS)

book: $(STAMP) ## execute the chapters and build the site
	$(PY) book/tools/build.py

check: $(STAMP) ## lint, types, generated notebooks and lock up to date
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy $(TYPED)
	$(PY) book/tools/notebooks.py --check
	$(PY) -m pytest --quiet tests/test_setup.py

bench: $(STAMP) ## measure speed and memory (BENCH_FLAGS=...)
	$(PY) -m tests.benchmarks $(BENCH_FLAGS)

notebooks: $(STAMP) ## for authors: write chapters/*.ipynb anew from chapters/source
	$(PY) book/tools/notebooks.py

format: $(STAMP) ## lay out the code as `make check` wants it
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

# One lock for Linux, macOS and Windows and for every supported Python. Versions already in the
# lock are kept; LOCK_FLAGS=--upgrade takes the newest, LOCK_FLAGS="--upgrade-package NAME" one.
lock: $(STAMP) ## lock requirements.txt anew from pyproject.toml
	$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --quiet \
		--custom-compile-command "make lock" --output-file requirements.txt $(LOCK_FLAGS)
	$(UV) pip install --python $(PY) $(INSTALL_$(TORCH))
	@touch $(STAMP)

clean: ## remove .venv, caches and the built site
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache book/_build

# ---- set-up --------------------------------------------------------------------------------------
# These ask before anything is downloaded, and answer with a sentence.
define PYTHON_MISSING
There is no '$(PYTHON)' here. Explaining Faces needs Python 3.11, 3.12 or 3.13: install one, or name yours, for instance: make $(or $(firstword $(MAKECMDGOALS)),install) PYTHON=python3.12
endef
export PYTHON_MISSING

define PYTHON_FITS
import sys
version = sys.version_info[:2]
if not (3, 11) <= version <= (3, 13):
    sys.exit("Explaining Faces needs Python 3.11, 3.12 or 3.13, but '$(PYTHON)' is Python %d.%d. "
             "Name another one, for instance: make $(or $(firstword $(MAKECMDGOALS)),install) PYTHON=python3.12" % version)
endef
export PYTHON_FITS

# Said, not done: a notebook that silently runs another build than asked for helps nobody.
define CPU_ADVICE
No NVIDIA driver found (no nvidia-smi). The full set-up downloads 5.2 GB, of which 4 GB is CUDA
code that this machine cannot use. To do without it, press Ctrl-C, then
    make $(or $(firstword $(MAKECMDGOALS)),install) TORCH=cpu
Going on with the full set-up.
endef
export CPU_ADVICE

# A .venv with the right build is only brought up to date, whatever PYTHON is today. Another build
# starts from an empty one: an installer takes torch 2.10.0 for installed already, and 4 GB of NVIDIA
# libraries would stay behind. The stamp is dated 2000 until the end, so that a set-up that was
# interrupted is taken up again, with the same choice.
$(STAMP): requirements.txt requirements-cpu-overrides.txt
ifneq ($(TORCH),$(CHOSEN))
	@command -v $(PYTHON) > /dev/null || { echo "$$PYTHON_MISSING" >&2; exit 1; }
	@$(PYTHON) -c "$$PYTHON_FITS"
ifeq ($(origin TORCH)-$(CHOSEN),file-)
	@if [ "$$(uname -s)" = Linux ] && ! command -v nvidia-smi > /dev/null; then echo "$$CPU_ADVICE" >&2; fi
endif
	$(PYTHON) -m venv $(if $(CHOSEN),--clear) $(VENV)
	@touch -t 200001010000 $@
endif
	$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(UV) pip install --python $(PY) $(INSTALL_$(TORCH))
	$(UV) pip install --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@
