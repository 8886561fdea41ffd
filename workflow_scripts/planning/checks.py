"""Faults in what the config's entries say of each other: names, models, weights. One sentence per fault.

The faults of data sets are in checks_datasets.py, those that the schema finds in schema.py.
"""

import os
import re
from itertools import product
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from shared.local_packages import locals_of
from shared.names import CONTROLS, model_of, part_name

from planning.datasets import made
from planning.environments import spec_fault
from planning.models import (
    MOST_LAYERS,
    array_of,
    layers_of,
    listed_code,
    listed_weights,
    parts_of,
    poolings_of,
    weights_to_fetch,
)
from planning.places import HOME, script_path
from planning.schema import defaults
from planning.words import closest

LONGEST = 100  # characters of a name, which is a part of the names of files: these have 255 at most


def name_faults(config):
    """Faults of the names of data sets and models, and of those that the run lists."""
    run = config["run"]
    for kind in ("datasets", "models"):
        for name in run[kind]:
            if name not in config[kind]:
                yield f"run.{kind}: {name!r} is not defined, {closest(name, config[kind])}"
        for name in config[kind]:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_+-]*", str(name)):
                yield f"{kind}: the name {name!r} may only hold letters, digits and _ + -"
            elif len(name) > LONGEST:
                yield f"{kind}: the name {name[:20]}... has {len(name)} characters; use {LONGEST} or fewer"
        if len(set(run[kind])) < len(run[kind]):
            yield f"run.{kind}: a name stands twice"
        alike = {}
        for name in dict.fromkeys(run[kind]):
            if (other := alike.setdefault(name.casefold(), name)) != name:
                yield (
                    f"run.{kind}: {other} and {name} differ in upper and lower case alone, and some disks "
                    "take them for one file; rename one of them"
                )
    for name in CONTROLS:
        if name in config["models"]:
            yield f"models.{name}: this name is taken by the control of every data set"


def model_faults(config):
    """Faults of all models."""
    for name, entry in config["models"].items():
        if entry["module"] == "precomputed":
            yield from precomputed_faults(config, name, entry)
        else:
            yield from environment_faults(f"models.{name}", entry)
            if name in config["run"]["models"]:
                yield from local_faults(f"models.{name}", entry)
            yield from module_faults(f"models.{name}", entry)
            yield from weights_faults(f"models.{name}", entry, name in config["run"]["models"])
            yield from layer_faults(f"models.{name}", entry)
            yield from moment_faults(f"models.{name}", entry)


def precomputed_faults(config, name, entry):
    """Faults of embeddings that were computed elsewhere, if they are of the run."""
    datasets = heard_by(config, name) if name in config["run"]["models"] else []
    if len(datasets) > 1 and "{dataset}" not in entry["embeddings"]:
        yield (
            f"models.{name}.embeddings: one file cannot stand for {len(datasets)} data sets; "
            "put {dataset} where their names differ, or run one data set"
        )
        return
    rows = [name, *(part_name(name, part) for part in parts_of(entry))]
    for dataset, row in product(datasets, rows):
        source = array_of(entry, dataset, row)
        if not os.path.isfile(source):
            yield (
                f"models.{name}.embeddings: {source} does not exist; embed the sounds of {dataset} "
                f"elsewhere, or leave {dataset} or {name} out of the run"
            )


def heard_by(config, model):
    """Names of the data sets that a model of the run hears: views only if a head on it learns from them."""
    bases = {model_of(row) for row in config.get("heads", {}).get("models", [])}
    return made(config) if model in bases else config["run"]["datasets"]


def environment_faults(where, entry):
    """Faults of the environment that a model or a data set names."""
    if ("env" in entry) == ("requirements" in entry):
        yield f"{where}: state one of `env` (a file of envs/) and `requirements` (a list)"
    elif "requirements" in entry:
        yield from requirement_faults(where, entry["requirements"])
    elif not re.fullmatch(r"[A-Za-z0-9_+-][A-Za-z0-9._+-]*", entry["env"]):
        yield f"{where}.env: {entry['env']!r} is no name of a file of envs/; leave out folder and ending"
    elif not os.path.exists(HOME / "envs" / f"{entry['env']}.yaml"):
        files = [path.stem for path in (HOME / "envs").glob("*.yaml")]
        yield f"{where}.env: envs/{entry['env']}.yaml does not exist, {closest(entry['env'], files)}"


