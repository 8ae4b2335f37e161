# Every way to run nbsweep's sources. `make` alone lists them.
#
# Only Python 3.10 or newer and make are needed. Each environment is a folder made
# by the first target that wants it; stamp files inside remember what is installed,
# newer than pyproject.toml, so that a second call starts at once and an install
# that was interrupted is done again. Packages come from wherever your pip gets them.

PYTHON ?= python3
VENV   ?= .venv
LAB    ?= lab

BIN      := $(VENV)/bin
PIP       = $(BIN)/python -m pip install -qq --disable-pip-version-check
TUTORIAL := notebooks/tutorial.ipynb
SOURCES  := nbsweep tests benchmarks tools

# The engine behind W&B's sweep server, which the tests compare with. By itself,
# because its metadata asks for numpy < 2 while its code runs on both.
ORACLE := sweeps==0.3.0

# A notebook's cells are tests: outputs are compared where a cell asks for it.
NBVAL := --nbval-lax --nbval-cell-timeout=300 --nbval-sanitize-with=notebooks/nbval_sanitize.cfg

# Processes that share the tests, file by file.
TEST_PROCESSES ?= 2

# Versions that Colab's kernel has, in an environment of their own.
COLAB_VENV := .venv-colab
COLAB_PINS := .ci/colab-pins.txt
BENCH_VENV := .venv-bench
HEBO_VENV  := .venv-hebo

# Packages of the live panel's front end.
NODE_MODULES := frontend/node_modules/.installed

# Kernels that the panel's way into a busy kernel is tested on; the first is Colab's.
KERNELS      := 6.17.1 6.31.0 7.1.0 7.3.0 7.4.0
KERNEL_PATHS  = $$(printf "$$PWD/$(VENV)/kernels/%s:" $(KERNELS))

# Python 3.14 in a browser.
PYODIDE := 314.0.7

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo lab test test-colab test-kernels test-hosts frontend notebooks refresh lint format types hooks chaos bench bench-search bench-budget docs clean distclean

help: ## This list
	@echo "make TARGET, with PYTHON=… for another interpreter (now: $(PYTHON))"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

demo: $(VENV)/.tutorial ## Run the tutorial from start to end; result in demo/
	@$(BIN)/python tools/demo.py $(TUTORIAL) demo

lab: $(VENV)/.tutorial ## Open JupyterLab on the tutorial
	@echo "==> Opening $(TUTORIAL) in JupyterLab (Ctrl-C ends it)"
	@$(BIN)/jupyter $(LAB) $$([ "$$(id -u)" != 0 ] || echo --allow-root) $(TUTORIAL)

test: $(VENV)/.test $(VENV)/kernels/.installed ## Run all tests, those of the notebooks included
	@echo "==> Running all tests; the notebooks are run cell by cell at the end"
	@NBSWEEP_DIR="$$PWD/build/notebooks" IPYKERNEL_PATHS="$(KERNEL_PATHS)" \
	  $(BIN)/python -m pytest -q -n $(TEST_PROCESSES) --dist loadfile $(NBVAL) --nbval-current-env \
	  tests notebooks

test-kernels: $(VENV)/.test $(VENV)/kernels/.installed ## Click buttons of the panel on all kernels
	@IPYKERNEL_PATHS="$(KERNEL_PATHS)" $(BIN)/python -m pytest -q tests/panel/test_panel_bridge.py

test-hosts: $(VENV)/.test $(VENV)/.pyodide ## Look at the panel in marimo, and run sweeps in pyodide
	@$(PIP) -e '.[test-hosts]'
	@NBSWEEP_PYODIDE="$$PWD/$(VENV)/pyodide/package" $(BIN)/python -m pytest -q tests/browser/test_panel_in_marimo.py \
	  tests/browser/test_panel_in_voila.py tests/executors/test_pyodide.py

notebooks: $(VENV)/.test ## Run only the notebooks, cell by cell
	@NBSWEEP_DIR="$$PWD/build/notebooks" $(BIN)/python -m pytest -q -p no:randomly $(NBVAL) --nbval-current-env notebooks

