# The README's commands. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
DATA_DIR ?= ./var
export PORT DATA_DIR
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
# bash, so that an installation that fails behind a pipe is a failure
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
# pip says a hundred lines: count the packages instead
COUNTED = { n=0; while read -r line; do case "$$line" in \
	Collecting*) n=$$((n + 1)); printf '\r  %d di %d' $$n $$(grep -c '^[a-z0-9-]*==' $<);; \
	Installing*) printf '\n  li metto al loro posto …\n';; esac; done; }

check: setup-test ## ruff, djangofmt, mypy, migrations, templates, deploy settings
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djangofmt --check --quiet templates
	@$(BIN)/mypy portal coordination protocols training search
	@DEMO=1 DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py makemigrations --check --dry-run
	@export DEMO=1 DATA_DIR=$$(mktemp -d); $(BIN)/python manage.py migrate -v0 \
	  && for app in search training protocols coordination; do $(BIN)/python manage.py migrate $$app zero -v0 || exit 1; done \
	  && $(BIN)/python manage.py migrate portal 0001 -v0 && $(BIN)/python manage.py migrate -v0 && echo "Migrations go back and forth."
	@DEMO=1 DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py check_templates
	@SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') ALLOWED_HOSTS=portale.example \
	  BASE_URL=https://portale.example DATA_DIR=$$(mktemp -d) $(BIN)/python manage.py check --deploy --fail-level WARNING
