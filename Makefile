# make demo           environment, then the whole workflow on embedded data
# make test           the test suite
# make lint           ruff, snakefmt, snakemake --lint on every config
# make bench          speed of the search engine, about ten minutes
# make gpu-check      what has to hold on a GPU, and how fast it is; some minutes of one card, a table and results/benchmarks/gpu.json
# make targets        every figure and table that can be asked for by name, and what studies lack for others; CONFIG=<yours>
# make plan           what a config will cost, in jobs, passes, hours of a GPU and of this machine (measured for a minute), disk, files and memory; CONFIG=<yours>
# make provenance     every result file with its digest, rule and command, and whether it is of this code and config; CONFIG=<yours>
# make docs-check     links, make targets and commands of the docs: they lead somewhere, exist, and plan, run, or are listed with why not
# make check-claims   judge the claims of docs/CLAIMS.md anew from the tables of docs/results; fails where the page says anything else
# make config-docs    write the tables of config/README.md from the schema
# make verdict-check STUDY=digits  print the verdict of a finished study; fails unless no fault was found
# make human-freeze STUDY=digits   keep a study with people, as exported, where no rule writes: human/<study id>
# make clean          remove what the workflow made, frozen studies and people's answers not
# make VENV=<dir> ... use another environment
VENV ?= .venv
PYTHON ?= python3
CORES ?= all
BIN := $(abspath $(VENV))/bin
CONFIG ?= config/config.yaml
CONFIGS := $(wildcard config/*.yaml)
SNAKEMAKE := "$(BIN)/snakemake" --cores $(CORES)
# One run at a time in this folder: a second one says so and waits. A lock of Snakemake's that is there all the same was left by
# a run that was killed, and is removed, or is that of a `snakemake` without make, and is left. Where there is no flock (macOS),
# none of it is done.
ifneq ($(shell command -v flock),)
WAIT := @flock --nonblock .snakemake.lock true || echo "Another run in this folder is still going on; waiting for it to end."
ALONE := flock .snakemake.lock "$(BIN)/python" workflow/alone.py
IDLE := @flock --nonblock .snakemake.lock "$(PYTHON)" workflow/alone.py true || { echo "A run in this folder is still going on; nothing is removed."; exit 1; }
endif

export PYTHONUNBUFFERED = 1
export PYTHONDONTWRITEBYTECODE = 1

.PHONY: demo test docs-check lint bench gpu-check targets plan provenance check-claims config-docs verdict-check human-freeze clean
.DEFAULT_GOAL := demo

$(VENV)/.installed: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11 is needed, found " + sys.version.split()[0])'
	test -x "$(BIN)/python" || $(PYTHON) -m venv "$(VENV)"
	"$(BIN)/python" -m pip install --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements-huggingface.txt $(VENV)/.installed
	"$(BIN)/python" -m pip install --disable-pip-version-check -r requirements-dev.txt
	touch $@

demo: $(VENV)/.installed
	$(WAIT)
	$(ALONE) $(SNAKEMAKE) all
	$(ALONE) $(SNAKEMAKE) all --report results/report.html --report-stylesheet workflow/report/report.css
	@echo
	@echo "Done. Open results/planted/verdict.html (a fault, found where it was planted), then results/digits/answers.html (question by"
	@echo "question). With runtimes and the graph of rules: results/report.html. Figures: results/*/figures, tables: results/*/tables."

test: $(VENV)/.installed-dev
	"$(BIN)/python" -m pytest -n 2 --dist worksteal

docs-check: $(VENV)/.installed-dev
	"$(BIN)/python" -m pytest -q tests/workflow/test_docs.py

lint: $(VENV)/.installed-dev
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/snakefmt" --check Snakefile rules
	for config in $(CONFIGS); do "$(BIN)/snakemake" --lint --configfile $$config || exit 1; done

bench: $(VENV)/.installed-dev
	"$(BIN)/python" tests/benchmarks/bench.py

gpu-check: $(VENV)/.installed-dev
	CUBLAS_WORKSPACE_CONFIG=:4096:8 "$(BIN)/python" -m tests.gpu.checks

targets: $(VENV)/.installed
	@PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.plan.targets "$(CONFIG)"

plan: $(VENV)/.installed
	@PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.bill "$(CONFIG)"

provenance: $(VENV)/.installed
	@PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.provenance "$(CONFIG)"

check-claims: $(VENV)/.installed
	@PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.claims

config-docs: $(VENV)/.installed
	PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.plan.document config/README.md

verdict-check: $(VENV)/.installed
	@test -n "$(STUDY)" || { echo "make verdict-check: found no STUDY, expected for example STUDY=digits"; exit 1; }
	@PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.verdict check results/$(STUDY)/verdict.json

human-freeze: $(VENV)/.installed
	@test -n "$(STUDY)" || { echo "make human-freeze: found no STUDY, expected for example STUDY=digits"; exit 1; }
	@PYTHONPATH=workflow/scripts "$(BIN)/python" -m overinterp.human freeze results/$(STUDY)/human human

clean:
	$(IDLE)
	rm -rf results/*/ results/report.html results/plan.json results/provenance.* logs benchmarks .snakemake .snakemake.lock
