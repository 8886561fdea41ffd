"""What the tests share: a clone to work in, and Snakemake as a user would call it."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from planning.environments import post_deploy, scripts, spec
from synthesize import synthesize
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["browsing", "embedding"]  # fixtures of the tests of the page and of embed/
ROOT = Path(__file__).parent.parent
SMALL = ["--configfile", ROOT / "tests" / "small.yaml"]
PYTHON = ROOT / ".venv" / "bin" / "python"  # the driver's, as `make run` uses it
# The driver's packages, last: Snakemake and its interfaces. They are plain Python, so that it does not matter
# which Python the driver has. (What Snakemake requires and what the analyses require exclude each other.)
sys.path += map(str, PYTHON.parents[1].glob("lib/python3*/site-packages"))
ENVIRONMENTS = ROOT / "resources" / "environments"
COMPILED = ROOT / "resources" / "compiled" / "tests"  # for models in clones, kept as the environments are
# Numba keeps what it compiles, and may take one's function for another's where two processes write at once.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "one")
os.environ["NUMBA_CACHE_DIR"] = str(COMPILED.with_name(f"tests-{WORKER}"))
CORES = 1 if "PYTEST_XDIST_WORKER" in os.environ else 2  # of a run: each of several test processes has one
# Analyses that the page needs. Tests of what happens around the analyses need no more.
FEW = ["isomap", "trust", "knn", "threshold"]


def group_of(nodeid):
    """The group of a test: its file, or `finished` for all files that look at or change the one finished run.

    Of several test processes each takes one group after the other.
    """
    path = nodeid.split("::")[0]
    return "finished" if path.startswith(("tests/report/", "tests/workflow/test_run")) else path


class Groups(LoadScopeScheduling):
    """Gives each test process one group after the other."""

    def _split_scope(self, nodeid):
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config, log):
    return Groups(config, log)


def pytest_unconfigure(config):
    """Of what was compiled for models in clones, keep that of the environments, not that of the clones."""
    if not hasattr(config, "workerinput"):
        for made in COMPILED.glob("*" + tempfile.gettempdir()):
            shutil.rmtree(made, ignore_errors=True)  # another session may be at work


def pytest_collection_modifyitems(items):
    """Put the groups with the longest runs first, so that all processes end at about the same time."""
    groups = {}
    for item in items:
        groups.setdefault(group_of(item.nodeid), []).append(item)
        assert "finished" not in item.fixturenames or group_of(item.nodeid) == "finished", item.nodeid

    def place(group):
        runs = any(item.get_closest_marker("environments") for item in groups[group])
        order = ["finished", "tests/workflow/test_slurm.py", "tests/workflow/test_sounds_of_all_kinds.py"]
        return (order.index(group) if group in order else len(order), not runs)

    items[:] = [item for group in sorted(groups, key=place) for item in groups[group]]


def built(*names):
    """Folders of environments of envs/, built where they are missing or older than what they are built from.

    While another test process builds one of them, this one builds the next.
    """
    for how in (fcntl.LOCK_EX | fcntl.LOCK_NB, fcntl.LOCK_EX):
        for name in names:
            with open(ENVIRONMENTS / f".{name}.lock", "w") as file:
                try:
                    fcntl.flock(file, how)
                except BlockingIOError:
                    continue
                build(name)
    return [ENVIRONMENTS / name for name in names]


def build(name):
    """Build an environment as its rule does, and under the same conditions."""
    lock = ENVIRONMENTS / name / "requirements.lock"
    sources = [*scripts("environments.environment"), spec(name), *post_deploy(name)]
    if lock.exists() and lock.stat().st_mtime >= max(os.path.getmtime(path) for path in sources):
        return
    words = ["--spec", spec(name), "--prefix", lock.parent, "--lock", lock]
    subprocess.run([PYTHON, ROOT / "workflow_scripts", "environments.environment", *words], check=True)


def make_clone(folder, *environments):
    """A copy of the tracked files with links to some environments of this checkout. Others it would build."""
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
    for model in (ROOT / "tests" / "models").glob("*.py"):
        shutil.copy2(model, folder / "workflow_scripts" / "adapters" / model.name)
    link_environments(folder, *environments)
    COMPILED.mkdir(parents=True, exist_ok=True)
    (folder / "resources" / "compiled").symlink_to(COMPILED)
    return folder


def link_environments(folder, *names):
    """Give a clone environments of this checkout."""
    (folder / "resources" / "environments").mkdir(parents=True, exist_ok=True)
    for prefix in built(*names):
        (folder / "resources" / "environments" / prefix.name).symlink_to(prefix)


def environments_of(node):
    """Names of the environments that a test's or a module's marker `environments` lists."""
    return [name for mark in node.iter_markers("environments") for name in mark.args]


def marked_clone(folder, node):
    """A clone as the markers of a test or a module want it."""
    make_clone(folder, *environments_of(node))
    if analyses := node.get_closest_marker("analyses"):
        keep_analyses(folder, *analyses.args)
    return folder


@pytest.fixture
def clone(tmp_path, request):
    return marked_clone(tmp_path, request.node)


def keep_analyses(folder, *names):
    """Take all other analyses out of a clone, and the figures that read them."""
    scripts = folder / "workflow_scripts"
    for path in (scripts / "analyse").glob("*.py"):
        if path.stem not in names and "\nANALYSIS = {" in path.read_text():
            path.unlink()
            for figure in (scripts / "compare").glob("draw_*.py"):
                if f'"{path.stem}.' in figure.read_text():
                    figure.unlink()


@pytest.fixture(scope="module")
def shared_clone(tmp_path_factory, request):
    return marked_clone(tmp_path_factory.mktemp("clone"), request.node)


def snakemake(folder, *words, **variables):
    """Run Snakemake in a clone. Returns the finished process; its output is one text."""
    return subprocess.run(
        [PYTHON, "-m", "snakemake", "--cores", str(CORES), *map(str, words)],
        cwd=folder,
        env={**os.environ, **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A clone after a whole run of all default models on the small data sets. Tests of the page look at it,
    those of the workflow, which come last, change it. They are all of one group."""
    folder = make_clone(
        tmp_path_factory.mktemp("finished"), "analysis", "signal", "hearbaseline", "tensorflow"
    )
    done = snakemake(folder, *SMALL, "--cores", 2)  # tests of one group wait for it
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
