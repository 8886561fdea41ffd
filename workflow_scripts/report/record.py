"""Record a run: its config, the versions of all that made it, digests of what came of it, and its scores.

`make reproduce` runs the record's config again and says what differs. The same facts stand in
ro-crate-metadata.json, for repositories (crate.py). Runs in Snakemake's own Python; standard library only.
"""

import argparse
import csv
import datetime
import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path

import yaml
from shared.clone import code_of, commit_of
from shared.files import checked, digest_of, written_whole
from shared.names import CONTROLS
from shared.weights import cache

from report.crate import crate

VALUES = ("value", "low", "high", "chance")  # of a score
KEY = ("model", "analysis", "metric", "factor", "other")  # which score it is


def processor():
    """Name of the machine's processor: on another one, last digits may differ."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def versions():
    """What ran the workflow: {python, snakemake, platform, processor}."""
    return {
        "python": platform.python_version(),
        "snakemake": importlib.metadata.version("snakemake"),
        "platform": platform.platform(),
        "processor": processor(),
    }


def whole_digest(path):
    """The digest of a result, which must be what was written. Raises Damaged."""
    return digest_of(Path(checked(path)))


def scores_of(path):
    """Scores of a data set, {model/analysis/metric/factor/other: VALUES}, and the models that did not fail.

    The VALUES are text, as they stand in the table. path: of scores.csv.
    """
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] != "failure"]
    scores = {"/".join(row[key] for key in KEY): [row[name] for name in VALUES] for row in rows}
    return scores, list(dict.fromkeys(row["model"] for row in rows))


def embedding(folder, row):
    """What is recorded of one model, layer or control on one data set. folder: of its embeddings."""
    facts = json.loads((folder / f"{row}.json").read_text())
    weights = {
        path.removeprefix(f"{cache()}/"): digest for path, digest in facts.get("weights_sha256", {}).items()
    }
    kept = {key: facts[key] for key in ("python", "packages", "device") if key in facts}
    return {"sha256": whole_digest(folder / f"{row}.npy"), "weights": weights} | kept


def dataset(folder):
    """What is recorded of one data set: digests of sounds, embeddings, and scores. folder: of its results."""
    scores, rows = scores_of(folder / "scores.csv")
    rows += [row for row in CONTROLS if row not in rows]
    return {
        "sounds": {name: whole_digest(folder / "sounds" / name) for name in ("parameters.csv", "audio.wav")},
        "embeddings": {row: embedding(folder / "embeddings", row) for row in rows},
        "scores_sha256": whole_digest(folder / "scores.csv"),
        "scores": scores,
    }


def locks(names):
    """What environments of the run hold, {name: lines of the lock}, but for those that could not be built."""
    paths = {name: Path("resources/environments", name, "requirements.lock") for name in names}
    return {name: path.read_text().splitlines() for name, path in paths.items() if path.exists()}


def recorded(args):
    """The record of a run, a dict. args: of the command line."""
    code = code_of(args.clone)
    begun = (args.results / "run_config.yaml").stat().st_mtime
    times = [datetime.datetime.fromtimestamp(begun).astimezone(), datetime.datetime.now().astimezone()]
    return {
        "begun": times[0].isoformat(timespec="seconds"),
        "ended": times[1].isoformat(timespec="seconds"),
        "versions": versions(),
        "commit": commit_of(args.clone),
        "code_sha256": hashlib.sha256(json.dumps(code).encode()).hexdigest(),
        "code": code,
        "config": yaml.safe_load(args.config.read_text(encoding="utf-8")),
        "environments": locks(args.environments),
        "datasets": {name: dataset(args.results / name) for name in args.datasets},
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--config", type=Path, required=True, help="YAML: the resolved config")
    parser.add_argument("--datasets", nargs="*", required=True, help="names of the data sets")
    parser.add_argument("--environments", nargs="*", required=True, help="names of the environments")
    parser.add_argument("--clone", type=Path, required=True, help="folder of the workflow")
    parser.add_argument("--record", required=True, help="JSON to write")
    parser.add_argument("--crate", required=True, help="ro-crate-metadata.json to write")
    parser.add_argument("--workflow", required=True, help="copy of the Snakefile to write, for the crate")
    args = parser.parse_args(argv)
    record = recorded(args)
    with written_whole(args.record) as draft:
        draft.write_text(json.dumps(record, indent=1) + "\n")
    with written_whole(args.workflow) as draft:
        draft.write_bytes((args.clone / "Snakefile").read_bytes())
    with written_whole(args.crate) as draft:
        draft.write_text(json.dumps(crate(record, args.results), indent=1, ensure_ascii=False) + "\n")
