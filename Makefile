# Everything a person does here. `make rehearse` and `make test` need nothing but Python.

STACK ?= dev
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ROOT := $(CURDIR)
INSTALLED := $(VENV)/.installed

.PHONY: help rehearse tools data test test-rehearsal check format schema lock bench image clean

help:
	@echo "make rehearse [STACK=dev]   deploy a stack on this machine, without AWS"
	@echo "make test                   the fast tests: no built programs needed"
	@echo "make test-rehearsal         whole deployments on the real engine and Kubernetes"
	@echo "make check                  style, types, layers, generated files"
	@echo "make schema                 generate the schema and the references in docs/"
	@echo "make bench                  how long a deployment takes, and of what"
	@echo "make data                   the example dataset, which pulumi up wants too"
	@echo "make image [STACK=dev]      build and push the image of the workloads (docker, AWS)"
	@echo "make tools                  build the engine and Kubernetes (about twelve minutes, once)"
	@echo "make lock [UPGRADE=1]       the lock files again, after a change of a requirements.in"
	@echo "make clean                  stop the rehearsals and remove what they keep"

$(INSTALLED): requirements-dev.txt rehearsal/pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the Python packages"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --only-binary=:all: -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable rehearsal
	@touch $@

tools: $(INSTALLED)
	@$(BIN)/python -m rehearsal.tools

data: data/digits/train.csv
data/digits/train.csv: workloads/dataset.py $(wildcard workloads/datasets/*.py) $(INSTALLED)
	@$(BIN)/python -m workloads.dataset digits data/digits

rehearse: tools data
	@$(BIN)/python -m rehearsal up --stack $(STACK) --yes --skip-preview
	@$(BIN)/python -m rehearsal results --stack $(STACK)
	@echo; echo "what it deployed and what happened, as one page:"
	@$(BIN)/python -m rehearsal report --stack $(STACK)

test: $(INSTALLED) data
	$(BIN)/python -m pytest -m "not rehearsal" -n auto --dist loadfile
	cd rehearsal && $(ROOT)/$(BIN)/python -m pytest -m "not rehearsal" -n auto --dist loadfile

test-rehearsal: tools data
	cd rehearsal && REHEARSAL_HOME=$(ROOT)/.rehearsal $(ROOT)/$(BIN)/python -m pytest -m rehearsal -p no:randomly
	$(BIN)/python -m pytest -m rehearsal -p no:randomly

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff check rehearsal
	$(BIN)/ruff format --check rehearsal
	$(BIN)/mypy
	cd rehearsal && $(ROOT)/$(BIN)/mypy
	$(BIN)/lint-imports
	cd rehearsal && $(ROOT)/$(BIN)/lint-imports
	$(BIN)/python -m tools.check_docstrings __main__.py settings components workloads teardown \
		rehearsal bench tools examples tests
	$(BIN)/python -m settings.schema --check
	$(BIN)/python -m settings.reference --check
	$(BIN)/python -m tools.outputs_reference --check

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: $(INSTALLED)
	$(BIN)/python -m settings.schema
	$(BIN)/python -m settings.reference
	$(BIN)/python -m tools.outputs_reference

# Newer packages than before are taken only with UPGRADE=1.
lock: $(INSTALLED)
	@tools/lock $(if $(UPGRADE),--upgrade)

# Where `pulumi up` of the stack looks for it.
image: $(INSTALLED)
	@tools/push_image "$$(sed -n 's/^ *aws:region: *//p' Pulumi.$(STACK).yaml)"

bench: tools data
	$(BIN)/python -m bench

clean:
	@test ! -d .rehearsal/environments || for folder in .rehearsal/environments/*; do \
		$(BIN)/python -m rehearsal cloud stop --stack $$(basename $$folder); done
	rm -rf .rehearsal .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
