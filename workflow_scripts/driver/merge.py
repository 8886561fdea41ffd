"""Take models of other runs into the comparison of this one: `make merge FROM=/path/to/another/clone`.

Their embeddings and facts are copied, not made again; the analyses run here, so that all rows come from one
version of the code and one config. What is asked of the other folder is its results/: run_config.yaml, and of
each data set sounds/audio.wav and embeddings/.

The data sets are those of the last run here, and must be the same there: by `version` and `resample` of
their entries, and by the digest of audio.wav. Sounds that are not here are brought along. A model that both
have must have the same facts, and stays as it is here. Everything is checked before anything is written.
"""

import argparse
import json
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import NamedTuple

from planning.config import recorded
from planning.datasets import made_in, resolved
from planning.environments import lock
from planning.models import parts_of
from planning.places import RUN_CONFIG
from planning.schema import defaults
from planning.yaml_files import to_yaml
from shared.files import written_whole
from shared.names import STATED, part_name
from shared.sentences import first_few
from shared.weights import digest_of

MERGED = "resources/merged"  # folder of what is taken: {dataset}/{row}.npy, .json and .sha256
SAME = ("version", "resample")  # keys of a data set by which it is another one, with the same sounds
IDENTITY = (  # facts by which a model is another one, though its name is the same
    *("module", "layer", "pooling", "hop", "initialization", "packages", "sample_rate", "audio_rate"),
    *("N", "D", "precision"),
)
SETTINGS = ("options", "seed", "network")  # the same of its entry
SOUNDS = ("trained.npz", "parameters.csv", "audio.wav")  # in the order in which they are made


class Run(NamedTuple):
    """A run: the folder that holds its results/, and its config as it was recorded."""

    folder: Path
    config: dict

    def file(self, dataset, *names):
        """Path of a file of a data set's results."""
        return self.folder.joinpath("results", dataset, *names)

    def rows(self, model):
        """A model and its parts."""
        return [model, *(part_name(model, part) for part in parts_of(self.config["models"][model]))]


def read_run(folder):
    """The run of a folder. Raises ValueError if none is recorded there."""
    path = Path(folder) / RUN_CONFIG
    if not path.is_file():
        raise ValueError(f"{path} does not exist; name a folder in which GEAR has run, with its results/")
    return Run(Path(folder), recorded(path))


# --- what may not be merged -----------------------------------------------------------------------


def dataset_fault(own, other, dataset):
    """Why a data set of two runs is not the same, a sentence, or ''."""
    where = f"the data set {dataset} of {other.folder}"
    if dataset not in other.config["run"]["datasets"]:
        return f"{other.folder} has not run the data set {dataset}; run it there, or leave it out here"
    entries = [defaults("dataset") | run.config["datasets"][dataset] for run in (own, other)]
    for key in SAME:
        if entries[0].get(key) != entries[1].get(key):
            here, there = (entry.get(key) for entry in entries)
            return f"{where} is another one: its `{key}` is {there}, and {here} here"
    here, there = (run.file(dataset, "sounds", "audio.wav") for run in (own, other))
    if not there.exists():
        return f"{there} does not exist; copy the sounds along with the embeddings"
    if not here.exists():
        env = made_in(resolved(own.config, dataset))
        sentence = (
            f"the sounds of {dataset} cannot be taken before the environment {env} is built, or they would "
            f"be made again: call `.venv/bin/snakemake --cores 1 {lock(env)}` first"
        )
        return "" if Path(lock(env)).exists() else sentence
    sentence = (
        f"{where} has other sounds than here (audio.wav has another digest); delete {here.parent} to take "
        f"those of {other.folder}, which the models here must then hear again"
    )
    return sentence if digest_of(here) != digest_of(there) else ""


def lacks(run, model, datasets):
    """What a model of a run lacks to be taken from there, a sentence, or ''."""
    for dataset, row in product(datasets, run.rows(model)):
        array = run.file(dataset, "embeddings", f"{row}.npy")
        sounds = run.file(dataset, "sounds", "audio.wav")
        if not all(path.exists() for path in (array, array.with_suffix(".json"), sounds)):
            return f"{model} has no embeddings of {dataset} in {run.folder}"
        if array.stat().st_mtime < sounds.stat().st_mtime:
            return (
                f"the embeddings of {model} are older than the sounds of {dataset} in {run.folder}; run it "
                "there again, or copy the folder by `cp -a`, which keeps times"
            )
    return ""


def differing(own, other, model, datasets):
    """How a model of both runs differs between them, a sentence, or ''."""
    entries = [run.config["models"][model] for run in (own, other)]
    if not any(entry["module"] == "precomputed" for entry in entries):
        for key in SETTINGS:
            here, there = (entry.get(key, defaults("model").get(key)) for entry in entries)
            if here != there:
                return another_model(model, other, key, there, here)
    for dataset, row in product(datasets, own.rows(model)):
        files = [run.file(dataset, "embeddings", f"{row}.json") for run in (own, other)]
        if all(file.exists() for file in files):
            here, there = (json.loads(file.read_text()) for file in files)
            for key in IDENTITY:
                if here.get(key) != there.get(key):
                    return another_model(row, other, key, there.get(key), here.get(key))
            digests = [sorted(facts.get("weights_sha256", {}).values()) for facts in (here, there)]
            if digests[0] != digests[1]:
                return another_model(row, other, "digest of weights", *reversed(digests))
    return ""