refresh: $(VENV)/.test ## Execute the notebooks anew, to commit them with their outputs
	@NBSWEEP_DIR="$$PWD/build/notebooks" $(BIN)/jupyter nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.record_timing=False --ExecutePreprocessor.store_widget_state=False \
	  notebooks/*.ipynb

test-colab: $(VENV)/.test $(COLAB_VENV)/.installed ## Run the tutorial on the versions that Colab has
	@echo "==> Running the tutorial in a kernel with Colab's versions"
	@JUPYTER_PATH="$$PWD/$(COLAB_VENV)/share/jupyter" NBSWEEP_DIR="$$PWD/build/colab" \
	  $(BIN)/python -m pytest -q -p no:randomly $(NBVAL) --nbval-kernel-name=colab $(TUTORIAL)

lint: $(VENV)/.lint ## Check style and the direction of imports
	@echo "==> ruff and import-linter"
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES)
	@$(BIN)/lint-imports

format: $(VENV)/.lint ## Put the sources into the house format
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

types: $(VENV)/.lint | $(NODE_MODULES) ## Check types (mypy, strict; the front end's with tsc)
	@echo "==> mypy"
	@$(BIN)/mypy
	@if command -v npm >/dev/null; then echo "==> tsc" && cd frontend && npm run --silent types; \
	else echo "==> No npm on this machine: the front end's types are not checked"; [ -z "$$CI" ]; fi

hooks: $(VENV)/.lint ## Check every commit before it is made (pre-commit)
	@$(BIN)/pre-commit install

chaos: $(VENV)/.test ## Kill workers at random during a long sweep, then check every run
	@echo "==> 200 kills in 2,000 runs, on SQLite and on PostgreSQL: some minutes each"
	@$(BIN)/python tools/chaos.py --runs 2000 --kills 200 --store sqlite
	@$(BIN)/python tools/chaos.py --runs 2000 --kills 200 --store postgres
	@echo "==> One in 50 database calls fails, and the store goes away for 8 s, three times"
	@$(BIN)/python tools/chaos.py --runs 500 --kills 0 --faults 50 --outages 3 --outage-s 8 --store sqlite
	@$(BIN)/python tools/chaos.py --runs 500 --kills 0 --faults 50 --outages 3 --outage-s 8 --store postgres

bench: $(BENCH_VENV)/.installed ## Measure nbsweep and its peers side by side
	@echo "==> Measuring; close what else is running"
	@$(BENCH_VENV)/bin/python benchmarks/run.py

bench-search: $(BENCH_VENV)/.installed $(HEBO_VENV)/.tried ## Measure the search methods beside others (ARGS=--quick: minutes)
	@echo "==> Measuring searchers; takes hours without ARGS=--quick, and goes on where it was interrupted"
	@$(BENCH_VENV)/bin/python -m benchmarks.search.run $(ARGS)
	@$(BENCH_VENV)/bin/python -m benchmarks.search.fronts.run $(ARGS)
	@$(BENCH_VENV)/bin/python -m benchmarks.search.confirmed_bound $(ARGS)
	@$(BENCH_VENV)/bin/python -m benchmarks.search.confirmed $(ARGS)
	@! $(HEBO_VENV)/bin/python -c 'import hebo' 2>/dev/null || $(HEBO_VENV)/bin/python -m benchmarks.search.run --searchers HEBO $(ARGS)

bench-budget: $(BENCH_VENV)/.installed ## Measure early termination, deadlines and costs beside others (ARGS=--quick: minutes)
	@echo "==> Simulating sweeps; takes hours without ARGS=--quick, and goes on where it was interrupted"
	@$(BENCH_VENV)/bin/python -m benchmarks.budget.run $(ARGS)

frontend: $(NODE_MODULES) ## Build the live panel's bundle anew and test it (needs Node.js)
	@cd frontend && npm run build && npm test

docs: $(VENV)/.docs ## Build the pages of docs/ as a website in build/docs
	@$(BIN)/mkdocs build --quiet
	@echo "==> build/docs/index.html"

clean: ## Remove what was generated, keep the environments
	rm -rf build dist demo .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find nbsweep tests notebooks benchmarks tools -name __pycache__ -o -name .ipynb_checkpoints -o -name .nbsweep \
	  | xargs rm -rf

distclean: clean ## Remove the environments and the downloaded data as well
	rm -rf $(VENV) $(COLAB_VENV) $(BENCH_VENV) $(HEBO_VENV) frontend/node_modules notebooks/data

# ---------------------------------------------------------------- environments

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("nbsweep needs Python 3.10 or newer, and $(PYTHON) is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	@echo "==> Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.tutorial: $(VENV)/.made pyproject.toml
	@$(BIN)/python -c 'import torch' 2>/dev/null \
	  || echo "==> Installing nbsweep, PyTorch and JupyterLab, once: about 3 GB to download, 6 GB on disk, some minutes"
	@$(PIP) -e '.[tutorial]'
	@touch $@

$(VENV)/.test: $(VENV)/.tutorial | $(NODE_MODULES)
	@echo "==> Installing what the tests need"
	@$(PIP) -e '.[tutorial,pandas,postgres,dask,ray,test,test-integrations]'
	@$(PIP) --no-deps $(ORACLE)
	@touch $@

$(VENV)/kernels/.installed: $(VENV)/.made Makefile
	@echo "==> Installing the ipykernels that the panel is tested on"
	@for version in $(KERNELS); do [ -d $(VENV)/kernels/$$version ] \
	  || $(PIP) --no-deps --target $(VENV)/kernels/$$version ipykernel==$$version || exit 1; done
	@touch $@

# Python in WebAssembly, which Node.js runs as a browser does.
$(VENV)/.pyodide: $(VENV)/.made
	@if command -v npm >/dev/null; then echo "==> Fetching pyodide" && mkdir -p $(VENV)/pyodide \
	  && cd $(VENV)/pyodide && npm pack --silent pyodide@$(PYODIDE) >/dev/null && tar xzf pyodide-$(PYODIDE).tgz; \
	else echo "==> No npm on this machine: the tests in pyodide are skipped"; fi
	@touch $@

# For the tests and the types of the panel's front end; pip and users need no Node.js.
$(NODE_MODULES): frontend/package-lock.json
	@if command -v npm >/dev/null; then echo "==> Installing what the front end's tests and types need" \
	  && cd frontend && npm ci --silent && touch ../$@; \
	else echo "==> No npm on this machine: the front end's tests are skipped"; fi

$(VENV)/.docs: $(VENV)/.made pyproject.toml
	@echo "==> Installing MkDocs"
	@$(PIP) -e '.[docs]'
	@touch $@

$(VENV)/.lint: $(VENV)/.made pyproject.toml
	@echo "==> Installing ruff, mypy and import-linter"
	@$(PIP) -e '.[lint]'
	@touch $@

# The pins first, then nbsweep on top of them as Colab's users install it: pip must
# find no reason to replace any, or their session breaks. PyTorch and pandas are Colab's own,
# in any version.
$(COLAB_VENV)/.installed: $(VENV)/.made pyproject.toml $(COLAB_PINS)
	@echo "==> Making $(COLAB_VENV) with Colab's versions, once: PyTorch again, some minutes"
	@$(BIN)/python -m venv --clear $(COLAB_VENV)
	@$(COLAB_VENV)/bin/python -m pip install -qq --disable-pip-version-check -r $(COLAB_PINS) torch torchvision pandas
	@$(COLAB_VENV)/bin/python -m pip install -qq --disable-pip-version-check -e .
	@$(COLAB_VENV)/bin/python -m pip freeze | grep -ixFf $(COLAB_PINS) | sort -f | diff -i - $(COLAB_PINS) \
	  || { echo "Installing nbsweep replaced a version that Colab pins (above: > is Colab's)."; exit 1; }
	@PYDEVD_DISABLE_FILE_VALIDATION=1 $(COLAB_VENV)/bin/python -m ipykernel install --prefix=$(COLAB_VENV) --name=colab >/dev/null
	@touch $@

$(BENCH_VENV)/.installed: $(VENV)/.made pyproject.toml
	@echo "==> Making $(BENCH_VENV) with nbsweep and its peers"
	@$(BIN)/python -m venv --clear $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install -qq --disable-pip-version-check -e '.[bench,postgres]'
	@$(BENCH_VENV)/bin/python -m pip install -qq --disable-pip-version-check --no-deps $(ORACLE)
	@touch $@

# By itself: HEBO pins numpy < 1.25 and sets torch to one thread for its whole process. Its
# metadata leave pip to try out hundreds of combinations; these versions go together.
$(HEBO_VENV)/.tried: $(VENV)/.made
	@$(BIN)/python -m venv --clear $(HEBO_VENV)
	@$(HEBO_VENV)/bin/python -m pip install -qq --disable-pip-version-check HEBO==0.3.6 numpy==1.24.4 \
	  'scipy<1.12' 'pandas<2.2' 'scikit-learn<1.5' pymoo==0.6.0 gpytorch catboost disjoint-set 'torch<2.14' \
	  && $(HEBO_VENV)/bin/python -m pip install -qq --disable-pip-version-check -e . \
	  || echo "HEBO cannot be installed on this Python and is left out."
	@touch $@
