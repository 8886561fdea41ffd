"""What the rules share: the checked config, tables of the run, input functions, hooks.

What is computed from the config alone, while Snakemake plans, is in workflow_scripts/planning/.
"""

import json
import math
import shlex
from itertools import product
from pathlib import Path

from planning import analyses, config as plan_config, datasets, environments, fan_in, page, snakemake_settings
from planning.analyses import inputs_of, kinds_of, model_constraint, of_kinds
from planning.datasets import resolved, sources, synthesizer_module, trainer, without
from planning.environments import call, environment, environment_of, local, post_deploy, scripts, spec
from planning.failures import EMBEDDING, broken, first_failure, log_of, of_this_run, paths_of, unchecked
from planning.fan_in import CLOUD
from planning.models import any_of, first_parts, layers_of, parts_of, poolings_of, receipts, rows_of_models
from planning.models import rows_with_heads, weights_to_fetch, weights_to_place
from planning.places import HOME, SCRIPTS
from planning.schema import defaults
from planning.shown import caption, caption_file, shown, shown_outputs
from shared.arguments import path_of, word
from shared.declared import declared
from shared.names import CONTROLS, is_cloud, model_of

snakemake_settings.with_rare_collections()
CONDA = environments.by_conda(workflow.deployment_settings)
snakemake_settings.without_conda(workflow.deployment_settings)
ANALYSES, FIGURES = analyses.read_analyses(), analyses.read_figures()
# The rules of one model on one data set, in the order of the data.
STAGES = [*EMBEDDING, "head", "head_row", "neighbors", *ANALYSES]
EXPLORED_MB = 12  # of the page, for clouds and sounds of all data sets together

# --- the run --------------------------------------------------------------------------------------

UNFINISHED = config.pop("unfinished", None)  # a summary, when this run makes the report after failed jobs
config = plan_config.checked(config)
DEFINITIONS = {name: resolved(config, name) for name in datasets.made(config)}
WORKPLACES = [datasets.workplace(entry) for entry in DEFINITIONS.values()]
environments.write_specs([*(config["models"][model] for model in config["run"]["models"]), *WORKPLACES])
SIZES = {name: datasets.sounds_at_most(entry) for name, entry in DEFINITIONS.items()}
SHARDS = {name: datasets.shards_of(entry, config) for name, entry in DEFINITIONS.items()}
SHARDS = {name: shards for name, shards in SHARDS.items() if shards}
UNSHARDED = [name for name in DEFINITIONS if name not in SHARDS]
JOB_SIZES = SIZES | {name: shards[0][1] for name, shards in SHARDS.items()}  # sounds of one job
PRECOMPUTED = [name for name, entry in config["models"].items() if entry["module"] == "precomputed"]
# with layers or several poolings
LAYERED = [name for name, entry in config["models"].items() if parts_of(entry) and name not in PRECOMPUTED]
MODELS_WITHOUT_LAYERS = [name for name in config["models"] if name not in [*PRECOMPUTED, *LAYERED]]
ROWS = rows_of_models(config)  # models, further poolings, layers and heads
ALL_ROWS = [*ROWS, *CONTROLS]
WEIGHTS = weights_to_fetch(config)
PENDING = fan_in.unfinished(UNFINISHED) if UNFINISHED else set()
PENDING_PATHS = paths_of(PENDING)
BROKEN = {
    dataset: failure for dataset in DEFINITIONS if (failure := broken(PENDING, dataset, config, DEFINITIONS))
}
DATASETS = [dataset for dataset in config["run"]["datasets"] if dataset not in BROKEN]
UNCHECKED = [dataset for dataset in DATASETS if unchecked(PENDING, dataset)]  # their gate did not end
CLOUDS = [dataset for dataset in DATASETS if is_cloud(config["datasets"][dataset])]
FAILED = {
    (dataset, row): failure
    for dataset, row in product(DATASETS, ROWS)
    if (failure := first_failure(PENDING, dataset, row, config, DEFINITIONS, STAGES))
}
DIGESTS = fan_in.log_digests([*FAILED.values(), *BROKEN.values()])

# --- inputs and outputs of rules ------------------------------------------------------------------


def model_entry(wildcards):
    """The config's entry of the rule's model, or of the model of its row."""
    return config["models"][model_of(wildcards.model)]


def audio(wildcards):
    """The file that the rule's model hears."""
    name = wildcards.dataset
    rate = model_entry(wildcards)["sample_rate"]
    return datasets.audio(name, DEFINITIONS[name], wildcards.model, rate)


def gate(wildcards):
    """What must pass before a data set is embedded: its gate if it is strict. Passing again changes nothing."""
    name = wildcards.dataset
    return ancient(f"results/{name}/sounds/checks.csv") if DEFINITIONS[name]["strict"] else []


def of_shards(pattern):
    """Input function: a file of every shard of the rule's data set."""
    return lambda wildcards: expand(pattern, shard=range(len(SHARDS[wildcards.dataset])), **wildcards)


def of_models(pattern, rows=None, **wildcards):
    """Files of every model and control (or of `rows`) that are up to date, or will be."""
    files = expand(pattern, model=ALL_ROWS if rows is None else rows, **wildcards)
    return [path for path in files if path not in PENDING_PATHS]


