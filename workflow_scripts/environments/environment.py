"""Build an environment from a file in conda's format: with venv and pip, or with conda (--conda).

Without --conda the file may hold `python=X.Y`, `pip` and a `pip:` list only, because a virtual environment
can provide nothing else. With --conda the first of conda, mamba and micromamba on PATH installs what stands
outside the `pip:` list, from the file's own channels and no others. In both cases the environment's own pip
then installs the `pip:` list. If NAME.post-deploy.sh stands beside the file, it runs last, with the
environment's `python` first on PATH. Packages of the user's own folder (~/.local) do not count as installed.

An environment that is complete and was built from the same content in the same way is left as it is. If only
packages of one's own were edited (`./mypkg` under `pip:`), these are installed again. The list of what is
installed is written to --lock, with digests.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml
from shared.confinement import SECRET, Confinement
from shared.files import written_whole
from shared.local_packages import local_digest, locals_of

from environments.frozen import frozen, new_report

CONDAS = ("conda", "mamba", "micromamba")
OF_TOOLS = ("PIP_", "UV_", "CONDA")  # beginnings of variables that may hold what gives access to packages
ERROR = re.compile(
    r"(?i:(?!note: ).*error)|([A-Z][a-z]+){2,}: "
)  # also conda's UnavailableInvalidChannel: ...


class Problem(Exception):
    """The environment cannot be built; the message is for the user."""


class Spec(NamedTuple):
    """What an environment file lists, each as the words that conda or pip takes."""

    channels: list
    packages: list  # outside `pip:`
    requirements: list  # under `pip:`


def parse(text):
    """The Spec in the text of an environment file."""
    listed = yaml.safe_load(text) or {}
    packages, requirements = [], []
    for item in listed.get("dependencies", []):
        if isinstance(item, dict) and item.keys() == {"pip"}:
            requirements += item["pip"]
        else:
            packages.append(str(item))
    return Spec(listed.get("channels", ["conda-forge"]), packages, requirements)


def python_version(packages):
    """The `X.Y` of Python among packages that a virtual environment can provide. Raises Problem."""
    version, only_conda = None, []
    for package in packages:
        match = re.fullmatch(r"python\s*={1,2}\s*(\d+\.\d+)(\.\d+|\.\*)?", package)
        if match:
            version = match[1]
        elif package != "pip":
            only_conda.append(package)
    if only_conda:
        raise Problem(
            f"{', '.join(only_conda)} can only come from conda; run with `--sdm conda` or list it under pip:"
        )
    if version is None:
        raise Problem("no `python=X.Y` under dependencies")
    return version


# --- interpreters ---------------------------------------------------------------------------------


def interpreter(version):
    """Path of a Python of version `X.Y`. Raises Problem.

    It is the running one, that of PATH, one that uv finds, or one that uv installs into its own folder.
    """
    if "{}.{}".format(*sys.version_info[:2]) == version:
        return sys.executable
    find = [sys.executable, "-m", "uv", "python", "find", "--system", "--no-project", f"cpython@{version}"]
    known = subprocess.run(find, capture_output=True, text=True).stdout.strip()
    for path in (shutil.which(f"python{version}"), known):
        if path and makes_environments(path, version):
            return path
    try:
        install = [sys.executable, "-m", "uv", "python", "install", "--no-bin", f"cpython@{version}"]
        run(install, "uv python install")
    except Problem as problem:
        raise Problem(
            f"Python {version} (with its module venv) is neither on PATH nor known to uv, and {problem}; "
            f"install python{version}, or set UV_PYTHON_INSTALL_MIRROR to a mirror of uv's Pythons, "
            "or put conda, mamba or micromamba on PATH and run with `--sdm conda`"
        ) from problem
    return subprocess.run(
        [*find, "--managed-python"], capture_output=True, text=True, check=True
    ).stdout.strip()


def makes_environments(python, version):
    """Whether a Python starts, has a version `X.Y` and can make virtual environments.

    pyenv's shims do not start if their version is not chosen; Debian's Pythons may lack ensurepip.
    """
    code = "import ensurepip, sys; print('{}.{}'.format(*sys.version_info[:2]))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return done.stdout.strip() == version


# --- building -------------------------------------------------------------------------------------


def run(command, name, **options):
    """Run a command, with its output on stderr. options: of subprocess.Popen.

    Raises Problem if it fails, with the command's name for users and the reason in its output.
    """
    options |= {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, text=True, **options)
    lines = []
    for line in process.stdout:
        print(line, end="", file=sys.stderr, flush=True)
        lines.append(line.strip())
    if process.wait():
        raise Problem(f"{name} failed: {reason(lines)}")


def reason(lines):
    """What says why in a failed command's output. lines: stripped."""
    lines = [line for line in lines if line]
    fatal = [line for line in lines if line.startswith("fatal: ")]  # git's own; pip gives its number
    causes = " ".join(lines).split(" cause: ")[1:]  # uv's, which may be of several lines
    errors = [
        f"{line} {following}" if line.endswith(":") else line  # conda lists below what it did not find
        for line, following in pairwise([*lines, ""])
        if ERROR.match(line)
    ]
    return (fatal or causes or errors or lines or ["no output"])[-1]


