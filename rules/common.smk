"""What the rules share: the checked config, tables of the run, input functions, hooks.

What is computed from the config alone, while Snakemake plans, is in workflow_scripts/planning/.
"""

import functools
import hashlib
import json
import math
import platform
import shlex
import sys
from itertools import product
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, str(Path(workflow.basedir, "workflow_scripts").absolute()))
from planning import config as plan_config, datasets, environments, fan_in, page
from planning.analyses import (
    arguments,
    caption,
    caption_file,
    inputs_of,
    model_constraint,
    of_kinds,
    outputs_of,
    read_analyses,
    read_figures,
    setting_of,
)
from planning.datasets import resolved, settings, sources, synthesizer_module, trainer, without
from planning.environments import conda_spec, environment_of, post_deploy, scripts, spec
from planning.failures import broken, first_failure, log_of, of_this_run, parse_summary, paths_of, unchecked
from planning.models import any_of, layers_of, receipts, rows_of_models, weights_to_fetch, weights_to_place
from planning.places import HOME, SCRIPTS
from planning.schema import defaults
from shared.arguments import path_of, word
from shared.names import CONTROLS, layer_name

CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
ANALYSES, FIGURES = read_analyses(), read_figures()
# The rules of one model on one data set, in the order of the data.
STAGES = ["embed", "gather", "adopt", "layer", "neighbors", *ANALYSES]
CLOUD = [  # what the page's explorer shows of a model
    "results/{dataset}/isomap/{model}.csv",
    "results/{dataset}/isomap/{model}.bridges.csv",
    "results/{dataset}/neighbors/{model}.npz",
    "results/{dataset}/trust/{model}.scores.csv",
    "results/{dataset}/knn/{model}.csv",
]
EXPLORED_MB = 12  # of the page, for clouds and sounds of all data sets together

# --- the run --------------------------------------------------------------------------------------

UNFINISHED = config.pop("unfinished", None)  # a summary, when this run makes the report after failed jobs
config = plan_config.checked(config)
environments.write_inline_specs(config)
DEFINITIONS = {name: resolved(config, name) for name in config["run"]["datasets"]}
SIZES = {name: datasets.sounds_at_most(entry) for name, entry in DEFINITIONS.items()}
LARGEST_SHARD = config["run"].get("shard_size", math.inf)
SHARDS = {
    name: shards
    for name, entry in DEFINITIONS.items()
    if (shards := datasets.shards_of(entry, LARGEST_SHARD))
}
UNSHARDED = [name for name in DEFINITIONS if name not in SHARDS]
JOB_SIZES = SIZES | {name: shards[0][1] for name, shards in SHARDS.items()}  # sounds of one job
PRECOMPUTED = [name for name, entry in config["models"].items() if entry["module"] == "precomputed"]
LAYERED = [name for name, entry in config["models"].items() if "layers" in entry]
MODELS_WITHOUT_LAYERS = [name for name in config["models"] if name not in [*PRECOMPUTED, *LAYERED]]
ROWS = rows_of_models(config)  # models and layers
WEIGHTS = weights_to_fetch(config)
PENDING = parse_summary(Path(UNFINISHED).read_text()) if UNFINISHED else set()
PENDING_PATHS = paths_of(PENDING)
BROKEN = {
    dataset: failure for dataset in DEFINITIONS if (failure := broken(PENDING, dataset, config, DEFINITIONS))
}
DATASETS = [dataset for dataset in DEFINITIONS if dataset not in BROKEN]
CLOUDS = [dataset for dataset in DATASETS if "ladder" not in config["datasets"][dataset]]
FAILED = {
    (dataset, row): failure
    for dataset, row in product(DATASETS, ROWS)
    if (failure := first_failure(PENDING, dataset, row, config, DEFINITIONS, STAGES))
}

environment = functools.partial(environments.environment, conda=CONDA)
call = functools.partial(environments.call, conda=CONDA)

# --- inputs and outputs of rules ------------------------------------------------------------------


def model_entry(wildcards):
    """The config's entry of the rule's model."""
    return config["models"][wildcards.model]


def audio(wildcards):
    """The file that the rule's model hears."""
    name = wildcards.dataset
    rate = model_entry(wildcards)["sample_rate"]
    return datasets.audio(name, DEFINITIONS[name], wildcards.model, rate)


