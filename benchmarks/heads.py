"""Time and memory of a whole grid of heads as one stack, beside heads trained one by one.

    resources/environments/heads/bin/python benchmarks/heads.py --threads 2

The embedding is three factors, bent into the features, with noise of a tenth, so that nearly all components
are kept: the worst case. Of the heads, `--alone` are trained one by one as well, spread evenly over the grid.
The ratio is of CPU time, which does not depend on what else the machine does. `difference` is the largest one
between their R2 and those of the stack.

On two quiet cores the default grid took 92 s (184 s of CPU) and 900 MB, and one by one about 249 s of CPU
(from 4 of 200 heads, ratio 1.4), with the same R2 to the last digit. On one thread of a busy machine it took
233 s of CPU (ratio 1.3). On a CPU the matrix products take the time, and a stack saves little of them. A
process for each head would add about 5 s to each, to import PyTorch and to turn the embeddings. The time on a
GPU is not known.
"""

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "workflow_scripts"))
from heads.fit import Data
from heads.grid import KINDS, points_of
from heads.train import parts_of, search


def sounds(N, D, seed=0):
    """Three uniform factors, and an embedding and one of their views, float64 (N, D)."""
    rng = np.random.default_rng(seed)
    factors = rng.uniform(size=(N, 3))
    clean = np.tanh((factors - 0.5) @ rng.standard_normal((3, D)) + 0.3 * rng.standard_normal(D))
    return factors, *(clean + 0.1 * rng.standard_normal((N, D)) for _ in range(2))


def of_seed(parts, s):
    """What parts_of() gives, of one seed alone."""
    one = slice(s, s + 1)
    return {
        part: tuple(data and Data(data.x[one], data.y[one]) for data in pair) for part, pair in parts.items()
    }


def timed(*words):
    """What search() returns, seconds, and CPU seconds."""
    wall, cpu = time.monotonic(), time.process_time()
    return search(*words), time.monotonic() - wall, time.process_time() - cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", choices=KINDS, default="supervised")
    parser.add_argument("--sounds", type=int, default=1024)
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--alone", type=int, default=8, help="heads that are trained one by one")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    factors, embeddings, views = sounds(args.sounds, args.features)
    seeds, points = list(range(args.seeds)), points_of(args.kind, {})
    parts = parts_of(embeddings, views if args.kind == "contrastive" else None, factors, seeds, device)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (stacked, _, epochs), wall, cpu = timed(args.kind, points, seeds, parts)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(points)} points x {args.seeds} seeds x 2 targets, components {parts['train'][0].x.shape[-1]}"
    )
    print(f"stack: {wall:.0f} s, CPU {cpu:.0f} s, {most:.0f} MB ({before:.0f} MB before)", flush=True)
    true = np.median(epochs[..., 0])
    print(f"epochs: {true:.0f} in the median head on true factors, {epochs.max()} at most")
    seconds, differences = [], []
    for number in np.linspace(0, len(points) * args.seeds - 1, args.alone).astype(int):
        p, s = divmod(number, args.seeds)
        (alone, *_), _, took = timed(args.kind, [points[p]], [seeds[s]], of_seed(parts, s))
        seconds.append(took)
        differences += [np.abs(alone[part][0, 0] - stacked[part][s, p]).max() for part in alone]
    each = np.mean(seconds)
    print(f"alone: CPU {each:.1f} s a head, true and shuffled; all {each * len(points) * args.seeds:.0f} s")
    print(f"ratio {each * len(points) * args.seeds / cpu:.1f}, difference {max(differences):.1e}")


if __name__ == "__main__":
    main()
