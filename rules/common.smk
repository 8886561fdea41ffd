"""What the rules compute while Snakemake plans: the checked config, paths, environments, failures.

Imports only the standard library, snakemake and what snakemake itself needs (PyYAML, jsonschema).
"""

import ast
import csv
import difflib
import functools
import hashlib
import json
import math
import os
import platform
import re
import shlex
import subprocess
import sys
from itertools import product
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod

HOME = Path(os.path.relpath(workflow.basedir))  # the clone, seen from the working directory
SCRIPTS = HOME / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS.absolute()))
from planning.analyses import (
    arguments,
    caption_file,
    inputs_of,
    model_constraint,
    outputs_of,
    read_analyses,
    read_figures,
)
from planning.schema import defaults, schema_faults
from shared.arguments import INPUTS, is_switch, path_of, word
from shared.logs import reason
from shared.names import CONTROLS

CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
ANALYSES = read_analyses()
FIGURES = read_figures()
STAGES = [
    "embed",
    "gather",
    "adopt",
    "layer",
    "neighbors",
    *ANALYSES,
]  # of one model on one data set
CLOUD = [  # what the page's explorer shows of a model
    "results/{dataset}/isomap/{model}.csv",
    "results/{dataset}/isomap/{model}.bridges.csv",
    "results/{dataset}/neighbors/{model}.npz",
    "results/{dataset}/trust/{model}.scores.csv",
    "results/{dataset}/knn/{model}.csv",
]
EXPLORED_MB = 12  # of the page, for clouds and sounds of all data sets together

SCALES = ("linear", "log", "erb")  # of factors, as in scales.py

# --- config: one sentence per fault, before any job -----------------------------------------------


def closest(word, words):
    """', did you mean X?' if a known word is near, else the list of what is known."""
    near = difflib.get_close_matches(str(word), [str(w) for w in words], n=1)
    known = ", ".join(sorted(map(str, words)))
    return f"did you mean {near[0]!r}?" if near else f"known: {known or 'none'}"


def name_faults(config):
    """Faults in what the entries say of each other."""
    run, datasets, models = config["run"], config["datasets"], config["models"]
    for kind, known in (("datasets", datasets), ("models", models)):
        for name in run[kind]:
            if name not in known:
                yield f"run.{kind}: {name!r} is not defined, {closest(name, known)}"
        for name in known:
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_+-]*", str(name)):
                yield f"{kind}: the name {name!r} may only hold letters, digits and _ + -"
        if len(set(run[kind])) < len(run[kind]):
            yield f"run.{kind}: a name stands twice"
    for name in set(CONTROLS) & set(models):
        yield f"models.{name}: this name is taken by the control of every data set"
    for name, entry in models.items():
        if entry["module"] == "precomputed":
            if name in run["models"] and len(run["datasets"]) > 1 and "{dataset}" not in entry["embeddings"]:
                yield (
                    f"models.{name}.embeddings: one file cannot stand for {len(run['datasets'])} data sets; "
                    "put {dataset} where their names differ, or run one data set"
                )
                continue
            for dataset in run["datasets"] if name in run["models"] else ():
                if not Path(source := entry["embeddings"].replace("{dataset}", dataset)).is_file():
                    yield (
                        f"models.{name}.embeddings: {source} does not exist; embed the sounds of {dataset} "
                        f"elsewhere, or leave {dataset} or {name} out of the run"
                    )
            continue
        if ("env" in entry) == ("requirements" in entry):
            yield f"models.{name}: state one of `env` (a file of envs/) and `requirements` (a list)"
        elif "env" in entry and not Path(workflow.basedir, "envs", f"{entry['env']}.yaml").exists():
            files = [path.stem for path in Path(workflow.basedir, "envs").glob("*.yaml")]
            yield f"models.{name}.env: envs/{entry['env']}.yaml does not exist, {closest(entry['env'], files)}"
        if entry["module"].startswith("adapters.") and not script_path(entry["module"]).exists():
            files = [f"adapters.{path.stem}" for path in script_path("adapters.x").parent.glob("[a-z]*.py")]
            yield (
                f"models.{name}.module: {script_path(entry['module']).relative_to(HOME)} does not exist, "
                f"{closest(entry['module'], files)}"
            )
        if "network" in entry and entry.get("initialization") != "random" and "layers" not in entry:
            yield f"models.{name}: `network` only serves `initialization: random` and `layers`"
        yield from weights_faults(f"models.{name}", entry, name in run["models"])
        names = [layer for layer, _ in layers_of(entry)]
        if len(set(names)) < len(names):
            yield f"models.{name}.layers: a layer stands twice"
        if "layers" in entry and not names:
            yield f"models.{name}.layers: no layer is named; count upwards, as in {{0..5}}"


def weights_faults(where, entry, in_run):
    """Faults of a model's weights."""
    listed = listed_weights(entry)
    if sum("place" not in file for file in listed) > 1:
        yield f"{where}.weights: only one file can be passed to load_model; state the `place` of the others"
    for file in listed:
        if file.get("place") == "HF_HOME" and "hub" not in file:
            yield f"{where}.weights: `place: HF_HOME` takes a `hub` model; name the file's path below HF_HOME"
        if "path" in file and in_run and not Path(file["path"]).exists():
            yield f"{where}.weights: {file['path']} does not exist"


def synthesizer_path(name):
    """The file of a synthesizer: in synthesizers/ by its name, or any .py file by its path."""
    return Path(name) if name.endswith(".py") else script_path(f"synthesizers.{name}")


