"""Time and memory of Isomap of growing clouds: ours beside scikit-learn's.

    resources/environments/analysis/bin/python benchmarks/manifold.py 2500 5000 10000 --alone 30000 100000

Ours takes landmarks above isomap.EXACT sounds. The cloud is a curved three-dimensional sheet with noise in D
dimensions. Runs follow each other, each in a process of its own. `search s` is the wall time of the neighbour
search, `rest s` that of all that follows (graph, paths, scaling), `MB` the largest resident set. `peer` is
scikit-learn, `disparity` is Procrustes'. The exponent is that by which our `rest s` grows with N.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "workflow_scripts"))
K = 100


def cloud(N, D, seed=0):
    """Three uniform factors, bent into D dimensions, with noise of 1 %: float64 (N, D)."""
    rng = np.random.default_rng(seed)
    factors = rng.uniform(size=(N, 3))
    bent = np.tanh(0.7 * factors @ rng.standard_normal((3, D)))
    return bent + 0.01 * rng.standard_normal((N, D))


def ours(points):
    """Coordinates by isomap.py, seconds of the search, seconds of the rest."""
    from analyse import isomap
    from shared.graphs import nearest_neighbors

    began = time.monotonic()
    indices, distances = nearest_neighbors(points, K)
    searched = time.monotonic()
    embedded = isomap.cloud_of(points, indices, distances, bridge=True)
    return embedded.coordinates, searched - began, time.monotonic() - searched


def peer(points):
    """Coordinates by scikit-learn, and seconds; its search is part of the rest."""
    from sklearn.manifold import Isomap

    began = time.monotonic()
    coordinates = Isomap(n_neighbors=K, n_components=3, n_jobs=-1).fit_transform(points)
    return coordinates, 0.0, time.monotonic() - began


def measured(which, N, D, folder):
    """Run `ours` or `peer` in a process of its own. Returns {search, rest, megabytes}."""
    command = [sys.executable, __file__, "--one", which, str(N), str(D), f"{folder}/{which}.npy"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sizes", nargs="*", type=int, default=[2500, 5000, 10000], help="N beside scikit-learn"
    )
    parser.add_argument("--alone", nargs="*", type=int, default=[], help="N of ours alone")
    parser.add_argument("--D", type=int, default=256)
    parser.add_argument("--one", nargs=4, help="for the processes of this script")
    args = parser.parse_args(argv)
    if args.one:
        which, N, D, path = args.one
        coordinates, search, rest = {"ours": ours, "peer": peer}[which](cloud(int(N), int(D)))
        np.save(path, coordinates)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(json.dumps({"search": search, "rest": rest, "megabytes": megabytes}))
        return
    from scipy.spatial import procrustes

    print(f"D = {args.D}, K = {K}")
    print(f"{'N':>7} {'search s':>9} {'rest s':>8} {'MB':>6} {'peer s':>15} {'MB':>6} {'ratio':>6} disparity")
    rest = {}
    with tempfile.TemporaryDirectory() as folder:
        for N in sorted({*args.sizes, *args.alone}):
            mine = measured("ours", N, args.D, folder)
            rest[N] = mine["rest"]
            line = f"{N:7} {mine['search']:9.1f} {mine['rest']:8.1f} {mine['megabytes']:6.0f}"
            if N in args.sizes and N not in args.alone:
                other = measured("peer", N, args.D, folder)
                ratio = other["rest"] / (mine["search"] + mine["rest"])
                disparity = procrustes(np.load(f"{folder}/peer.npy"), np.load(f"{folder}/ours.npy"))[2]
                line += f" {other['rest']:15.1f} {other['megabytes']:6.0f} {ratio:6.1f} {disparity:.1e}"
            print(line, flush=True)
    from analyse import isomap

    large = {N: seconds for N, seconds in rest.items() if N > isomap.EXACT}
    if len(large) > 1:
        print(f"exponent: {np.polyfit(np.log(list(large)), np.log(list(large.values())), 1)[0]:.2f}")


if __name__ == "__main__":
    main()
