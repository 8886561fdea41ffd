"""How far a run is: stages, what is at work, time left.

The terminal of `make run` (snakemake_logger_plugin_gear) shows what these functions find. Standard library
only: Snakemake's own Python reads it.
"""

import csv
import re
from pathlib import Path
from statistics import mean, median

from shared.declared import all_declared

STAGES = ("environments", "synthesize", "embed", "analyse", "compare", "report")


def stages(clone):
    """The stage of each rule of a clone: {rule: stage}.

    A rule's stage is the file of rules/ that it stands in, one for each of STAGES. Two of these files make
    rules in a loop: one of every analysis that a file of analyse/ declares, one of every figure that a file
    compare/draw_*.py declares, which is named as the file.
    """
    rules, scripts = Path(clone, "rules"), Path(clone, "workflow_scripts")
    stage_of = {}
    for stage in STAGES:
        text = (rules / f"{stage}.smk").read_text()
        named = re.findall(r"^(?:rule|checkpoint) (\w+):|^use rule \w+ as (\w+)", text, flags=re.MULTILINE)
        stage_of |= {rule or other: stage for rule, other in named}
    stage_of |= dict.fromkeys(all_declared(scripts / "analyse", "ANALYSIS"), "analyse")
    return stage_of | dict.fromkeys(all_declared(scripts / "compare", "FIGURE"), "compare")


def known(logs, rule):
    """Mean seconds of a rule's jobs in earlier runs, by the benchmarks that Snakemake wrote, or None."""
    times = []
    for path in Path(logs, rule).rglob("*.tsv"):
        with path.open() as file:
            times += [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
    return mean(times) if times else None


def time_left(totals, took, running, before, elapsed):
    """Seconds that a run still takes, or None before its first job has ended.

    A job takes what those of its rule took, in this run or else before, or else what the rule in the middle
    took (a few embeddings take longer than all the rest); as many cores are at work as were so far.

    totals: {rule: jobs to run}. took: {rule: core-seconds of each job that ended}. running: [(rule,
    core-seconds so far)]. before: {rule: mean seconds in earlier runs}. elapsed: seconds since the first job
    began, above 0.
    """
    if not took:
        return None
    means = {rule: mean(times) for rule, times in took.items()}
    cost = {rule: means.get(rule, before.get(rule, median(means.values()))) for rule in totals}
    work = sum((totals[rule] - len(took.get(rule, []))) * cost[rule] for rule in totals)
    work -= sum(min(so_far, cost[rule]) for rule, so_far in running)
    at_work = (sum(map(sum, took.values())) + sum(so_far for _, so_far in running)) / elapsed
    return work / max(at_work, 1)


def spoken(seconds):
    """A duration as one would say it: `40 s`, `12 min`, `3 h 20 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def called(rule, wildcards):
    """A job in a few words: `embed crepe on tones`."""
    names = [str(value) for key, value in wildcards.items() if key != "dataset"]
    place = [f"on {wildcards['dataset']}"] if "dataset" in wildcards else []
    return " ".join([rule, *names, *place])