def declared(path, name):
    """FACTORS or NUISANCES of a Python file: the value of that one expression, without importing the file.

    Raises ValueError if it needs more than literals, range and comprehensions, or an entry lacks a key.
    """
    try:
        nodes = ast.parse(Path(path).read_text()).body
    except SyntaxError as problem:
        raise ValueError(f"{path} is not valid Python: {problem}") from None
    found = {}
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if node.__class__ in (ast.Assign, ast.AnnAssign) and ast.unparse(targets[0]) == name:
            try:
                code = compile(ast.Expression(node.value), str(path), "eval")
                found = dict(eval(code, {"__builtins__": {"range": range}}))
            except Exception as problem:
                raise ValueError(f"{name} of {path} must be one table of plain values: {problem}") from None
    for entry, stated in found.items():
        needed = {"unit", "scale", "low", "high", "default"} if name == "FACTORS" else {"unit"}
        if name == "NUISANCES":
            needed |= {"integers"} if "integers" in stated else {"low", "high"}
        if missing := sorted(needed - set(stated)):
            raise ValueError(f"{name} of {path}: {entry} lacks {', '.join(missing)}")
        if stated.get("scale", "linear") not in SCALES:
            raise ValueError(f"{name} of {path}: the scale of {entry} is none of {', '.join(SCALES)}")
    return found


def has_render(path):
    """Whether a Python file defines the function render."""
    body = ast.parse(Path(path).read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "render" for node in body)


def common_nuisances():
    return declared(script_path("synthesize.nuisances"), "NUISANCES")


SAMPLED = ("sobol", "latin_hypercube", "random")  # designs

DEFAULTS = defaults("dataset")


def resolve(entry, parent=None):
    """A data set's entry with every default filled in: the parent's keys if it is a ladder, the factors and
    nuisances as the synthesizer declares them, the ends of a grid's factors. An entry `false` is left out."""
    if parent is not None:
        base = resolve(parent)
        kept = {k: v for k, v in parent.items() if k not in ("analyses", "strict", "version")}
        entry = {**kept, "seed": base["seed"] + 1, **entry}
        entry |= {"parent_seed": base["seed"], "parent_factors": base["factors"]}
    entry = DEFAULTS | entry
    path = synthesizer_path(entry["synthesizer"])
    known = declared(path, "FACTORS")
    factors = {}
    for name, stated in (entry.get("factors") or known).items():
        if stated is False:
            continue
        stated, base = dict(stated or {}) if entry.get("factors") else {}, dict(known.get(name, {}))
        if entry["design"] in SAMPLED:
            stated = {k: v for k, v in stated.items() if k not in ("choice", "start", "stop", "step")}
        if "choice" in stated:
            base |= {"low": min(stated["choice"]), "high": max(stated["choice"])}
        elif {"start", "stop", "step"} <= stated.keys():
            count = math.ceil((stated["stop"] - stated["start"]) / stated["step"])
            base |= {"low": stated["start"], "high": stated["start"] + (count - 1) * stated["step"]}
        factors[name] = base | stated
    possible = common_nuisances() | declared(path, "NUISANCES")
    nuisances = {
        name: possible.get(name, {}) | (stated or {})
        for name, stated in (entry["nuisances"] or {}).items()
        if stated is not False
    }
    return entry | {"factors": factors, "nuisances": nuisances}


def resolved(config, name):
    """The entry of a data set, with every default filled in (see resolve)."""
    entry = config["datasets"][name]
    parent = config["datasets"][entry["ladder"]["of"]] if "ladder" in entry else None
    return resolve(entry, parent)


