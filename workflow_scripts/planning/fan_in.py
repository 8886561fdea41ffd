"""The comparison and the report after failed jobs, from what is up to date."""

import atexit
import hashlib
import json
import os
import platform
import subprocess
import sys
from itertools import product
from pathlib import Path

from shared.logs import append_reason

from planning.config import record
from planning.failures import (
    broken,
    ended_by_slurm,
    explain,
    follow,
    last_words,
    logs_of_jobs,
    parse_summary,
    paths_of,
    silent_ends,
)
from planning.places import RUN_CONFIG

FILES = ("compare.smk", "report.smk")  # the rules that fan in stand here
REPORT = "results/report.html"
RECORD = "results/record.json"  # of what the run was made with and what came of it
UNFINISHED = "results/.unfinished.tsv"
OWN_RECORD = f"results/.run.{os.getpid()}.yaml"  # of a run that does not make the report
CLOUD = [  # what the page's explorer shows of a model
    "results/{dataset}/isomap/{model}.csv",
    "results/{dataset}/isomap/{model}.bridges.csv",
    "results/{dataset}/neighbors/{model}.npz",
    "results/{dataset}/trust/{model}.scores.csv",
    "results/{dataset}/knn/{model}.csv",
]


def fan_in(rules):
    """Names of the rules that make the comparison and the report. rules: those of Snakemake's workflow."""
    return [rule.name for rule in rules if Path(rule.snakefile).name in FILES]


def unscored(dataset, analyses, rows, pending):
    """Which analyses of which models of a data set have no scores that are up to date: analysis/model.

    rows: models, layers and controls; pending: paths that are still to be made.
    """
    pattern = f"results/{dataset}/{{}}/{{}}.scores.csv"
    return [f"{name}/{row}" for name, row in product(analyses, rows) if pattern.format(name, row) in pending]


def unscored_of(datasets, analysis, rows, pending):
    """The same of one analysis on several data sets: dataset/model."""
    return [
        f"{dataset}/{name.partition('/')[2]}"
        for dataset in datasets
        for name in unscored(dataset, [analysis], rows, pending)
    ]


def failure_words(failed, dataset):
    """Command-line words for the failed models of a data set: dataset:model:stage:log.

    failed: {(data set, model or layer): Failure}.
    """
    return [f"{name}:{row}:{stage}:{log}" for (name, row), (stage, log) in failed.items() if name == dataset]


def log_digests(failures):
    """Digests of the logs of failures, so that a new reason for an old failure reaches the report."""
    return [hashlib.sha256(Path(log).read_bytes()).hexdigest() for _, log in failures if log]


# --- a run and its record -------------------------------------------------------------------------


def makes_report(workflow):
    """Whether a run makes the report or the record.

    Of two such runs in one folder Snakemake's locks admit one.
    """
    return any(job.rule.name in ("report", "record") for job in workflow.dag.jobs)


def begin(workflow, config, conda):
    """Record a run when it begins: its config, and where it is at work.

    A run that makes the report has RUN_CONFIG for its record. Another one may be at work beside it (for the
    sounds of another data set, say) and has a record of its own while it lasts.
    """
    path = RUN_CONFIG if makes_report(workflow) else OWN_RECORD
    record(config, path)
    follow(path)
    atexit.register(forget)
    Path(".snakemake/driver.json").write_text(json.dumps({"host": platform.node(), "conda": conda}))


def forget():
    """Delete what only this run needed."""
    Path(OWN_RECORD).unlink(missing_ok=True)
    Path(OWN_RECORD).with_suffix(".tsv").unlink(missing_ok=True)


def unfinished(path):
    """What was still to be made when a run had failed, as parse_summary() has it. Its logs count from here.

    path: of the summary, UNFINISHED or beside the record of its run.
    """
    follow(RUN_CONFIG if path == UNFINISHED else Path(path).with_suffix(".yaml"))
    return parse_summary(Path(path).read_text())


# --- after failed jobs ----------------------------------------------------------------------------


def report_unfinished(text, workflow, config, definitions, conda):
    """Build the comparison and the report after failed jobs, and say what failed. Not after an interrupt.

    Of a run that does not make the report, only the scores are built that it makes. text: Snakemake's log of
    the run that failed. conda: whether it ran under `--sdm conda`.
    """
    if "Terminating processes on user request" in text:
        print("Interrupted. `make report` shows what is done so far; `make run` goes on.", file=sys.stderr)
        return
    whole = makes_report(workflow)
    call = snakemake_call(workflow.main_snakefile, conda, RUN_CONFIG if whole else OWN_RECORD)
    summary = summarized(call)
    pending = parse_summary(summary)
    write_ends(ended_by_slurm(text), paths_of(pending))
    explain(silent_ends(text, logs_of_jobs(text)))
    failed = last_words(text, paths_of(pending))
    scores = {job.output.scores for job in workflow.dag.jobs if job.rule.name == "compare"}
    targets = [REPORT, RECORD] if whole else sorted(scores)
    outcome = ""
    if targets:
        fault = build(call, summary, targets, fan_in(workflow.rules), config, definitions)
        outcome = (
            fault
            or f"{', '.join(targets[:1] if whole else targets)} shows the others, and these with the reason."
        )
    print(f"{failed}{outcome}".rstrip(), file=sys.stderr)


def snakemake_call(snakefile, conda, configfile=RUN_CONFIG):
    """The words that call Snakemake once more, for the config of a run."""
    words = "-m snakemake --nolock --cores 1 --quiet all --replace-workflow-config"
    call = [sys.executable, *words.split(), "--snakefile", str(snakefile)]
    return [*call, "--configfile", configfile, *(["--sdm", "conda"] if conda else [])]


def summarized(call):
    """What is still to do, as `snakemake --summary` prints it. call: of snakemake_call()."""
    return subprocess.run([*call, "--summary"], capture_output=True, text=True, check=True).stdout


def build(call, summary, targets, rules, config, definitions):
    """Build targets from what is up to date. Returns why they could not be built, or ''.

    call: of snakemake_call(); summary: of summarized(); rules: names of the rules that fan in.
    """
    pending = parse_summary(summary)
    whole = [name for name in config["run"]["datasets"] if not broken(pending, name, config, definitions)]
    targets = [path for path in targets if path in (REPORT, RECORD) or Path(path).parts[1] in whole]
    if not whole or not targets:
        return "No data set could be compared; any results/report.html is of an earlier run."
    path = UNFINISHED if REPORT in targets else str(Path(OWN_RECORD).with_suffix(".tsv"))
    Path(path).write_text(summary)
    words = ["--config", f"unfinished={path}", "--allowed-rules", *rules, "--", *targets]
    return "The report could not be built either." if subprocess.run([*call, *words]).returncode else ""


def write_ends(sentences, pending):
    """Write how Slurm ended jobs into their own logs, where nothing else does.

    sentences: {(output, log): sentence}. pending: paths that are still to be made.
    """
    for (output, log), sentence in sentences.items():
        if output in pending:
            append_reason(log, sentence)
