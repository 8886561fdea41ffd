"""Faults in the entries of the run's data sets, one sentence each: synthesizer, factors, design, ladder,
analyses. Those of ladders and views with their parents are in checks_parents.py.

Conventions
-----------
`where` is the place in the config that a sentence begins with. `stated` is an entry as the config has it,
`entry` a resolved one, with every default filled in (see datasets.py). An entry is resolved only if its
ladder and its synthesizer have no fault.
"""

import math
import os
from pathlib import Path

from shared.listed_files import folder_fault, listed_files
from shared.names import is_cloud
from shared.rating_files import read_ratings
from shared.sentences import first_few

from planning.checks import environment_faults, local_faults
from planning.checks_experiments import BRACES, RENAME, experiment_faults
from planning.checks_factors import (
    factor_faults,
    factor_name_faults,
    ladder_step_faults,
    level_faults,
    pitch_faults,
)
from planning.checks_parents import parent_faults
from planning.datasets import (
    FOR_LOUDNESS,
    has_render,
    made,
    parent_of,
    possible_nuisances,
    rating_files,
    resolved,
    settings,
    size_of,
    sound_names,
    sounds_at_most,
    synthesizer_path,
    table_of,
    workplace,
)
from planning.environments import spec
from planning.places import script_path
from planning.schema import schema
from planning.words import closest

MOST_SHARDS = 10_000


def dataset_faults(config):
    """Faults of the run's data sets. Names that are not defined are left to checks.name_faults."""
    if config["analyses"].get("pitch"):
        yield "analyses.pitch: data sets have factors of their own; state it below `analyses` of a data set"
    for name in made(config):
        if name not in config["datasets"]:
            continue
        basic = [*parent_faults(config, name)] or [*synthesizer_faults(config, name)]
        yield from basic
        if not basic and os.path.isfile(synthesizer_path(synthesizer_of(config, name))):
            yield from entry_faults(config, name, resolved(config, name))


def synthesizer_of(config, name):
    """The synthesizer that a data set names; that of a ladder or of views may be its parent's."""
    stated = config["datasets"][name]
    return stated.get("synthesizer") or config["datasets"][parent_of(stated)]["synthesizer"]


def synthesizer_faults(config, name):
    """Faults of a data set's synthesizer. An unknown one is told of a parent in the run alone."""
    synthesizer = synthesizer_of(config, name)
    where = f"datasets.{name}.synthesizer"
    if os.path.isfile(synthesizer_path(synthesizer)):
        try:
            resolved(config, name)
        except ValueError as problem:
            yield f"{where}: {problem}"
    elif parent_of(config["datasets"][name]) not in config["run"]["datasets"]:
        files = [path.stem for path in script_path("synthesizers.x").parent.glob("[a-z]*.py")]
        yield f"{where}: {synthesizer!r} is not known, {closest(synthesizer, files)}"


def entry_faults(config, name, entry):
    """Faults of a resolved entry. Its size is checked if all that decides it is sound."""
    where, stated = f"datasets.{name}", config["datasets"][name]
    path = synthesizer_path(entry["synthesizer"])
    if not has_render(path):
        yield f"{where}.synthesizer: {entry['synthesizer']} has no function render"
    if "env" in entry or "requirements" in entry:
        yield from environment_faults(where, entry)
        yield from local_faults(where, entry)
    if entry["design"] != "table":
        yield from folder_faults(where, entry)
    yield from loudness_faults(where, stated, entry)
    yield from resample_faults(config, where, entry)
    yield from factor_name_faults(where, entry)
    factors = []
    parent, own = parent_of(stated), stated.keys() & {"factors", "normalize", "nuisances"}
    for factor in entry["factors"]:
        if "factors" in own or parent not in config["run"]["datasets"]:  # else the parent tells
            place = "experiment.parameters" if "experiment" in stated else "factors"
            factors += factor_faults(f"{where}.{place}.{factor}", factor, entry)
        if "ladder" in stated and "jnd" not in entry["factors"][factor]:
            factors.append(f"{where}: a ladder needs the JND of {factor}; state it")
    factors += ladder_step_faults(where, entry) if "ladder" in stated and not factors else []
    yield from factors
    if not parent or own:
        yield from level_faults(where, entry)
    if not parent or "nuisances" in own:
        possible = possible_nuisances(path)
        for nuisance in entry["nuisances"]:
            yield from nuisance_faults(f"{where}.nuisances", nuisance, entry, possible)
    if "experiment" in stated:
        design = [*experiment_faults(where, stated, entry)]
        yield from design
    else:
        design = [*design_faults(where, entry)]
        yield from design or balance_faults(where, entry)
    if not factors:
        yield from pitch_faults(config, name, entry)
    if not factors and not design:
        unreadable = [*table_faults(where, entry)] if entry["design"] == "table" else []
        yield from unreadable or size_faults(config, name, entry)


