"""How long the measures of one model take: seconds and peak memory of each script, on one random embedding.

Run by hand from the clone, in the analysis environment:
    resources/environments/analysis/bin/python benchmarks/measures.py --N 2500 --D 2048
The embedding is a curved image of three factors with noise. The ladder has 1,174 sounds, like that of
config.yaml.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "workflow_scripts"
sys.path.insert(0, str(SCRIPTS))
JND = {"step": 0.02, "source": "none"}
FACTORS = {f: {"unit": "", "scale": "linear", "low": 0, "high": 1, "jnd": JND} for f in "abc"}
STEPS = [2.0**k for k in range(-4, 7)]


def write_inputs(folder, N, D):
    """Write the factors and the embeddings of a cloud and of a ladder into a folder."""
    import numpy as np
    import pandas
    from synthesize.designs import ladder

    rng = np.random.default_rng(0)
    mixing = 2 * rng.standard_normal((3, D))
    base = {f: rng.random(32) for f in FACTORS}
    tables = {
        "cloud": dict(zip(FACTORS, rng.random((3, N)), strict=True)),
        "ladder": ladder(FACTORS, base, STEPS),
    }
    for name, table in tables.items():
        theta = np.stack([table[f] for f in FACTORS], axis=1)
        embedding = np.tanh(theta @ mixing) + 0.3 * rng.standard_normal((len(theta), D))
        np.save(folder / f"{name}.npy", embedding.astype(np.float32))
        pandas.DataFrame(table).to_csv(folder / f"{name}.csv", index_label="sound")


def commands(folder, K):
    """The words of each command, {script: words}, each after the scripts whose files it reads."""

    def files(**named):
        return [word for name, file in named.items() for word in (f"--{name}", folder / file)]

    described = ["--factors", json.dumps(FACTORS)]
    cloud = [*described, *files(parameters="cloud.csv", embeddings="cloud.npy")]
    ladder = [*described, *files(parameters="ladder.csv", embeddings="ladder.npy")]
    isomap = files(coordinates="isomap.csv", bridges="bridges.csv")
    near, pictures = files(neighbors="near.npz"), files(pictures="pictures.npz")
    scored = ["--model", "m", *files(scores="m.scores.csv")]
    return {
        "neighbors": [*files(embeddings="cloud.npy", output="near.npz"), "--K", K],
        "isomap": [*files(embeddings="cloud.npy"), *near, *isomap, *scored, "--K", K, "--bridge"],
        "knn": [*described, *files(parameters="cloud.csv", estimates="knn.csv"), *near, *scored, "--K", 40],
        "trust": [*cloud, *near, *files(sweep="sweep.csv", figure="sweep.png"), *pictures, *scored, "--K", K],
        "hypothesis": [*cloud, *near, *isomap, *pictures, *scored, "--K", K, "--bridge"],
        "subspaces": [*cloud, *scored],
        "axes": [*cloud, *scored],
        "invariance": [*cloud, *scored],
        "topology": [*near, *scored, "--K", K],
        "sensitivity": [*ladder, *scored],
        "threshold": [*ladder, *scored, *files(estimates="threshold.csv")],
    }


def measure(command):
    """Wall-clock seconds, processor seconds and peak memory (MB) of a command. Exits if it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"error: {' '.join(command[:2])} failed")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--N", type=int, default=2500, help="sounds")
    parser.add_argument("--D", type=int, default=2048, help="dimensions")
    parser.add_argument("--K", type=int, default=100, help="neighbours")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_inputs(folder, args.N, args.D)
        print(f"N = {args.N}, D = {args.D}, K = {args.K}, {os.cpu_count()} cores")
        print(f"{'':12} {'s':>7} {'CPU s':>7} {'MB':>6}")
        total, most = [0, 0], 0
        for name, words in commands(folder, args.K).items():
            wall, cpu, memory = measure([sys.executable, str(SCRIPTS), f"analyse.{name}", *map(str, words)])
            print(f"{name:12} {wall:7.1f} {cpu:7.1f} {memory:6.0f}", flush=True)
            total, most = [total[0] + wall, total[1] + cpu], max(most, memory)
        print(f"{'all':12} {total[0]:7.1f} {total[1]:7.1f} {most:6.0f}")


if __name__ == "__main__":
    main()
