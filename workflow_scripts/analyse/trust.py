"""Trust in the Isomap picture of one embedding: would it look the same, had anything else been chosen?

Sweep. The graph and its Isomap for K from a quarter to twice the chosen one: pieces, residual variance, and
how far the picture moves (Procrustes disparity to that of the chosen K, on the sounds that both show).
Subsamples. The same of three quarters of the sounds with three quarters of the neighbours, so that the
radius stays. Faithfulness. Trustworthiness (are neighbours in the picture neighbours in the embedding?) and
continuity (the reverse), Venna & Kaski (2001), of at most MOST sounds. Second opinions. Hessian eigenmaps
(Donoho & Grimes 2003) and local tangent space alignment (Zhang & Zha 2004) of the same sounds. Neither looks
at long distances. Both must be told how many dimensions the shape has and know it up to a linear map only,
so their agreement is the share of the picture's variance that a linear map of theirs gives, in one, two or
three dimensions, whichever gives most.

The stamp is `trusted` if nothing speaks against the picture, else `fragile`, with the reasons. Writes the
sweep, scores, and one figure.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas
from matplotlib.figure import Figure
from scipy.linalg import LinAlgError
from scipy.spatial import procrustes
from shared.drawing import COLORS, write_figure
from shared.files import written_whole
from shared.graphs import features, restricted_to
from shared.scores import sample, write_scores
from sklearn.manifold import LocallyLinearEmbedding, trustworthiness
from sklearn.metrics import r2_score

from analyse.isomap import analyse

STEPS = np.array([1 / 4, 1 / 2, 1 / 1.4, 1, 1.4, 2])  # times the chosen K
NEAR = 1 / 1.5, 1.5  # a picture must not depend on K within these
FEWEST = 3  # neighbours
SHARE = 3 / 4  # of the sounds in a subsample
MOST = 800  # sounds for what compares every two, or solves for all at once
TANGENT = 10  # neighbours, at least, that a Hessian in three dimensions needs: more than 3 (3 + 3) / 2
DESCRIPTIVE = "no chance level: does not depend on the factors"
# What speaks against a picture: the score, whether it must be above or below, the limit, and the words.
# Known shapes (tests/known.py) stay far on their side of each.
LIMITS = {
    "largest_component": ("above", 0.99, "in pieces"),
    "residual_variance": ("below", 0.2, "three dimensions do not hold it"),
    "K_disparity": ("below", 0.05, "changes with K"),
    "sample_disparity": ("below", 0.05, "changes with the sounds drawn"),
    "trustworthiness": ("above", 0.9, "shows false neighbours"),
    "continuity": ("above", 0.9, "tears neighbours apart"),
    "second_opinion": ("above", 0.7, "local methods see another shape"),
}


def drawn_rows(coordinates, labels, bridged):
    """The sounds that the picture shows, bool (N,): all if bridged, else the largest component."""
    return np.isfinite(coordinates).all(axis=1) & (bridged | (labels == 0))


def disparity(a, b):
    """Procrustes disparity of two float (n, 3) sets of coordinates: 0 for the same shape, 1 at most.

    NaN for fewer than four points or a set of coinciding ones.
    """
    if len(a) < 4 or not np.ptp(a, axis=0).any() or not np.ptp(b, axis=0).any():
        return np.nan
    return procrustes(a, b)[2]


def faithfulness(points, coordinates, k):
    """Trustworthiness and continuity of coordinates float (n, 3) for points float (n, D): each 0 to 1.

    k: size of a neighbourhood, below n / 2.
    """
    return trustworthiness(points, coordinates, n_neighbors=k), trustworthiness(
        coordinates, points, n_neighbors=k
    )


def chance_faithfulness(n, k):
    """Expected trustworthiness and continuity of n coordinates drawn at random: about 1/2.

    Of random neighbours, the rank r is uniform on 1..n - 1, and max(r - k, 0) is (n - 1 - k) (n - k) /
    (2 (n - 1)) on average.
    """
    return 1 - (n - 1 - k) * (n - k) / ((n - 1) * (2 * n - 3 * k - 1))


def laid_upon(coordinates, other):
    """Other coordinates (n, d), by the linear map and shift that bring them closest to float (n, 3) ones."""
    design = np.column_stack([np.ones(len(other)), other])
    return design @ np.linalg.lstsq(design, coordinates, rcond=None)[0]


def agreement(coordinates, other):
    """Share of the variance of float (n, 3) coordinates that a linear map of other coordinates gives."""
    return r2_score(coordinates, laid_upon(coordinates, other), multioutput="variance_weighted")


def second_opinion(points, coordinates, k, method):
    """Coordinates float (n, d) by `hessian` eigenmaps or `ltsa`, of the d up to 3 that agrees best.

    points: float (n, D), no two the same; coordinates: the picture, float (n, 3); k: neighbours, at least
    TANGENT. None where the method finds no coordinates.
    """
    found = []
    for d in range(1, min(3, points.shape[1]) + 1):
        solver = LocallyLinearEmbedding(n_neighbors=k, n_components=d, method=method, eigen_solver="dense")
        try:
            found.append(solver.fit_transform(points))
        except (LinAlgError, ValueError):  # neighbourhoods without a tangent, as of sounds on a line
            continue
    return max(found, key=lambda other: agreement(coordinates, other), default=None)


def sweep(points, indices, distances, K, bridge):
    """Isomap for K x STEPS, as far as the lists of neighbours go.

    points: float (N, D); indices, distances: (N, k_max). Returns rows (dicts) by rising K and the picture of
    the chosen K: coordinates (N, 3) and shown (N,).
    """
    Ks = sorted({int(np.clip(round(K * step), min(FEWEST, K), indices.shape[1])) for step in STEPS} | {K})
    rows, pictures = [], {}
    for k in Ks:
        coordinates, labels, bridges, residual = analyse(points, indices[:, :k], distances[:, :k], bridge)
        pictures[k] = coordinates, drawn_rows(coordinates, labels, bridge)
        rows.append(
            {
                "K": k,
                "components": labels.max() + 1,
                "largest_component": (labels == 0).mean(),
                "bridges": len(bridges),
                "residual_variance": residual,
            }
        )
    chosen, shown = pictures[K]
    for row in rows:
        other, seen = pictures[row["K"]]
        row["disparity"] = disparity(chosen[shown & seen], other[shown & seen])
    return rows, chosen, shown


def subsamples(points, indices, distances, K, bridge, picture, count, seed):
    """Disparity to the picture of `count` pictures of three quarters of the sounds: float (count,)."""
    chosen, shown = picture
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        rows = np.sort(rng.permutation(len(points))[: int(SHARE * len(points))])
        lists = restricted_to(indices, distances, rows, max(round(SHARE * K), 1))
        coordinates, labels, *_ = analyse(points[rows], *lists, bridge)
        both = shown[rows] & drawn_rows(coordinates, labels, bridge)
        found.append(disparity(chosen[rows][both], coordinates[both]))
    return np.array(found)


def compared(points, coordinates, shown, K, seed):
    """What is asked of at most MOST sounds of the picture.

    Returns rows (dicts of metric, value, chance, n, note) and the sounds with the second opinions of them,
    {method: float (n, 3)}.
    """
    there = np.flatnonzero(shown)
    _, first = np.unique(points[there], axis=0, return_index=True)  # coinciding sounds have no tangent
    there = np.sort(there[first])
    rows = there[sample(len(there), seed, MOST)]
    n = len(rows)
    k = min(max(round(K * n / len(points)), TANGENT), (n - 1) // 2)
    same = {"unit": "share", "better": "high", "n": n}
    if k < TANGENT:
        few = same | {"note": f"{n} sounds are too few"}
        metrics = ("trustworthiness", "continuity", "hessian_agreement", "ltsa_agreement")
        return [few | {"metric": metric} for metric in metrics], rows, {}
    note = f"of neighbourhoods of {k} of {n} sounds; chance: coordinates drawn at random"
    pair = faithfulness(points[rows], coordinates[rows], k)
    found = [
        same | {"metric": metric, "value": value, "chance": chance_faithfulness(n, k), "note": note}
        for metric, value in zip(("trustworthiness", "continuity"), pair, strict=True)
    ]
    others = {m: second_opinion(points[rows], coordinates[rows], k, m) for m in ("hessian", "ltsa")}
    for method, other in others.items():
        row = same | {"metric": f"{method}_agreement", "note": "the method finds no coordinates"}
        if other is not None:
            row |= {"value": agreement(coordinates[rows], other), "chance": 3 / (n - 1)}
            told = f"{other.shape[1]}-D of {k} neighbours of {n} sounds, up to a linear map"
            row["note"] = f"{told}; chance: coordinates drawn at random"
        found.append(row)
    return found, rows, {method: other for method, other in others.items() if other is not None}


def reasons(values, bridges):
    """What speaks against a picture, in words. values: {key of LIMITS: value, NaN if there is none}."""
    told = []
    for name, (side, limit, words) in LIMITS.items():
        value = values[name]
        wrong = value < limit if side == "above" else value > limit
        if name == "largest_component" and wrong:
            words = (
                f"in pieces, held together by {bridges} bridges"
                if bridges
                else f"in pieces, {value:.0%} shown"
            )
        if wrong or (np.isnan(value) and name != "second_opinion"):
            told.append(words if np.isfinite(value) else f"no {name.replace('_', ' ')}")
    return told


def judge(table, drawn, pairs, K):
    """Rows of scores, the stamp first. table: sweep as DataFrame; drawn: disparities of the subsamples."""
    row = table[table.K == K].iloc[0]
    near = table[table.K.between(K * NEAR[0], K * NEAR[1]) & (table.K != K)]
    moved = near.disparity.max(skipna=False) if len(near) else np.nan
    kept = drawn[np.isfinite(drawn)]
    value = {pair["metric"]: pair.get("value", np.nan) for pair in pairs}
    told = reasons(
        {
            "largest_component": row.largest_component,
            "residual_variance": row.residual_variance,
            "K_disparity": moved,
            "sample_disparity": kept.mean() if len(kept) else np.nan,
            "trustworthiness": value["trustworthiness"],
            "continuity": value["continuity"],
            "second_opinion": np.fmax(value["hessian_agreement"], value["ltsa_agreement"]),
        },
        int(row.bridges),
    )
    share = {"unit": "share", "better": "low", "note": DESCRIPTIVE}
    spread = {"low": kept.min(), "high": kept.max(), "value": kept.mean()} if len(kept) else {}
    among = f"{DESCRIPTIVE}; low and high: least and most of {len(kept)} subsamples"
    at = ", ".join(map(str, near.K))
    return [
        {
            "metric": "stamp",
            "value": float(not told),
            "unit": "1 trusted, 0 fragile",
            "better": "high",
            "note": f"fragile: {'; '.join(told)}" if told else "trusted",
        },
        share | {"metric": "K_disparity", "value": moved, "note": f"{DESCRIPTIVE}; K = {at} against {K}"},
        share | {"metric": "sample_disparity", "note": among} | spread,
        *pairs,
    ]


def draw(table, K, points, others, stamp, model):
    """The figure. table: sweep; points: float (n, 3) of the picture; others: {method: (n, 3)}."""
    figure = Figure(figsize=(10, 5.2), layout="constrained")
    top, bottom = figure.subfigures(2, height_ratios=[1, 1.15])
    panels = {
        "components": "components (before bridges)",
        "residual_variance": "residual variance (share)",
        "disparity": f"disparity to K = {K} (share)",
    }
    for axis, (column, label) in zip(top.subplots(1, 3), panels.items(), strict=True):
        axis.plot(table.K, table[column], "o-", color="C0", markersize=4)
        axis.axvline(K, color="grey", linewidth=0.8, linestyle="--")
        axis.set(xscale="log", xlabel="K", ylabel=label)
        axis.set_xticks(table.K, table.K, fontsize=7)
        axis.minorticks_off()
        limit = LIMITS.get({"disparity": "K_disparity"}.get(column, column))
        if limit:
            axis.axhline(limit[1], color="tab:red", linewidth=0.6)
        axis.set_ylim(bottom=0)
    axes = bottom.subplots(1, 3)
    named = {"Isomap": points, "Hessian eigenmaps": others.get("hessian"), "LTSA": others.get("ltsa")}
    for axis, (name, shape) in zip(axes, named.items(), strict=True):
        axis.set_title(name)
        axis.set(xticks=[], yticks=[])
        if shape is None:
            axis.text(0.5, 0.5, "finds no coordinates", ha="center", transform=axis.transAxes)
            continue
        shape = laid_upon(points, shape)
        axis.scatter(shape[:, 0], shape[:, 1], c=points[:, 0], cmap=COLORS, s=3, linewidths=0)
        axis.set(xlabel="first axis", ylabel="second axis")
    figure.suptitle(f"{model}: {stamp}", fontsize=9)
    return figure


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--embeddings", required=True, help="npy, N x D")
    parser.add_argument("--neighbors", required=True, help="npz of indices and distances")
    parser.add_argument("--model", required=True, help="name for the rows of scores")
    parser.add_argument("--K", type=int, required=True, help="neighbours per sound of the picture")
    parser.add_argument("--bridge", action="store_true", help="as Isomap did")
    parser.add_argument("--standardize", action="store_true", help="as the search did")
    parser.add_argument("--subsamples", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sweep", required=True, help="CSV to write")
    parser.add_argument("--scores", required=True, help="CSV to write")
    parser.add_argument("--figure", required=True, help="PNG to write")
    args = parser.parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize)
    found = np.load(args.neighbors)
    lists = found["indices"], found["distances"]
    rows, coordinates, shown = sweep(points, *lists, args.K, args.bridge)
    table = pandas.DataFrame(rows)
    picture = coordinates, shown
    drawn = subsamples(points, *lists, args.K, args.bridge, picture, args.subsamples, args.seed)
    pairs, compared_rows, others = compared(points, coordinates, shown, args.K, args.seed)
    scores = judge(table, drawn, pairs, args.K)
    same = {"model": args.model, "analysis": Path(__file__).stem, "n": int(shown.sum())}
    with written_whole(args.sweep) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    figure = draw(table, args.K, coordinates[compared_rows], others, scores[0]["note"], args.model)
    write_figure(figure, [args.figure], dpi=90)
    write_scores(args.scores, [same | row for row in scores])