def another_model(model, other, what, there, here):
    """The sentence that a model is another one in another run."""
    return (
        f"{model} is another model in {other.folder}: its {what} is {there}, and {here} here; rename one of "
        "the two, or name the models to take (MODELS='a b')"
    )


def models_to_take(own, other, wanted, datasets):
    """Models of another run to take, and sentences on those that are not.

    wanted: names, or none for all of its run. Raises ValueError, one sentence, for one that may not be taken.
    """
    known = other.config["run"]["models"]
    if unknown := [model for model in wanted if model not in known]:
        raise ValueError(
            f"{other.folder} has not run {', '.join(unknown)}; it has run {first_few(known, ', ')}"
        )
    taken, notes, here = [], [], own.config["run"]["models"]
    for model in wanted or known:
        if fault := lacks(other, model, datasets):
            if wanted:
                raise ValueError(fault)
            notes.append(f"not taken: {fault}")
        elif model in here and (fault := differing(own, other, model, datasets)):
            raise ValueError(fault)
        elif model in here and not lacks(own, model, datasets):
            notes.append(f"{model} is here already, with the same facts")
        else:
            taken.append(model)
    return taken, notes


# --- merging --------------------------------------------------------------------------------------


def entry_of(other, model):
    """The config's entry of a model that is taken."""
    stated = other.config["models"][model]
    parts = parts_of(stated)
    kept = {key: stated[key] for key in (*STATED, "published") if key in stated}
    place = {"module": "precomputed", "embeddings": f"{MERGED}/{{dataset}}/{model}.npy"}
    return place | ({"parts": parts} if parts else {}) | kept


def copy(source, target):
    """Copy a file, whole or not at all; the copy is new."""
    with written_whole(target) as draft:
        shutil.copyfile(source, draft)


def take(own, other, models, datasets):
    """Copy the embeddings and facts of models, and sounds that are not here."""
    for dataset in datasets:
        for name in SOUNDS:
            source, target = (run.file(dataset, "sounds", name) for run in (other, own))
            if source.exists() and not own.file(dataset, "sounds", "audio.wav").exists():
                copy(source, target)
        digest = digest_of(own.file(dataset, "sounds", "audio.wav"))
        for row in [row for model in models for row in other.rows(model)]:
            source = other.file(dataset, "embeddings", f"{row}.npy")
            target = Path(MERGED, dataset, f"{row}.npy")
            with written_whole(target.with_name(f"{row}.sha256")) as draft:
                draft.write_text(f"{digest}  {own.file(dataset, 'sounds', 'audio.wav')}\n")
            copy(source.with_suffix(".json"), target.with_name(f"{row}.json"))
            copy(source, target)


def merge(folders, wanted, output):
    """Merge the runs of some folders into that of the working directory, and say what was done.

    wanted: names of models to take, or none for all; output: path of the config to write. Raises ValueError,
    one sentence, on what may not be merged, before anything is written.
    """
    if output.exists():
        raise ValueError(f"{output} is there already, from an earlier merge; rename or delete it")
    if own := [folder for folder in folders if Path(folder).resolve() == Path().resolve()]:
        raise ValueError(f"{own[0]} is the folder of this run itself; name that of another one")
    others = [read_run(folder) for folder in folders]
    fresh = not Path(RUN_CONFIG).exists()
    config = others[0].config if fresh else read_run(".").config
    config = config | {"run": dict(config["run"]), "models": dict(config["models"])}
    if fresh:
        config["run"]["models"] = []
    own, datasets = Run(Path(), config), config["run"]["datasets"]
    plan, done = [], []
    for other in others:
        if fault := next(filter(None, (dataset_fault(own, other, name) for name in datasets)), ""):
            raise ValueError(fault)
        models, notes = models_to_take(own, other, wanted, datasets)
        if twice := [model for model in models if any(model in before for _, before in plan)]:
            raise ValueError(f"{', '.join(twice)} would be taken from two runs; merge one after the other")
        plan.append((other, models))
        done += [*notes, f"taken from {other.folder}: {', '.join(models) or 'nothing'}"]
    for other, models in plan:
        take(own, other, models, datasets)
        config["models"] |= {model: entry_of(other, model) for model in models}
        listed = config["run"]["models"]
        config["run"]["models"] = [*listed, *(model for model in models if model not in listed)]
    with written_whole(output) as draft:
        draft.write_text(to_yaml(config), encoding="utf-8")
    return done


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", help="that hold the results/ of other runs")
    parser.add_argument("--models", nargs="*", default=[], help="to take, of all runs; all if none is named")
    parser.add_argument("--output", type=Path, default=Path("merged.yaml"), help="config of the joint run")
    args = parser.parse_args(argv)
    try:
        print(*merge(args.folders, args.models, args.output), sep="\n")
    except (ValueError, OSError) as problem:
        sys.exit(f"error: {problem}")
    print(f'make run RUN="--configfile {args.output} --replace-workflow-config"')