def create_with_conda(prefix, spec, variables):
    """Make a conda environment of what stands outside the file's `pip:` list. Raises Problem.

    `create` is told packages and channels by name: `env create` would also ask the channels of the user's own
    settings (a channel named nodefaults stopped that until conda 26.7 forgot it), and each of the three
    programs has its own way to run pip. The mirrors of the user's settings are kept.
    """
    path = next(filter(None, map(shutil.which, CONDAS)), None)
    if path is None:
        raise Problem(f"none of {', '.join(CONDAS)} is on PATH; install one, or run without `--sdm conda`")
    name = Path(path).name
    command = [path, "create", "--yes", "--quiet", "--prefix", str(prefix), "--override-channels"]
    command += [word for channel in spec.channels for word in ("--channel", channel)]
    command += ["--no-default-packages"] if name == "conda" else []  # the others have none
    with open(prefix.parent / ".conda.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # they do not expect others in their cache of packages
        run([*command, *dict.fromkeys([*spec.packages, "pip"])], f"{name} create", env=variables)


def cleaned():
    """The caller's environment variables without those of its Python, and without what makes pip install
    elsewhere, and without tokens. Where packages come from (PIP_INDEX_URL and the like) stays.
    """
    foreign = re.compile(
        r"PYTHON.*|VIRTUAL_ENV|"
        r"PIP_(TARGET|PREFIX|ROOT|PATH|PYTHON|DRY_RUN|REQUIRE_HASHES|REQUIREMENT|EDITABLE|REPORT)"
    )
    kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
    kept = {
        name: value for name, value in kept.items() if name.startswith(OF_TOOLS) or not SECRET.search(name)
    }
    ours = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    return kept | ours | {"PYTHONNOUSERSITE": "1"}


def inside(prefix, conda):
    """Environment variables of what runs in an environment."""
    path = f"{prefix / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return cleaned() | {"CONDA_PREFIX" if conda else "VIRTUAL_ENV": str(prefix), "PATH": path}


def confined(prefix, requirements, conda):
    """Options of subprocess for what runs strangers' code while an environment is built, such as a setup.py.

    It reads everything, and writes into the environment, the caches of pip and uv, and packages of one's own.
    """
    scratch = prefix / "tmp"
    scratch.mkdir(exist_ok=True)
    home = Path.home()
    caches = [os.environ.get("PIP_CACHE_DIR"), os.environ.get("UV_CACHE_DIR"), home / ".cache" / "pip"]
    caches += [home / ".cache" / "uv", Path(os.environ.get("XDG_CACHE_HOME", home / ".cache")) / "pip"]
    places = [*filter(None, caches), *(path for path, _ in locals_of(requirements))]
    confinement = Confinement(["/"], [prefix, *places], internet=True, installs=True)
    return {"env": inside(prefix, conda) | {"TMPDIR": str(scratch)}, "preexec_fn": confinement.enter}


def install(prefix, requirements, conda, *words):
    """Let the environment's pip install lines of requirements. words: further ones of pip. Raises Problem."""
    file = prefix / "requirements.txt"
    file.write_text("".join(f"{line}\n" for line in requirements))
    # Python compiles a module when it is first imported; pip would compile all, most of them for nothing
    words = ["--no-compile", "--progress-bar", "off", *words, "-r", str(file)]
    # of a record that is reproduced: versions that it lists (driver/reproduce.py)
    pins = prefix.with_name(f"{prefix.name}.constraints.txt")
    words += ["--constraint", str(pins)] if pins.exists() else []
    words += ["--report", str(new_report(prefix))]
    command = [str(prefix / "bin" / "python"), "-m", "pip", "install", *words]
    run(command, "pip install", **confined(prefix, requirements, conda))


def build(prefix, spec, post_deploy, conda):
    """Make the environment anew in the folder `prefix`. Raises Problem.

    post_deploy: script to run last, or None. conda: whether conda makes it, else venv.
    """
    shutil.rmtree(prefix, ignore_errors=True)
    if conda:
        create_with_conda(prefix, spec, cleaned())
    else:
        command = [interpreter(python_version(spec.packages)), "-m", "venv", str(prefix)]
        run(command, "venv", env=cleaned())
    if spec.requirements:
        install(prefix, spec.requirements, conda)
    if post_deploy:
        run(["bash", str(post_deploy)], post_deploy.name, **confined(prefix, spec.requirements, conda))


def reinstall_local(prefix, spec, conda):
    """Install the packages of one's own again, and what they newly require. Raises Problem."""
    own = [line for line in spec.requirements if locals_of([line])]
    install(prefix, own, conda, "--force-reinstall", "--no-deps")
    install(prefix, spec.requirements, conda)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spec", type=Path, required=True, help="environment file (YAML)")
    parser.add_argument("--prefix", type=Path, required=True, help="folder of the environment")
    parser.add_argument("--lock", type=Path, required=True, help="list of packages to write")
    parser.add_argument("--conda", action="store_true", help="let conda make it")
    args = parser.parse_args(argv)
    prefix = args.prefix.absolute()
    post_deploy = args.spec.with_suffix(".post-deploy.sh").absolute()
    post_deploy = post_deploy if post_deploy.exists() else None
    # first line: digests of what it was built from, and of local packages; then what was installed
    stamp = prefix / "complete"
    try:
        spec = parse(args.spec.read_text())
        script = post_deploy.read_text() if post_deploy else ""
        base = ("conda", spec.channels, spec.packages) if args.conda else (python_version(spec.packages),)
        digest = hashlib.sha256(repr((*base, spec.requirements, script)).encode()).hexdigest()
        wanted = [digest, local_digest(spec.requirements)]
        have = [*(stamp.read_text().split("\n", 1)[0].split(" ") if stamp.exists() else [""]), ""][:2]
        if have == wanted:
            print(f"reusing {args.prefix}", file=sys.stderr)
        else:
            stamp.unlink(missing_ok=True)
            if have[0] == digest:
                reinstall_local(prefix, spec, args.conda)
            else:
                build(prefix, spec, post_deploy, args.conda)
            shutil.rmtree(prefix / "tmp", ignore_errors=True)
            with written_whole(stamp) as draft:
                installed = frozen(prefix, args.conda, inside(prefix, args.conda))
                draft.write_text(f"{' '.join(wanted).strip()}\n{installed}")
    except Problem as problem:
        sys.exit(f"error: environment {args.spec.stem} cannot be built: {problem}")
    with written_whole(args.lock) as draft:
        draft.write_text(stamp.read_text().split("\n", 1)[1])
