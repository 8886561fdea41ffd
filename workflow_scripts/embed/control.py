"""Write a control of a data set, which stands as a row beside the models.

`chance` is Gaussian noise, N x 64, which knows nothing of the sounds. `reference` is the true factors on
their sampling scale, standardised, used as if they were an embedding. It is a landmark, not an upper bound.
"""

import argparse
import json

import numpy as np
import pandas
from shared.files import written_whole
from shared.names import CONTROLS
from shared.scales import on_scale

CHANCE, _ = CONTROLS
CHANCE_SIZE = 64


def chance(N, seed):
    """Gaussian noise, float32 (N, CHANCE_SIZE)."""
    return np.random.default_rng(seed).standard_normal((N, CHANCE_SIZE)).astype(np.float32)


def reference(table, factors):
    """Factors on their sampling scale, each with mean 0 and standard deviation 1: float32 (N, factors).

    table: DataFrame with one column per factor. factors: {name: {scale, ...}}. A factor that does not vary
    becomes 0.
    """
    columns = []
    for name, factor in factors.items():
        values = on_scale(table[name].to_numpy(), factor["scale"])
        columns.append((values - values.mean()) / (values.std() or 1))
    return np.stack(columns, axis=1).astype(np.float32)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parameters", required=True, help="CSV of the factors")
    parser.add_argument("--factors", type=json.loads, required=True, help="{factor: entry}, JSON")
    parser.add_argument("--control", choices=CONTROLS, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--embeddings", required=True, help="npy to write")
    parser.add_argument("--facts", required=True, help="JSON to write")
    args = parser.parse_args(argv)
    table = pandas.read_csv(args.parameters)
    if args.control == CHANCE:
        embeddings = chance(len(table), args.seed)
    else:
        embeddings = reference(table, args.factors)
    with written_whole(args.embeddings) as draft:
        np.save(draft, embeddings)
    with written_whole(args.facts) as draft:
        facts = {"control": args.control, "N": len(table), "D": embeddings.shape[1]}
        draft.write_text(json.dumps(facts, indent=2) + "\n")
