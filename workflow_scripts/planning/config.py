"""The config that the rules work with: what its catalogues add, nothing that is removed, no fault.

Imports snakemake for WorkflowError alone, whose text Snakemake shows without a traceback.
"""

import os
from pathlib import Path

import yaml
from shared.files import written_whole
from shared.listed_files import found
from shared.names import is_head
from snakemake.exceptions import WorkflowError

from planning.checks import digest_faults, model_faults, name_faults
from planning.checks_datasets import dataset_faults
from planning.checks_heads import head_faults
from planning.leaderboards import leaderboard_faults
from planning.models import listed_weights, rows_without_heads
from planning.places import HOME
from planning.schema import defaults, schema_faults
from planning.words import closest
from planning.yaml_files import read_yaml, to_yaml

ENTRIES = ("datasets", "models")  # keys of a config that hold definitions


def add_catalogues(config):
    """Add the models of the catalogues that the config names; its own entries go before, key by key.

    A name of the run that a catalogue knows as published, such as `GURA Fuse Cat H+w+C`, is replaced by its
    entry's. Raises WorkflowError for a catalogue that is not known.
    """
    names, mine = config.pop("catalogues", None) or [], dict(config["models"])
    run = config["run"].get("models") if isinstance(config.get("run"), dict) else []
    run = run if isinstance(run, list) else []
    for name in names if isinstance(names, list) else [names]:
        path = HOME / "catalogues" / f"{name}.yaml"
        if "/" in str(name) or not os.path.exists(path):
            known = [path.stem for path in (HOME / "catalogues").glob("*.yaml")]
            raise WorkflowError(
                f"config: catalogues: {name!r} is not known, {closest(name, known)}"
            ) from None
        for model, entry in models_of(path).items():
            config["models"][model] = over_catalogue(mine.get(model, {}), entry)
            for i, listed in enumerate(run):
                if listed in entry.get("published", []) and listed not in mine:
                    run[i] = model


def models_of(path):
    """The models that a catalogue defines. Raises WorkflowError for a file that is no catalogue."""
    try:
        models = read_yaml(path).get("models")
    except ValueError as problem:
        raise WorkflowError("config: " + "\nconfig: ".join(str(problem).splitlines())) from None
    if not isinstance(models, dict) or not all(isinstance(entry, dict) for entry in models.values()):
        raise WorkflowError(f"config: {path}: it has no `models`, a mapping of names and entries")
    return models


def over_catalogue(own, entry):
    """A model's own entry in the config (null removes it) over that of a catalogue, if both are of one
    module. Of `weights`, too, it may state some keys only, and some `files`.
    """
    if own is None or own.get("module", entry.get("module")) != entry.get("module"):
        return own
    joined = {key: entry[key] for key in entry if key != "env" or "requirements" not in own} | own
    weights, known = own.get("weights"), entry.get("weights")
    if isinstance(weights, dict) and isinstance(known, dict) and not weights.keys() & {"url", "hub", "path"}:
        joined["weights"] = known | weights
        if isinstance(weights.get("files"), dict):
            joined["weights"]["files"] = known.get("files", {}) | weights["files"]
    return joined


def meant(path):
    """A path of the config as it stands if such a file exists, else that of the file which it means."""
    if not path or not isinstance(path, str) or os.path.exists(path):
        return path
    return str(found(path) or os.path.expanduser(path))


def find_files(config):
    """Put paths in place of what the config means: `~`, a name in another Unicode form, backslashes."""
    for entry in config["datasets"].values():
        options = entry.get("options", {})
        ratings = entry.get("ratings", {})
        experiment = entry.get("experiment", {})
        places = ((entry, "table"), (options, "folder"), (ratings, "table"), (ratings, "matrix"))
        for mapping, key in (*places, (experiment, "listeners")):
            if key in mapping:
                paths = mapping[key]
                mapping[key] = [meant(path) for path in paths] if isinstance(paths, list) else meant(paths)
        if entry.get("synthesizer", "").endswith(".py"):
            entry["synthesizer"] = meant(entry["synthesizer"])
    for board in config.get("leaderboards", []):
        board["path"] = meant(board["path"])
    for entry in config["models"].values():
        if entry["module"].endswith(".py"):
            entry["module"] = meant(entry["module"])
        if "embeddings" in entry:
            entry["embeddings"] = os.path.expanduser(entry["embeddings"])
        if isinstance(entry.get("weights"), str):
            entry["weights"] = meant(entry["weights"])
        for file in listed_weights(entry):
            if "path" in file:
                file["path"] = meant(file["path"])


def heads_with_defaults(config):
    """The config's heads with every default filled in, the settings of each kind that they have among them.

    Settings that are stated of another kind stay, for the sentence that refuses them.
    """
    heads = defaults("heads") | config["heads"]
    grids = {kind: defaults(kind) | heads.get(kind, {}) for kind in heads["kinds"]}
    rows = [row for row in rows_without_heads(config) if not is_head(row)]
    return {"models": rows} | heads | grids


def checked(config):
    """The config with what its catalogues add to the run, without removed entries (null).

    Raises WorkflowError with every fault found.
    """
    own = set()
    if isinstance(config.get("models"), dict):
        own = set(config["models"])
        add_catalogues(config)
    for kind in ENTRIES:
        if isinstance(config.get(kind), dict):
            config[kind] = {k: v for k, v in config[kind].items() if v is not None}
    faults = list(schema_faults(config))
    if not faults:
        find_files(config)
        if "heads" in config:
            config["heads"] = heads_with_defaults(config)
        faults = [*name_faults(config), *model_faults(config), *dataset_faults(config)]
        faults += [*leaderboard_faults(config), *head_faults(config)]
        faults = faults or list(digest_faults(config))
    if faults:
        raise WorkflowError("config: " + "\nconfig: ".join(faults)) from None
    kept = own | set(config["run"]["models"])
    config["models"] = {name: entry for name, entry in config["models"].items() if name in kept}
    return config


def recorded(path):
    """The config of a run, as record() wrote it. Raises ValueError, one sentence, for any other file."""
    try:
        config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        run, entries = config["run"], [config["datasets"], config["models"]]
        known = all(name in of for of, kind in zip(entries, ENTRIES, strict=True) for name in run[kind])
        whole = known and all(isinstance(entry, dict) for of in entries for entry in of.values())
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, yaml.YAMLError):
        whole = False
    if not whole:
        raise ValueError(f"{path} is not the config of a run, or is damaged; run again in its folder")
    return config


def record(config, path):
    """Write the resolved config of a run to a file."""
    with written_whole(path) as draft:
        draft.write_text(to_yaml(config), encoding="utf-8")