def rows_of(path):
    """Rows of a CSV file below its header, as dicts. Raises ValueError for one that is not UTF-8."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not encoded in UTF-8; save it so") from None


def size_of(entry):
    """N of a resolved entry, or None for a ladder, whose job counts its rungs."""
    if "ladder" in entry:
        return None
    if entry["design"] == "table":
        return len(rows_of(entry["table"]))
    if entry["design"] == "grid":
        steps = [f for f in entry["factors"].values() if "step" in f]
        return math.prod(max(0, math.ceil((f["stop"] - f["start"]) / f["step"])) for f in steps)
    return entry["N"]


def shards_of(name):
    """The shards in which a data set is made and embedded, [(first row, the one after the last)]; [] if it goes
    in one piece, as every ladder does."""
    size, most = size_of(DEFINITIONS[name]), config["run"].get("shard_size", math.inf)
    if size is None or size <= most:
        return []
    return [(start, min(start + most, size)) for start in range(0, size, most)]


def factor_faults(where, factor, entry, known):
    """Faults of one factor of a resolved entry."""
    stated = entry["factors"][factor]
    if known and factor not in known:
        yield f"{where}: {entry['synthesizer']} has no such factor, {closest(factor, known)}"
        return
    for key in ("unit", "scale"):
        if key not in stated:
            yield f"{where}: state its {key}"
            return
    design = entry["design"]
    needed = {"grid": [("start", "stop", "step"), ("choice",)], "table": [()]}.get(design, [("low", "high")])
    wanted = " or ".join(", ".join(keys) for keys in needed)
    kept = ("unit", "scale", "jnd", "default", "levels")
    given = {k for k in stated if k not in kept} - ({"low", "high"} if design in ("grid", "table") else set())
    if not any(given == set(keys) for keys in needed):
        told = ", ".join(sorted(given)) or "none"
        yield f"{where}: a {design} design needs {wanted or 'no range'}; stated: {told}"
        return
    if design == "table":
        return
    if stated["low"] > stated["high"] or (stated["low"] == stated["high"] and design != "grid"):
        yield f"{where}: low {stated['low']} is not below high {stated['high']}"
    elif stated["low"] <= 0 and stated["scale"] == "log":
        yield f"{where}: a log scale needs a range above 0"
    elif stated["low"] <= 0 and "percent" in stated.get("jnd", {}):
        yield f"{where}: a JND in percent needs a range above 0"


def ladder_faults(config, name, entry):
    """Faults of a ladder, before it can be resolved."""
    of = entry["ladder"]["of"]
    parent = config["datasets"].get(of)
    if parent is None:
        yield f"datasets.{name}.ladder.of: {of!r} is not defined, {closest(of, config['datasets'])}"
    elif "ladder" in parent:
        yield f"datasets.{name}.ladder.of: {of!r} is a ladder itself; name the data set that it is made of"
    elif parent.get("design") == "table":
        yield f"datasets.{name}.ladder.of: {of!r} is a table of sounds, which cannot be rendered anew"
    elif entry["ladder"]["points"] > parent.get("N", math.inf):
        yield f"datasets.{name}.ladder.points: {of!r} has fewer sounds"


def dataset_faults(config):
    """Faults of the run's data sets: synthesizer, factors, nuisances, design, ladder, analyses' settings."""
    for name in config["run"]["datasets"]:
        if name not in config["datasets"]:
            continue
        stated = config["datasets"][name]
        where = f"datasets.{name}"
        if "ladder" in stated:
            if faults := list(ladder_faults(config, name, stated)):
                yield from faults
                continue
        synthesizer = stated.get("synthesizer") or config["datasets"][stated["ladder"]["of"]]["synthesizer"]
        if not synthesizer_path(synthesizer).exists():
            if stated.get("ladder", {}).get("of") in config["run"]["datasets"]:
                continue  # told of the parent
            files = [path.stem for path in script_path("synthesizers.x").parent.glob("[a-z]*.py")]
            yield f"{where}.synthesizer: {synthesizer!r} is not known, {closest(synthesizer, files)}"
            continue
        try:
            entry = resolved(config, name)
        except ValueError as problem:
            yield f"{where}.synthesizer: {problem}"
            continue
        if not has_render(synthesizer_path(synthesizer)):
            yield f"{where}.synthesizer: {synthesizer} has no function render"
        known = declared(synthesizer_path(synthesizer), "FACTORS")
        own = declared(synthesizer_path(synthesizer), "NUISANCES")
        if isinstance(entry["resample"], list):
            for model in entry["resample"]:
                if model not in config["models"]:
                    yield f"{where}.resample: {model!r} is not defined, {closest(model, config['models'])}"
        if not entry["factors"]:
            yield f"{where}.factors: name at least one"
        for factor in entry["factors"]:
            if factor in ("sound", "file") or factor.startswith(("ladder_", "nuisance_", "requested_")):
                yield f"{where}.factors.{factor}: this name is taken by a column of parameters.csv"
            if factor in entry["nuisances"]:
                yield f"{where}.nuisances.{factor}: a factor has this name; leave one of the two out"
        faults = []
        own_keys = [key for key in ("factors", "nuisances") if "ladder" not in stated or key in stated]
        for factor in entry["factors"]:
            if "factors" in own_keys:
                faults += factor_faults(f"{where}.factors.{factor}", factor, entry, known)
            if "ladder" in stated and "jnd" not in entry["factors"][factor]:
                faults.append(f"{where}: a ladder needs the JND of {factor}; state it")
        yield from faults
        for nuisance, ends in entry["nuisances"].items() if "nuisances" in own_keys else ():
            possible = common_nuisances() | own
            if nuisance not in possible:
                yield f"{where}.nuisances: {nuisance!r} is not known, {closest(nuisance, possible)}"
            elif "integers" in ends:
                if ends["integers"] > possible[nuisance].get("integers", 0):
                    yield f"{where}.nuisances.{nuisance}: at most {possible[nuisance].get('integers', 0)} integers"
            elif ends["low"] > ends["high"]:
                yield f"{where}.nuisances.{nuisance}: low {ends['low']} is above high {ends['high']}"
            elif nuisance == "onset" and not 0 <= ends["low"] <= ends["high"] < entry["duration"]:
                yield f"{where}.nuisances.onset: from {ends['low']} to {ends['high']} s in {entry['duration']} s"
            elif nuisance == "duration" and ends["low"] >= entry["duration"]:
                yield f"{where}.nuisances.duration: no sound of {entry['duration']} s is cut at {ends['low']} s"
        design = entry["design"]
        if design == "table" and not Path(entry.get("table", "")).is_file():
            told = entry.get("table", "")
            yield f"{where}.table: {told} does not exist" if told else f"{where}: state `table`, a CSV file"
            continue
        if design not in ("grid", "table") and "N" not in entry:
            yield f"{where}: state N, the number of sounds"
            continue
        if design == "sobol" and entry["N"] & (entry["N"] - 1):
            yield f"{where}: a sobol design is balanced if N is a power of two, not {entry['N']}; or take latin_hypercube"
        if faults:
            continue
        try:
            size = size_of(entry)
        except ValueError as problem:
            yield f"{where}.table: {problem}"
            continue
        if design == "grid" and size is not None and entry.get("N", size) != size:
            yield f"{where}: the grid has {size} points but N is {entry['N']}; state N: {size}"
            continue
        most = config["run"].get("shard_size", math.inf)
        if entry["normalize"] == "time_index" and size is not None and size > most:
            yield (
                f"{where}: normalize time_index divides by the loudest of all sounds, which a shard of {most} does "
                f"not know; set run.shard_size to N = {size} or more"
            )
        for analysis, keys in (("isomap", ("K", "bridge")), ("knn", ("K", "include_self"))):
            used = settings(config, name, analysis)
            missing = [key for key in keys if key not in used]
            K = used.get("K", 0)
            if missing:
                yield f"analyses.{analysis}: state {' and '.join(missing)}"
            elif size is not None and K >= size:
                yield (
                    f"{where}: {analysis} asks for K = {K} neighbours, but there are only "
                    f"N = {size} sounds; K must be below N"
                )


def add_catalogues(config):
    """Add the models of the catalogues that the config names; its own entries go before, key by key.

    A name of the run that a catalogue knows as published, such as `GURA Fuse Cat H+w+C`, is replaced by its
    entry's.
    """
    names, mine = config.pop("catalogues", None) or [], dict(config["models"])
    for name in names if isinstance(names, list) else [names]:
        path = Path(workflow.basedir, "catalogues", f"{name}.yaml")
        if not path.exists():
            known = [path.stem for path in path.parent.glob("*.yaml")]
            raise WorkflowError(
                f"config: catalogues: {name!r} is not known, {closest(name, known)}"
            ) from None
        for model, entry in yaml.safe_load(path.read_text())["models"].items():
            own = mine.get(model, {})
            if own is not None and own.get("module", entry["module"]) == entry["module"]:
                own = (without(entry, "env") if "requirements" in own else entry) | own
            config["models"][model] = own
            run = config.get("run", {}).get("models")
            for i, listed in enumerate(run if isinstance(run, list) else []):
                if listed in entry.get("published", []) and listed not in mine:
                    run[i] = model


def checked(config):
    """The config with what its catalogues add to the run, without removed entries (null).

    Raises WorkflowError with every fault found.
    """
    own = set()
    if isinstance(config.get("models"), dict):
        own = set(config["models"])
        add_catalogues(config)
    for kind in ("datasets", "models"):
        if isinstance(config.get(kind), dict):
            config[kind] = {k: v for k, v in config[kind].items() if v is not None}
    faults = list(schema_faults(config)) or [
        *name_faults(config),
        *dataset_faults(config),
    ]
    if faults:
        raise WorkflowError("config: " + "\nconfig: ".join(faults)) from None
    kept = own | set(config["run"]["models"])
    config["models"] = {name: entry for name, entry in config["models"].items() if name in kept}
    return config


def settings(config, dataset, analysis):
    """Settings of one analysis for one data set: the general ones, overruled by the data set's own."""
    own = config["datasets"][dataset].get("analyses", {})
    general = config["analyses"][analysis]
    if isinstance(general, dict):
        return general | own.get(analysis, {})
    return own.get(analysis, general)


