"""How long many models take: Snakemake's planning, and the fan-in (comparison, figures, report).

    resources/environments/analysis/bin/python benchmarks/many_models.py --models 300 --datasets 3

The benchmark works in a folder of its own, on precomputed embeddings. It analyses two models and the
controls on one data set and its ladder. Copies of their results, each with scores of its own, stand for the
other models and data sets. Snakemake then runs the fan-in, as a user would run it.

Seconds are CPU time and wall time; for a run of Snakemake the CPU time is user time, jobs included. Memory
is the largest resident set of one process.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas
import yaml

CLONE = Path(__file__).resolve().parent.parent
ANALYSED = ["model000", "model001"]


class Run(NamedTuple):
    """One run of Snakemake, or one job."""

    output: str
    cpu: float  # s
    wall: float  # s
    megabytes: float


def write_config(path, models, datasets, sounds):
    """Write the config of precomputed models on data sets that differ only in name, and on a ladder."""
    entry = {"synthesizer": "additive", "N": sounds, "sample_rate": 16000, "duration": 0.25}
    entry |= {"nuisances": {"phases": None, "gain": None}, "analyses": {"isomap": {"K": 16}, "knn": {"K": 8}}}
    definitions = dict.fromkeys(["tones0", *datasets], entry) | {
        "ladder": {"ladder": {"of": "tones0", "points": 8, "steps": [0.25, 1, 4, 16]}}
    }
    precomputed = {"module": "precomputed", "embeddings": "embeddings/{dataset}.npy"}
    config = {"run": {"datasets": datasets, "models": models}, "datasets": definitions}
    path.write_text(yaml.safe_dump(config | {"models": dict.fromkeys(models, precomputed)}))


def snakemake(folder, *words):
    """Run Snakemake in a folder and measure it."""
    command = [CLONE / ".venv" / "bin" / "python", "-m", "snakemake", "--snakefile", CLONE / "Snakefile"]
    command += ["--cores", str(os.cpu_count()), *words]
    began = time.monotonic()
    with open(folder / "output.txt", "w+") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)  # its jobs included
        output.seek(0)
        text = output.read()
    if status:
        sys.exit(text[-3000:])
    return Run(text, used.ru_utime, time.monotonic() - began, used.ru_maxrss * 1024 / 1e6)


def show(name, run):
    """Print one line of the table of results."""
    print(f"{name:44} {run.cpu:8.1f} {run.wall:8.1f} {run.megabytes:6.0f}", flush=True)


def embed(path, table):
    """Write an embedding, float32 (N, 64), of the sounds in a table: waves of their factors, with noise."""
    rng = np.random.default_rng(0)
    factors = table.drop(columns="sound").filter(regex="^(?!nuisance_|ladder_)").rank(pct=True).to_numpy()
    waves = np.sin(2 * factors @ rng.standard_normal((factors.shape[1], 64)) + rng.uniform(0, 6, 64))
    path.parent.mkdir(exist_ok=True)
    np.save(path, (waves + 0.1 * rng.standard_normal(waves.shape)).astype(np.float32))


def multiply(folder, models, seed=0):
    """Copy the files of the analysed models on one data set for all models, with scores somewhat changed."""
    rng = np.random.default_rng(seed)
    for i, model in enumerate(models):
        source, change = ANALYSED[i % len(ANALYSED)], rng.uniform(0.7, 1.3)
        for path in folder.glob(f"*/{source}.*") if model not in ANALYSED else ():
            copy = path.with_name(path.name.replace(source, model))
            shutil.copy2(path, copy)
            if path.name.endswith(".scores.csv"):
                table = pandas.read_csv(path, keep_default_na=False).assign(model=model)
                numeric = pandas.to_numeric(table.value, errors="coerce") * change
                table["value"] = numeric.where(numeric.notna(), table.value)
                table.to_csv(copy, index=False)
            elif path.name.endswith(".scores.npy"):
                np.save(copy, np.load(path) * change)
            shutil.copystat(path, copy)  # or the files made from it would be older and made again


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=300)
    parser.add_argument("--datasets", type=int, default=3)
    parser.add_argument("--sounds", type=int, default=256)
    parser.add_argument("--folder", type=Path, help="work here and keep it")
    args = parser.parse_args(argv)
    models = [f"model{i:03d}" for i in range(args.models)]
    clouds = [f"tones{i}" for i in range(args.datasets)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.folder or Path(temporary)
        (folder / "resources").mkdir(parents=True)
        (folder / "resources" / "environments").symlink_to(CLONE / "resources" / "environments")
        write_config(folder / "few.yaml", ANALYSED, ["tones0", "ladder"], args.sounds)
        write_config(folder / "clouds.yaml", models, clouds, args.sounds)
        write_config(folder / "all.yaml", models, [*clouds, "ladder"], args.sounds)
        (folder / "embeddings").mkdir()
        for dataset in (*clouds, "ladder"):
            (folder / "embeddings" / f"{dataset}.npy").touch()
        print(f"{'':44} {'CPU s':>8} {'wall s':>8} {'MB':>6}")
        planned = snakemake(folder, "--configfile", "clouds.yaml", "-n")
        jobs = next(line.split()[1] for line in planned.output.splitlines() if line.startswith("total"))
        show(f"plan {jobs} jobs and print each (-n)", planned)
        show("plan alone (-n --quiet)", snakemake(folder, "--configfile", "clouds.yaml", "-n", "--quiet"))

        for dataset in ("tones0", "ladder"):
            snakemake(folder, f"results/{dataset}/sounds/parameters.csv", "--configfile", "few.yaml")
            table = pandas.read_csv(folder / "results" / dataset / "sounds" / "parameters.csv")
            embed(folder / "embeddings" / f"{dataset}.npy", table)
        few = snakemake(folder, "--configfile", "few.yaml")
        print(f"{few.wall:.0f} s for the analyses of {' and '.join(ANALYSED)} and the controls", flush=True)
        for dataset in clouds[1:]:
            fan_in = shutil.ignore_patterns(
                "scores.csv", "differences.csv", "models.csv", "figures", "explore"
            )
            shutil.copytree(folder / "results" / "tones0", folder / "results" / dataset, ignore=fan_in)
        for dataset in (*clouds, "ladder"):
            multiply(folder / "results" / dataset, models)
            source = folder / "embeddings" / ("ladder.npy" if dataset == "ladder" else "tones0.npy")
            if not (folder / "embeddings" / f"{dataset}.npy").stat().st_size:
                shutil.copy2(source, folder / "embeddings" / f"{dataset}.npy")
        shutil.rmtree(folder / "logs")

        show("run: the fan-in, with its jobs", snakemake(folder, "--configfile", "all.yaml"))
        show("run: nothing to be done", snakemake(folder, "--configfile", "all.yaml"))
        show("--summary", snakemake(folder, "--configfile", "all.yaml", "--summary"))
        for path in sorted((folder / "logs").rglob("*.tsv")):
            job = pandas.read_csv(path, sep="\t").iloc[0]
            name = path.relative_to(folder / "logs").with_suffix("")
            show(str(name), Run("", job.cpu_time, job.s, job.max_rss))
        results = folder / "results"
        for path in sorted([results / "report.html", *results.glob("*/figures/*"), *results.glob("*/*.csv")]):
            print(f"{path.relative_to(results)!s:44} {path.stat().st_size / 1e6:8.1f} MB")


if __name__ == "__main__":
    main()
