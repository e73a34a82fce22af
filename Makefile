# Every target sets up what it needs: the virtual environment, the pinned packages, Open3D's system libraries.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/pip install --disable-pip-version-check
LIBRARIES := libusb-1.0-0 libgl1 libgomp1 libx11-6
SONAMES := libusb-1.0.so.0 libGL.so.1 libgomp.so.1 libX11.so.6

LAYOUT = $(if $(SOURCE),--source "$(SOURCE)") $(foreach option,$(OPTION),--option "$(option)")
LICENSED = $(if $(LICENSE),--license "$(LICENSE)")

export OPENSPATIAL_HOME ?= $(CURDIR)/data
export DAGSTER_HOME ?= $(OPENSPATIAL_HOME)/dagster
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: help demo test ui scene discover update sql plan doctor bench lint setup libraries clean

help:  ## Show the targets.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY)  ## Three generated rooms through the whole graph, for all variants.
	@$(BIN)/python -m openspatial_assets.cli demo

test: $(READY)  ## Run the tests.
	@$(BIN)/python -m pytest -n auto --dist worksteal $(TESTS)

ui: $(READY)  ## Open the Dagster web UI on http://127.0.0.1:3000 (PORT=... for another port).
	@$(BIN)/python -m openspatial_assets.cli prepare
	@PYTHONWARNINGS='ignore:Function `dev_command` is superseded' $(BIN)/dagster dev --workspace workspace.yaml --host 127.0.0.1 --port $(or $(PORT),3000)

scene: $(READY)  ## DIR=... [ID=... SOURCE=... LICENSE=... OPTION=every=10]: register one scene, or a video, and materialise it.
	@test -n "$(DIR)" || { echo "make scene needs DIR=<a scene's folder in any layout, or a video file>"; exit 2; }
	@$(BIN)/python -m openspatial_assets.cli scene "$(DIR)" $(if $(ID),--id "$(ID)") $(LAYOUT) $(LICENSED)

discover: $(READY)  ## ROOT=... [SOURCE=... PATTERN=... PREFIX=... LICENSE=... OPTION=...]: register the scenes of a dataset.
	@test -n "$(ROOT)" || { echo "make discover needs ROOT=<folder of a dataset>"; exit 2; }
	@$(BIN)/python -m openspatial_assets.cli discover "$(ROOT)" $(if $(PATTERN),--pattern "$(PATTERN)") $(if $(PREFIX),--prefix "$(PREFIX)") $(LAYOUT) $(LICENSED)

update: $(READY)  ## Run what the plan says, for every registered scene.
	@$(BIN)/python -m openspatial_assets.cli update

sql: $(READY)  ## QUERY="...": ask DuckDB, over all tables.
	@$(BIN)/python -m openspatial_assets.cli sql "$(or $(QUERY),show tables)"

plan: $(READY)  ## Print what is missing or out of date, and why.
	@$(BIN)/python -m openspatial_assets.cli plan

doctor: $(READY)  ## [ROOT=... SOURCE=... PATTERN=...]: name every missing or wrong file of a dataset, or of all registered scenes.
	@$(BIN)/python -m openspatial_assets.cli doctor $(if $(ROOT),"$(ROOT)") $(if $(PATTERN),--pattern "$(PATTERN)") $(LAYOUT)

bench: $(READY)  ## Measure speed and memory, each as a ratio in one run.
	@PYTHONPATH=tests $(BIN)/python -m tests.benchmarks

lint: $(READY)  ## Check style.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

setup: $(READY)  ## Only set up.

$(READY): requirements.lock pyproject.toml | libraries
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' \
	  || { echo "Python 3.11 or 3.12 is needed; name one with PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (some minutes the first time)"
	@$(PYTHON) -m venv $(VENV)
	@{ $(PIP) --requirement requirements.lock && $(PIP) --no-deps --editable .; } > $(VENV)/install.log 2>&1 \
	  || { tail -n 20 $(VENV)/install.log; echo "Setting up failed; all of it: $(VENV)/install.log"; exit 1; }
	@touch $@

# Only the first set-up looks for libraries: loading Open3D later says by itself what it misses.
libraries:
	@for name in $(SONAMES); do \
	  $(PYTHON) -c "import ctypes; ctypes.CDLL('$$name')" 2>/dev/null || missing=1; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing system libraries: $(LIBRARIES)"; \
	  { apt-get update -qq && apt-get install -y -qq $(LIBRARIES); } >/dev/null; \
	else \
	  echo "Open3D needs system libraries that are missing here. Please run:"; \
	  echo "  sudo apt-get install $(LIBRARIES)"; exit 1; \
	fi

clean:  ## Remove the virtual environment (the data stays).
	rm -rf $(VENV)