def gate(wildcards):
    """What must pass before a data set is embedded: its gate if it is strict.

    Ancient: a gate that passes again (with another K, say) changes no embedding.
    """
    name = wildcards.dataset
    return ancient(f"results/{name}/sounds/checks.csv") if DEFINITIONS[name]["strict"] else []


def of_shards(pattern):
    """Input function: a file of every shard of the rule's data set."""
    return lambda wildcards: expand(pattern, shard=range(len(SHARDS[wildcards.dataset])), **wildcards)


def of_models(pattern, rows=None, **wildcards):
    """Files of every model and control (or of `rows`) that are up to date, or will be."""
    files = expand(pattern, model=rows or [*ROWS, *CONTROLS], **wildcards)
    return [path for path in files if path not in PENDING_PATHS]


def per_model(pattern, *others):
    """Input function: a file of every model of the rule's data set that failed neither there nor at the others,
    other files of the same model."""

    def files_of(wildcards):
        of_rows = [
            expand([pattern, *others], dataset=wildcards.dataset, model=row) for row in [*ROWS, *CONTROLS]
        ]
        return [files[0] for files in of_rows if PENDING_PATHS.isdisjoint(files)]

    return files_of


def all_scores(ending):
    """Input function: score rows (csv) or replicates (npy) of every analysis and model that did not fail."""
    pattern = f"results/{{dataset}}/{{analysis}}/{{model}}.scores.{ending}"
    return lambda wildcards: of_models(
        pattern, dataset=wildcards.dataset, analysis=analyses_of(wildcards.dataset)
    )


def shown(path, caption_path, category, **labels):
    """An output that `snakemake --report` shows."""
    labels = {"what": Path(caption_path).read_text().splitlines()[0]} | labels
    of_set = "{dataset}" if "{dataset}" in path else None
    text = str(Path(caption_path).absolute())
    return report(path, caption=text, category=category, subcategory=of_set, labels=labels)


def shown_outputs(analysis, table):
    """{name: pattern} of what an analysis writes; Snakemake's own report shows the pictures among it."""
    outputs = outputs_of(analysis, table)
    for name, pattern in outputs.items():
        if pattern.endswith(".png"):
            text = caption_file(analysis, **table["caption"])
            outputs[name] = shown(pattern, text, analysis.capitalize(), model="{model}")
    return outputs


def figure_inputs(table):
    """{name: file, or input function} of what a figure reads: of single models, a file of each that did not fail."""
    patterns = {word(name): path_of(name, ANALYSES) for name in table["reads"]}
    of_single = [pattern for pattern in patterns.values() if "{model}" in pattern]
    return {
        name: per_model(path, *of_single) if path in of_single else path for name, path in patterns.items()
    }


# --- parameters and resources of rules ------------------------------------------------------------


def entry(key):
    """A parameter from a model's own entry, so that changing one model reruns one branch."""
    return lambda wildcards: model_entry(wildcards).get(key, defaults("model").get(key))


def setting(analysis, key=None):
    """A parameter from the settings of an analysis for the rule's data set."""

    def value(wildcards):
        of_analysis = settings(config, wildcards.dataset, analysis)
        return of_analysis if key is None else of_analysis[key]

    return value


def flag(name, value):
    """A command-line flag if value(wildcards) is true, else nothing."""
    return lambda wildcards: name if value(wildcards) else ""


def shard(wildcards):
    """The command-line words that name a job's shard."""
    return "--shard {} {}".format(*SHARDS[wildcards.dataset][int(wildcards.shard)])


def factors(wildcards):
    """The factors of a data set, {name: entry}, as JSON."""
    return json.dumps(DEFINITIONS[wildcards.dataset]["factors"])


def declared_settings(table, dataset):
    """{name of `takes`: value} of an analysis or a figure, for a data set."""
    values = {"models": deep(dataset)} if "models" in table["takes"] else {}
    return values | {
        name: setting_of(name, config, dataset, DEFINITIONS[dataset])
        for name in table["takes"]
        if name not in values
    }


def analysis_arguments(table):
    """Params function: the words of an analysis' command line after its name."""

    def words(wildcards, input, output):
        files = {name: output[name] for name in [*table.get("writes", ()), "scores"]}
        chosen = declared_settings(table, wildcards.dataset)
        return arguments(table, input, chosen, {"model": wildcards.model} | files)

    return words


