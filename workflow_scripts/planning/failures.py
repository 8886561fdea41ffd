"""What failed in a run, why, and which log says so. Standard library and local modules only.

When jobs have failed, common.smk asks Snakemake what is still to do (`--summary`) and calls it once more
for the comparison and the report alone, with that summary as `config["unfinished"]` (see fan_in.py).
Whatever is not up to date then counts as failed, which includes old files of a failed model.

Conventions
-----------
`pending` is the set of (rule, path) that are still to be made (see parse_summary). `definitions` are the
resolved entries of the run's data sets, {name: entry}. A log is its path, or '' if the run wrote none.
"""

import re
import signal
from pathlib import Path
from typing import NamedTuple

from shared.logs import SAYING, UNSAID, append_reason, reason
from shared.names import CONTROLS, HEADS, base_of, model_of
from shared.weights import name_in_cache

from planning.datasets import audio, made_in, trained
from planning.environments import environment_of, lock
from planning.models import listed_weights, receipt
from planning.places import RUN_CONFIG

EMBEDDING = ("embed", "gather", "adopt", "layer")  # the rules that give a model or layer its embeddings


class Failure(NamedTuple):
    """Where a model or a data set failed: a stage, and the log that says why."""

    stage: str
    log: str


def log_of(rule, *names):
    """Path of the log of a rule's job; the names are the values of the rule's wildcards, in order."""
    return f"{'/'.join(['logs', rule, *names])}.log"


record = Path(RUN_CONFIG)  # of the run whose logs count; see follow()


def follow(path):
    """Let the logs of another run count than of the last that makes the report. path: of its record."""
    global record
    record = Path(path)


def of_this_run(log):
    """The log, if the failed run wrote it, or ''. A run begins by writing its record."""
    path, started = Path(log), record.stat().st_mtime
    return log if path.exists() and path.stat().st_mtime >= started else ""


def first_of_this_run(logs):
    """The first of some logs that the failed run wrote, or ''."""
    return next(filter(None, map(of_this_run, logs)), "")


def parse_summary(text):
    """Outputs that are still to be made, as the set of (rule, path), from `snakemake --summary`.

    Each rule with layers, such as embed_layers, counts as the rule without.
    """
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") == 5]
    return {(row[2].removesuffix("_layers"), row[0]) for row in rows if row[5] == "update pending"}


def paths_of(pending):
    """The paths that are still to be made, whatever rule makes them."""
    return {path for _, path in pending}


# --- one model on one data set --------------------------------------------------------------------


def first_failure(pending, dataset, row, config, definitions, stages):
    """The first unfinished stage of a model or layer on a data set, as a Failure, or None.

    None also stands for a layer whose model was not embedded, and for a head whose row was not: the failure
    of that says so. stages: the rules of one model on one data set, in the order of the data.
    """
    if base_of(row) != row:
        if unembedded(pending, dataset, base_of(row), config, definitions):
            return None
        if failure := untaught(pending, row, config, definitions):
            return failure
    ending = re.compile(r"(\.(bridges|scores))?\.(npy|npz|json|csv|png)$")
    outputs = {(rule, ending.sub("", Path(path).name)) for rule, path in pending if is_of(path, dataset)}
    shards = {Path(path) for rule, path in pending if rule == "embed_shard" and is_of(path, dataset)}
    outputs |= {("embed", path.parent.name) for path in shards}
    unfinished = [stage for stage in stages if (stage, row) in outputs]
    model = model_of(row)
    if not unfinished or (model != row and ("embed", model) in outputs):
        return None
    if unfinished[0] != "embed":
        return Failure(unfinished[0], of_this_run(log_of(unfinished[0], dataset, row)))
    before = before_embedding(pending, dataset, row, config["models"][row], definitions[dataset])
    shard_logs = [log_of("embed", dataset, row, path.stem) for path in sorted(shards)]
    return before or Failure("embed", first_of_this_run([log_of("embed", dataset, row), *shard_logs]))


