"""`--profile slurm` on a real Slurm of one machine: what jobs ask for, what a kill does, the same scores."""

import getpass
import os
import re
import shutil
import socket
import subprocess
import time

import numpy as np
import pandas
import pytest
import yaml
from conftest import PYTHON, ROOT, make_clone, snakemake

pytestmark = pytest.mark.slurm

PROGRAMS = ["munged", "slurmctld", "slurmd", "srun", "squeue", "scontrol", "scancel"]
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
MinJobAge=3600
KillWait=2
GresTypes=gpu
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs=12 RealMemory=64000 Gres=gpu:2
PartitionName=main Nodes=node Default=YES MaxTime=INFINITE
"""


def free_ports(count):
    """Ports of this machine that nobody listens at."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A Slurm with one node and two GPUs that are plain files, all of it in a temporary folder. Yields the
    environment variables of its users."""
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    where = {name: shutil.which(name, path=path) for name in PROGRAMS}
    if missing := [name for name in PROGRAMS if not where[name]]:
        pytest.skip(f"not installed: {', '.join(missing)} (apt install slurm-wlm munge)")
    folder = tmp_path_factory.mktemp("slurm")
    host, user = socket.gethostname().split(".")[0], getpass.getuser()
    text = CONFIG.format(host=host, ports=free_ports(2), user=user, folder=folder)
    (folder / "slurm.conf").write_text(text)
    (folder / "gres.conf").write_text(f"NodeName=node Name=gpu File={folder}/gpu[0-1]\n")
    for name in ("gpu0", "gpu1"):
        (folder / name).touch()
    for name in ("state", "spool", "bin"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    # Inside a job the Slurm plugin takes SLURM_CONF out of the environment; this puts it back.
    wrapper = folder / "bin" / "srun"
    wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {where["srun"]} "$@"\n')
    wrapper.chmod(0o755)
    variables = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder}/bin:{path}"}
    munge = ["--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket"]
    munge += [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "log", "seed")]
    commands = [[where["munged"], *munge], [where["slurmctld"], "-D"], [where["slurmd"], "-D", "-N", "node"]]
    log = (folder / "daemons.log").open("w")
    daemons = []
    try:
        for command in commands:
            started = subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log)
            daemons.append(started)
            time.sleep(1)  # each wants the one before it
        test = subprocess.run(
            ["timeout", "60", "srun", "true"], env=os.environ | variables, capture_output=True, text=True
        )
        assert test.returncode == 0, test.stderr + (folder / "daemons.log").read_text()
        yield variables
        subprocess.run(["scancel", "--user", user], env=os.environ | variables)
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(60)
        log.close()


def write_config(folder, waits):
    """A config of two small data sets, CREPE (which asks for a GPU), MFCC, and two models that wait for the
    files of `waits` to go, all at 16 kHz; returns the words for it."""
    models = {
        name: {
            "module": "adapters.waits",
            "env": "analysis",
            "sample_rate": 16000,
            "options": {"file": str(waits / name)},
        }
        for name in ("late", "cancelled")
    }
    sounds = {"synthesizer": "additive", "design": "latin_hypercube", "N": 40, "sample_rate": 16000}
    sounds |= {"duration": 0.25, "nuisances": {"phases": None, "gain": None}}
    sounds |= {"analyses": {"isomap": {"K": 6}, "knn": {"K": 4}}}
    config = {
        "run": {"datasets": ["cloud", "steps"], "models": ["crepe", "mfcc", *models]},
        "datasets": {"cloud": sounds, "steps": {"ladder": {"of": "cloud", "points": 2, "steps": [0.5, 4]}}},
        "models": models,
        "analyses": {"bootstrap": 100},
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    return ["--configfile", "mine.yaml"]


def jobs_of(variables):
    """Slurm's jobs in the order of their numbers, each a dict of what `scontrol show job` says."""
    words = ["scontrol", "--oneliner", "show", "job"]
    told = subprocess.run(words, env=os.environ | variables, capture_output=True, text=True).stdout
    jobs = [dict(re.findall(r"(\S+?)=(\S*)", line)) for line in told.splitlines()]
    return sorted((job for job in jobs if "Comment" in job), key=lambda job: int(job["JobId"]))


def of_rule(jobs, name):
    return [job for job in jobs if job["Comment"] == f"rule_{name}"]


class Finished:
    """A run through Slurm with mishaps, the same call once more, and a run without Slurm."""

    folder: object
    returncode: int
    output: str
    jobs: list
    scores: pandas.DataFrame
    page: str


