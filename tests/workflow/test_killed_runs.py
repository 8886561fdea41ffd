"""A killed run is resumed; what other people and programs do is left alone."""

import os
import re
import shutil
import signal
import subprocess
import time

import pytest
import yaml
from conftest import FEW, PYTHON, ROOT, snakemake
from planning.yaml_files import to_yaml
from runs import (
    ANALYSES,
    write_config,
)

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis"), pytest.mark.analyses(*FEW)]


def test_killed_run_resumes_with_the_same_scores(clone):
    write_config(clone, {f"model{i}": "" for i in range(2)})
    stated = yaml.safe_load((clone / "mine.yaml").read_text()) | yaml.safe_load(ANALYSES)
    (clone / "config.yaml").write_text(to_yaml(stated))
    make = ["make", "--silent", "--no-print-directory", "run", "CORES=2"]
    (clone / ".venv").symlink_to(ROOT / ".venv")
    run = subprocess.Popen(make, cwd=clone, start_new_session=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    embeddings = clone / "results" / "small" / "embeddings"
    while len(list(embeddings.glob("*.npy"))) < 2:
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not (clone / "results" / "report.html").exists()
    again = subprocess.run(make, cwd=clone, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "The last run was killed: cleared its lock" in again.stdout
    assert again.stdout.count("\n") < 20
    assert re.search(r"about .* left: .*embed \d/\d, analyse", again.stdout)  # time, and stages
    assert again.stdout.rstrip().endswith("results/report.html")
    resumed = (clone / "results" / "small" / "scores.csv").read_text()
    assert not list((clone / "results").rglob(".*.npy"))
    shutil.rmtree(clone / "results")
    whole = [*make, "RUN=results/small/scores.csv"]
    assert subprocess.run(whole, cwd=clone, capture_output=True).returncode == 0
    assert (clone / "results" / "small" / "scores.csv").read_text() == resumed


def test_a_killed_snakemakes_jobs_are_ended_but_not_the_users_programs(clone):
    """Only Snakemake dies; its jobs live on. An editor on a script of the clone is none of them."""
    write_config(clone, {f"model{i}": "slow" for i in range(2)})
    snakemake(clone, "--configfile", "mine.yaml", "results/small/sounds/audio_16000.wav")
    words = [PYTHON, "-m", "snakemake", "--cores", "4", "--configfile", "mine.yaml"]
    driver = subprocess.Popen(words, cwd=clone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    editor = subprocess.Popen(
        ["tail", "-f", "workflow_scripts/embed/embed.py"], cwd=clone, stdout=subprocess.DEVNULL
    )
    resume = [PYTHON, "workflow_scripts", "driver.resume"]
    logs = clone / "logs" / "embed" / "small"
    try:
        while sum("loaded" in log.read_text() for log in logs.glob("*.log")) < 2:
            assert driver.poll() is None
            time.sleep(0.1)
        refused = subprocess.run(resume, cwd=clone, text=True, capture_output=True)
        assert refused.returncode != 0
        assert f"another run (process {driver.pid}) is at work" in refused.stderr
        driver.kill()
        driver.wait()
        draft = clone / "results" / "small" / "embeddings" / ".model0.123.npy"
        draft.touch()
        ended = subprocess.run(resume, cwd=clone, text=True, capture_output=True)
        assert ended.returncode == 0, ended.stderr
        assert "cleared its lock, ended" in ended.stdout
        assert not draft.exists()
        assert editor.poll() is None
        alive = subprocess.run(["ps", "-eo", "args"], text=True, capture_output=True).stdout
        assert not [line for line in alive.splitlines() if "embed.embed --audio" in line and "slow" in line]
        assert not list((clone / ".snakemake" / "locks").iterdir())
    finally:
        driver.kill()
        editor.kill()


def test_a_lock_from_another_machine_is_kept(clone):
    (clone / ".snakemake" / "locks").mkdir(parents=True)
    (clone / ".snakemake" / "locks" / "0.input.lock").touch()
    (clone / ".snakemake" / "driver.json").write_text('{"host": "elsewhere"}')
    resume = [PYTHON, "workflow_scripts", "driver.resume"]
    refused = subprocess.run(resume, cwd=clone, text=True, capture_output=True)
    assert refused.returncode != 0
    assert "a run on elsewhere holds the lock" in refused.stderr
    assert list((clone / ".snakemake" / "locks").iterdir())
