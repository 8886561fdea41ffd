"""Environments: one file serves conda and pip; what cannot work says so in a sentence."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import ROOT
from environments import environment
from planning.environments import by_conda
from shared.confinement import landlock

MINE = "{}.{}".format(*sys.version_info)


def pins(name):
    return environment.parse((ROOT / "envs" / f"{name}.yaml").read_text()).requirements


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_file_is_pinned_and_plain(path):
    channels, packages, requirements = environment.parse(path.read_text())
    assert environment.python_version(packages) == "3.11"
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[^*]+", line) for line in requirements)
    assert channels == ["conda-forge"]


def test_no_framework_after_embed_nor_where_weights_are_fetched():
    for name in ("analysis", "weights"):
        assert not any(r.startswith(("torch", "tensorflow", "librosa")) for r in pins(name))


def test_tests_run_with_the_analysis_environments_own_versions():
    assert set(pins("analysis")) | set(pins("weights")) <= set(pins("test"))


def test_tests_run_with_the_drivers_own_uv():
    driver = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in driver if line.startswith("uv==")] == [p for p in pins("test") if "uv==" in p]


def test_the_switch_to_conda_is_read_from_snakemake_9_and_10():
    snakemake_9 = pytest.importorskip("snakemake.settings.types")
    settings = snakemake_9.DeploymentSettings
    assert by_conda(settings(deployment_method={snakemake_9.DeploymentMethod.CONDA}))
    assert not by_conda(settings(deployment_method={snakemake_9.DeploymentMethod.APPTAINER}))
    assert not by_conda(settings())
    assert by_conda(SimpleNamespace(deployment_methods=["apptainer", "conda"]))
    assert not by_conda(SimpleNamespace(deployment_methods=[]))


def test_what_only_conda_has_is_refused():
    with pytest.raises(environment.Problem, match="ffmpeg=6 can only come from conda"):
        environment.python_version(["python=3.11", "pip", "ffmpeg=6"])
    with pytest.raises(environment.Problem, match="no `python="):
        environment.python_version(["pip"])


# --- interpreters ---------------------------------------------------------------------------------


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine on which nothing is found: the running Python is of a version that nobody wants, PATH leads
    nowhere, uv knows no Python and its mirror is an empty folder. Returns the mirror.
    """
    other = SimpleNamespace(version_info=(3, 99, 0), executable=sys.executable, stderr=sys.stderr)
    monkeypatch.setattr(environment, "sys", other)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "pythons"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", f"file://{tmp_path}/mirror")
    return tmp_path / "mirror"


def test_a_python_of_path_is_taken_if_it_starts(bare, tmp_path, monkeypatch):
    """pyenv puts a command on PATH for every version, also for those that it then refuses to start."""
    base = Path(sys.base_prefix, "bin", f"python{MINE}")
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / f"python{MINE}").write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    (shims / f"python{MINE}").chmod(0o755)
    monkeypatch.setenv("PATH", str(base.parent))
    assert environment.interpreter(MINE) == str(base)
    monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{base.parent}")
    assert Path(environment.interpreter(MINE)).resolve() == base.resolve()


def test_without_any_python_one_sentence_names_the_ways_out(bare):
    with pytest.raises(environment.Problem) as raised:
        environment.interpreter("3.11")
    sentence = str(raised.value)
    assert "\n" not in sentence
    assert "Python 3.11 (with its module venv) is neither on PATH nor known to uv" in sentence
    assert "No such file or directory" in sentence  # the reason that uv gives
    for way in (
        "install python3.11,",
        "UV_PYTHON_INSTALL_MIRROR",
        "conda, mamba or micromamba",
        "--sdm conda",
    ):
        assert way in sentence


