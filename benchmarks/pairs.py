"""How long the comparison of all pairs of models takes, and how much memory.

    resources/environments/analysis/bin/python benchmarks/pairs.py --models 300

Embeddings of 64 to 2,048 dimensions are made of the same factors and noise. Seconds are CPU time and wall
time; memory is the largest resident set.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow_scripts"))

from compare import pairs
from shared.graphs import nearest_neighbors

K = 40


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=300)
    parser.add_argument("--sounds", type=int, default=1024)
    args = parser.parse_args(argv)
    rng = np.random.default_rng(0)
    factors = pandas.DataFrame(rng.random((args.sounds, 3)), columns=list("fgh"))
    names = [f"m{i}" for i in range(args.models)]
    with tempfile.TemporaryDirectory() as folder:
        for room in ("sounds", "embeddings", "neighbors"):
            (Path(folder) / room).mkdir()
        factors.to_csv(f"{folder}/sounds/parameters.csv", index=False)
        for i, name in enumerate(names):
            D = 64 * 2 ** (i % 6)
            points = np.sin(factors @ rng.standard_normal((3, D))) + rng.standard_normal((args.sounds, D)) / 2
            np.save(f"{folder}/embeddings/{name}.npy", points.astype(np.float32))
            indices, distances = nearest_neighbors(np.asarray(points)[:, :64], K)
            np.savez(f"{folder}/neighbors/{name}.npz", indices=indices, distances=distances)
        began, cpu = time.monotonic(), time.process_time()
        words = ["--results", folder, "--models", *names, "--design", "random", "--K", str(K)]
        entries = '{"f": {"scale": "linear"}, "g": {"scale": "linear"}, "h": {"scale": "linear"}}'
        pairs.main([*words, "--factors", entries, "--output", f"{folder}/models.csv"])
        rows = len(pandas.read_csv(f"{folder}/models.csv"))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = f"{time.process_time() - cpu:.0f} s of CPU, {time.monotonic() - began:.0f} s, {megabytes:.0f} MB"
    print(f"{args.models} models, {args.sounds} sounds, {rows} rows: {spent}")


if __name__ == "__main__":
    main()