def unembedded(pending, dataset, row, config, definitions):
    """Why a model or a layer has no embeddings of a data set, as a Failure, or None."""
    for name in dict.fromkeys([model_of(row), row]):
        if failure := first_failure(pending, dataset, name, config, definitions, EMBEDDING):
            return failure
    return None


def untaught(pending, row, config, definitions):
    """What a head lacked to learn, as a Failure, or None: its data set, its row there, its environment, or
    its own training.
    """
    kind, heads = row.rpartition(".")[2], config["heads"]
    for dataset in [heads["of"], *([heads["views"]] if kind == "contrastive" else [])]:
        of_sounds = broken(pending, dataset, config, definitions)
        if lacking := of_sounds or unembedded(pending, dataset, base_of(row), config, definitions):
            return lacking
    if ("head", f"results/{heads['of']}/heads/{row}.npz") not in pending:
        return None
    return unbuilt(pending, "heads") or Failure("head", of_this_run(log_of("head", heads["of"], row)))


def is_of(path, dataset):
    """Whether a path is of the results of a data set."""
    return Path(path).parts[:2] == ("results", dataset)


def before_embedding(pending, dataset, model, model_entry, entry):
    """What a model lacked to embed a data set, as a Failure, or None: sounds at its rate, environment,
    weights.
    """
    sounds = Path(audio(dataset, entry, model, model_entry["sample_rate"]))
    if ("resample", str(sounds)) in pending:
        return Failure("resample", of_this_run(log_of("resample", dataset, sounds.stem)))
    if failure := unbuilt(pending, environment_of(model_entry)):
        return failure
    for file in listed_weights(model_entry):
        if "path" not in file and ("fetch", receipt(file)) in pending:
            log = of_this_run(log_of("fetch", name_in_cache(file)))
            return unbuilt(pending, "weights") or Failure("fetch", log)
    return None


def unbuilt(pending, env):
    """An environment that could not be built, as a Failure, or None."""
    if ("environment", lock(env)) in pending:
        return Failure("environment", of_this_run(log_of("environment", env)))
    return None


# --- a data set -----------------------------------------------------------------------------------


def broken(pending, dataset, config, definitions):
    """What keeps a data set from being compared at all, as a Failure, or None.

    Without its sounds, its controls and their analyses there is nothing to compare models with.
    """
    entry = definitions[dataset]
    weights = trained(config, dataset)
    if weights and ("train", weights) in pending:
        log = of_this_run(log_of("train", Path(weights).parts[1]))
        return unbuilt(pending, entry["synthesizer"]) or Failure("train", log)
    sounds = f"results/{dataset}/sounds/audio.wav"
    if ("synthesize", sounds) in pending or ("gather_sounds", sounds) in pending:
        shard_logs = sorted(map(str, Path("logs/synthesize", dataset).glob("*.log")))
        log = first_of_this_run([log_of("synthesize", dataset), *shard_logs])
        return unbuilt(pending, made_in(entry)) or Failure("synthesize", log)
    if ("ratings", f"results/{dataset}/sounds/ratings.csv") in pending:
        return Failure("ratings", of_this_run(log_of("ratings", dataset)))
    if entry["strict"] and unchecked(pending, dataset):
        return Failure("check_sounds", of_this_run(log_of("check_sounds", dataset)))
    for rule, path in sorted(pending):
        for control in CONTROLS:
            if re.fullmatch(
                rf"results/{re.escape(dataset)}/[a-z]+/{control}\.(?!{'|'.join(HEADS)})[a-z.]+", path
            ):
                return Failure(rule, of_this_run(log_of(rule, dataset, control)))
    return None


def unchecked(pending, dataset):
    """Whether the gate of a data set did not come to an end."""
    return ("check_sounds", f"results/{dataset}/sounds/checks.csv") in pending


# --- words of Snakemake's own log -----------------------------------------------------------------

# A job that begins: its first output, its first log, its number; and a job that ended without its outputs.
JOB = r"^ +output: ([^,\n]+).*\n +log: ([^,\s]+).*\n +jobid: (\d+)$"
MISSING = r"^Job (\d+) +completed successfully, but some output files are missing"