def folder_faults(where, entry):
    """Faults of a folder that a data set is made from. Its files are checked by whoever reads them."""
    folder = entry["options"].get("folder", ".")
    if not isinstance(folder, str):
        yield f"{where}.options.folder: must be a path, not {folder!r}"
    elif fault := folder_fault(folder):
        yield f"{where}.options.folder: {fault}"


def loudness_faults(where, stated, entry):
    """Faults of keys of level and loudness, and of an environment in which loudness cannot be measured.

    A ladder may have its parent's keys without use.
    """
    loud = entry["normalize"] == "loudness"
    for key in ("level",) if loud else ("loudness", "full_scale"):
        if key in stated:
            yield f"{where}.{key}: it says nothing under `normalize: {entry['normalize']}`"
    env = workplace(entry).get("env") if loud else None
    if env and os.path.exists(spec(env)) and "- mosqito" not in Path(spec(env)).read_text():
        yield (
            f"{where}.normalize: loudness needs mosqito, which envs/{env}.yaml does not list; copy the file, "
            f"add {FOR_LOUDNESS[0]}, and name the copy as `env`"
        )


def resample_faults(config, where, entry):
    """Faults of the list of models that hear a data set at their own rate."""
    for model in entry["resample"] if isinstance(entry["resample"], list) else []:
        if model not in config["models"]:
            yield f"{where}.resample: {model!r} is not defined, {closest(model, config['models'])}"


def nuisance_faults(where, nuisance, entry, possible):
    """Faults of one nuisance. possible: what the synthesizer's sounds can have, {name: declaration}."""
    ends, duration = entry["nuisances"][nuisance], entry["duration"]
    if nuisance not in possible:
        yield f"{where}: {nuisance!r} is not known, {closest(nuisance, possible)}"
    elif "integers" in ends:
        most = possible[nuisance].get("integers", 0)
        if ends["integers"] > most:
            yield f"{where}.{nuisance}: at most {most} integers"
    elif ends["low"] > ends["high"]:
        yield f"{where}.{nuisance}: low {ends['low']} is above high {ends['high']}"
    elif nuisance == "onset" and not 0 <= ends["low"] <= ends["high"] < duration:
        yield f"{where}.onset: from {ends['low']} to {ends['high']} s in {duration} s"
    elif nuisance == "duration" and ends["low"] >= duration:
        yield f"{where}.duration: no sound of {duration} s is cut at {ends['low']} s"


def design_faults(where, entry):
    """What a design lacks to decide the number of sounds."""
    if entry["design"] == "table":
        table = entry.get("table", "")
        if not os.path.isfile(table):
            cure = f"; `{entry['made_by']}` makes it" if "made_by" in entry else ""
            missing = f"{where}.table: {table} does not exist{cure}"
            yield missing if table else f"{where}: state `table`, a CSV file"
    elif entry["design"] != "grid" and "N" not in entry:
        yield f"{where}: state N, the number of sounds"


