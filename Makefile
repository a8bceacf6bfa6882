# Needs Python 3.11 or newer, git and make. Everything else is fetched by uv, from the lock file.
.DEFAULT_GOAL := help
.PHONY: help run test faults lint security audit-deps proof bench clean-demo browser hostile drill
export UV_PYTHON_DOWNLOADS := never
# Compiling TensorFlow's modules anew takes seven seconds of every process that imports it.
unexport PYTHONDONTWRITEBYTECODE
# Trust what the machine trusts (a company's certificate, say), where it says what that is.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt),1,0)
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON := .venv/bin/python
ENVIRONMENT := .venv/.synced

help: ## Show these lines
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: $(ENVIRONMENT) ## Start the hub here (PORT=8000, PHOTOS=folder, DEMO=0); Ctrl-C stops it
	@exec $(PYTHON) manage.py up

test: $(ENVIRONMENT) ## Pass the tests, on a real Postgres and Redis of their own
	$(PYTHON) -m pytest -n 2 -m "not browser and not slow"

faults: $(ENVIRONMENT) ## Torment a whole hub for 40 minutes: kill, cut off, fill up; and lose nothing
	$(PYTHON) -m pytest -n 0 -p no:randomly -m faults tests/faults

lint: $(ENVIRONMENT) ## Style, types, migrations that match the models, and what attackers look for
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m bandit --quiet --configfile pyproject.toml --recursive hub workers client
	$(PYTHON) -m mypy
	$(PYTHON) manage.py makemigrations --check --dry-run

security: lint audit-deps ## Lint, and ask whether weaknesses of our dependencies are known (needs the network)

audit-deps: $(ENVIRONMENT) ## Ask osv.dev what is known of the locked versions
	@$(UV) audit --frozen --preview-features audit-command || { \
	  echo "Either something is known (see above), or nothing was looked up: osv.dev was not reached."; \
	  echo "What is behind its newest release, and by how much:"; $(UV) lock --upgrade --dry-run; exit 1; }

hostile: $(ENVIRONMENT) ## Meet hostile files, requests and texts, and thousands of mutated pictures (HOSTILE_SEED=… repeats)
	$(PYTHON) -m pytest -n 0 -rP -m "hostile or not slow" tests/hostile

browser: $(ENVIRONMENT) ## Drive the pages in a real Chromium
	$(PYTHON) -m pytest -m browser

proof: $(ENVIRONMENT) ## Install other people's readers, which make test then lets open our archives
	$(UV) sync --frozen --inexact --extra training --group proof

bench: $(ENVIRONMENT) ## List the benchmarks
	$(PYTHON) -m bench

drill: $(ENVIRONMENT) ## Lose a throw-away hub and get it back from its backup, timed
	$(PYTHON) tools/drill.py

clean-demo: $(ENVIRONMENT) ## Remove the photos of the first crowd (while the hub runs)
	$(PYTHON) manage.py demo --clean

$(ENVIRONMENT): pyproject.toml uv.lock | $(filter .uv/bin/uv,$(UV))
	$(UV) sync --frozen --inexact --extra training
	@touch $@

.uv/bin/uv:
	python3 tools/get_uv.py .uv