# --- weights and layers ---------------------------------------------------------------------------


def listed_weights(entry):
    """The weights of a model's entry as a list of {url | hub | path, place, ...}."""
    weights = entry.get("weights", [])
    return (
        [{"path": weights}]
        if isinstance(weights, str)
        else [weights] if isinstance(weights, dict) else weights
    )


def cached(file):
    """Name in the cache of a file that is fetched: its address, so that whoever looks sees what it is."""
    if "hub" in file:
        return f"huggingface.co/{file['hub']}/{file['revision']}"
    return re.sub(r"[^A-Za-z0-9._/+=-]", "_", file["url"].split("://", 1)[1])


def receipt(file):
    """What rule fetch writes when a file is in the cache and is what it must be."""
    return f"resources/receipts/{cached(file)}.json"


def receipts(model):
    """Receipts of a model's weights, and the files of the user's own."""
    found = []
    for file in listed_weights(config["models"][model]):
        if "path" in file and Path(file["path"]).is_dir():
            found += sorted(str(path) for path in Path(file["path"]).rglob("*") if path.is_file())
        else:
            found.append(file["path"] if "path" in file else receipt(file))
    return found


def weights_of(wildcards):
    """The weights of a model as embed.py wants them: [{path | cached and receipt, place, ...}], JSON."""
    found = []
    for file in listed_weights(config["models"][wildcards.model]):
        kept = {key: file[key] for key in ("path", "place", "hub", "revision") if key in file}
        found.append(kept if "path" in file else kept | {"cached": cached(file), "receipt": receipt(file)})
    return json.dumps(found)


def wanted(config):
    """Every file that the run fetches: {name in the cache: {url | hub, sha256, ...}}.

    Raises WorkflowError if two entries want different digests of one file.
    """
    found = {}
    for model in config["run"]["models"]:
        for file in listed_weights(config["models"][model]):
            if "path" in file:
                continue
            name, file = cached(file), without(file, "place")
            known = found.setdefault(name, {})
            digests = file.get("files", file)
            before = known.get("files", known)
            for key in digests:
                if before.get(key) and digests[key] and key != "size" and before[key] != digests[key]:
                    raise WorkflowError(f"config: models.{model}.weights: {name} has two different digests")
            if "files" in file:
                file["files"] = {key: before.get(key) or digests.get(key) for key in [*before, *digests]}
            found[name] = {key: value or known.get(key) for key, value in (known | file).items()}
    return found


def layers_of(entry):
    """The layers of a model's entry, [(name, axis of its channels)]; {a..b} in a name counts.

    A layer without an axis has its channels on axis 1, as convolutions do.
    """
    found = []
    for item in entry.get("layers", []):
        name, axis = (item, 1) if isinstance(item, str) else next(iter(item.items()))
        match = re.fullmatch(r"(.*)\{(\d+)\.\.(\d+)\}(.*)", name)
        numbers = range(int(match[2]), int(match[3]) + 1) if match else [None]
        found += [(name if i is None else f"{match[1]}{i}{match[4]}", axis) for i in numbers]
    return found


def rows_of_models(models):
    """The rows that models have in a comparison: each model, then its layers {model}.0, {model}.1, ..."""
    return [
        row
        for model in models
        for row in [model, *(f"{model}.{i}" for i in range(len(layers_of(config["models"][model]))))]
    ]


def any_of(names):
    """A regular expression that matches these names and no others."""
    return "|".join(map(re.escape, names)) or "(?!)"


# --- scripts and environments ---------------------------------------------------------------------


def script_path(module):
    """Path of a local module, such as embed or adapters.logmel, relative to the working directory."""
    return SCRIPTS / f"{module.replace('.', '/')}.py"


def shown(path, caption, category, **labels):
    """An output that `snakemake --report` shows. caption: a file, or the name of one of page/captions/."""
    text = Path(caption)
    if text.suffix != ".rst":
        text = SCRIPTS / "report" / "page" / "captions" / f"{caption}.rst"
    labels = {"what": text.read_text().splitlines()[0]} | labels
    of_set = "{dataset}" if "{dataset}" in path else None
    return report(path, caption=str(text.resolve()), category=category, subcategory=of_set, labels=labels)


@functools.cache
def scripts(name, *more):
    """A script and every local module it imports by name, so that editing any reruns the rule.

    `more` are modules that a script imports at run time: a synthesizer (a user's own by its path), or a
    model's module if it is an adapter of ours (others are not local).
    """
    found = []
    pending = [name, *(module for module in more if module.endswith(".py") or script_path(module).exists())]
    while pending:
        wanted = pending.pop(0)
        path = Path(wanted) if wanted.endswith(".py") else script_path(wanted)
        if str(path) in found:
            continue
        found.append(str(path))
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            pending += [n for n in names if script_path(n).exists()]
    return found