@pytest.fixture(scope="module")
def finished(slurm, shared_clone, tmp_path_factory):
    """The run: `late` overruns its time once, `cancelled` is cancelled as often as it is tried, one analysis
    of mfcc fails, and the node goes down once while jobs run on it."""
    waits = tmp_path_factory.mktemp("waits")
    words = write_config(shared_clone, waits)
    for name in ("late", "cancelled"):
        (waits / name).touch()
    script = shared_clone / "workflow_scripts" / "topology.py"
    text, stat = script.read_text(), script.stat()
    fault = 'if args.model == "mfcc":\n        raise RuntimeError("no shape")\n    found = np.load'
    assert text.count("    found = np.load") == 1
    script.write_text(text.replace("found = np.load", fault))
    os.utime(script, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # an edit that reruns nothing

    call = [PYTHON, "-m", "snakemake", "--profile", "slurm", *words, "--retries", "1"]
    call += ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"]
    variables = os.environ | slurm
    result = Finished()
    result.folder = shared_clone
    with (shared_clone / "first.txt").open("w") as file:
        run = subprocess.Popen(call, cwd=shared_clone, env=variables, stdout=file, stderr=subprocess.STDOUT)
    limited, cancelled = False, set()
    deadline = time.monotonic() + 900
    while run.poll() is None:
        assert time.monotonic() < deadline, (shared_clone / "first.txt").read_text()
        time.sleep(0.5)
        jobs = jobs_of(slurm)
        for job in of_rule(jobs, "embed_wildcards_cloud_late"):
            if job["JobState"] == "RUNNING" and not limited:
                update = ["scontrol", "update", f"JobId={job['JobId']}", "TimeLimit=1"]
                limited = subprocess.run(update, env=variables).returncode == 0
            if job["JobState"] == "TIMEOUT":
                (waits / "late").unlink(missing_ok=True)
        for job in of_rule(jobs, "embed_wildcards_cloud_cancelled"):
            if job["JobState"] in ("PENDING", "RUNNING") and job["JobId"] not in cancelled:
                subprocess.run(["scancel", job["JobId"]], env=variables)
                cancelled.add(job["JobId"])
        if len(cancelled) == 2:
            (waits / "cancelled").unlink(missing_ok=True)
    result.returncode = run.returncode
    result.output = (shared_clone / "first.txt").read_text()
    result.jobs = jobs_of(slurm)
    results = shared_clone / "results"
    result.scores = pandas.read_csv(results / "cloud" / "scores.csv", keep_default_na=False)
    result.page = (results / "report.html").read_text()

    script.write_text(text)
    os.utime(script, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    result.again = subprocess.run(call, cwd=shared_clone, env=variables, capture_output=True, text=True)
    result.all_jobs = jobs_of(slurm)

    local = make_clone(tmp_path_factory.mktemp("local"))
    write_config(local, waits)
    targets = [f"results/{dataset}/scores.csv" for dataset in ("cloud", "steps")]
    done = snakemake(local, *targets, *words)
    assert done.returncode == 0, done.stdout
    result.local = local
    return result


def test_jobs_ask_for_the_gpu_memory_and_time_of_the_entry(finished):
    embeds = [job for job in finished.all_jobs if job["Comment"].startswith("rule_embed")]
    for job in embeds:
        wanted = "gres:gpu:1" if job["Comment"].endswith("crepe") else None
        assert job.get("TresPerJob") == wanted, job
    assert sum("TresPerJob" in job for job in embeds) == 2
    assert sum("TresPerJob" in job for job in finished.all_jobs) == 2
    crepe = of_rule(finished.jobs, "embed_wildcards_cloud_crepe")[0]
    assert (crepe["MinMemoryNode"], crepe["TimeLimit"]) == ("4000M", "04:00:00")


def test_a_job_beyond_its_time_is_tried_again_with_more(finished):
    first, second = of_rule(finished.jobs, "embed_wildcards_cloud_late")
    assert (first["JobState"], second["JobState"]) == ("TIMEOUT", "COMPLETED")
    assert (second["MinMemoryNode"], second["TimeLimit"]) == ("8000M", "08:00:00")
    assert "late" not in set(finished.scores[finished.scores.metric == "failure"].model)


def test_the_report_says_what_slurm_ended_and_what_failed_in_a_group(finished):
    assert finished.returncode != 0
    failed = finished.scores[finished.scores.metric == "failure"].set_index("model")
    assert failed.analysis.to_dict() == {"cancelled": "embed", "mfcc": "topology"}
    assert failed.note["cancelled"].startswith("ended by Slurm: CANCELLED")
    assert failed.note["mfcc"] == "RuntimeError: no shape"
    assert failed.note["cancelled"] in finished.page
    # What shared a Slurm job with the failed analysis is there.
    assert {"isomap", "knn", "hypothesis"} < set(finished.scores[finished.scores.model == "mfcc"].analysis)
    assert [job["JobState"] for job in of_rule(finished.jobs, "embed_wildcards_cloud_cancelled")] == [
        "CANCELLED",
        "CANCELLED",
    ]


def test_the_next_call_makes_what_is_missing(finished):
    assert finished.again.returncode == 0, finished.again.stdout + finished.again.stderr
    more = {job["Comment"] for job in finished.all_jobs} - {job["Comment"] for job in finished.jobs}
    new = [job["Comment"] for job in finished.all_jobs[len(finished.jobs) :]]
    assert sum("embed" in comment for comment in new) == 1, more


def test_scores_are_those_of_a_run_without_slurm(finished):
    for dataset in ("cloud", "steps"):
        ours, theirs = (
            pandas.read_csv(folder / "results" / dataset / "scores.csv")
            for folder in (finished.folder, finished.local)
        )
        numbers = ["value", "low", "high", "chance", "reference"]
        assert ours.drop(columns=numbers).equals(theirs.drop(columns=numbers))
        np.testing.assert_allclose(ours[numbers], theirs[numbers], rtol=0, atol=1e-6)


def test_no_half_written_file_counts(finished):
    again = snakemake(finished.folder, "-n", "--configfile", "mine.yaml")
    assert "Nothing to be done" in again.stdout
