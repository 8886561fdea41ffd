"""What an environment holds, as the text of its lock file: versions, and digests of their archives."""

import json
import re
import subprocess
import time

REPORTS = "reports"


def new_report(prefix):
    """Path for pip's report on its next installation into the environment at `prefix`."""
    (prefix / REPORTS).mkdir(exist_ok=True)
    return prefix / REPORTS / f"{time.time_ns()}.json"


def frozen(prefix, conda, variables):
    """The text of the lock file of the environment at `prefix`, one package per line.

    A line of pip reads `name==version --hash=sha256:...`, as pip's option --require-hashes takes it. It has
    no digest if the package came from a folder, or by other ways than pip's report tells. A line of conda
    reads `name=version=build`, with the same option. conda: whether conda made the environment. variables:
    of the pip that lists the packages.
    """
    command = [str(prefix / "bin" / "python"), "-m", "pip", "freeze"]
    done = subprocess.run(command, env=variables, check=True, capture_output=True, text=True)
    lines = without_conda(done.stdout) if conda else done.stdout.splitlines()
    known = digests([json.loads(path.read_text()) for path in sorted((prefix / REPORTS).glob("*.json"))])
    lines = [with_digest(line, known.get(normalized(line))) for line in lines]
    return "".join(f"{line}\n" for line in [*installed_by_conda(prefix), *lines])


def normalized(line):
    """`Name_x==1+CPU` as `name-x==1+cpu`: names that mean the same package are spelled alike."""
    name, equals, version = line.lower().partition("==")
    return re.sub(r"[-_.]+", "-", name) + equals + version


def digests(reports):
    """SHA-256 of archives that pip installed, {normalized `name==version`: digest}. reports: of pip."""
    found = {}
    for package in (package for report in reports for package in report["install"]):
        known = package["metadata"]
        archive = package["download_info"].get("archive_info", {})
        found[normalized(f"{known['name']}=={known['version']}")] = archive.get("hashes", {}).get("sha256")
    return found


def with_digest(line, digest):
    return f"{line} --hash=sha256:{digest}" if digest else line


def installed_by_conda(prefix):
    """Lines name=version=build of the packages that conda installed, with the digests of their archives."""
    records = [json.loads(path.read_text()) for path in sorted((prefix / "conda-meta").glob("*.json"))]
    return [with_digest("{name}={version}={build}".format_map(each), each.get("sha256")) for each in records]


def without_conda(frozen):
    """Lines of `pip freeze`, less conda's packages: it names the folders in which those were made."""
    return [line for line in frozen.splitlines() if " @ file://" not in line]
