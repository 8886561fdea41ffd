"""Print every model that a config can name: of config.yaml, of the catalogues, of the experiments.

Columns: name; where it is defined; framework (by the pins of its environment); environment; what a run must
still build or fetch (`git`: from a git repository); weights (size and host, or `in its package`); size of an
embedding, parameters as counted, seconds per 1,000 sounds and marks of the audit, of the last run of this
clone that had the model; licence, task and training data as its entry states them. Nothing is fetched or run.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from planning.models import listed_weights, receipt
from planning.yaml_files import read_yaml

ROOT = Path(__file__).parents[2]
COLUMNS = (
    *("model", "defined in", "framework", "environment", "still needs", "weights"),
    *("D", "parameters", "s per 1,000", "marks", "licence", "task", "training data"),
)
FRAMEWORKS = ("torch", "tensorflow", "onnxruntime")


def definitions():
    """(name, entry, name of the file) of every model, in the order of the files."""
    places = [
        ROOT / "config.yaml",
        *sorted(ROOT.glob("catalogues/*.yaml")),
        *sorted(ROOT.glob("experiments/*.yaml")),
    ]
    for path in places:
        for name, entry in (read_yaml(path).get("models") or {}).items():
            yield name, entry, path.relative_to(ROOT).as_posix()


def environment_file(entry):
    """The parsed environment file of an entry, or one with its inline requirements."""
    if "env" in entry:
        return yaml.safe_load((ROOT / "envs" / f"{entry['env']}.yaml").read_text())
    return {"dependencies": ["python=3.11", {"pip": entry.get("requirements", [])}]}


def framework(spec):
    """The deep-learning framework among the pins of an environment, or `none`."""
    pins = [
        pin.split("=")[0] for item in spec["dependencies"] if isinstance(item, dict) for pin in item["pip"]
    ]
    return next((name for name in FRAMEWORKS if name in pins), "none")


def weights(entry):
    """What a model's weights are, in words, and whether they are here: (str, bool)."""
    files = listed_weights(entry)
    if not files:
        return "random" if entry.get("initialization") == "random" else "in its package", True
    words, here = [], []
    for file in files:
        if "path" in file:
            words.append(file["path"])
            here.append(Path(file["path"]).exists())
        else:
            host = file["hub"] if "hub" in file else urlsplit(file["url"]).netloc
            words.append(f"{file.get('size', 'size unknown')}, {host}")
            here.append((ROOT / receipt(file)).exists())
    return "; ".join(words), all(here)


def measured(name, module):
    """What the last run in results/ found of a model, as text: (D, parameters, s per 1,000 sounds, marks).

    Empty without a run. A model of the same name with another module is another model.
    """
    paths = ROOT.glob(f"results/*/embeddings/{name}.json")
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
        facts = json.loads(path.read_text())
        if facts["module"] == module:
            count = facts.get("parameters")
            words = "unknown" if count is None else f"{count:,}"
            marks = ", ".join(facts["marks"]) or "none" if "marks" in facts else ""
            return str(facts["D"]), words, str(facts.get("seconds_per_1000_sounds", "")), marks
    return "", "", "", ""


def needs(entry, fetched):
    """What a run must still build or fetch for a model, in words. fetched: whether its weights are here."""
    env = entry.get("env", "its own list")
    python = next(item for item in environment_file(entry)["dependencies"] if str(item).startswith("python="))
    missing = []
    if not (ROOT / "resources" / "environments" / env / "complete").exists():
        script = ROOT / "envs" / f"{env}.post-deploy.sh"
        git = script.exists() and "git+https" in script.read_text()
        missing.append("environment (git)" if git else "environment")
        if python != "python={}.{}".format(*sys.version_info) and not shutil.which(python.replace("=", "")):
            missing.append(python.replace("=", ""))
    if not fetched:
        missing.append("weights")
    return ", ".join(missing) or "nothing"


def row(name, entry, defined):
    """The cells of one model."""
    module = entry["module"]
    stated = [entry.get(key, "unknown") for key in ("licence", "task", "training_data")]
    if module == "precomputed":
        return name, defined, "none", "none", "nothing", entry["embeddings"], *measured(name, module), *stated
    words, fetched = weights(entry)
    env = entry.get("env", "its own list")
    kind = framework(environment_file(entry))
    return name, defined, kind, env, needs(entry, fetched), words, *measured(name, module), *stated


def main(argv=None):
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    try:
        rows = [COLUMNS, *(row(*found) for found in definitions())]
    except ValueError as fault:
        sys.exit(f"error: {fault}")
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(COLUMNS))]
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
