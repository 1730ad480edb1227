# Three commands on a fresh machine: make setup | demo | test. Python 3.10 to 3.13.
PYTHON ?= python3
VENV := .venv
WORK ?= build/default-heads
BIN := $(VENV)/bin
TOOLS := .venv-tools

.PHONY: setup demo test lint audit lock sbom default-heads clean

setup: $(VENV)/.complete

$(VENV)/.complete: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[offline,dev]"
	$(BIN)/python -m pip install --quiet --no-deps Resemblyzer==0.1.4  # the weights alone
	touch $@

demo: setup
	$(BIN)/daf demo --out daf-demo

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Tests on Ray wait for processes half of their time: two files at once, each on a Ray of its own.
test: lint
	$(BIN)/pytest --numprocesses auto --dist worksteal --ignore tests/e2e tests
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests/e2e

# Known vulnerabilities of the installed packages; asks the package index.
audit: setup $(TOOLS)/.complete
	PIPAPI_PYTHON_LOCATION=$(CURDIR)/$(BIN)/python $(TOOLS)/bin/pip-audit --local --skip-editable

# Not in .venv: what cyclonedx-bom needs makes every process of Ray start a second later.
$(TOOLS)/.complete: Makefile
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet "cyclonedx-bom>=5" "pip-audit>=2.8"
	touch $@

# What the image holds, to the byte: every package with its version and SHA-256, for processors and
# for GPUs. Asks the package indexes; cluster/Dockerfile takes the files where they are.
lock: setup
	$(BIN)/python -m pip install --quiet "uv>=0.8"
	for kind in cpu cu130; do $(BIN)/uv pip compile pyproject.toml --extra offline --extra cluster \
		--python-version 3.11 --python-platform x86_64-manylinux_2_28 --torch-backend $$kind \
		--constraint cluster/constraints.txt --generate-hashes --emit-index-url --no-annotate --quiet \
		--output-file cluster/requirements-$$kind.lock || exit 1; done

# What the image holds, as CycloneDX: of its lock file if there is one, else of .venv.
LOCK ?= cluster/requirements-cpu.lock
sbom: setup $(TOOLS)/.complete
	$(TOOLS)/bin/cyclonedx-py $(if $(wildcard $(LOCK)),requirements $(LOCK),environment $(BIN)/python) \
		--output-format JSON --output-file sbom.json

# The heads of the package again, from the corpora under DATA (benchmarks/data/README.md).
default-heads: setup
	$(BIN)/python -m benchmarks.default_heads.make --data $(DATA) --work $(WORK)

clean:
	rm -rf $(VENV) $(TOOLS) daf-demo build *.egg-info sbom.json
