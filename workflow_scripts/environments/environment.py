"""Build a virtual environment from an environment file in conda's format.

The file may hold `python=X.Y`, `pip` and a `pip:` list only, because a virtual environment can provide
nothing else. If NAME.post-deploy.sh stands beside it, it runs last, with the environment's `python` first on
PATH. An environment that is complete and was built from the same content is left as it is. The list of what
is installed (pip freeze) is written to --lock.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from shared.files import written_whole


class Problem(Exception):
    """The environment cannot be built; the message is for the user."""


def parse(text):
    """Python version (`X.Y`) and list of requirements in the text of an environment file. Raises Problem."""
    dependencies = (yaml.safe_load(text) or {}).get("dependencies", [])
    version, requirements, only_conda = None, [], []
    for item in dependencies:
        match = re.fullmatch(r"python\s*={1,2}\s*(\d+\.\d+)(\.\d+|\.\*)?", str(item))
        if match:
            version = match[1]
        elif isinstance(item, dict) and item.keys() == {"pip"}:
            requirements = item["pip"]
        elif item != "pip":
            only_conda.append(str(item))
    if only_conda:
        raise Problem(
            f"{', '.join(only_conda)} can only come from conda; run with `--sdm conda` or list it under pip:"
        )
    if version is None:
        raise Problem("no `python=X.Y` under dependencies")
    return version, requirements


def interpreter(version):
    """Path of pythonX.Y on PATH, or of the running interpreter if it has that version. Raises Problem."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    path = shutil.which(f"python{version}")
    if path is None:
        raise Problem(f"python{version} is not on PATH; install it, or run with `--sdm conda`")
    return path


def run(command, name, **options):
    """Run a command, with its output on stderr. options: of subprocess.Popen.

    Raises Problem if it fails, with the command's name for users and its last line that speaks of an error.
    """
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    lines = []
    for line in process.stdout:
        print(line, end="", file=sys.stderr, flush=True)
        lines.append(line.strip())
    if process.wait():
        fatal = [line for line in lines if line.startswith("fatal: ")]  # git's own; pip gives its number
        errors = [line for line in lines if "error" in line.lower() and not line.startswith("note: ")]
        reasons = fatal or errors or lines or ["no output"]
        raise Problem(f"{name} failed: {reasons[-1]}")


def build(prefix, version, requirements, post_deploy):
    """Make the environment anew in the folder `prefix`. Returns what pip freeze lists; raises Problem.

    version: `X.Y` of Python. requirements: lines for pip. post_deploy: script to run last, or None.
    """
    shutil.rmtree(prefix, ignore_errors=True)
    variables = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    run([interpreter(version), "-m", "venv", str(prefix)], "venv", env=variables)
    python = str(prefix / "bin" / "python")
    variables |= {
        "VIRTUAL_ENV": str(prefix),
        "PATH": f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONNOUSERSITE": "1",
    }
    if requirements:
        file = prefix / "requirements.txt"
        file.write_text("".join(f"{line}\n" for line in requirements))
        command = [python, "-m", "pip", "install", "--progress-bar", "off", "-r", str(file)]
        run(command, "pip install", env=variables)
    if post_deploy:
        run(["bash", str(post_deploy)], post_deploy.name, env=variables)
    command = [python, "-m", "pip", "freeze"]
    return subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", type=Path, required=True, help="environment file (YAML)")
    parser.add_argument("--prefix", type=Path, required=True, help="folder of the environment")
    parser.add_argument("--lock", type=Path, required=True, help="list of packages to write")
    args = parser.parse_args(argv)
    prefix = args.prefix.absolute()
    post_deploy = args.spec.with_suffix(".post-deploy.sh").absolute()
    post_deploy = post_deploy if post_deploy.exists() else None
    stamp = prefix / "complete"  # first line: digest of what it was built from; then what was installed
    try:
        version, requirements = parse(args.spec.read_text())
        script = post_deploy.read_text() if post_deploy else ""
        digest = hashlib.sha256(repr((version, requirements, script)).encode()).hexdigest()
        if stamp.exists() and stamp.read_text().split("\n", 1)[0] == digest:
            print(f"reusing {args.prefix}", file=sys.stderr)
        else:
            frozen = build(prefix, version, requirements, post_deploy)
            with written_whole(stamp) as draft:
                draft.write_text(f"{digest}\n{frozen}")
    except Problem as problem:
        sys.exit(f"error: environment {args.spec.stem} cannot be built: {problem}")
    with written_whole(args.lock) as draft:
        draft.write_text(stamp.read_text().split("\n", 1)[1])
