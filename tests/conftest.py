"""What the tests share: a clone to work in, and Snakemake as a user would call it."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from synthesize import synthesize

pytest_plugins = ["browsing"]  # fixtures of the page's tests
ROOT = Path(__file__).parent.parent
SMALL = ["--configfile", ROOT / "tests" / "small.yaml"]
PYTHON = ROOT / ".venv" / "bin" / "python"  # the driver's, as `make run` uses it
# The driver's packages, last: Snakemake and its interfaces. They are plain Python, so that it does not matter
# which Python the driver has. (What Snakemake requires and what the analyses require exclude each other.)
sys.path += map(str, PYTHON.parents[1].glob("lib/python3*/site-packages"))


def make_clone(folder):
    """A copy of the tracked files, with the environments that are already built linked into it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    built = ROOT / "resources" / "environments"
    built.mkdir(parents=True, exist_ok=True)
    (folder / "resources").mkdir()
    (folder / "resources" / "environments").symlink_to(built)
    for model in (ROOT / "tests" / "models").glob("*.py"):
        shutil.copy2(model, folder / "workflow_scripts" / "adapters" / model.name)
    return folder


@pytest.fixture
def clone(tmp_path):
    return make_clone(tmp_path)


@pytest.fixture(scope="module")
def shared_clone(tmp_path_factory):
    return make_clone(tmp_path_factory.mktemp("clone"))


def snakemake(folder, *words, **variables):
    """Run Snakemake in a clone. Returns the finished process; its output is one text."""
    return subprocess.run(
        [PYTHON, "-m", "snakemake", "--cores", "2", *map(str, words)],
        cwd=folder,
        env={**os.environ, **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A clone after a whole run of all default models on the small data sets. Tests of the page look at it,
    those of the workflow, which come last, change it."""
    folder = make_clone(tmp_path_factory.mktemp("finished"))
    done = snakemake(folder, *SMALL)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


def jobs(output):
    """Rules that a run executed, with repetitions, from Snakemake's output."""
    lines = (line.strip() for line in output.splitlines())
    starts = (line for line in lines if line.startswith(("rule ", "localrule ")))
    return sorted(line.split()[1].rstrip(":") for line in starts)


def definition(synthesizer, **changes):
    """A data set of a synthesizer as the scripts get it: its own factors and nuisances, 1 s at 16 kHz."""
    module = synthesize.load_synthesizer(synthesizer)
    factors = {
        name: {**module.FACTORS.get(name, {}), **entry}
        for name, entry in changes.pop("factors", {name: {} for name in module.FACTORS}).items()
    }
    entry = {"synthesizer": synthesizer, "design": "sobol", "seed": 0, "sample_rate": 16000, "duration": 1.0}
    entry |= {"normalize": "rms", "nuisances": dict(getattr(module, "NUISANCES", {}))}
    return entry | {"factors": factors} | changes


def rendered(entry):
    """Table and sounds, float32 (N, T), of a data set's definition."""
    table = synthesize.draw(entry)
    module = synthesize.load_synthesizer(entry["synthesizer"])
    sounds = np.concatenate(list(synthesize.finished(entry, module, table)))
    return table, sounds


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A folder in which a run has begun; its value writes a log of that run and returns its path."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "workflow_scripts").symlink_to(ROOT / "workflow_scripts")  # the plan's paths are relative
    (tmp_path / "results" / "run_config.yaml").touch()
    before = time.time() - 60
    os.utime(tmp_path / "results" / "run_config.yaml", (before, before))

    def write(log, text="error: no luck\n", age=0):
        path = tmp_path / log
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time.time() - age, time.time() - age))
        return log

    return write