def per_model(pattern, *others):
    """Input function: a file of every model of the rule's data set that failed neither there nor at the others,
    other files of the same model."""

    def files_of(wildcards):
        of_rows = [expand([pattern, *others], dataset=wildcards.dataset, model=row) for row in ALL_ROWS]
        return [files[0] for files in of_rows if PENDING_PATHS.isdisjoint(files)]

    return files_of


def all_scores(ending):
    """Input function: score rows (csv) or replicates (npy) of every analysis and model that did not fail."""
    pattern = f"results/{{dataset}}/{{analysis}}/{{model}}.scores.{ending}"
    return lambda wildcards: of_models(
        pattern, dataset=wildcards.dataset, analysis=analyses_of(wildcards.dataset)
    )


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


def in_order(wildcards):
    """Priority of a model's jobs, at most 1: controls first, then the models in the order of the run."""
    return 1 / (1 + [*CONTROLS, *ROWS].index(wildcards.model))


def setting(name):
    """A parameter from the settings of the analyses for the rule's data set: `seed`, `isomap.K`."""
    return lambda wildcards: analyses.setting_of(
        name, config, wildcards.dataset, DEFINITIONS[wildcards.dataset], wildcards.get("model")
    )


def flag(name, value):
    """A command-line flag if value(wildcards) is true, else nothing."""
    return lambda wildcards: name if value(wildcards) else ""


def shard(wildcards):
    """The command-line words that name a job's shard."""
    return "--shard {} {}".format(*SHARDS[wildcards.dataset][int(wildcards.shard)])


def declared_settings(table):
    """Params function: {name: value} of what a declared script takes. Snakemake records it, unlike the words."""
    return lambda wildcards: {
        name: deep(wildcards.dataset) if name == "models" else setting(name)(wildcards)
        for name in table["takes"]
    }


def declared_arguments(table):
    """Params function: the words of a declared script's command line after the script's name."""
    return lambda wildcards, input, output: analyses.words_of_job(
        table, declared_settings(table)(wildcards), wildcards, input, output
    )


def growing(amount, of_one_job=False):
    """A resource of a data set's jobs, as an input function.

    `amount` (MB, minutes) serves 4,096 sounds, up to where the analyses take all of them; more sounds ask for
    more in proportion, and so does each retry. of_one_job: a job gets one shard of the data set, if it has any.
    """

    def asked(wildcards, attempt):
        sounds = (JOB_SIZES if of_one_job else SIZES)[wildcards.dataset]
        return math.ceil(amount * max(1, sounds / 4096)) * attempt

    return asked


def minutes(wildcards, attempt):
    """What a model's job may take: the entry's own, or one that grows with the sounds. Slurm gives it 5 more."""
    stated = entry("timeout")(wildcards)
    return stated * attempt if stated else growing(240, of_one_job=True)(wildcards, attempt) - 5


def figure_memory(table):
    """Memory (MB) of a figure's job: it grows with the sounds, or with the models on a page of 40."""
    basis = table.get("mem_mb", 1000)
    more = table.get("mem_mb_per_model", 0) * min(len(ROWS), 40)
    return (lambda wildcards, attempt: (basis + more) * attempt) if more else growing(basis)


def largest_K(wildcards):
    """The most neighbours that an analysis looks at; 0 for what has no graph."""
    if not is_cloud(config["datasets"][wildcards.dataset]):
        return 0
    return max(setting(name)(wildcards) for name in ("isomap.K", "knn.K"))


# --- what the comparison and the report show ------------------------------------------------------


def analyses_of(dataset):
    """The analyses that a data set goes through. A ladder is many short walks, not a cloud."""
    return of_kinds(ANALYSES, kinds_of(config["datasets"][dataset]))


def figures_of(dataset):
    """The figures of a data set besides that of its gate."""
    levels = of_models("results/{dataset}/embeddings/{model}.npy", HEADED, dataset=dataset)
    present = {"layers": deep(dataset), "levels": levels, "searched": dataset in SEARCHED}
    return of_kinds(FIGURES, kinds_of(config["datasets"][dataset], present))


def deep(dataset):
    """The models of the run with layers or several poolings that did not fail on a data set."""
    pattern = "results/{dataset}/subspaces/{model}.scores.csv"
    return [m for m, row in first_parts(config).items() if of_models(pattern, [row], dataset=dataset)]


def explorable(dataset):
    """The models, layers and controls of which the page shows a cloud: none of its files failed."""
    return [row for row in ALL_ROWS if PENDING_PATHS.isdisjoint(expand(CLOUD, dataset=dataset, model=row))]


# --- Snakemake's own settings ---------------------------------------------------------------------


wildcard_constraints:
    dataset=r"[^/]+",
    model=r"[^/]+",
    env=r"[^/]+",
    rate=r"\d+",
    shard=r"\d+",


shell.prefix(snakemake_settings.SHELL_PREFIX)


onstart:
    snakemake_settings.without_limit(workflow.scheduler)
    if not UNFINISHED:
        fan_in.begin(workflow, config, CONDA)


onerror:
    if not UNFINISHED:
        text = "".join(Path(path).read_text() for path in log)
        fan_in.report_unfinished(text, workflow, config, DEFINITIONS, CONDA)
