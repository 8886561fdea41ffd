"""The paper's experiment with two models: GEAR beside the plain steps of the paper.

    python3 benchmarks/paper.py

The steps are written from the paper's description and run one after the other: its 2,500 sounds,
hearbaseline's own wrappers, scikit-learn's Isomap with K = 100, and the mean of the 40 nearest neighbours.
GEAR runs in a folder of its own, with all environments built. It runs twice: once as far as these steps go
(sounds, embeddings, Isomap, regression), and once whole, with the gate, every measure, chance levels and
intervals, the controls, figures and report. Seconds are wall time.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLONE = Path(__file__).resolve().parent.parent
MODELS = ["logmel", "crepe"]
STEPS = [f"results/paper2023/{stage}/{model}.csv" for stage in ("isomap", "knn") for model in MODELS]


def steps():
    """Run the paper's steps, in hearbaseline's environment, and print the seconds of each."""
    import hearbaseline
    import hearbaseline.torchcrepe
    import numpy as np
    import torch
    from sklearn.manifold import Isomap
    from sklearn.neighbors import NearestNeighbors
    from sklearn.preprocessing import MaxAbsScaler

    began = time.monotonic()

    def lap(what):
        nonlocal began
        now = time.monotonic()
        print(f"  {what:24} {now - began:7.1f}", flush=True)
        began = now

    T = 1024
    random, t = np.random.RandomState(0), np.arange(T)
    sounds, factors = [], []
    for alpha in np.arange(1, 3, 2 / 50):
        for r in np.arange(1, 2, 1 / 50):
            f1 = random.choice(range(12, 24), 1)[0]
            p = np.arange(1, int(T / (2 * f1)))
            weights = (1 + (-1.0) ** p * r) / p**alpha
            waves = np.cos(2 * np.pi * f1 * p[:, None] * t / T)
            sounds.append((weights[:, None] * waves).sum(axis=0) * np.hanning(T))
            factors.append((f1, alpha, r))
    sounds = torch.tensor(MaxAbsScaler().fit_transform(np.array(sounds)), dtype=torch.float32)
    lap("sounds")
    for name, module in (("logmel", hearbaseline), ("crepe", hearbaseline.torchcrepe)):
        model = module.load_model()
        with torch.no_grad():
            embedding = module.get_scene_embeddings(sounds, model).numpy()
        lap(f"{name}: embedding")
        Isomap(n_neighbors=100, n_components=3).fit_transform(embedding)
        lap(f"{name}: Isomap")
        neighbors = NearestNeighbors(n_neighbors=40).fit(embedding).kneighbors(embedding)[1]
        np.array(factors)[neighbors].mean(axis=1)
        lap(f"{name}: regression")


def gear(targets):
    """Run GEAR in a folder of its own until the targets are made. Returns seconds."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "resources").mkdir()
        (Path(folder) / "resources" / "environments").symlink_to(CLONE / "resources" / "environments")
        (Path(folder) / "two.yaml").write_text(f"run: {{datasets: [paper2023], models: {MODELS}}}\n")
        command = [CLONE / ".venv" / "bin" / "python", "-m", "snakemake", "--snakefile", CLONE / "Snakefile"]
        command += ["--cores", str(os.cpu_count()), *targets, "--configfile", "two.yaml"]
        began = time.monotonic()
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        return time.monotonic() - began


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", action="store_true", help="for the process of the paper's steps")
    args = parser.parse_args(argv)
    if args.steps:
        steps()
        return
    python = CLONE / "resources" / "environments" / "hearbaseline" / "bin" / "python"
    print("the paper's steps", flush=True)
    began = time.monotonic()
    subprocess.run([python, __file__, "--steps"], check=True)
    theirs = time.monotonic() - began
    print(f"  together {theirs:24.1f}", flush=True)
    for what, targets in (("GEAR, the same steps", STEPS), ("GEAR, all", [])):
        ours = gear(targets)
        print(f"{what}: {ours:.1f} s, {theirs / ours:.2f} times as fast", flush=True)


if __name__ == "__main__":
    main()
