"""What tests of whole runs share: small configs, and what a run left behind."""

import json

import numpy as np
import pandas
import yaml
from conftest import ROOT, jobs, snakemake
from planning.yaml_files import to_yaml

MODELS = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())["run"]["models"]
GOOD = {"module": "adapters.faulty", "env": "analysis", "sample_rate": 16000, "options": {"fault": ""}}


def facts(folder, dataset, model):
    return json.loads((folder / "results" / dataset / "embeddings" / f"{model}.json").read_text())


def embedding(folder, dataset, model):
    return np.load(folder / "results" / dataset / "embeddings" / f"{model}.npy")


def planned(folder, *words):
    """Jobs that Snakemake would run, as {rule: count}."""
    done = snakemake(folder, "-n", *words)
    assert done.returncode == 0, done.stdout
    names = jobs(done.stdout)
    return {name: names.count(name) for name in names if name != "all"}


def write_datasets(folder, analyses=None, **datasets):
    """A config of some data sets and one test model; returns its words."""
    entry = {
        "run": {"datasets": list(datasets), "models": ["good"]},
        "datasets": datasets,
        "models": {"good": GOOD},
        "analyses": {"isomap": {"K": 4}, "knn": {"K": 3}, "bootstrap": 100} | (analyses or {}),
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(entry))
    return ["--configfile", "mine.yaml"]


def parameters(folder, dataset):
    return pandas.read_csv(folder / "results" / dataset / "sounds" / "parameters.csv")


def checks(folder, dataset):
    table = pandas.read_csv(folder / "results" / dataset / "sounds" / "checks.csv", keep_default_na=False)
    return table.set_index(["check", "factor"])


def readme_block(heading, language):
    return (ROOT / "README.md").read_text().split(heading)[1].split(f"```{language}")[1].split("```")[0]


def write_config(folder, faults, **changes):
    """A config of the small random data set with one test model per fault; returns its words."""
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    models = {
        name: {
            "module": "adapters.faulty",
            "env": "analysis",
            "sample_rate": 16000,
            "options": {"fault": fault},
        }
        for name, fault in faults.items()
    }
    for name, entry in changes.items():
        models[name] = entry
    small |= {"models": models, "run": {"datasets": ["small"], "models": list(models)}}
    (folder / "mine.yaml").write_text(to_yaml(small))
    return ["--configfile", "mine.yaml"]


ANALYSES = """
analyses: {standardize: false, isomap: {K: 6, bridge: false}, knn: {K: 4, include_self: false},
           shuffles: 20, bootstrap: 200, seed: 0}
"""
# rules of one model on a cloud of sounds
CLOUD = ("neighbors", "isomap", "trust", "knn", "hypothesis", "subspaces", "axes", "invariance", "topology")
