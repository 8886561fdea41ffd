"""What the plan derives from a model's entry: its weights, its layers, its rows in a comparison.

`entry` is an entry of config["models"].
"""

import os
import re
from pathlib import Path

from shared.names import CONTROLS, part_name, part_names, part_of
from shared.weights import name_in_cache

MOST_LAYERS = 1000


def listed_weights(entry):
    """The weights of a model's entry as a list of {url | hub | path, place, ...}."""
    weights = entry.get("weights", [])
    if isinstance(weights, str):
        return [{"path": weights}]
    return [weights] if isinstance(weights, dict) else weights


def listed_code(file):
    """The files of code that one file or folder of weights lists, {name: SHA-256 or None}."""
    return {name: digest for name, digest in file.get("files", {}).items() if name.endswith(".py")}


def receipt(file):
    """Path of what rule fetch writes when a file is in the cache and is what it must be."""
    return f"resources/receipts/{name_in_cache(file)}.json"


def receipts(entry):
    """Paths that embedding by a model depends on: receipts of its weights, and the user's own files."""
    paths = []
    for file in listed_weights(entry):
        if "path" in file and os.path.isdir(file["path"]):
            paths += sorted(str(path) for path in Path(file["path"]).rglob("*") if path.is_file())
        else:
            paths.append(file["path"] if "path" in file else receipt(file))
    return paths


def weights_to_place(entry):
    """The weights of a model as embed.py wants them: [{path | cached and receipt, place, ...}]."""
    weights = []
    for file in listed_weights(entry):
        kept = {key: file[key] for key in ("path", "place", "hub", "revision") if key in file}
        if "path" not in file:
            kept |= {"cached": name_in_cache(file), "receipt": receipt(file)}
        if code := listed_code(file):
            kept["code"] = code
        weights.append(kept)
    return weights


def weights_to_fetch(config):
    """Every file that the run fetches: {name in the cache: {url | hub, sha256, ...}}.

    Several models may use one file, each with digests of its own; they are joined. Raises ValueError if two
    entries want different digests of one file.
    """
    files = {}
    for model in config["run"]["models"]:
        for file in listed_weights(config["models"][model]):
            if "path" not in file:
                name = name_in_cache(file)
                try:
                    files[name] = joined(files.get(name, {}), file)
                except ValueError:
                    raise ValueError(f"models.{model}.weights: {name} has two different digests") from None
    return files


def joined(known, file):
    """What is known of a file to fetch, with what another entry says of it. Raises ValueError if they
    differ.
    """
    file = {key: value for key, value in file.items() if key != "place"}
    digests, before = file.get("files", file), known.get("files", known)
    for key in digests:
        if before.get(key) and digests[key] and key != "size" and before[key] != digests[key]:
            raise ValueError(key)
    if "files" in file:
        file["files"] = {key: before.get(key) or digests.get(key) for key in [*before, *digests]}
    return {key: value or known.get(key) for key, value in (known | file).items()}


def layers_of(entry):
    """The layers of a model's entry, [(name, axis of its channels)]; {a..b} in a name counts.

    A layer without an axis has its channels on axis 1, as convolutions do. Of a name that counts further than
    MOST_LAYERS, which checks.py refuses, only one more is named.
    """
    layers = []
    for item in entry.get("layers", []):
        name, axis = (item, 1) if isinstance(item, str) else next(iter(item.items()))
        match = re.fullmatch(r"(.*)\{(\d{1,18})\.\.(\d{1,18})\}(.*)", name)
        numbers = range(int(match[2]), int(match[3]) + 1)[: MOST_LAYERS + 1] if match else [None]
        layers += [(name if i is None else f"{match[1]}{i}{match[4]}", axis) for i in numbers]
    return layers


def poolings_of(entry):
    """The poolings of a model's entry, a list of names; empty if it has no `embedding: timestamps`."""
    poolings = entry.get("pooling", ["mean"]) if entry.get("embedding") == "timestamps" else []
    return [poolings] if isinstance(poolings, str) else poolings


def parts_of(entry):
    """Names of what a model's entry has rows of besides its own: further poolings, then layers."""
    if "parts" in entry:
        return entry["parts"]
    return part_names(poolings_of(entry), len(layers_of(entry)))


def array_of(entry, dataset, row):
    """Path of the array that a precomputed model's entry names for a data set; row: the model's, or a part's.

    That of a part lies beside the model's own: `crepe.0.npy` beside `crepe.npy`.
    """
    path = Path(entry["embeddings"].replace("{dataset}", dataset))
    return str(path.with_suffix(f".{part_of(row)}{path.suffix}") if part_of(row) else path)


def rows_without_heads(config):
    """Each model of the run, then its further poolings and its layers, as rows of a comparison.

    A name that is not defined, which is a fault of its own, has one row.
    """
    rows = []
    for model in config["run"]["models"]:
        rows += [model, *(part_name(model, part) for part in parts_of(config["models"].get(model, {})))]
    return rows


def rows_with_heads(config):
    """The rows on which heads stand, controls last; none without `heads`."""
    return [*config["heads"]["models"], *CONTROLS] if "heads" in config else []


def heads_on(config, row):
    """The rows of the heads on a row."""
    return (
        [part_name(row, kind) for kind in config["heads"]["kinds"]] if row in rows_with_heads(config) else []
    )


def rows_of_models(config):
    """The rows of a comparison but for the controls: models, further poolings and layers, each with its heads
    behind it, then the heads on the controls.
    """
    plain = rows_without_heads(config)
    rows = [name for row in plain for name in (row, *heads_on(config, row))]
    return rows + [name for control in CONTROLS for name in heads_on(config, control)]


def first_parts(config):
    """The row of the first further part of each model of the run that has several, {model: row}."""
    parts = {model: parts_of(config["models"][model]) for model in config["run"]["models"]}
    return {model: part_name(model, names[0]) for model, names in parts.items() if names}


def any_of(names):
    """A regular expression that matches these names and no others."""
    return "|".join(map(re.escape, names)) or "(?!)"