def figure_arguments(table):
    """Params function: the words of a figure's command line after its name."""

    def words(wildcards, input, output):
        return arguments(table, input, declared_settings(table, wildcards.dataset), {"output": list(output)})

    return words


def growing(amount, of_one_job=False):
    """A resource of a data set's jobs, as an input function.

    `amount` (MB, minutes) serves 4,096 sounds, up to where the analyses take all of them; more sounds ask for
    more in proportion, and so does each retry. of_one_job: a job gets one shard of the data set, if it has any.
    """

    def asked(wildcards, attempt):
        sounds = (JOB_SIZES if of_one_job else SIZES)[wildcards.dataset]
        return math.ceil(amount * max(1, sounds / 4096)) * attempt

    return asked


def figure_memory(table):
    """Memory (MB) of a figure's job: it grows with the sounds, or with the models on a page of 40."""
    basis = table.get("mem_mb", 1000)
    more = table.get("mem_mb_per_model", 0) * min(len(ROWS), 40)
    return (lambda wildcards, attempt: (basis + more) * attempt) if more else growing(basis)


def largest_K(wildcards):
    """The most neighbours that an analysis looks at; 0 for a ladder, which has no graph."""
    if "ladder" in config["datasets"][wildcards.dataset]:
        return 0
    return max(settings(config, wildcards.dataset, name)["K"] for name in ("isomap", "knn"))


def searched_K(wildcards):
    """Neighbours to search, so that one search serves every analysis and the sweep of K up to its double."""
    return max(largest_K(wildcards), 2 * settings(config, wildcards.dataset, "isomap")["K"])


# --- what the comparison and the report show ------------------------------------------------------


def analyses_of(dataset):
    """The analyses that a data set goes through. A ladder is many short walks, not a cloud."""
    return of_kinds(ANALYSES, "ladder" if "ladder" in config["datasets"][dataset] else "cloud")


def figures_of(dataset):
    """The figures of a data set besides that of its gate."""
    if "ladder" in config["datasets"][dataset]:
        return of_kinds(FIGURES, "any", "ladder")
    return of_kinds(FIGURES, "any", "cloud", *(["layers"] if deep(dataset) else []))


def page_figures(dataset):
    """The figures of a data set that the page shows: all, and that of its gate unless the gate failed."""
    return [*figures_of(dataset), *([] if unchecked(PENDING, dataset) else ["checks"])]


def deep(dataset):
    """The models of the run with layers that did not fail on a data set."""
    pattern = "results/{dataset}/subspaces/{model}.scores.csv"
    layered = [model for model in config["run"]["models"] if model in LAYERED]
    return [model for model in layered if of_models(pattern, dataset=dataset, rows=[layer_name(model, 0)])]


def explorable(dataset):
    """The models, layers and controls of which the page shows a cloud: none of its files failed."""
    rows = [*ROWS, *CONTROLS]
    return [row for row in rows if PENDING_PATHS.isdisjoint(expand(CLOUD, dataset=dataset, model=row))]


def unscored(wildcards):
    """Which analyses of which models have no scores that are up to date: analysis/model."""
    return [
        f"{analysis}/{row}"
        for analysis, row in product(analyses_of(wildcards.dataset), [*ROWS, *CONTROLS])
        if f"results/{wildcards.dataset}/{analysis}/{row}.scores.csv" in PENDING_PATHS
    ]


def failures(wildcards):
    """Command-line words for the failed models of the rule's data set: dataset:model:stage:log."""
    return [
        f"{dataset}:{row}:{stage}:{log}"
        for (dataset, row), (stage, log) in FAILED.items()
        if dataset == wildcards.dataset
    ]


def digests(wildcards):
    """Digests of the logs of the failed, so that a new reason for an old failure reaches the report."""
    logs = [log for _, log in [*FAILED.values(), *BROKEN.values()] if log]
    return [hashlib.sha256(Path(log).read_bytes()).hexdigest() for log in logs]


# --- Snakemake's own settings ---------------------------------------------------------------------


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
    plan_config.record(config)
    Path(".snakemake/driver.json").write_text(json.dumps({"host": platform.node()}))


onerror:
    text = "".join(Path(path).read_text() for path in log)
    if not UNFINISHED and "Terminating processes on user request" not in text:
        fan_in.report_unfinished(text, workflow, config, DEFINITIONS, CONDA)
