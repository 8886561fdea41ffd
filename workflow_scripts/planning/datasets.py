"""What the plan derives from a data set's entry: the entry with its defaults, its size, shards and files.

Conventions
-----------
`entry` is a resolved entry, with every default filled in (see resolve); common.smk keeps those of the run as
DEFINITIONS, {name: entry}. `dataset` is a data set's name. A ladder and views are data sets made of another
one, their parent.
"""

import ast
import functools
import json
import math
import os
from pathlib import Path

from shared import experiments
from shared.declared import declared
from shared.listed_files import found
from shared.names import SCALES
from shared.tables import needed_columns, read_table

from planning.environments import environment_of
from planning.factors import jnd_fault, resolve_factor, steps_of, with_own_jnd
from planning.places import script_path
from planning.schema import defaults

NOT_OF_SOUNDS = (  # keys that decide no sound
    *("analyses", "resample", "strict", "env", "requirements", "ratings", "made_by"),
)
# What making and checking sounds imports, besides what every environment has.
FOR_SOUNDS = ["matplotlib", "pandas", "scipy", "soxr"]
FOR_LOUDNESS = ["mosqito==1.2.1"]


def without(mapping, *keys):
    """A copy of a dict without some of its keys."""
    return {k: v for k, v in mapping.items() if k not in keys}


# --- synthesizers ---------------------------------------------------------------------------------


def synthesizer_path(name):
    """The file of a synthesizer: in synthesizers/ by its name, or any .py file by its path."""
    return Path(name) if name.endswith(".py") else script_path(f"synthesizers.{name}")


def synthesizer_module(entry):
    """The local module of a data set's synthesizer, or the path of a user's own."""
    name = entry["synthesizer"]
    return name if name.endswith(".py") else f"synthesizers.{name}"


def declaration(path, table):
    """FACTORS or NUISANCES of a Python file, {name: stated}, read without importing the file.

    Raises ValueError if the table cannot be read, or an entry of it lacks a key, has an unknown scale or a
    faulty JND.
    """
    entries = declared(path, table)
    for name, stated in entries.items():
        needed = {"unit", "scale", "low", "high", "default"} if table == "FACTORS" else {"unit"}
        if table == "NUISANCES":
            needed |= {"integers"} if "integers" in stated else {"low", "high"}
        if missing := sorted(needed - set(stated)):
            raise ValueError(f"{table} of {path}: {name} lacks {', '.join(missing)}")
        if stated.get("scale", "linear") not in SCALES:
            raise ValueError(f"{table} of {path}: the scale of {name} is none of {', '.join(SCALES)}")
        if "jnd" in stated and (fault := jnd_fault(stated["jnd"])):
            raise ValueError(f"{table} of {path}: the JND of {name}: {fault}")
    return entries


def possible_nuisances(path):
    """The nuisances that a synthesizer can have: those of every sound, and its own."""
    return declaration(script_path("synthesize.nuisances"), "NUISANCES") | declaration(path, "NUISANCES")


def has_render(path):
    """Whether a Python file defines the function render."""
    body = ast.parse(Path(path).read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "render" for node in body)


def renderer(entry):
    """The script by which the page renders a data set's sounds itself, as a list; empty if there is none."""
    path = synthesizer_path(entry["synthesizer"]).with_suffix(".js")
    return [str(path)] if path.exists() else []


def workplace(entry):
    """Where a data set's sounds are made and checked, stated as models state it: {env} or {requirements}.

    It is the entry's own, or its synthesizer's ENVIRONMENT, or `analysis`, or `hearing` to measure loudness.
    """
    loud = FOR_LOUDNESS if entry.get("normalize") == "loudness" else []
    if "requirements" in entry:
        return {"requirements": [*entry["requirements"], *FOR_SOUNDS, *loud]}
    if "env" in entry:
        return {"env": entry["env"]}
    own = declared(synthesizer_path(entry["synthesizer"]), "ENVIRONMENT")
    return own or {"env": "hearing" if loud else "analysis"}


def made_in(entry):
    """Name of the environment in which a data set's sounds are made and checked."""
    return environment_of(workplace(entry))


def trainer(entry):
    """The script that trains a data set's synthesizer: train_<synthesizer>, or None."""
    name = f"synthesize.train_{entry['synthesizer']}"
    return name if "/" not in name and script_path(name).exists() else None


def parent_of(stated):
    """Name of the data set that a ladder or views are made of, or None. stated: an entry of the config."""
    return (stated.get("ladder") or stated.get("views") or {}).get("of")


def trained(config, dataset):
    """Path of what that training writes, or []; a ladder and views use their parent's."""
    dataset = parent_of(config["datasets"][dataset]) or dataset
    return f"results/{dataset}/sounds/trained.npz" if trainer(resolved(config, dataset)) else []


# --- entries --------------------------------------------------------------------------------------


def resolve(entry, parent=None):
    """A data set's entry as the config states it, with every default filled in.

    A ladder and views take their parent's keys. Factors and nuisances take what the synthesizer declares of
    them, and the factors of a grid their ends from the grid. A factor or nuisance that is `false` is left
    out. Raises ValueError if the synthesizer's declaration is faulty.
    """
    if parent is not None:
        base = resolve(parent)
        if "env" in entry or "requirements" in entry:
            base = without(base, "env", "requirements")
        entry = {
            **without(parent, "analyses", "strict", "version", "ratings"),
            "seed": base["seed"] + 1,
            **entry,
        }
        entry["parent_seed"] = base["seed"]
        entry |= {"parent_factors": base["factors"]} if "ladder" in entry else {}
    entry = defaults("dataset") | entry
    path = synthesizer_path(entry["synthesizer"])
    known = declaration(path, "FACTORS")
    own = entry.get("factors") or experiments.factors_of(entry.get("experiment"))
    factors = {
        name: resolve_factor(stated if own else {}, known.get(name, {}), entry["design"])
        for name, stated in (own or known).items()
        if stated is not False
    }
    possible = possible_nuisances(path)
    nuisances = {
        name: possible.get(name, {}) | (stated or {})
        for name, stated in (entry["nuisances"] or {}).items()
        if stated is not False
    }
    entry |= {"nuisances": nuisances}
    return entry | {"factors": {name: with_own_jnd(factor, entry) for name, factor in factors.items()}}


