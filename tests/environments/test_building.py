"""Building an environment: pip and conda say why they fail, and what must be built again is."""

import os
import re
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT
from environments import environment


def pins(name):
    return environment.parse((ROOT / "envs" / f"{name}.yaml").read_text()).requirements


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "pip ...\nERROR: No matching distribution found for six==9\nnote: no error here",
            "ERROR: No .*six==9",
        ),
        (
            "error: exit status: 128\nfatal: unable to access x\nerror: subprocess",
            "fatal: unable to access x",
        ),
        ("error: Failed\n  cause: tried\n  cause: no such\n         file", "no such file"),
        (
            "PackagesNotFoundError: Not available:\n\n  - ffmpeg=99\n\nCurrent channels:",
            ".*available: - ffmpeg=99",
        ),
        ("working\n\nUnavailableInvalidChannel: HTTP 404\n\nUse conda config\n", "Unavail.*404"),
        ("No space left on device\n\n", "No space left on device"),
        ("", "no output"),
    ],
)
def test_the_reason_is_found_in_what_a_tool_says(output, reason):
    lines = [line.strip() for line in output.splitlines()]
    assert re.fullmatch(reason, environment.reason(lines))


def build(folder, requirements, post_deploy=None, **variables):
    """Run environment.py on a small file; returns the finished process. variables: of its environment."""
    spec = folder / "small.yaml"
    spec.write_text(yaml.safe_dump({"dependencies": ["python=3.11", "pip", {"pip": requirements}]}))
    if post_deploy:
        (folder / "small.post-deploy.sh").write_text(post_deploy)
    script = [ROOT / "workflow_scripts", "environments.environment"]
    words = ["--spec", spec, "--prefix", folder / "built", "--lock", folder / "built" / "requirements.lock"]
    command, variables = [sys.executable, *script, *words], {**os.environ, **variables}
    return subprocess.run(command, cwd=folder, env=variables, text=True, capture_output=True)


def checked(folder, lock):
    """Let pip install what a lock lists, by digests, as README says; returns the finished process."""
    (folder / "copy.lock").write_text(lock)
    pip = [folder / "built" / "bin" / "python", "-m", "pip", "install", "--force-reinstall", "--no-deps"]
    words = ["--require-hashes", "-r", folder / "copy.lock"]
    return subprocess.run([*pip, *words], text=True, capture_output=True)


@pytest.mark.network
def test_a_package_of_ones_own_is_installed_again_when_it_was_edited(tmp_path):
    """Where the caller's pip would install elsewhere, too."""
    package = tmp_path / "mypkg"
    package.mkdir()
    (package / "mymodel.py").write_text("GAIN = 1\n")
    project = "[project]\nname = 'mymodel'\nversion = '1'\n"
    (package / "pyproject.toml").write_text(project)
    (tmp_path / "pip.conf").write_text("[install]\nuser = true\n")
    asked = {"PIP_TARGET": str(tmp_path / "elsewhere"), "PIP_REQUIRE_VIRTUALENV": "1", "PIP_ROOT": "/x"}
    asked |= {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "PYTHONSTARTUP": "/no/such/file"}
    ask = [tmp_path / "built" / "bin" / "python", "-c", "import mymodel; print(mymodel.GAIN)"]

    def gain():
        return subprocess.run(ask, cwd="/", text=True, capture_output=True, check=True).stdout.strip()

    assert build(tmp_path, ["./mypkg"], **asked).returncode == 0
    assert gain() == "1"
    stays = tmp_path / "built" / "stays"
    stays.touch()
    assert "reusing" in build(tmp_path, ["./mypkg"]).stderr
    (package / "mymodel.py").write_text("GAIN = 2\n")
    (package / "pyproject.toml").write_text(project + "dependencies = ['six==1.16.0']\n")
    assert build(tmp_path, ["./mypkg"], **asked).returncode == 0
    assert gain() == "2"
    assert "six==1.16.0" in (tmp_path / "built" / "requirements.lock").read_text()
    assert stays.exists()  # only the package was installed again
    (package / "pyproject.toml").write_text("[project")  # no TOML
    failed = build(tmp_path, ["./mypkg"])
    assert failed.returncode != 0
    assert "pip install failed" in failed.stderr.splitlines()[-1]
    assert not (tmp_path / "built" / "complete").exists()  # it is built anew, and not taken for whole


@pytest.mark.network
def test_build_reuse_rebuild_and_failure(tmp_path):
    first = build(tmp_path, ["six==1.16.0"], "set -e\npython -c 'import six' && touch $VIRTUAL_ENV/posted\n")
    assert first.returncode == 0, first.stderr
    lock = tmp_path / "built" / "requirements.lock"
    assert re.fullmatch(r"six==1\.16\.0 --hash=sha256:[0-9a-f]{64}\n", lock.read_text())
    assert checked(tmp_path, lock.read_text()).returncode == 0
    damaged = checked(tmp_path, lock.read_text().replace("sha256:", "sha256:0")[:-2])
    assert "DO NOT MATCH THE HASHES" in damaged.stderr
    assert (tmp_path / "built" / "posted").exists()
    assert "reusing" in build(tmp_path, ["six==1.16.0"]).stderr
    changed = build(tmp_path, ["six==1.17.0"])
    assert "reusing" not in changed.stderr
    assert lock.read_text().startswith("six==1.17.0 ")
    lock.unlink()  # as Snakemake does before a job
    failed = build(tmp_path, ["six==999"])
    assert failed.returncode != 0
    assert failed.stderr.splitlines()[-1].startswith(
        "error: environment small cannot be built: pip install failed"
    )
    assert "six==999" in failed.stderr.splitlines()[-1]
    assert not lock.exists()


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
