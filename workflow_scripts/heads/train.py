"""Train heads on an embedding: shallow networks, for every point of a grid of settings and every seed.

Conventions
    `supervised`: regression of all factors at once, each on its scale and standardised.
    `contrastive`: each sound is to find its view, of the same factors under other nuisances (InfoNCE).
    Each seed draws what is held out (blocks.py), the shuffling, the first weights and the order of the
    sounds, the same for every model and every point.
    Heads learn from the training sounds. Validation sounds, blocks of their own, stop the training of a head
    and choose among points. Held-out sounds are only scored.

Scores
    `r2` of a factor on held-out sounds: of the head's estimate, or, if contrastive, of a ridge regression
    from the hidden layer. Against shuffled factors it says what a head gains by memory.
    `found`: the share of held-out sounds whose own view is the nearest, contrastive only.

The head that is kept has the point with the best mean R2 over seeds on validation sounds. It is trained anew
on all sounds, for as many epochs as that point took in the median seed.
"""

import argparse
import json
import sys

import numpy as np
import pandas
import torch
from shared.factors import read_factors
from shared.files import written_whole

from heads.blocks import HELD_OUT, PARTS, splits
from heads.fit import EPOCHS, Data, fit
from heads.grid import KINDS, points_of, shapes
from heads.inputs import check, rotation, rotations, standardization
from heads.network import plain, run
from heads.scores import found, r2_of, ridge

TARGETS = ("true", "shuffled")


def shuffled(sounds, seeds):
    """Each seed's sounds of one part in another order, int (seeds, n)."""
    return np.stack(
        [np.random.default_rng(seed).permutation(one) for seed, one in zip(seeds, sounds, strict=True)]
    )


def parts_of(embeddings, views, factors, seeds, device):
    """Inputs, views and factors of each part: {part: (Data of factors, Data of views or None)}.

    embeddings: (N, D); views: (N, D) or None; factors: (N, F).
    """
    sounds = splits(factors, seeds)
    turned = rotations(embeddings, sounds["train"])
    means = [standardization(factors[some]) for some in sounds["train"]]

    def tensor(arrays):
        return torch.tensor(np.stack(arrays).astype(np.float32), device=device)

    def of(table, rows):
        return tensor([turned[s].of(table[some]) for s, some in enumerate(rows)])

    parts = {}
    for part in PARTS:
        orders = sounds[part], shuffled(sounds[part], seeds)
        targets = [
            tensor([(factors[o] - m) / d for o, (m, d) in zip(rows, means, strict=True)]) for rows in orders
        ]
        x = of(embeddings, sounds[part])
        seen = None if views is None else Data(x, torch.stack([of(views, rows) for rows in orders], dim=1))
        parts[part] = Data(x, torch.stack(targets, dim=1)), seen
    return parts


def scores_of(kind, stack, parts, controls):
    """R2 on each part but `train`, {part: float (S, P, F)}, and found, {part: float (S, P)}."""
    truth = {part: data.y[:, controls] for part, (data, _) in parts.items()}
    outputs = {part: run(stack, data.x.unsqueeze(1)) for part, (data, _) in parts.items()}
    scored = ("validation", *HELD_OUT)
    if kind == "supervised":
        return {part: r2_of(outputs[part][1], truth[part]) for part in scored}, {}
    hidden = {part: pair[0] for part, pair in outputs.items()}
    told = ridge(
        hidden["train"],
        truth["train"],
        [hidden[p] for p in scored],
        hidden["validation"],
        truth["validation"],
    )
    finds = {part: found(stack, *parts[part][1].whole(controls)) for part in HELD_OUT}
    return {part: r2_of(one, truth[part]) for part, one in zip(scored, told, strict=True)}, finds


def search(kind, points, seeds, parts, most=EPOCHS):
    """Train every point for every seed and both of TARGETS, for `most` epochs at most.

    Returns R2 {part: float (S, P, 2, F)}, found {part: float (S, P, 2)} (NaN if supervised), and the epochs
    after which each head was best, int (S, P, 2).
    """
    S, P, F = len(seeds), len(points), parts["train"][0].y.shape[-1]
    values = {part: np.full((S, P, 2, F), np.nan) for part in ("validation", *HELD_OUT)}
    finds = {part: np.full((S, P, 2), np.nan) for part in HELD_OUT}
    epochs = np.zeros((S, P, 2), dtype=int)
    for (_, _, projection), numbers in shapes(points).items():
        controls = torch.arange(2).repeat(len(numbers))
        settings = [points[number] for number in numbers for _ in TARGETS]
        data = [parts[part][kind == "contrastive"] for part in ("train", "validation")]
        stack, took = fit(kind, seeds, settings, controls, *data, epochs=most, outputs=projection or F)
        scored, seen = scores_of(kind, stack, parts, controls)
        for part, one in scored.items():
            values[part][:, numbers] = one.reshape(S, len(numbers), 2, F)
        for part, one in seen.items():
            finds[part][:, numbers] = one.reshape(S, len(numbers), 2)
        epochs[:, numbers] = took.cpu().numpy().reshape(S, len(numbers), 2)
        layers, units = settings[0]["hidden_layers"], settings[0]["hidden_units"]
        print(f"{2 * S * len(numbers)} heads of {layers} x {units} units")
    return values, finds, epochs


