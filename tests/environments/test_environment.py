"""Environments: one file serves conda and pip; what cannot work says so in a sentence."""

import re
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT
from environments import environment


def pins(name):
    return environment.parse((ROOT / "envs" / f"{name}.yaml").read_text())[1]


@pytest.mark.parametrize("path", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_file_is_pinned_and_plain(path):
    version, requirements = environment.parse(path.read_text())
    assert version == "3.11"
    assert all(re.fullmatch(r"[A-Za-z0-9_.\[\]-]+==[^*]+", line) for line in requirements)
    assert yaml.safe_load(path.read_text())["channels"] == ["conda-forge", "nodefaults"]


def test_no_framework_after_embed_nor_where_weights_are_fetched():
    for name in ("analysis", "weights"):
        assert not any(r.startswith(("torch", "tensorflow", "librosa")) for r in pins(name))


def test_tests_run_with_the_analysis_environments_own_versions():
    assert set(pins("analysis")) | set(pins("weights")) <= set(pins("test"))


def test_what_only_conda_has_is_refused():
    with pytest.raises(environment.Problem, match="ffmpeg=6 can only come from conda"):
        environment.parse("dependencies: [python=3.11, pip, ffmpeg=6]")
    with pytest.raises(environment.Problem, match="no `python="):
        environment.parse("dependencies: [pip]")


def test_missing_interpreter_is_one_sentence(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(environment.Problem, match=r"python3\.9 is not on PATH; install it"):
        environment.interpreter("3.9")


def build(folder, requirements, post_deploy=None):
    """Run environment.py on a small file; returns the finished process."""
    spec = folder / "small.yaml"
    spec.write_text(yaml.safe_dump({"dependencies": ["python=3.11", "pip", {"pip": requirements}]}))
    if post_deploy:
        (folder / "small.post-deploy.sh").write_text(post_deploy)
    script = [ROOT / "workflow_scripts", "environments.environment"]
    words = ["--spec", spec, "--prefix", folder / "built", "--lock", folder / "built" / "requirements.lock"]
    return subprocess.run([sys.executable, *script, *words], text=True, capture_output=True)


@pytest.mark.network
def test_build_reuse_rebuild_and_failure(tmp_path):
    first = build(tmp_path, ["six==1.16.0"], "set -e\npython -c 'import six' && touch $VIRTUAL_ENV/posted\n")
    assert first.returncode == 0, first.stderr
    assert (tmp_path / "built" / "requirements.lock").read_text() == "six==1.16.0\n"
    assert (tmp_path / "built" / "posted").exists()
    assert "reusing" in build(tmp_path, ["six==1.16.0"]).stderr
    changed = build(tmp_path, ["six==1.17.0"])
    assert "reusing" not in changed.stderr
    assert (tmp_path / "built" / "requirements.lock").read_text() == "six==1.17.0\n"
    (tmp_path / "built" / "requirements.lock").unlink()  # as Snakemake does before a job
    failed = build(tmp_path, ["six==999"])
    assert failed.returncode != 0
    assert failed.stderr.splitlines()[-1].startswith(
        "error: environment small cannot be built: pip install failed"
    )
    assert "six==999" in failed.stderr.splitlines()[-1]
    assert not (tmp_path / "built" / "requirements.lock").exists()


@pytest.mark.network
def test_a_git_repository_that_cannot_be_reached_is_named(tmp_path):
    failed = build(tmp_path, ["six @ git+https://no-such-host.invalid/a/b@" + 40 * "0"])
    sentence = failed.stderr.splitlines()[-1]
    assert sentence.startswith("error: environment small cannot be built: pip install failed: fatal: ")
    assert "no-such-host.invalid/a/b" in sentence


@pytest.mark.network
def test_tensorflow_and_analysis_exclude_each_other(tmp_path):
    """Why there is one environment per model: the installer itself says that these two conflict."""
    listed = tmp_path / "both.txt"
    wanted = ("tensorflow==", "numpy==", "pandas==")
    listed.write_text("\n".join(r for r in pins("tensorflow")[:1] + pins("analysis") if r.startswith(wanted)))
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "-r", listed]
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode != 0
    assert "ResolutionImpossible" in done.stderr
    assert "numpy" in done.stderr
