"""Environments by conda: real packages, solved and linked from a channel on this machine.

The command is the real `conda` if PATH has one, else conda's own library (tests/conda/create.py).
"""

import os
import shlex
import shutil
import subprocess
import sys

import pandas
import pytest
import yaml
from conda.channel import write_channel
from conftest import PYTHON, ROOT, jobs, make_clone, snakemake
from environments.environment import parse
from rattler import Subdir
from runs import write_config

pytestmark = pytest.mark.network  # of the packages, pip's part comes from PyPI


@pytest.fixture(scope="module")
def conda(tmp_path_factory):
    """Variables with which `conda` is on PATH, asks the channel, and finds a user's folder with a package."""
    folder = tmp_path_factory.mktemp("conda")
    write_channel(folder / "channels" / "conda-forge", str(Subdir.current()))
    settings = {
        "channel_alias": f"file://{folder}/channels",
        "channels": ["no-such-channel"],  # of the user's own: not for GEAR's environments
        "pkgs_dirs": [str(folder / "packages")],
    }
    (folder / ".condarc").write_text(yaml.safe_dump(settings))
    if not shutil.which("conda"):
        write_program(folder / "bin" / "conda")
    user = folder / "home" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", user, "six==1.17.0"]
    subprocess.run(command, check=True, capture_output=True)
    return {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CONDARC": str(folder / ".condarc"),
        "RATTLER_CACHE_DIR": str(folder / "rattler"),
        "PYTHONUSERBASE": str(folder / "home"),
        "PIP_NO_COMPILE": "1",  # half as long
    }


def write_program(path):
    """Write a program that makes environments as conda does, by conda's own library."""
    words = shlex.join([sys.executable, str(ROOT / "tests" / "conda" / "create.py"), path.name])
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    path.chmod(0o755)


def build(spec, prefix, variables, *words):
    """Run environment.py on an environment file; returns the finished process."""
    command = [PYTHON, ROOT / "workflow_scripts", "environments.environment", "--spec", spec]
    command += ["--prefix", prefix, "--lock", prefix / "requirements.lock", *words]
    return subprocess.run(command, env=os.environ | variables, text=True, capture_output=True)


def test_a_file_of_envs_is_built_reused_and_rebuilt_by_the_other_way(conda, tmp_path):
    spec, prefix = ROOT / "envs" / "weights.yaml", tmp_path / "weights"
    first = build(spec, prefix, conda, "--conda")
    assert first.returncode == 0, first.stderr
    subprocess.run([prefix / "bin" / "python", "-s", "-c", "import huggingface_hub"], check=True)
    lines = (prefix / "requirements.lock").read_text().splitlines()
    assert [line.split("=")[0] for line in lines[:2]] == ["pip", "python"]  # conda's
    versions, digests = zip(*(line.split(" --hash=sha256:") for line in lines[2:]), strict=True)
    assert set(parse(spec.read_text()).requirements) == set(versions)  # pip's
    assert all(len(digest) == 64 for digest in digests)
    assert "reusing" in build(spec, prefix, conda, "--conda").stderr
    assert not (prefix / "pyvenv.cfg").exists()
    other = build(spec, prefix, {})
    assert "reusing" not in other.stderr
    assert (prefix / "pyvenv.cfg").exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"dependencies": ["python=3.11", "no-such-program=6"]}, "no-such-program"),
        ({"channels": ["no-such-channel"]}, "no-such-channel"),
    ],
)
def test_what_the_channel_lacks_is_named_in_the_last_line(conda, tmp_path, change, sentence):
    spec = {"channels": ["conda-forge"], "dependencies": ["python=3.11", "pip"]} | change
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(spec))
    failed = build(tmp_path / "small.yaml", tmp_path / "built", conda, "--conda")
    assert failed.returncode != 0
    last = failed.stderr.splitlines()[-1]
    assert last.startswith("error: environment small cannot be built: conda create failed: ")
    assert sentence in last


def test_micromamba_alone_will_do(conda, tmp_path):
    write_program(tmp_path / "bin" / "micromamba")
    (tmp_path / "small.yaml").write_text("dependencies: [python=3.11]")
    variables = conda | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"}
    done = build(tmp_path / "small.yaml", tmp_path / "built", variables, "--conda")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "built" / "requirements.lock").read_text().startswith("pip=")


def test_without_any_conda_the_sentence_says_so(tmp_path):
    done = build(ROOT / "envs" / "weights.yaml", tmp_path / "built", {"PATH": "/nowhere"}, "--conda")
    assert done.stderr.splitlines()[-1].endswith(
        "none of conda, mamba, micromamba is on PATH; install one, or run without `--sdm conda`"
    )


def test_models_run_in_environments_of_conda_and_a_wrong_pin_costs_one_row(conda, tmp_path):
    """`six` lies in the user's own folder as well: it must be in the environment all the same."""
    clone = make_clone(tmp_path)
    small = {"dependencies": ["python=3.11", "pip", {"pip": ["numpy==2.4.6", "soundfile==0.14.0"]}]}
    (clone / "envs" / "posted.yaml").write_text(yaml.safe_dump(small))
    (clone / "envs" / "posted.post-deploy.sh").write_text("set -e\npython -m pip install six==1.17.0\n")
    adapter = (ROOT / "tests" / "models" / "faulty.py").read_text()
    (clone / "workflow_scripts" / "adapters" / "needs_six.py").write_text(f"import six\n{adapter}")
    models = {
        "mfcc": {"module": "adapters.mfcc", "env": "signal", "sample_rate": 16000},
        "posted": {"module": "adapters.needs_six", "env": "posted", "sample_rate": 16000},
    }
    wrong = {"module": "adapters.faulty", "requirements": ["six==999"], "sample_rate": 16000}
    words = [*write_config(clone, {}, **models, wrong=wrong), "--sdm", "conda"]
    done = snakemake(clone, *words, **conda)
    assert done.returncode != 0
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    failed = scores[scores.metric == "failure"].set_index("model")
    assert failed.index.tolist() == ["wrong"], done.stdout[-5000:]
    assert failed.analysis["wrong"] == "environment"
    assert "No matching distribution found for six==999" in failed.note["wrong"]
    assert {*models} <= set(scores[scores.metric == "r2"].model)
    assert "<strong>wrong</strong> is not available" in (clone / "results" / "report.html").read_text()
    for env in ("analysis", "signal", "posted"):
        assert list((clone / "resources" / "environments" / env / "conda-meta").glob("python-*.json"))

    again = snakemake(clone, *words, **conda)  # tries the failed one again, and nothing else
    assert set(jobs(again.stdout)) == {"environment"}
