# Everything from nothing but Python 3.11 and make. PORT, DATABASE_URL and REDIS_URL are taken from the environment.

PYTHON ?= $(firstword $(foreach p,python3 python3.11 python3.12 python3.13,$(shell $(p) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
BIN := .venv/bin
CATALOGUE := locale/es/LC_MESSAGES/django
export DEVELOPMENT ?= 1
# what is compiled is kept, whatever the shell says: else each process spends seconds on the libraries anew
export PYTHONDONTWRITEBYTECODE :=

.PHONY: spec-report setup setup-dev browser demo demo-reset pictures smoke test test-one journeys check samples messages api-tables fuzz bench bench-large bench-mix-year bench-scale simulate-scale soak attack production-test lock release

setup: .venv/runtime.stamp $(CATALOGUE).mo
setup-dev: .venv/dev.stamp $(CATALOGUE).mo

$(CATALOGUE).mo: $(CATALOGUE).po | .venv/runtime.stamp
	@$(BIN)/python -m tools.messages --compile

.venv/bin/uv: requirements/bootstrap.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with its venv module is needed; set PYTHON to it."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/bootstrap.txt
	@touch $@

.venv/runtime.stamp: .venv/bin/uv requirements/runtime.txt pyproject.toml setup.py
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/runtime.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@touch $@

browser: setup
	@$(BIN)/python tools/browser.py

demo: setup
	@$(BIN)/python -m demo serve

demo-reset: setup
	@$(BIN)/python -m demo reset
	@$(BIN)/python -m demo serve

# docs/images and the pictures of the public page, from the demo that `make demo` made
pictures: setup-dev browser
	@$(BIN)/python -m demo pictures

smoke: setup
	@$(BIN)/python -m demo smoke

test: setup-dev browser
	$(BIN)/python -m pytest -n auto --dist worksteal

# T: a file, a folder or one test (path::name)
test-one: setup-dev
	@test -n "$(T)" || { echo "Say which: make test-one T=tests/consent/scopes"; exit 1; }
	@$(BIN)/python -m pytest -q $(T)

# each page in every state, with its picture in var/test/screens
journeys: setup-dev browser
	EVERY_STATE=1 PICTURES=1 $(BIN)/python -m pytest -n auto --dist load tests/journeys

check: setup-dev
	@$(BIN)/python tools/check.py

samples: setup
	@test -n "$(DIR)" || { echo "Say which folder: make samples DIR=folder, with its truth.json. ZONES='--timezone Europe/Berlin' says a time zone."; exit 1; }
	@$(BIN)/python -m tools.samples $(DIR) $(ZONES)

# what a model of the usage sums says, against the sums of any readings
MODELS := $(addprefix tests/datahub/usage/,test_model.py test_counted.py test_one_total.py test_summed_months.py)
# FUZZ_EXAMPLES: for each file of each format and each address; 6000 take about an hour on two cores
fuzz: setup-dev
	FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),6000) $(BIN)/python -m pytest -n auto --hypothesis-profile=default tests/fuzz $(MODELS)

messages: setup-dev
	@$(BIN)/python -m tools.messages

# the tables of docs/api.md that the registry of resources knows
api-tables: setup-dev
	@$(BIN)/python -m tools.api_tables

# each requirement of the specifications: the test that proves it, by the last run, or why it is open; docs/conformance.md
spec-report: setup-dev
	@$(BIN)/python -m tools.spec_report

bench: setup-dev
	@$(BIN)/python -m benchmarks

bench-large: setup-dev
	@$(BIN)/python -m benchmarks --large

bench-scale: setup-dev
	@$(BIN)/python -m benchmarks --scale

# machines, disk, log and hours for a million meters and more, from what bench-scale measured; --write in docs/scaling.md
simulate-scale: setup-dev
	@$(BIN)/python -m tools.scale_model $(if $(WRITE),--write)

bench-mix-year: setup-dev
	@$(BIN)/python -m benchmarks --mix-year

soak: setup-dev browser
	@$(BIN)/python -m tools.soak

# ATTACK_CALLS: how many; 20000 take some minutes
attack: setup-dev
	@$(BIN)/python -m tools.attack --calls $(or $(ATTACK_CALLS),20000)

# docs/operations.md's own commands from an empty folder, on PostgreSQL, Redis and nginx; some minutes
production-test: setup-dev
	@$(BIN)/python -m tools.production

# TAG: v1.2.3; wheel, source, bill of materials and container context, in dist/
release: setup-dev
	@test -n "$(TAG)" || { echo "Say which: make release TAG=v1.2.3"; exit 1; }
	@$(BIN)/python -m tools.release $(TAG)

lock:
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" requirements/bootstrap.in -o requirements/bootstrap.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml --extra sftp -c requirements/runtime.txt -o requirements/sftp.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml --extra telemetry -c requirements/runtime.txt -o requirements/telemetry.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml --group dev -c requirements/runtime.txt -c requirements/bootstrap.txt -o requirements/dev.txt