def environment_of(model):
    """Name of a model's environment: its file in envs/, or inline-<digest of its requirements>."""
    entry = config["models"][model]
    if entry["module"] == "precomputed":
        return "analysis"
    if "env" in entry:
        return entry["env"]
    listed = json.dumps(sorted(entry["requirements"])).encode()
    return f"inline-{hashlib.sha256(listed).hexdigest()[:10]}"


def spec(env):
    """Path of an environment's file, relative to the working directory."""
    if env.startswith("inline-"):
        return f"resources/specs/{env}.yaml"
    return str(HOME / "envs" / f"{env}.yaml")


def write_inline_specs(config):
    """Write the environment files of inline requirements, at parse time, as `--sdm conda` needs.

    embed.py itself needs NumPy and soundfile in every environment; they are added to the list.
    """
    for model, entry in config["models"].items():
        if "requirements" not in entry or model not in config["run"]["models"]:
            continue
        path = Path(spec(environment_of(model)))
        requirements = sorted(entry["requirements"]) + ["numpy", "soundfile"]
        content = yaml.safe_dump(
            {
                "channels": ["conda-forge", "nodefaults"],
                "dependencies": ["python=3.11", "pip", {"pip": requirements}],
            }
        )
        if not path.exists() or path.read_text() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            draft.write_text(content)
            draft.replace(path)


def post_deploy(env):
    path = Path(spec(env)).with_suffix(".post-deploy.sh")
    return [str(path)] if path.exists() else []


def environment(env):
    """What a rule that runs in an environment depends on.

    Besides the list of installed packages (which a failed rebuild removes, leaving old results
    looking fresh) the files that the environment is built from.
    """
    built = [] if CONDA else [f"resources/environments/{env}/requirements.lock"]
    return [*built, spec(env), *post_deploy(env)]


def python(env):
    """The interpreter of an environment: conda activates its own, a virtual one is called by path."""
    return "python" if CONDA else f"resources/environments/{env}/bin/python"


def conda_spec(env):
    """An environment's file as the `conda:` directive wants it."""
    return str(Path(spec(env)).absolute())


# --- paths and parameters of rules ----------------------------------------------------------------


def audio(model, dataset):
    """The file that a model hears: the data set's own, or the one at the model's sample rate."""
    entry, rate = DEFINITIONS[dataset], config["models"][model]["sample_rate"]
    wanted = entry["resample"]
    resampled = wanted if isinstance(wanted, bool) else model in wanted
    name = f"audio_{rate}" if resampled and rate != entry["sample_rate"] else "audio"
    return f"results/{dataset}/sounds/{name}.wav"


def definition(wildcards):
    """What of a data set's entry decides its sounds, every default filled in, as JSON.

    A just-noticeable difference moves no sound, but those of a ladder.
    """
    entry = without(DEFINITIONS[wildcards.dataset], "analyses", "resample", "strict")
    if "ladder" in entry:
        return json.dumps(entry)
    bare = {name: without(factor, "jnd") for name, factor in entry["factors"].items()}
    return json.dumps(entry | {"factors": bare})


def checked_definition(wildcards):
    """What of a data set's entry the gate looks at, as JSON."""
    return json.dumps(without(DEFINITIONS[wildcards.dataset], "analyses", "resample", "strict"))


def shard(wildcards):
    """The command-line words that name a job's shard."""
    return "--shard {} {}".format(*SHARDS[wildcards.dataset][int(wildcards.shard)])


def of_shards(pattern):
    """Input function: a file of every shard of the rule's data set."""
    return lambda wildcards: expand(pattern, shard=range(len(SHARDS[wildcards.dataset])), **wildcards)


def without(mapping, *keys):
    return {k: v for k, v in mapping.items() if k not in keys}


def factors(wildcards):
    """The factors of a data set, {name: entry}, as JSON."""
    return json.dumps(DEFINITIONS[wildcards.dataset]["factors"])


def nuisances(wildcards):
    """The nuisances of a data set, {name: entry}, as JSON."""
    return json.dumps(DEFINITIONS[wildcards.dataset]["nuisances"])


def analyses_of(dataset):
    """The analyses that a data set goes through. A ladder is many short walks, not a cloud."""
    kind = "ladder" if "ladder" in config["datasets"][dataset] else "cloud"
    return [name for name, table in ANALYSES.items() if table["of"] == kind]


def figures_of(dataset):
    """The figures of a data set besides that of its gate."""
    kinds = ["any", "ladder"] if "ladder" in config["datasets"][dataset] else ["any", "cloud"]
    kinds += ["layers"] if "cloud" in kinds and deep(dataset) else []
    return [name for name, table in FIGURES.items() if table["of"] in kinds]


def setting_of(name, wildcards):
    """The value of a name of `takes` (shared/arguments.py) for the rule's data set."""
    if name in ("factors", "nuisances"):
        return json.dumps(DEFINITIONS[wildcards.dataset][name])
    if name == "models":
        return deep(wildcards.dataset)
    analysis, _, key = name.rpartition(".")
    return (
        settings(config, wildcards.dataset, analysis)[key]
        if analysis
        else settings(config, wildcards.dataset, key)
    )


def declared_settings(table, wildcards):
    """{name of `takes`: value} for the rule's data set."""
    return {name: setting_of(name, wildcards) for name in table["takes"]}


def analysis_arguments(table):
    """Params function: the command line of an analysis after its script's name."""

    def words(wildcards, input, output):
        files = {name: output[name] for name in [*table.get("writes", ()), "scores"]}
        written = {"model": wildcards.model, **files}
        return arguments(table, input, declared_settings(table, wildcards), written)

    return words