def balance_faults(where, entry):
    """Faults of a number of sounds that a design cannot balance."""
    if entry["design"] == "sobol" and entry["N"] & (entry["N"] - 1):
        yield (
            f"{where}: a sobol design is balanced if N is a power of two, not {entry['N']}; "
            "or take latin_hypercube"
        )


def table_faults(where, entry):
    """Faults of a table and of the files that it lists, all in one sentence."""
    if BRACES.search(entry["table"]):
        yield f"{where}.table: {entry['table']}: {RENAME}"
        return
    try:
        table = table_of(entry)
    except ValueError as problem:
        yield f"{where}.table: {problem}"
        return
    if entry["synthesizer"] == "recordings":
        if faults := [*folder_faults(where, entry)]:
            yield from faults
            return
        folder = entry["options"].get("folder", ".")
        paths, faults = listed_files(table["file"], folder)
        faults += [f"{name}: {RENAME}" for name, path in paths.items() if BRACES.search(str(path))]
        if faults:
            yield f"{where}.table: {entry['table']}: {first_few(faults)}"


def size_faults(config, name, entry):
    """Faults of a data set's number of sounds: for its design, its shards, its analyses."""
    where, size = f"datasets.{name}", size_of(entry)
    if size is not None and entry["design"] == "grid" and entry.get("N", size) != size:
        yield f"{where}: the grid has {size} points but N is {entry['N']}; state N: {size}"
        return
    least = schema()["$defs"]["dataset"]["properties"]["N"]["minimum"]
    if size is not None and size < least:
        sounds = f"N = {size} sound{'' if size == 1 else 's'}"
        yield f"{where}: it has {sounds}; the analyses need {least} or more"
        return
    most = config["run"].get("shard_size", math.inf)
    if size is not None and entry["normalize"] == "time_index" and size > most:
        yield (
            f"{where}: normalize time_index divides by the loudest of all sounds, which a shard of {most} "
            f"does not know; set run.shard_size to N = {size} or more"
        )
    if size is not None and size > MOST_SHARDS * most:
        yield (
            f"{where}: N = {size} sounds in shards of {most} are more than {MOST_SHARDS:,} jobs; take fewer "
            "sounds, or raise run.shard_size"
        )
    if name in config["run"]["datasets"]:  # else it is only made
        yield from neighbor_faults(config, name, size if is_cloud(entry) else None)
        yield from reduce_faults(config, name, sounds_at_most(entry))
    if "ratings" in entry and size is not None:
        yield from rating_faults(where, entry)


def rating_faults(where, entry):
    """Faults of what listeners rated, in one sentence."""
    if braces := [path for path in rating_files(entry) if BRACES.search(path)]:
        yield f"{where}.ratings: {braces[0]}: {RENAME}"
        return
    try:
        read_ratings(entry["ratings"], sound_names(entry))
    except ValueError as problem:
        yield f"{where}.ratings: {problem}"


def neighbor_faults(config, name, size):
    """Faults of the analyses that look at K neighbours. size: number of sounds, None if it has no graph."""
    for analysis, keys in (("isomap", ("K", "bridge")), ("knn", ("K", "include_self"))):
        used = settings(config, name, analysis)
        missing = [key for key in keys if key not in used]
        if missing:
            yield f"analyses.{analysis}: state {' and '.join(missing)}"
        elif size is not None and used["K"] >= size:
            yield (
                f"datasets.{name}: {analysis} asks for K = {used['K']} neighbours, but there are only "
                f"N = {size} sounds; K must be below N"
            )


def reduce_faults(config, name, most):
    """Faults of the dimensions that are left of an embedding. most: number of sounds, at most."""
    for kind, count in (settings(config, name, "reduce") or {}).items():
        if count >= most:
            yield (
                f"datasets.{name}: reduce asks for {kind}: {count}, but {most} sounds span only {most - 1} "
                "dimensions; ask for fewer, or take more sounds"
            )
