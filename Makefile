# Every target does its own set-up; on a fresh Debian 12 git, make and python3 are enough. Paths are relative, so that
# the folder may have any name.
.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?= python3
UV := .tools/bin/uv
RUN := .venv/bin/python
SOURCES := pos_desktop ui sync central_api resources tests tools main.py

# the system's certificates, so that a company's own authority is trusted; Python comes from the machine, never from the net
export UV_SYSTEM_CERTS ?= 1
export UV_PYTHON_DOWNLOADS ?= never

.PHONY: help run test check day sim sim-mutants bench bundle setup lock clean preflight preflight-run preflight-bundle

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: preflight-run .venv/runtime.stamp ## open the till with the demo shop and its own central API
	$(RUN) main.py demo

test: export QT_QPA_PLATFORM ?= offscreen
test: check ## set up, check, and run every test
	$(RUN) -m pytest

check: .venv/dev.stamp ## style, types and import rules
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy $(SOURCES)
	.venv/bin/lint-imports --no-logo

day: .venv/dev.stamp ## a working day through the real window; pictures and receipts go to build/day
	$(RUN) -m tests.day.run --out build/day

sim: .venv/dev.stamp ## days of misfortune for tills and centre, from seeds: SEEDS=200, or SEED=7 for one of them
	$(RUN) -m tests.sim.run --seeds $(or $(SEEDS),200)

sim-mutants: .venv/dev.stamp ## plant bugs and let the simulation find each: SEEDS=200
	$(RUN) -m tests.sim.mutants --seeds $(or $(SEEDS),200)

bench: export QT_QPA_PLATFORM ?= offscreen
bench: .venv/dev.stamp ## measure against bare floors, as JSON
	$(RUN) -m tests.bench.run --full

bundle: preflight-bundle .venv/dev.stamp ## build dist/till and let it test itself
	$(RUN) -m PyInstaller --noconfirm pyinstaller.spec
	QT_QPA_PLATFORM=offscreen dist/till/till selftest

setup: .venv/dev.stamp ## the set-up alone

lock: .tools/uv.stamp ## choose versions anew and pin them by hash
	$(UV) pip compile -q --upgrade $(LOCK) requirements/tools.in -o requirements/tools.lock
	$(UV) pip compile -q --upgrade $(LOCK) --extra terminal --extra central pyproject.toml -o requirements/runtime.lock
	$(UV) pip compile -q --upgrade $(LOCK) --extra terminal --extra central --group dev -c requirements/runtime.lock pyproject.toml -o requirements/dev.lock

# no annotations, header or addresses: the file names what is wanted, not where one machine found it
LOCK := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean: ## remove what was built and cached (not .venv)
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -not -path './.tools/*' -type d -prune -exec rm -rf {} +

preflight:
	@$(PYTHON) tools/preflight.py

preflight-run:
	@$(PYTHON) tools/preflight.py display screen

preflight-bundle:
	@$(PYTHON) tools/preflight.py bundle

.tools/uv.stamp: requirements/tools.lock | preflight
	$(PYTHON) -m venv --clear .tools
	.tools/bin/python -m pip install -q --no-input --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

.venv/bin/python: | .tools/uv.stamp
	$(UV) venv -q --clear --python $(PYTHON) .venv

.venv/runtime.stamp: requirements/runtime.lock | preflight .tools/uv.stamp .venv/bin/python
	$(UV) pip install -q --python .venv --require-hashes --compile-bytecode -r $<
	@touch $@

.venv/dev.stamp: requirements/dev.lock | preflight .tools/uv.stamp .venv/bin/python
	$(UV) pip sync -q --python .venv --require-hashes --compile-bytecode $<
	@touch $@ .venv/runtime.stamp