def figure_arguments(table):
    """Params function: the command line of a figure after its script's name."""

    def words(wildcards, input, output):
        files = {word(name): input.get(word(name)) for name in table["reads"]}
        return arguments(table, files, declared_settings(table, wildcards), {"output": list(output)})

    return words


def figure_inputs(table):
    """{name: file, or input function} of what a figure reads; of single models a file of each that did not fail."""
    patterns = {word(name): path_of(name, ANALYSES) for name in table["reads"]}
    of_models = [pattern for pattern in patterns.values() if "{model}" in pattern]
    return {
        name: per_model(pattern, *of_models) if "{model}" in pattern else pattern
        for name, pattern in patterns.items()
    }


def figure_memory(table):
    """Memory (MB) of a figure's job: it grows with the sounds, or with the models on a page of 40."""
    if "mem_mb_per_model" not in table:
        return growing(table.get("mem_mb", 1000))
    more = table["mem_mb_per_model"] * min(len(ROWS), 40)
    return lambda wildcards, attempt: (table.get("mem_mb", 1000) + more) * attempt


def shown_outputs(analysis, table):
    """{name: pattern} of what an analysis writes; Snakemake's own report shows the pictures among it."""
    return {
        name: (
            shown(pattern, caption_file(analysis, **table["caption"]), analysis.capitalize(), model="{model}")
            if pattern.endswith(".png")
            else pattern
        )
        for name, pattern in outputs_of(analysis, table).items()
    }


def renderer(dataset):
    """The script by which the page renders a data set's sounds itself, as a list; empty if there is none."""
    name = synthesizer_of(dataset)
    path = Path(name) if name.endswith(".py") else script_path(name)
    return [str(path.with_suffix(".js"))] if path.with_suffix(".js").exists() else []


def explorable(dataset):
    """The models, layers and controls of which the page shows a cloud: none of its files failed."""
    pending = {path for _, path in PENDING}
    rows = [*ROWS, *CONTROLS]
    return [row for row in rows if pending.isdisjoint(expand(CLOUD, dataset=dataset, model=row))]


def deep(dataset):
    """The models of the run with layers that did not fail on a data set."""
    layered = [model for model in config["run"]["models"] if model in LAYERED]
    return [
        model
        for model in layered
        if of_models("results/{dataset}/subspaces/{model}.scores.csv", dataset=dataset, rows=[f"{model}.0"])
    ]


def synthesizer_of(dataset):
    """The local module of a data set's synthesizer, or the path of a user's own."""
    name = DEFINITIONS[dataset]["synthesizer"]
    return name if name.endswith(".py") else f"synthesizers.{name}"


def trainer(dataset):
    """The script that trains a data set's synthesizer, if it has one: train_<synthesizer>."""
    name = f"synthesize.train_{resolved(config, dataset)['synthesizer']}"
    return name if "/" not in name and script_path(name).exists() else None


def trained(dataset):
    """What that training writes; a ladder uses its parent's."""
    dataset = config["datasets"][dataset].get("ladder", {}).get("of", dataset)
    return f"results/{dataset}/sounds/trained.npz" if trainer(dataset) else []


def gate(dataset):
    """What must pass before a data set is embedded: its gate if it is strict.

    Ancient: a gate that passes again (with another K, say) changes no embedding.
    """
    return ancient(f"results/{dataset}/sounds/checks.csv") if DEFINITIONS[dataset]["strict"] else []


def sources(dataset):
    """The files that a data set is read from: its table and those audio files of it that exist."""
    entry = DEFINITIONS[dataset]
    if entry["design"] != "table":
        return []
    folder = Path(entry["options"].get("folder", "."))
    files = [str(folder / row["file"]) for row in rows_of(entry["table"]) if row.get("file")]
    return [entry["table"], *dict.fromkeys(file for file in files if Path(file).is_file())]


def entry(key):
    """A parameter from a model's own entry, so that changing one model reruns one branch; the default that the
    schema states, or None, if the entry leaves the key out."""
    default = defaults("model").get(key)
    return lambda wildcards: config["models"][wildcards.model].get(key, default)


def setting(analysis, key=None):
    """A parameter from the settings of an analysis for the rule's data set."""

    def value(wildcards):
        found = settings(config, wildcards.dataset, analysis)
        return found if key is None else found[key]

    return value


def flag(name, value):
    """A command-line flag if value(wildcards) is true, else nothing."""
    return lambda wildcards: name if value(wildcards) else ""


def about(entry):
    """Number of sounds of a resolved entry; of a ladder at most so many."""
    if "ladder" in entry:
        return entry["ladder"]["points"] * (2 + len(entry["factors"]) * (len(entry["ladder"]["steps"]) + 2))
    return size_of(entry)


def growing(amount, in_pieces=False):
    """A resource of a data set's jobs: `amount` (MB, minutes) serves 4,096 sounds, up to where the analyses
    take all of them; more sounds ask for more in proportion, and so does each retry. in_pieces: of jobs that
    get a shard of the data set, if it has any."""

    def asked(wildcards, attempt):
        sounds = (PIECES if in_pieces else SIZES)[wildcards.dataset]
        return math.ceil(amount * max(1, sounds / 4096)) * attempt

    return asked


def largest_K(wildcards):
    """The most neighbours that an analysis looks at; 0 for a ladder, which has no graph."""
    if "ladder" in config["datasets"][wildcards.dataset]:
        return 0
    return max(settings(config, wildcards.dataset, name)["K"] for name in ("isomap", "knn"))


def searched_K(wildcards):
    """Neighbours to search, so that one search serves every analysis and the sweep of K up to its double."""
    return max(largest_K(wildcards), 2 * settings(config, wildcards.dataset, "isomap")["K"])


# --- failed models --------------------------------------------------------------------------------
# When jobs have failed, `onerror` asks Snakemake what is still to do (--summary) and calls it once
# more for the fan-in alone, with that summary as `config["unfinished"]`: whatever is not up to date
# counts as failed, old files of a failed model included.


