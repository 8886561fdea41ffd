"""Run the config of a record again and say what differs: `make reproduce RECORD=results/record.json`.

The run has a folder of its own, resources/reproduced/DIGEST, and leaves results/ alone. An environment that
this clone holds exactly as the record lists it is used as it is; others are built of the versions that the
record lists, where pip can have them. The code is that of this clone; if the record is of other code, a line
says so.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from planning.environments import lock
from planning.fan_in import RECORD
from planning.places import HOME
from planning.yaml_files import to_yaml
from shared.clone import code_of, commit_of
from shared.files import checked

from driver.compare_records import differences, few, score_differences, unequal

OWN = ("results", "logs", ".snakemake", "resources", ".git")  # what a run in another folder has for itself
OWN_RESOURCES = ("environments", "compiled", "receipts", "specs", "configs", "captions", "reproduced")
CONFIG = "reproduce.yaml"
MAPPINGS = ("versions", "code", "config", "environments", "datasets")  # parts of a record
OF_DATASET = ("sounds", "embeddings", "scores")  # parts of one data set in it


def read_record(path):
    """A record as a dict. Exits with a sentence if it is none, and raises Damaged if it was changed."""
    try:
        record = json.loads(checked(path).read_text(encoding="utf-8"))
        fault = record_fault(record)
    except OSError as problem:
        fault = f"it cannot be read: {problem.strerror}"
    except (ValueError, RecursionError) as problem:
        fault = f"it is no JSON: {problem}"
    if fault:
        sys.exit(f"error: {path} is no record of a run (results/record.json): {fault}")
    return record


def record_fault(record):
    """What a record lacks of what report/record.py writes and a repetition reads, or ''."""
    if not isinstance(record, dict):
        return "it holds no names with values"
    if missing := [key for key in ("commit", *MAPPINGS) if key not in record]:
        return f"it has no {', '.join(missing)}; another version of GEAR may have written it"
    if others := [key for key in MAPPINGS if not isinstance(record[key], dict)]:
        return f"{', '.join(others)} must hold names with values"
    for name, lines in record["environments"].items():
        if not re.fullmatch(r"[\w+-][\w.+-]*", name):
            return f"{name!r} is no name of an environment"
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            return f"the environment {name} must be a list of packages"
    for name, stated in record["datasets"].items():
        parts = [stated.get(key) if isinstance(stated, dict) else None for key in OF_DATASET]
        rows = [*parts[1].values()] if isinstance(parts[1], dict) else [None]
        if not all(isinstance(part, dict) for part in [*parts, *rows]):
            return f"the data set {name} must hold {', '.join(OF_DATASET)}"
    return ""


def other_code(code):
    """A sentence on how this clone's code differs from a record's, or ''. code: {path: digest}."""
    paths = unequal(code, code_of(HOME))
    return f"{len(paths)} files differ: {few(paths)}" if paths else ""


def link_all(source, folder, but):
    """Give a folder links to what lies in another one, so that relative paths of a config lead there."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.name not in but and not (folder / path.name).is_symlink():
            (folder / path.name).symlink_to(path.absolute())


def prepare(folder, config, environments):
    """Lay out the folder in which the run is repeated. environments: {name: lines of the lock}."""
    link_all(Path("."), folder, OWN)
    if Path("resources").exists():
        link_all(Path("resources"), folder / "resources", OWN_RESOURCES)
    (folder / CONFIG).write_text(to_yaml(config), encoding="utf-8")
    place = folder / "resources" / "environments"
    place.mkdir(parents=True, exist_ok=True)
    for name, listed in environments.items():
        here = Path(lock(name))
        if here.exists() and here.read_text().splitlines() == listed:
            if not (place / name).exists():
                (place / name).symlink_to(here.parent.absolute())
        else:
            pins = [line.split(" --hash=")[0] for line in listed if "==" in line and " @ " not in line]
            (place / f"{name}.constraints.txt").write_text("".join(f"{line}\n" for line in pins))


def run(folder, cores):
    """Run the workflow in a folder, with the weights of this clone. Returns Snakemake's exit status."""
    scripts = HOME.absolute() / "workflow_scripts"
    cache = Path(os.environ.get("GEAR_CACHE", "resources/weights")).absolute()
    paths = os.pathsep.join([str(scripts), str(scripts / "driver")])
    resume = [sys.executable, str(scripts), "driver.resume"]
    subprocess.run(resume, cwd=folder, check=True)
    words = [
        "--snakefile",
        str(HOME.absolute() / "Snakefile"),
        "--replace-workflow-config",
        "--configfile",
        CONFIG,
    ]
    call = [sys.executable, "-m", "snakemake", "--logger", "gear", "--cores", cores, *words]
    variables = os.environ | {"PYTHONPATH": paths, "GEAR_CACHE": str(cache)}
    return subprocess.run(call, cwd=folder, env=variables).returncode


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", type=Path, required=True, help="results/record.json of a run")
    parser.add_argument("--cores", default="1", help="as Snakemake takes them")
    args = parser.parse_args(argv)
    record = read_record(args.record)
    if told := other_code(record["code"]):
        print(f"The record is of other code (commit {record['commit']}; here {commit_of(HOME)}): {told}")
    digest = hashlib.sha256(args.record.read_bytes()).hexdigest()[:12]
    folder = Path("resources/reproduced", digest)
    prepare(folder, record["config"], record["environments"])
    if run(folder, args.cores) or not (folder / RECORD).exists():
        sys.exit(f"error: the run could not be repeated; see above, and the logs in {folder}/logs")
    again = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    for sentence in differences(record, again):
        print(sentence)
    outcome, differ = score_differences(record, again)
    print("\n".join(outcome))
    print(f"The repeated run is in {folder}.")
    sys.exit(1 if differ else 0)