def chosen(values):
    """Number of the point with the best mean over seeds and factors.

    values: R2 on validation sounds, true factors, float (S, P, F).
    """
    unknown = np.isnan(values).all(axis=1, keepdims=True)  # a factor that does not vary among these sounds
    scores = np.where(unknown, np.nan, np.nan_to_num(values, nan=-np.inf))
    return int(np.nanmean(scores, axis=(0, 2)).argmax())


def rows_of(model, kind, points, seeds, names, values, finds, epochs):
    """Rows of the table of points: one for each point, seed, target, part that is held out and factor."""
    rows = []
    for part in HELD_OUT:
        for (s, p, t), share in np.ndenumerate(finds[part]):
            same = {"model": model, "kind": kind, "point": p, **points[p], "seed": seeds[s]}
            same |= {"targets": TARGETS[t], "held_out": part, "epochs": epochs[s, p, t]}
            told = values[part][s, p, t]
            rows += [same | {"factor": name, "r2": r2} for name, r2 in zip(names, told, strict=True)]
            rows.append(same | {"factor": "mean", "r2": np.nanmean(told), "found": share})
    return pandas.DataFrame(rows)


def head_of(kind, point, seed, epochs, embeddings, views, factors, device):
    """One head trained on all sounds: weight_i, bias_i of hidden layer i, output_weight, output_bias.

    It takes embeddings as they are; the output of a supervised head is the factors on their scales.
    """
    turned, count = rotation(embeddings)
    turned = turned.leading(count)
    mean, deviation = standardization(factors)

    def tensor(array):
        return torch.tensor(array.astype(np.float32), device=device)

    targets = (factors - mean) / deviation if kind == "supervised" else turned.of(views)
    data = Data(tensor(turned.of(embeddings))[None], tensor(targets)[None, None])
    outputs = point.get("projection", factors.shape[1])
    stack, _ = fit(
        kind, [seed], [point], torch.zeros(1, dtype=torch.int64), data, epochs=epochs, outputs=outputs
    )
    *hidden, (weight, bias) = plain(stack, 0, 0)
    hidden[0] = turned.axes @ hidden[0][0], hidden[0][1] - turned.mean @ turned.axes @ hidden[0][0]
    if kind == "supervised":
        weight, bias = weight * deviation, bias * deviation + mean
    arrays = {"output_weight": weight, "output_bias": bias}
    for i, (w, b) in enumerate(hidden):
        arrays |= {f"weight_{i}": w, f"bias_{i}": b}
    return arrays


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--parameters", required=True, help="CSV of the factors")
    parser.add_argument("--factors", type=json.loads, required=True, help="{factor: entry}, JSON")
    parser.add_argument(
        "--views", help="npy, N x D: the same factors under other nuisances; contrastive only"
    )
    parser.add_argument("--model", default="", help="name for the rows of the table")
    parser.add_argument("--kind", choices=KINDS, required=True)
    parser.add_argument("--grid", type=json.loads, default={}, help="{setting: list of values}, JSON")
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--seed", type=int, default=0, help="the first")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="at most")
    parser.add_argument("--head", required=True, help="npz to write")
    parser.add_argument("--points", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    if (args.kind == "contrastive") != (args.views is not None):
        sys.exit("error: --views goes with --kind contrastive, and only with it")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    seeds, names = list(range(args.seed, args.seed + args.seeds)), list(args.factors)
    try:
        factors = read_factors(args.parameters, args.factors)
        embeddings, views = (
            path and np.load(path).astype(np.float64) for path in (args.embeddings, args.views)
        )
        for path, array in ((args.embeddings, embeddings), (args.views, views)):
            if path:
                check(array, len(factors), path)
        points = points_of(args.kind, args.grid)
        parts = parts_of(embeddings, views, factors, seeds, device)
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    values, finds, epochs = search(args.kind, points, seeds, parts, args.epochs)
    best = chosen(values["validation"][:, :, 0])
    took = max(1, int(np.median(epochs[:, best, 0])))
    arrays = head_of(args.kind, points[best], args.seed, took, embeddings, views, factors, device)
    facts = {"kind": args.kind, "point": best, **points[best], "epochs": took, "factors": names}
    with written_whole(args.head) as draft:
        np.savez(draft, facts=json.dumps(facts), **arrays)
    with written_whole(args.points) as draft:
        rows_of(args.model, args.kind, points, seeds, names, values, finds, epochs).to_csv(draft, index=False)