def parse_summary(text):
    """Outputs that are still to be made, as the set of (rule, path), from `snakemake --summary`.

    A rule that is another one with layers as well counts as that one.
    """
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") == 5]
    return {(row[2].removesuffix("_layers"), row[0]) for row in rows if row[5] == "update pending"}


def of_dataset(path, dataset):
    """Whether a path is of the results of a data set."""
    return Path(path).parts[:2] == ("results", dataset)


def first_failure(pending, dataset, model):
    """(stage, log) of the first unfinished stage of a model on a data set, or None."""
    ending = re.compile(r"(\.(bridges|scores))?\.(npy|npz|json|csv|png)$")
    outputs = {(rule, ending.sub("", Path(path).name)) for rule, path in pending if of_dataset(path, dataset)}
    shards = {Path(path) for rule, path in pending if rule == "embed_shard" and of_dataset(path, dataset)}
    outputs |= {("embed", path.parent.name) for path in shards}
    unfinished = [stage for stage in STAGES if (stage, model) in outputs]
    parent = model.split(".")[0]
    if not unfinished or (parent != model and ("embed", parent) in outputs):  # told of the model itself
        return None
    if unfinished[0] == "embed":
        env = environment_of(model)
        heard = Path(audio(model, dataset))
        if ("resample", str(heard)) in pending:
            return "resample", of_this_run(f"logs/resample/{dataset}/{heard.stem}.log")
        if ("environment", environment(env)[0]) in pending:
            return "environment", of_this_run(f"logs/environment/{env}.log")
        for file in listed_weights(config["models"][model]):
            if "path" not in file and ("fetch", receipt(file)) in pending:
                if ("environment", environment("weights")[0]) in pending:
                    return "environment", of_this_run("logs/environment/weights.log")
                return "fetch", of_this_run(f"logs/fetch/{cached(file)}.log")
    logs = [f"logs/{unfinished[0]}/{dataset}/{model}.log"]
    if unfinished[0] == "embed":
        logs += [f"logs/embed/{dataset}/{model}/{path.stem}.log" for path in sorted(shards)]
    return unfinished[0], next(filter(None, map(of_this_run, logs)), "")


def of_this_run(log):
    """The log, if the failed run wrote it (its start is when run_config.yaml was written), or ''."""
    path, started = Path(log), Path("results/run_config.yaml").stat().st_mtime
    return log if path.exists() and path.stat().st_mtime >= started else ""


def digests(wildcards):
    """What the logs of the failed say, so that a new reason for an old failure reaches the report."""
    logs = [log for _, log in [*FAILED.values(), *BROKEN.values()] if log]
    return [hashlib.sha256(Path(log).read_bytes()).hexdigest() for log in logs]


def broken(pending, dataset):
    """(stage, log) of what keeps a data set from being compared at all, or None.

    Without its sounds, its controls and their analyses there is nothing to compare models with.
    """
    if trained(dataset) and ("train", trained(dataset)) in pending:
        env = DEFINITIONS[dataset]["synthesizer"]
        if ("environment", environment(env)[0]) in pending:
            return "environment", of_this_run(f"logs/environment/{env}.log")
        return "train", of_this_run(f"logs/train/{Path(trained(dataset)).parts[1]}.log")
    sounds = f"results/{dataset}/sounds/audio.wav"
    if ("synthesize", sounds) in pending or ("gather_sounds", sounds) in pending:
        logs = [
            f"logs/synthesize/{dataset}.log",
            *sorted(map(str, Path("logs/synthesize", dataset).glob("*.log"))),
        ]
        return "synthesize", next(filter(None, map(of_this_run, logs)), "")
    if gate(dataset) and unchecked(pending, dataset):
        return "check_sounds", of_this_run(f"logs/check_sounds/{dataset}.log")
    for rule, path in sorted(pending):
        for control in CONTROLS:
            if re.fullmatch(rf"results/{re.escape(dataset)}/[a-z]+/{control}\.[a-z.]+", path):
                return rule, of_this_run(f"logs/{rule}/{dataset}/{control}.log")
    return None


def unchecked(pending, dataset):
    """Whether the gate of a data set did not come to an end."""
    return ("check_sounds", f"results/{dataset}/sounds/checks.csv") in pending


def of_models(pattern, rows=None, **wildcards):
    """Files of every model and control (or of `rows`) that are up to date, or will be: after failed jobs some
    are not."""
    files = expand(pattern, model=rows or [*ROWS, *CONTROLS], **wildcards)
    pending = {path for _, path in PENDING}
    return [path for path in files if path not in pending]


def per_model(pattern, *others):
    """Input function: a file of every model of the rule's data set that failed neither there nor at the others,
    other files of the same model."""

    def found(wildcards):
        pending = {path for _, path in PENDING}
        of_rows = [
            expand([pattern, *others], dataset=wildcards.dataset, model=row) for row in [*ROWS, *CONTROLS]
        ]
        return [files[0] for files in of_rows if pending.isdisjoint(files)]

    return found


def all_scores(ending):
    """Input function: score rows (csv) or replicates (npy) of every analysis and model that did not fail."""
    pattern = f"results/{{dataset}}/{{analysis}}/{{model}}.scores.{ending}"
    return lambda wildcards: of_models(
        pattern, dataset=wildcards.dataset, analysis=analyses_of(wildcards.dataset)
    )


def unscored(wildcards):
    """Which analyses of which models have no scores that are up to date: analysis/model."""
    pending = {path for _, path in PENDING}
    return [
        f"{analysis}/{model}"
        for analysis, model in product(analyses_of(wildcards.dataset), [*ROWS, *CONTROLS])
        if f"results/{wildcards.dataset}/{analysis}/{model}.scores.csv" in pending
    ]


def failures(wildcards):
    """Command-line words for the failed models of the rule's data set: dataset:model:stage:log."""
    return [
        f"{dataset}:{model}:{stage}:{log}"
        for (dataset, model), (stage, log) in FAILED.items()
        if dataset == wildcards.dataset
    ]


