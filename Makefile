# make run: the default experiment, or another: make run RUN="--configfile mine.yaml". make test: the tests.
# make models: what a config can name. Each sets up what it needs.
PYTHON ?= python3.11
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
# a profile says itself how many cores a job may take
LIMIT = $(if $(findstring --profile,$(RUN)),,--cores $(CORES))
SNAKEMAKE = PYTHONPATH=workflow_scripts:workflow_scripts/driver .venv/bin/python -m snakemake --logger gear $(LIMIT) $(RUN)
TESTS = resources/environments/test

.PHONY: run test models setup

run: .venv/complete
	@.venv/bin/python workflow_scripts driver.resume
	@$(SNAKEMAKE)
	@echo "$(CURDIR)/results/report.html"

test: .venv/complete
	@.venv/bin/python workflow_scripts environments.environment --spec envs/test.yaml --prefix $(TESTS) --lock $(TESTS)/requirements.lock
	@$(TESTS)/bin/python -m pytest $(PYTEST)

models: .venv/complete
	@.venv/bin/python workflow_scripts driver.list_models

setup: .venv/complete

.venv/complete: requirements.txt
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is not on PATH; install it, or name another: make PYTHON=..." >&2; exit 1; }
	@echo "setting up .venv"
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@
