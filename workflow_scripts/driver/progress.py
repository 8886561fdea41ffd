"""How far a run is: stages, what is at work, time left.

The terminal of `make run` (snakemake_logger_plugin_gear) shows what these functions find. Standard library
only: Snakemake's own Python reads it.
"""

import csv
import re
from pathlib import Path
from statistics import mean, median

from shared.declared import all_declared

EXPECTED = "workflow_scripts/driver/expected.csv"  # of the default run, by benchmarks/default_run.py --write
WEIGHT = 30  # seconds of jobs as expected that the pace begins with
STAGES = ("environments", "synthesize", "embed", "heads", "analyse", "compare", "report")


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


def families(clone):
    """{rule: rule whose folder in logs/ it shares}, of the rules of a clone that are made from others."""
    texts = [(Path(clone, "rules") / f"{stage}.smk").read_text() for stage in STAGES]
    pairs = [pair for text in texts for pair in re.findall(r"^use rule (\w+) as (\w+)", text, re.MULTILINE)]
    base = {}
    for rule, other in pairs:
        base[other] = base.get(rule, rule)
    return base


def measured(folder):
    """Seconds of the jobs of earlier runs, {job: seconds}, from the benchmarks that Snakemake wrote.

    folder: of the logs. A job is called as its log, without folder and ending: `embed/tones/crepe`.
    """
    seconds = {}
    for path in Path(folder).rglob("*.tsv"):
        with path.open() as file:
            times = [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
        if times:
            seconds[path.relative_to(folder).with_suffix("").as_posix()] = mean(times)
    return seconds


def expected(clone, datasets, logs="logs"):
    """Seconds that a run's jobs may take, {job: seconds}: as in earlier runs, or as shipped with a clone.

    Jobs of other data sets than the run's are left out, unless there are no others of their rule.
    """
    with (Path(clone) / EXPECTED).open() as file:
        shipped = {row["job"]: float(row["seconds"]) for row in csv.DictReader(file)}
    known = shipped | measured(logs)
    names = {job: job.split("/") for job in known}
    own = {job for job, parts in names.items() if len(parts) == 1 or parts[1] in datasets}
    rules = {names[job][0] for job in own}
    return {job: seconds for job, seconds in known.items() if job in own or names[job][0] not in rules}


def cost(job, known):
    """Seconds of one job by the `known` ones, {job: seconds}: its own, or the mean of those most like it.

    Those are of the same rule and model, else of the same rule. A job of an unknown rule takes what the job
    in the middle takes: a few embeddings take longer than all the rest.
    """
    if job in known:
        return known[job]
    rule, _, names = job.partition("/")
    of_rule = {other: seconds for other, seconds in known.items() if other.split("/")[0] == rule}
    model = names.split("/")[-1]
    of_model = [seconds for other, seconds in of_rule.items() if model and other.split("/")[-1] == model]
    return mean(of_model or of_rule.values() or [median(known.values())])


def time_left(totals, took, running, known, cores):
    """Seconds that a run still takes, or None before its first job has ended.

    Jobs take as long as expected times how much longer those took that have ended. Which jobs are left is
    known by rule only: they take what all of the rule are expected to take, less what the others were.

    totals: {rule: jobs to run}. took: {job: seconds} of those that ended. running: {job: seconds so far}.
    known: {job: seconds expected}, of any jobs. cores: how many jobs run side by side.
    """
    if not took:
        return None
    pace = (WEIGHT + sum(took.values())) / (WEIGHT + sum(cost(job, known) for job in took))
    left = 0.0
    for rule, total in totals.items():
        of_rule = [seconds for job, seconds in known.items() if job.split("/")[0] == rule]
        ended = [job for job in took if job.split("/")[0] == rule]
        usual = mean(of_rule) if of_rule else cost(rule, known)
        rest = total * usual - sum(cost(job, known) for job in ended)
        left += max(rest, (total - len(ended)) * min(of_rule, default=usual)) if total > len(ended) else 0
    at_work = sum(min(so_far, pace * cost(job, known)) for job, so_far in running.items())
    longest = max((pace * cost(job, known) - so_far for job, so_far in running.items()), default=0)
    return max((pace * left - at_work) / cores, longest, 0)


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
