"""The comparison and the report after failed jobs, from what is up to date."""

import subprocess
import sys
from pathlib import Path

from planning.failures import broken, ended_by_slurm, last_words, parse_summary, paths_of
from planning.places import RUN_CONFIG

FILES = ("compare.smk", "report.smk")  # the rules that fan in stand here
UNFINISHED = "results/.unfinished.tsv"


def fan_in(rules):
    """Names of the rules that make the comparison and the report. rules: those of Snakemake's workflow."""
    return [rule.name for rule in rules if Path(rule.snakefile).name in FILES]


def report_unfinished(text, workflow, config, definitions, conda):
    """Build the comparison and the report, and say what failed.

    text: Snakemake's log of the run that failed. conda: whether it ran under `--sdm conda`.
    """
    words = "-m snakemake --nolock --cores 1 --quiet all --replace-workflow-config"
    call = [sys.executable, *words.split(), "--snakefile", workflow.main_snakefile]
    call += ["--configfile", RUN_CONFIG, *(["--sdm", "conda"] if conda else [])]
    summary = subprocess.run([*call, "--summary"], capture_output=True, text=True, check=True).stdout
    pending = parse_summary(summary)
    write_ends(ended_by_slurm(text), paths_of(pending))
    failed = last_words(text, paths_of(pending))
    if all(broken(pending, dataset, config, definitions) for dataset in definitions):
        outcome = "No data set could be compared; any results/report.html is of an earlier run."
    else:
        Path(UNFINISHED).write_text(summary)
        call += ["--config", f"unfinished={UNFINISHED}", "--allowed-rules", *fan_in(workflow.rules)]
        done = subprocess.run([*call, "--", "results/report.html"])
        outcome = "results/report.html shows the others, and these with the reason."
        if done.returncode:
            outcome = "The report could not be built either."
    print(f"{failed}{outcome}", file=sys.stderr)


def write_ends(sentences, pending):
    """Write how Slurm ended jobs into their own logs, where nothing else does.

    sentences: {(output, log): sentence}. pending: paths that are still to be made.
    """
    for (output, log), sentence in sentences.items():
        if output in pending:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            with open(log, "a") as file:
                file.write(f"error: {sentence}\n")