def requirement_faults(where, requirements):
    """Faults of requirements that pip could not read. Its options and addresses are left to pip."""
    for line in requirements:
        name = re.split(r"(?:^|\s)#", line)[0].strip()
        if "\n" in name or "\r" in name:
            yield f"{where}.requirements: {line!r} has several lines; make each an item of the list"
        elif name and not re.match(r"-|\w+\+|\w+://", name) and not locals_of([line]):
            try:
                Requirement(re.split(r"\s--(?:hash|config-settings?|global-option)[=\s]", name)[0])
            except InvalidRequirement as problem:
                cause = str(problem).splitlines()[0]
                cure = "; make an option of pip an item of its own" if " -" in name else ""
                yield f"{where}.requirements: {line!r} is no requirement that pip can read: {cause}{cure}"


def local_faults(where, entry):
    """Faults of the environment's file, and of the packages of one's own among the requirements, of a model
    of the run or a data set.
    """
    if "/" not in entry.get("env", "/") and (fault := spec_fault(entry["env"])):
        yield f"{where}.env: {fault}"
    for package in locals_of(entry.get("requirements", [])):
        if not os.path.exists(package.path):
            yield f"{where}.requirements: {package.path} does not exist in {Path.cwd()}"


def module_faults(where, entry):
    """Faults of the module that a model names, and of the network in it."""
    path = script_path(entry["module"])
    if entry["module"].startswith("adapters.") and not os.path.exists(path):
        files = [f"adapters.{other.stem}" for other in path.parent.glob("[a-z]*.py")]
        missing = path.relative_to(HOME)
        yield f"{where}.module: {missing} does not exist, {closest(entry['module'], files)}"
    if entry["module"].endswith(".py") and not os.path.isfile(entry["module"]):
        yield f"{where}.module: the file {entry['module']} does not exist in {Path.cwd()}"
    if "network" in entry and entry.get("initialization") != "random" and "layers" not in entry:
        yield f"{where}: `network` only serves `initialization: random` and `layers`"


def weights_faults(where, entry, in_run):
    """Faults of a model's weights."""
    listed = listed_weights(entry)
    if sum("place" not in file for file in listed) > 1:
        yield f"{where}.weights: only one file can be passed to load_model; state the `place` of the others"
    for file in listed:
        if file.get("place") == "HF_HOME" and "hub" not in file:
            yield f"{where}.weights: `place: HF_HOME` takes a `hub` model; name the file's path below HF_HOME"
        if "path" in file and in_run and not os.path.exists(file["path"]):
            yield f"{where}.weights: {file['path']} does not exist"
        if "path" in file and set(file.get("files", {})) - set(listed_code(file)):
            yield f"{where}.weights.files: of a folder of your own, list its code alone (.py files)"
        if in_run and listed_code(file) and not entry.get("trust_code"):
            yield (
                f"{where}.weights: {', '.join(listed_code(file))} is code, which can do anything when the "
                "model is loaded; if you have read it and trust it, state `trust_code: true`"
            )


def layer_faults(where, entry):
    """Faults of a model's layers."""
    names = [layer for layer, _ in layers_of(entry)]
    if len(set(names)) < len(names):
        yield f"{where}.layers: a layer stands twice"
    if len(names) > MOST_LAYERS:
        yield f"{where}.layers: more than {MOST_LAYERS:,} layers; each is a row of every table, so name some"
    if "layers" in entry and not names:
        yield f"{where}.layers: no layer is named; count upwards, as in {{0..5}}"


def moment_faults(where, entry):
    """Faults of embeddings of moments."""
    poolings = poolings_of(entry)
    if len(set(poolings)) < len(poolings):
        yield f"{where}.pooling: a pooling stands twice"
    for key in ("pooling", "hop"):
        default = defaults("model").get(key)
        if entry.get(key, default) != default and not poolings:
            yield (
                f"{where}.{key}: only `embedding: timestamps` is pooled over time; state it, or leave "
                f"`{key}` out"
            )


def digest_faults(config):
    """Faults between the models of the run: one file of weights that has two digests."""
    try:
        weights_to_fetch(config)
    except ValueError as problem:
        yield str(problem)