@pytest.mark.long
def test_uv_installs_a_python_from_a_mirror_and_venv_and_pip_work_in_it(bare, tmp_path, monkeypatch):
    """The archive is a copy of the running CPython; a list of downloads of one's own names its digest."""
    archive = write_archive(bare / "1" / "cpython.tar.gz")
    key, entry = download_of(archive)
    (tmp_path / "downloads.json").write_text(json.dumps({key: entry}))
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS_JSON_URL", str(tmp_path / "downloads.json"))
    python = environment.interpreter(MINE)
    assert Path(python).resolve().is_relative_to(tmp_path / "pythons")
    shutil.rmtree(bare)
    assert environment.interpreter(MINE) == python  # found again, not fetched again
    monkeypatch.undo()
    subprocess.run([python, "-m", "venv", tmp_path / "built"], check=True)
    command = [tmp_path / "built" / "bin" / "python", "-m", "pip", "--version"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert str(tmp_path / "built") in listed


def write_archive(path):
    """Write a Python as uv's mirrors hold it: the running one without what is not needed to start it."""
    base, short = Path(sys.base_prefix), f"python{MINE}"
    left_out = ("site-packages", "dist-packages", "__pycache__", "test", "idlelib", "lib2to3", "config-*")
    folder = path.parent / "python"
    shutil.copytree(base / "lib" / short, folder / "lib" / short, ignore=shutil.ignore_patterns(*left_out))
    for library in (base / "lib").glob("libpython*"):
        shutil.copy2(library, folder / "lib")
    (folder / "bin").mkdir()
    shutil.copy2(base / "bin" / short, folder / "bin" / short)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(folder, "python")
    shutil.rmtree(folder)
    return path


def download_of(archive):
    """Key and entry of an archive in uv's list of downloads."""
    system, machine = platform.system().lower(), platform.machine().replace("arm64", "aarch64")
    libc = "gnu" if system == "linux" else "none"
    version = dict(zip(("major", "minor", "patch"), map(int, platform.python_version_tuple()), strict=True))
    entry = {"name": "cpython", "arch": {"family": machine, "variant": None}, "os": system, "libc": libc}
    entry |= version | {
        "prerelease": "",
        "variant": None,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }
    github = "https://github.com/astral-sh/python-build-standalone/releases/download"
    entry["url"] = f"{github}/{archive.parent.name}/{archive.name}"
    return f"cpython-{platform.python_version()}-{system}-{machine}-{libc}", entry


# --- the driver's own -----------------------------------------------------------------------------


def setup(folder, **variables):
    """Let make set up the driver in a folder, with requirements that need no network."""
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "requirements.txt").touch()
    make = [shutil.which("make"), "setup"]
    return subprocess.run(make, cwd=folder, env=variables, text=True, capture_output=True)


@pytest.mark.long
def test_the_driver_takes_the_first_python_that_will_do(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "rm", "touch", "getconf"):
        (programs / name).symlink_to(shutil.which(name))
    for name in ("python3.11", "python3.12"):  # as pyenv's, of versions that are not chosen
        (programs / name).write_text("#!/bin/sh\nexit 127\n")
        (programs / name).chmod(0o755)
    (programs / "python3").symlink_to(Path(sys.base_prefix, "bin", f"python{MINE}"))
    settings = {"PYTHONHOME": "/nowhere", "PIP_TARGET": "/nowhere", "PIP_USER": "1"}
    done = setup(tmp_path, PATH=str(programs), **settings)
    assert done.returncode == 0, done.stderr
    assert f"setting up .venv with Python {platform.python_version()}" in done.stdout
    assert (tmp_path / ".venv" / "complete").exists()


def test_a_driver_without_a_python_is_one_sentence(tmp_path):
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\nexit 1\n")  # what a Python below 3.11 answers
    old.chmod(0o755)
    done = setup(tmp_path, PATH=os.environ["PATH"], PYTHON=str(old))
    assert done.returncode != 0
    assert done.stderr.startswith("no Python from 3.11 on with its module venv")
    assert "or name one: make setup PYTHON=/path/to/python" in done.stderr.splitlines()[0]
    assert not (tmp_path / ".venv").exists()


# --- strangers' code ------------------------------------------------------------------------------


@pytest.mark.skipif(not landlock(), reason="the kernel has no Landlock (Linux 5.13, switched on)")
def test_what_builds_an_environment_gets_no_token_and_writes_nowhere_else(tmp_path, monkeypatch, capfd):
    """A post-deploy script stands for a setup.py: both are a stranger's code."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_TOKEN", "s3cr3t")
    (tmp_path / "mini.yaml").write_text(f"dependencies:\n  - python={MINE}\n")
    deeds = 'echo "token: ${HF_TOKEN:-none}"; echo x > "$HOME/harm" || echo closed; mktemp; '
    deeds += "echo x=1 > $(python -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))')/added.py"
    (tmp_path / "mini.post-deploy.sh").write_text(deeds)
    prefix = tmp_path / "built"
    words = ["--spec", tmp_path / "mini.yaml", "--prefix", prefix, "--lock", prefix / "requirements.lock"]
    environment.main(list(map(str, words)))
    told = capfd.readouterr().err
    assert "token: none" in told
    assert "closed" in told
    assert not (home / "harm").exists()
    assert not (prefix / "tmp").exists()
    assert list(prefix.glob("lib/python*/site-packages/added.py"))