def ended_by_slurm(text):
    """Why Slurm ended jobs, or never began them: {(output, log) of a job: sentence}, from Snakemake's log.

    A job that ended by itself says why in its own log and is left out. Snakemake does not report how the
    jobs of a group ended; Slurm's own log does.
    """
    sentences = {}
    for block in re.split(r"^ *\[.*\]$", text, flags=re.MULTILINE):
        message = re.search(r"message: SLURM(.*)", block)
        logs = [log for line in re.findall(r" log: (.*) \(check log", block) for log in line.split(", ")]
        slurm_logs = [Path(log) for log in logs if Path(log).is_absolute()]
        if not message and not slurm_logs:
            continue
        for output, log in re.findall(r"^ +output: ([^,\n]+).*\n +log: ([^,\s]+)", block, re.MULTILINE):
            if sentence := slurm_sentence(block, message, slurm_logs, log):
                sentences[output, log] = sentence
    return sentences


def slurm_sentence(block, message, slurm_logs, log):
    """What Slurm did to one job, or '' if the job ended by itself.

    block: the error in Snakemake's log. message: the match of its words about Slurm, or None. slurm_logs:
    paths of Slurm's own logs. log: the job's.
    """
    if message and "sbatch failed" in message[1]:
        return f"not submitted:{message[1]}"
    status = re.search(r"status is: '(\w+)'", block)
    written = [path.read_text(errors="replace") for path in slurm_logs if path.exists()]
    ends = re.findall(r"\*\*\* .*(CANCELLED .*) \*\*\*", "".join(written))
    if ends or (status and status[1] != "FAILED"):
        return f"ended by Slurm: {ends[-1] if ends else status[1]}"
    if of_this_run(log):
        return ""
    return (
        f"failed before its script began; see {slurm_logs[0]}"
        if written
        else "ended by Slurm before it began"
    )


def silent_ends(text, logs):
    """How jobs ended that could not say so themselves, {log: sentence}, from Snakemake's log or a part of it.

    They were killed by a signal, or ended by os._exit(), even with status 0. logs: {job's number: its log}.
    """
    ends = {}
    killed = (
        r"^Command '.*> (logs/\S+) 2>&1.*' (?:returned non-zero exit status (\d+)|died with <Signals\.(\w+))"
    )
    names = {str(128 + number): number.name for number in signal.Signals}
    for log, status, name in re.findall(killed, text, re.MULTILINE):
        name = name or names.get(status)
        guess = " (out of memory?)" if name == "SIGKILL" else ""
        how = f"killed by {name}{guess}" if name else f"with status {status}"
        ends[log] = f"{UNSAID}, {how}; {SAYING}"
    for job in re.findall(MISSING, text, re.MULTILINE):
        if job in logs:
            ends[logs[job]] = f"{UNSAID}, with status 0, before it wrote its results; {SAYING}"
    return ends


def logs_of_jobs(text):
    """{number of a job: its log}, of the jobs that begin in Snakemake's log."""
    return {job: log for _, log, job in re.findall(JOB, text, re.MULTILINE)}


def explain(ends):
    """Write how jobs ended into those of their logs that do not say it. ends: {log: sentence}."""
    for log, sentence in ends.items():
        if reason(log).startswith((f"{UNSAID} (", "ended without a word")):
            append_reason(log, sentence)


def last_words(text, pending):
    """What failed for good, a sentence and a log each, from Snakemake's log.

    pending: paths that are still to be made.
    """
    errors = re.split(r"^ *Error in ", text, flags=re.MULTILINE)[1:]
    jobs = [re.search(r"^ +output: ([^,\n]+).*\n +log: ([^,\s]+)", error, re.MULTILINE) for error in errors]
    ended = [(job[1], job[2]) for job in jobs if job]
    missing = set(re.findall(MISSING, text, re.MULTILINE))
    ended += [(output, log) for output, log, jobid in re.findall(JOB, text, re.MULTILINE) if jobid in missing]
    failed = dict.fromkeys(log for output, log in ended if output in pending)
    return "".join(f"failed: {reason(of_this_run(log))}\n  {log}\n" for log in failed)