def ended_by_slurm(text):
    """Why Slurm ended jobs, or never began them: {(output, log) of a job: sentence}, from Snakemake's log.

    A job that ended by itself says why in its own log and is left out. Of a group Snakemake does not pass on
    what became of it; the log that Slurm writes does.
    """
    found = {}
    for block in re.split(r"^ *\[.*\]$", text, flags=re.MULTILINE):
        message = re.search(r"message: SLURM(.*)", block)
        logs = [log for line in re.findall(r" log: (.*) \(check log", block) for log in line.split(", ")]
        by_slurm = [Path(log) for log in logs if Path(log).is_absolute()]
        if not message and not by_slurm:
            continue
        status = re.search(r"status is: '(\w+)'", block)
        written = [path.read_text(errors="replace") for path in by_slurm if path.exists()]
        ends = re.findall(r"\*\*\* .*(CANCELLED .*) \*\*\*", "".join(written))
        for output, log in re.findall(r"^ +output: ([^,\n]+).*\n +log: ([^,\s]+)", block, re.MULTILINE):
            if message and "sbatch failed" in message[1]:
                sentence = f"not submitted:{message[1]}"
            elif ends or (status and status[1] != "FAILED"):
                sentence = f"ended by Slurm: {ends[-1] if ends else status[1]}"
            elif of_this_run(log):
                continue
            elif written:
                sentence = f"failed before its script began; see {by_slurm[0]}"
            else:
                sentence = "ended by Slurm before it began"
            found[output, log] = sentence
    return found


def last_words(text, pending):
    """What failed for good, a sentence and a log each, from Snakemake's log and the outputs that are pending."""
    errors = re.split(r"^ *Error in ", text, flags=re.MULTILINE)[1:]
    found = [re.search(r"^ +output: ([^,\n]+).*\n +log: ([^,\s]+)", error, re.MULTILINE) for error in errors]
    failed = dict.fromkeys(match[2] for match in found if match and match[1] in pending)
    return "".join(f"failed: {reason(of_this_run(log))}\n  {log}\n" for log in failed)


def record_config():
    """Write the resolved config for whoever reads the results."""
    path = Path("results/run_config.yaml")
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
    draft.replace(path)


def report_unfinished(text):
    """After failed jobs: build the comparison and the report from what is up to date. text: Snakemake's log."""
    words = "-m snakemake --nolock --cores 1 --quiet all --replace-workflow-config"
    base = [sys.executable, *words.split(), "--snakefile", workflow.main_snakefile]
    base += ["--configfile", "results/run_config.yaml", *(["--sdm", "conda"] if CONDA else [])]
    summary = subprocess.run([*base, "--summary"], capture_output=True, text=True, check=True).stdout
    pending = {path for _, path in parse_summary(summary)}
    for (output, log), sentence in ended_by_slurm(text).items():
        if output in pending:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            with open(log, "a") as file:
                file.write(f"error: {sentence}\n")
    failed = last_words(text, pending)
    if all(broken(parse_summary(summary), dataset) for dataset in config["run"]["datasets"]):
        told = "No data set could be compared; any results/report.html is of an earlier run."
    else:
        Path("results/.unfinished.tsv").write_text(summary)
        words = "--config unfinished=results/.unfinished.tsv --allowed-rules"
        fan_in = (
            "compare draw_sounds draw_isomap draw_knn draw_subspaces draw_threshold draw_depth explore report"
        )
        done = subprocess.run([*base, *words.split(), *fan_in.split(), "--", "results/report.html"])
        told = "results/report.html shows the others, and these with the reason."
        if done.returncode:
            told = "The report could not be built either."
    print(f"{failed}{told}", file=sys.stderr)


UNFINISHED = config.pop("unfinished", None)
config = checked(config)
DEFINITIONS = {name: resolved(config, name) for name in config["run"]["datasets"]}
SIZES = {name: about(entry) for name, entry in DEFINITIONS.items()}
SHARDS = {name: shards for name in DEFINITIONS if (shards := shards_of(name))}
WHOLE = [name for name in DEFINITIONS if name not in SHARDS]
PIECES = SIZES | {name: shards[0][1] for name, shards in SHARDS.items()}
PRECOMPUTED = [name for name, entry in config["models"].items() if entry["module"] == "precomputed"]
LAYERED = [name for name, entry in config["models"].items() if "layers" in entry]
PLAIN = [name for name in config["models"] if name not in [*PRECOMPUTED, *LAYERED]]
ROWS = rows_of_models(config["run"]["models"])
WEIGHTS = wanted(config)
write_inline_specs(config)
PENDING = parse_summary(Path(UNFINISHED).read_text()) if UNFINISHED else set()
BROKEN = {d: failure for d in config["run"]["datasets"] if (failure := broken(PENDING, d))}
DATASETS = [dataset for dataset in config["run"]["datasets"] if dataset not in BROKEN]
CLOUDS = [dataset for dataset in DATASETS if "ladder" not in config["datasets"][dataset]]
FAILED = {
    (dataset, model): failure
    for dataset, model in product(DATASETS, ROWS)
    if (failure := first_failure(PENDING, dataset, model))
}


wildcard_constraints:
    dataset=r"[^/]+",
    model=r"[^/]+",
    env=r"[^/]+",
    rate=r"\d+",
    shard=r"\d+",


# The caps of profiles/default limit the jobs that run on this machine at the same time, not those that a
# cluster's scheduler places on its nodes.
resource_scopes:
    gpu="local",
    networks="local",


# GEAR_JOB marks what a killed run leaves behind, for resume.py.
shell.prefix("unset PYTHONPATH; export PYTHONNOUSERSITE=1 GEAR_JOB=1; ")


onstart:
    record_config()
    Path(".snakemake/driver.json").write_text(json.dumps({"host": platform.node()}))


onerror:
    told = "".join(Path(path).read_text() for path in log)
    if not UNFINISHED and "Terminating processes on user request" not in told:
        report_unfinished(told)
