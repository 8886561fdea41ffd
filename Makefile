# make run: the default experiment. Another one: make run RUN="--configfile mine.yaml"
# make quick: a small experiment, for a first answer in a few minutes
# make timbre: fetch 21 published experiments on timbre, and set models beside their listeners
# make report: the report of what is done, after an interrupt
# make merge FROM=/path/to/another/clone: take its models into the comparison; MODELS="a b" takes some of them
# make reproduce RECORD=results/record.json: repeat the run of a record, and say what differs
# make test: all tests. make unit: in two minutes, those without a Snakemake run and not marked `long`
# make torture FAULTS=60 SEED=1: faults at random moments (kills, full disk, damaged files); each run must recover
# make models: what a config can name. make dag: draw docs/dag.png
# Each target sets up what it needs.
# the first of these that is 3.11 or later makes .venv; with 3.11 the environments of envs/ need no other
PYTHON ?= python3.11 python3.12 python3.13 python3.14 python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
# a profile sets the number of cores itself
LIMIT = $(if $(findstring --profile,$(RUN)),,--cores $(CORES))
SNAKEMAKE = PYTHONPATH=workflow_scripts:workflow_scripts/driver .venv/bin/python -m snakemake --logger gear $(LIMIT) $(RUN)
TESTS = resources/environments/test
TIMBRE = https://raw.githubusercontent.com/tiianhk/timbremetrics/c611b3a6a41872e5037a9e14099d15a70407c124/timbremetrics/
# a test process per core, each with one thread, and two more, since tests wait for pip, Slurm and the browser;
# tests/conftest.py groups and orders the tests
RUN_TESTS = OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(TESTS)/bin/python -m pytest \
	--numprocesses $(shell expr $(CORES) + 2) --dist loadscope --no-loadscope-reorder
# of Snakemake's graph: every rule but two that serve all others; of its arrows those that no path replaces
RULES = gvpr -i 'N [label != "all" && label != "environment"] { $$.color = "\#17325c"; subnode($$T, $$) }' | tred

# The caller's settings of Python and of where pip installs are not for these environments; the second is also set
# in files (`user = true`), over which a variable goes. Without PYTHONDONTWRITEBYTECODE Python compiles only once.
unexport $(filter PYTHON% PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_DRY_RUN PIP_REQUIRE_HASHES,$(.VARIABLES))
export PIP_USER = 0
# of a home that cannot be written to, what programs cache there goes into the clone
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export XDG_CACHE_HOME ?= $(CURDIR)/.snakemake/cache
endif

# an upgrade of the system may take away the Python that .venv leads to
$(shell test -x .venv/bin/python || rm -f .venv/complete)

.PHONY: run quick timbre report merge reproduce test torture unit models dag setup tests

run: .venv/complete
	@.venv/bin/python workflow_scripts driver.resume
	@.venv/bin/python workflow_scripts driver.config_files $(RUN)
	@$(SNAKEMAKE)
	@echo "$(CURDIR)/results/report.html"

quick:
	@$(MAKE) --no-print-directory run RUN="--configfile experiments/quick.yaml $(RUN)"

timbre: .venv/complete
	@for env in weights analysis; do .venv/bin/python workflow_scripts environments.environment --spec envs/$$env.yaml \
		--prefix resources/environments/$$env --lock resources/environments/$$env/requirements.lock || exit 1; done
	@resources/environments/weights/bin/python workflow_scripts environments.fetch_files --base $(TIMBRE) \
		--list data/timbre/files.csv --folder resources/timbre
	@mkdir -p resources/timbre/tables; for sounds in resources/timbre/sounds/*; do \
		resources/environments/analysis/bin/python workflow_scripts synthesize.describe --folder $$sounds \
		--output resources/timbre/tables/$${sounds##*/}.csv || exit 1; done
	@$(MAKE) --no-print-directory run RUN="--configfile experiments/timbre.yaml $(RUN)"

report: .venv/complete
	@.venv/bin/python workflow_scripts driver.resume
	@.venv/bin/python workflow_scripts driver.report

merge: .venv/complete
	@test -n "$(FROM)" || { echo "name the folder of the other run: make merge FROM=/path/to/it" >&2; exit 1; }
	@.venv/bin/python workflow_scripts driver.merge $(FROM) $(if $(MODELS),--models $(MODELS))

reproduce: .venv/complete
	@test -n "$(RECORD)" || { echo "name a record: make reproduce RECORD=results/record.json" >&2; exit 1; }
	@.venv/bin/python workflow_scripts driver.reproduce --record "$(RECORD)" --cores $(CORES)

test: tests
	@$(RUN_TESTS) $(PYTEST)

torture: tests
	@PYTHONPATH=workflow_scripts OMP_NUM_THREADS=1 $(TESTS)/bin/python tests/torture.py \
		$(if $(FAULTS),--faults $(FAULTS)) $(if $(SEED),--seed $(SEED)) $(if $(KINDS),--kinds $(KINDS))

unit: tests
	@$(RUN_TESTS) --ignore tests/workflow -m "not network and not slurm and not browser and not long" $(PYTEST)

tests: .venv/complete
	@.venv/bin/python workflow_scripts environments.environment --spec envs/test.yaml --prefix $(TESTS) \
		--lock $(TESTS)/requirements.lock

models: .venv/complete
	@.venv/bin/python workflow_scripts driver.list_models

dag: .venv/complete
	@command -v dot > /dev/null || { echo "dot is not on PATH; install graphviz (apt install graphviz)" >&2; exit 1; }
	@graph="$$(.venv/bin/python -m snakemake --quiet --rulegraph)" && echo "$$graph" | $(RULES) | \
		dot -Tpng -Grankdir=LR -Gdpi=100 -Nmargin=0.1,0.04 -Nheight=0.35 -Nwidth=0.4 -Epenwidth=1.3 -o docs/dag.png
	@echo "$(CURDIR)/docs/dag.png"

setup: .venv/complete

.venv/complete: requirements.txt
	@for python in $(PYTHON) ""; do \
		"$$python" -c "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))" 2> /dev/null && break; \
	done; \
	test -n "$$python" || { echo "no Python from 3.11 on with its module venv among $(PYTHON); install one" \
		"(apt install python3-venv, brew install python), or name one: make setup PYTHON=/path/to/python" >&2; exit 1; }; \
	echo "setting up .venv with $$($$python --version)"; \
	rm -rf .venv && "$$python" -m venv .venv
	@.venv/bin/python -m pip install --no-compile --quiet --disable-pip-version-check -r requirements.txt
	@.venv/bin/python -m pip uninstall -qq --yes setuptools  # Python 3.11 brings it, and nothing here needs it
	@touch $@
