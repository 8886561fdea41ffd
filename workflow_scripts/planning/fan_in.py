"""The comparison and the report after failed jobs, from what is up to date."""

import hashlib
import subprocess
import sys
from itertools import product
from pathlib import Path

from shared.logs import append_reason

from planning.failures import (
    broken,
    ended_by_slurm,
    explain,
    last_words,
    logs_of_jobs,
    parse_summary,
    paths_of,
    silent_ends,
)
from planning.places import RUN_CONFIG

FILES = ("compare.smk", "report.smk")  # the rules that fan in stand here
UNFINISHED = "results/.unfinished.tsv"
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


def failure_words(failed, dataset):
    """Command-line words for the failed models of a data set: dataset:model:stage:log.

    failed: {(data set, model or layer): Failure}.
    """
    return [f"{name}:{row}:{stage}:{log}" for (name, row), (stage, log) in failed.items() if name == dataset]


def log_digests(failures):
    """Digests of the logs of failures, so that a new reason for an old failure reaches the report."""
    return [hashlib.sha256(Path(log).read_bytes()).hexdigest() for _, log in failures if log]


def report_unfinished(text, workflow, config, definitions, conda):
    """Build the comparison and the report after failed jobs, and say what failed. Not after an interrupt.

    text: Snakemake's log of the run that failed. conda: whether it ran under `--sdm conda`.
    """
    if "Terminating processes on user request" in text:
        print("Interrupted. `make report` shows what is done so far; `make run` goes on.", file=sys.stderr)
        return
    call = snakemake_call(workflow.main_snakefile, conda)
    summary = summarized(call)
    pending = parse_summary(summary)
    write_ends(ended_by_slurm(text), paths_of(pending))
    explain(silent_ends(text, logs_of_jobs(text)))
    failed = last_words(text, paths_of(pending))
    fault = build_report(call, summary, fan_in(workflow.rules), config, definitions)
    outcome = fault or "results/report.html shows the others, and these with the reason."
    print(f"{failed}{outcome}", file=sys.stderr)


def snakemake_call(snakefile, conda):
    """The words that call Snakemake once more, for the config of the last run."""
    words = "-m snakemake --nolock --cores 1 --quiet all --replace-workflow-config"
    call = [sys.executable, *words.split(), "--snakefile", str(snakefile)]
    return [*call, "--configfile", RUN_CONFIG, *(["--sdm", "conda"] if conda else [])]


def summarized(call):
    """What is still to do, as `snakemake --summary` prints it. call: of snakemake_call()."""
    return subprocess.run([*call, "--summary"], capture_output=True, text=True, check=True).stdout


def build_report(call, summary, rules, config, definitions):
    """Build the comparison and the report of what is up to date. Returns why it could not be built, or ''.

    call: of snakemake_call(); summary: of summarized(); rules: names of the rules that fan in.
    """
    pending = parse_summary(summary)
    if all(broken(pending, dataset, config, definitions) for dataset in definitions):
        return "No data set could be compared; any results/report.html is of an earlier run."
    Path(UNFINISHED).write_text(summary)
    words = ["--config", f"unfinished={UNFINISHED}", "--allowed-rules", *rules, "--", "results/report.html"]
    return "The report could not be built either." if subprocess.run([*call, *words]).returncode else ""


def write_ends(sentences, pending):
    """Write how Slurm ended jobs into their own logs, where nothing else does.

    sentences: {(output, log): sentence}. pending: paths that are still to be made.
    """
    for (output, log), sentence in sentences.items():
        if output in pending:
            append_reason(log, sentence)