def resolved(config, dataset):
    """The entry of a data set of the config, with every default filled in (see resolve)."""
    entry = config["datasets"][dataset]
    parent = parent_of(entry)
    return resolve(entry, config["datasets"][parent] if parent else None)


def made(config):
    """Names of the data sets that are made: those of the run, and the views that heads learn from."""
    views = config.get("heads", {}).get("views")
    return list(dict.fromkeys([*config["run"]["datasets"], *([views] if views else [])]))


def settings(config, dataset, analysis):
    """Settings of one analysis for one data set: the general ones, overruled by the data set's own.

    Those of isomap and knn are overruled one by one. One that no config states has its default.
    """
    own = config["datasets"][dataset].get("analyses", {})
    stated = config["analyses"]
    general = stated[analysis] if analysis in stated else defaults("analyses")[analysis]
    if analysis in ("isomap", "knn"):
        return general | own.get(analysis, {})
    return own.get(analysis, general)


def definition(entry):
    """What of a data set's entry decides its sounds, as JSON.

    A just-noticeable difference moves no sound, except those of a ladder. Nor does what the gate alone asks.
    """
    entry = without(entry, *NOT_OF_SOUNDS)
    if "experiment" in entry:
        entry["experiment"] = without(entry["experiment"], *experiments.NOT_OF_SOUNDS)
    if "ladder" in entry:
        return json.dumps(entry)
    bare = {name: without(factor, "jnd", "finest", "sets_level") for name, factor in entry["factors"].items()}
    return json.dumps(entry | {"factors": bare})


def checked_definition(entry):
    """What of a data set's entry the gate looks at, as JSON."""
    return json.dumps(without(entry, *NOT_OF_SOUNDS))


# --- sizes ----------------------------------------------------------------------------------------


def table_of(entry):
    """The columns of a data set's table, as shared/tables.py reads them. Raises ValueError as it does."""
    file = os.stat(entry["table"])
    return read_once(
        entry["table"],
        json.dumps(entry["factors"]),
        *needed_columns(entry),
        state=(file.st_mtime_ns, file.st_size),
    )


@functools.lru_cache(maxsize=64)
def read_once(path, factors, *needed, state):
    """A table is read once, although many rules ask for it. state: of the file, so that an edit is seen."""
    return read_table(path, json.loads(factors), needed)


def size_of(entry):
    """Number of sounds, or None for a ladder, whose job counts its rungs."""
    if "ladder" in entry:
        return None
    if "experiment" in entry:
        return experiments.size_of(entry["experiment"])
    if entry["design"] == "table":
        return len(next(iter(table_of(entry).values())))
    if entry["design"] == "grid":
        return math.prod(max(0, steps_of(f)) for f in entry["factors"].values() if "step" in f)
    return entry["N"]


def sounds_at_most(entry):
    """Number of sounds; of a ladder the most that it can have."""
    if "ladder" in entry:
        return entry["ladder"]["points"] * (2 + len(entry["factors"]) * (len(entry["ladder"]["steps"]) + 2))
    return size_of(entry)


def shards_of(entry, config):
    """The shards in which a data set is made and embedded, of at most run.shard_size sounds each.

    Returns [(first row, the one after the last)], or [] if the data set goes in one piece, as every ladder
    does.
    """
    size, most = size_of(entry), config["run"].get("shard_size", math.inf)
    if size is None or size <= most:
        return []
    return [(start, min(start + most, size)) for start in range(0, size, most)]


# --- files ----------------------------------------------------------------------------------------


def audio(dataset, entry, model, sample_rate):
    """Path of what a model hears: the data set's own sounds, or those at the model's sample rate (Hz)."""
    wanted = entry["resample"]
    resampled = wanted if isinstance(wanted, bool) else model in wanted
    name = f"audio_{sample_rate}" if resampled and sample_rate != entry["sample_rate"] else "audio"
    return f"results/{dataset}/sounds/{name}.wav"


def rating_files(entry):
    """Paths of the files that a data set's ratings are read from, a list."""
    paths = entry["ratings"].get("matrix", entry["ratings"].get("table"))
    return [paths] if isinstance(paths, str) else paths


def sound_names(entry):
    """What the sounds of a data set are called in its ratings: their files, or their numbers from 0."""
    files = table_of(entry).get("file") if entry["design"] == "table" else None
    return files or [str(i) for i in range(size_of(entry))]


def sources(entry):
    """Paths that a data set is read from: its table and those audio files of it that exist, or without a
    table the files in the folder that its synthesizer reads; of an experiment, what listeners did.
    """
    if "experiment" in entry:
        return [entry["experiment"]["listeners"]]
    folder = entry["options"].get("folder", ".")
    if entry["design"] != "table":
        files = Path(folder).iterdir() if "folder" in entry["options"] else []
        return sorted(str(file) for file in files if file.is_file())
    files = [found(name, folder) for name in table_of(entry).get("file", [])]
    return [entry["table"], *dict.fromkeys(str(file) for file in files if file)]
