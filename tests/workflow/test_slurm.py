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
from conftest import PYTHON, ROOT, environments_of, keep_analyses, make_clone, snakemake

pytestmark = [pytest.mark.slurm, pytest.mark.environments("analysis", "hearbaseline")]

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
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 Gres=gpu:2
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
    """A Slurm of one node and two GPUs (plain files) in a temporary folder; yields its users' variables."""
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
        # of jobs that Slurm ended without `cgroups`, which want root, Snakemake lives on
        subprocess.run(["pkill", "--signal", "KILL", "--full", f"snakemake .*{folder.parent}/"])


def write_config(folder, waits, **run):
    """A config of two small data sets, CREPE (which asks for a GPU), and models that wait for the files of
    their names in the folder `waits` to go, in a clone with some of the analyses; returns its words."""
    keep_analyses(folder, "isomap", "trust", "knn", "hypothesis", "threshold")
    models = {
        name: {
            "module": "adapters.waits",
            "env": "analysis",
            "sample_rate": 16000,
            "threads": 1,  # so that some of the node's cores are free while they wait
            "options": {"file": str(waits / name)},
        }
        for name in ("late", "cancelled", "lost")
    }
    sounds = {"synthesizer": "additive", "design": "latin_hypercube", "N": 40, "sample_rate": 16000}
    sounds |= {"duration": 0.25, "nuisances": {"phases": None, "gain": None}}
    sounds |= {"analyses": {"isomap": {"K": 6}, "knn": {"K": 4}}}
    config = {
        "run": {"datasets": ["cloud", "steps"], "models": ["crepe", "late", "cancelled"]} | run,
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


def embeds(jobs, model):
    """The jobs that embed the data set `cloud` by a model."""
    return [job for job in jobs if job["Comment"] == f"rule_embed_wildcards_cloud_{model}"]


def through_slurm(folder, variables, words, meddle):
    """Run Snakemake in a clone with the profile, as `make run` does.

    `meddle` gets the list of Slurm's jobs twice a second. Returns exit status, output and jobs.
    """
    call = [PYTHON, ROOT / "tests" / "impatient.py", "--logger", "gear", "--profile", "slurm", *words]
    call += ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"]
    before = len(jobs_of(variables))
    output = folder / "output.txt"
    with output.open("w") as file:
        run = subprocess.Popen(
            call,
            cwd=folder,
            env=os.environ | variables | {"PYTHONPATH": "workflow_scripts:workflow_scripts/driver"},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 1500
    while run.poll() is None:
        assert time.monotonic() < deadline, output.read_text()
        meddle(jobs_of(variables)[before:])
        time.sleep(0.5)
    return run.returncode, output.read_text(), jobs_of(variables)[before:]


@pytest.fixture(scope="module")
def interrupted(slurm, shared_clone, tmp_path_factory):
    """A run in which `late` overruns its time once, `cancelled` is cancelled once, and then the node goes
    down under the second try of `cancelled`: its clone, the folder of the files that models wait for, and
    what through_slurm() gives."""
    waits = tmp_path_factory.mktemp("waits")
    words = write_config(shared_clone, waits)
    for name in ("late", "cancelled", "lost"):
        (waits / name).touch()
    log = shared_clone / "logs" / "embed" / "cloud" / "late.log"  # written when the script begins

    def meddle(jobs):
        for job in embeds(jobs, "late")[:1]:
            if log.exists() and job["JobState"] == "RUNNING" and job["TimeLimit"] == "04:00:00":
                update = ["scontrol", "update", f"JobId={job['JobId']}", "EndTime=now+2"]
                subprocess.run(update, env=os.environ | slurm, check=True)
            if job["JobState"] == "TIMEOUT":
                (waits / "late").unlink(missing_ok=True)
        for job in embeds(jobs, "cancelled")[:1]:
            if job["JobState"] == "RUNNING":
                subprocess.run(["scancel", job["JobId"]], env=os.environ | slurm, check=True)
        again = [job["JobState"] for job in embeds(jobs, "late")[1:]]
        for job in embeds(jobs, "cancelled")[1:]:
            if job["JobState"] == "RUNNING" and again == ["COMPLETED"] and job["Restarts"] == "0":
                for state in ("DOWN", "RESUME"):
                    update = ["scontrol", "update", "NodeName=node", f"State={state}", "Reason=test"]
                    subprocess.run(update, env=os.environ | slurm, check=True)
                (waits / "cancelled").unlink()

    return shared_clone, waits, *through_slurm(shared_clone, slurm, words, meddle)


@pytest.fixture(scope="module")
def failed(slurm, interrupted):
    """The same clone once more: a model `lost` is cancelled, so is the Slurm job that makes the
    Isomap of `late` again, and a changed hypothesis.py fails for crepe."""
    clone, waits, *_ = interrupted
    for stage in ("isomap", "hypothesis"):
        for model in ("crepe", "late"):
            for path in (clone / "results" / "cloud" / stage).glob(f"{model}.*"):
                path.unlink()
    script = clone / "workflow_scripts" / "analyse" / "hypothesis.py"
    text, stat = script.read_text(), script.stat()
    line = "    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)\n"
    assert text.count(line) == 1
    fault = '    if args.model == "crepe":\n        raise RuntimeError("no hypothesis")\n'
    script.write_text(text.replace(line, line + fault))
    os.utime(script, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # an edit that reruns nothing

    def meddle(jobs):
        for job in jobs:
            words = ["scontrol", "write", "batch_script", job["JobId"], "-"]
            told = subprocess.run(words, env=os.environ | slurm, capture_output=True, text=True).stdout
            doomed = job in embeds(jobs, "lost") or "isomap:dataset=cloud,model=late" in told
            if doomed and job["JobState"] in ("PENDING", "RUNNING"):
                subprocess.run(["scancel", job["JobId"]], env=os.environ | slurm, check=True)

    words = write_config(clone, waits, datasets=["cloud"], models=["crepe", "late", "lost"])
    gres = "embed:gres='gpu:1' if wildcards.model in ['lost'] else ''"
    words += ["--set-resources", "embed:gpu=0", gres, "--retries", "0"]
    return clone, *through_slurm(clone, slurm, words, meddle)


def test_everything_is_made(interrupted):
    clone, _, status, output, _ = interrupted
    assert status == 0, output
    assert (clone / "results" / "report.html").exists()
    assert output.count("\n") < 40, output
    assert re.search(r"failed: embed late on cloud: .*\n(.*\n)*Trying to restart job", output), output


def test_jobs_ask_for_the_gpu_memory_and_time_that_the_config_says(interrupted):
    *_, jobs = interrupted
    asked = {job["Comment"]: job["TresPerJob"] for job in jobs if "TresPerJob" in job}
    crepe = [f"rule_embed_wildcards_{dataset}_crepe" for dataset in ("cloud", "steps")]
    assert asked == dict.fromkeys(crepe, "gres:gpu:1")
    (job,) = embeds(jobs, "crepe")
    assert (job["MinMemoryNode"], job["TimeLimit"]) == ("4000M", "04:00:00")


def test_a_killed_job_is_tried_again_with_more_time_and_memory(interrupted):
    *_, jobs = interrupted
    for model, state in {"late": "TIMEOUT", "cancelled": "CANCELLED"}.items():
        first, second = embeds(jobs, model)
        assert (first["JobState"], second["JobState"]) == (state, "COMPLETED")
        assert (second["MinMemoryNode"], second["TimeLimit"]) == ("8000M", "08:00:00")


def test_a_job_whose_node_went_down_is_begun_again(interrupted):
    *_, jobs = interrupted
    _, job = embeds(jobs, "cancelled")
    assert (job["Restarts"], job["JobState"]) == ("1", "COMPLETED")


def test_scores_are_those_of_a_run_without_slurm(interrupted, tmp_path, request):
    clone, waits, *_ = interrupted
    local = make_clone(tmp_path, *environments_of(request.node))
    words = write_config(local, waits)
    targets = [f"results/{dataset}/scores.csv" for dataset in ("cloud", "steps")]
    done = snakemake(local, *targets, *words)
    assert done.returncode == 0, done.stdout
    for target in targets:
        ours, theirs = (pandas.read_csv(folder / target) for folder in (clone, local))
        numbers = ["value", "low", "high", "chance", "reference"]
        assert ours.drop(columns=numbers).equals(theirs.drop(columns=numbers))
        np.testing.assert_allclose(ours[numbers], theirs[numbers], rtol=0, atol=1e-6)


def test_a_gpu_is_asked_for_in_the_other_way_where_the_profile_says_so(failed):
    *_, jobs = failed
    assert [(job.get("TresPerNode"), job.get("TresPerJob")) for job in embeds(jobs, "lost")] == [
        ("gres:gpu:1", None)
    ]


def test_the_report_says_what_slurm_ended_and_what_failed_beside_others(failed):
    clone, status, output, _ = failed
    assert status != 0, output
    scores = pandas.read_csv(clone / "results" / "cloud" / "scores.csv", keep_default_na=False)
    told = scores[scores.metric == "failure"].set_index("model")
    assert told.analysis.to_dict() == {"lost": "embed", "late": "isomap", "crepe": "hypothesis"}, output
    assert "failed: hypothesis crepe on cloud: RuntimeError: no hypothesis" in output
    assert "failed: isomap crepe" not in output  # of the same Slurm job, and sound
    assert told.note["lost"].startswith("ended by Slurm")
    assert told.note["late"].startswith("ended by Slurm")
    assert told.note["crepe"] == "RuntimeError: no hypothesis"
    assert told.note["lost"] in (clone / "results" / "report.html").read_text()
    assert {"isomap", "knn"} < set(scores[scores.model == "crepe"].analysis)
