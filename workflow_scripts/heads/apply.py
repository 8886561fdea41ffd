"""Write what a head makes of embeddings: the activations of its last hidden layer, float32 (N, hidden).

A head is plain arrays: weight_i (in, out) and bias_i (out,) of hidden layer i, which is
max(0, x @ weight_i + bias_i). It takes any embeddings of the model on which it was trained.
"""

import argparse
import json
import sys

import numpy as np
from shared.files import written_whole


def hidden(head, embeddings):
    """Activations of the last hidden layer, float32 (N, hidden).

    head: {name: array} with weight_i and bias_i; embeddings: (N, D). Raises ValueError, for the user, for
    embeddings of another width and for what is not finite.
    """
    if embeddings.ndim != 2 or embeddings.shape[1] != len(head["weight_0"]):
        shape = " x ".join(map(str, embeddings.shape))
        raise ValueError(
            f"the embeddings are {shape}, but the head takes sounds x {len(head['weight_0'])}. "
            "Train it on embeddings of the same model."
        )
    if not np.isfinite(embeddings).all():
        raise ValueError("the embeddings hold values that are not finite. Embed the sounds again.")
    activations, layer = embeddings.astype(np.float64), 0
    while f"weight_{layer}" in head:
        activations = np.maximum(activations @ head[f"weight_{layer}"] + head[f"bias_{layer}"], 0)
        layer += 1
    return activations.astype(np.float32)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--head", required=True, help="npz by heads.train")
    parser.add_argument("--facts", required=True, help="JSON of the embeddings")
    parser.add_argument("--output", required=True, help="npy to write")
    parser.add_argument("--output-facts", required=True, help="JSON to write")
    args = parser.parse_args(argv)
    with open(args.facts) as file:
        facts = json.load(file)
    with np.load(args.head, allow_pickle=False) as head:
        try:
            activations = hidden(head, np.load(args.embeddings))
        except ValueError as problem:
            sys.exit(f"error: {args.embeddings}: {problem}")
        facts |= {"D": activations.shape[1], "head": json.loads(str(head["facts"]))}
    facts.pop("marks", None)  # they tell of the embeddings below
    with written_whole(args.output) as draft:
        np.save(draft, activations)
    with written_whole(args.output_facts) as draft:
        draft.write_text(json.dumps(facts, indent=2) + "\n")
