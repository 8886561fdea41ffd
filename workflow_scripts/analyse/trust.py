"""Trust in the Isomap picture of one embedding: would it look the same, had anything else been chosen?

Four things may speak against a picture. It may change with K: the sweep makes it anew for K from a quarter to
twice the chosen one. It may change with the sounds: subsamples make it anew from three quarters of the sounds
and three quarters of the neighbours, so that the radius stays. It may show false neighbours or tear true ones
apart, and local methods may see another shape (both in faithfulness.py). If three dimensions hold the
cloud, the pictures that are compared are made from LANDMARKS landmarks: they differ from exact ones by a
disparity of about 1e-5. Of other clouds landmarks would show another picture.

Scores: `stamp` is 1, with the note `trusted`, if nothing speaks against the picture. Otherwise it is 0, and
its note is `fragile` with the reasons. `K_disparity` and `sample_disparity` are how far the picture moves
(Procrustes disparity, on the sounds that both pictures show): 0 not at all, 1 at most. The other scores are
those of faithfulness.py.

Files: `sweep` has a row per K, with components, largest_component, bridges and residual_variance of its graph
and the disparity to the picture of the chosen K; `figure` shows the sweep and the second opinions.
"""

from typing import NamedTuple

import numpy as np
import pandas
from matplotlib.figure import Figure
from scipy.spatial import procrustes
from shared.drawing import COLORS, write_figure
from shared.files import written_whole
from shared.graphs import DESCRIPTIVE, features, restricted_to
from shared.scores import analysis_parser, write_scores

from analyse.faithfulness import compare, laid_upon
from analyse.isomap import EXACT, cloud_of
from analyse.landmarks import LANDMARKS

ANALYSIS = {
    "of": "cloud",
    "order": 80,
    "reads": ["embeddings", "neighbors"],
    "takes": ["isomap.K", "isomap.bridge", "standardize", "seed"],
    "writes": {"sweep": "{model}.csv", "figure": "{model}.png"},
    "caption": {
        "heading": "Trust",
        "text": "How the Isomap picture of ``{{ snakemake.wildcards.model }}`` on "
        "``{{ snakemake.wildcards.dataset }}`` changes with K, and how Hessian eigenmaps and LTSA show the "
        "same sounds.",
    },
    "notes": True,
    "heading": "Trust in the Isomap picture",
    "text": "The stamp is 1 if nothing speaks against the picture; else it is 0, and the reasons stand "
    "beside it. Disparity is how far the picture moves (Procrustes, 0 to 1) when K changes by a factor of "
    "1.4, or when three quarters of the sounds are drawn. Trustworthiness tells whether neighbours in the "
    "picture are neighbours in the embedding, continuity tells the reverse. Agreement is the share of the "
    "picture that a local method confirms, up to a linear map.",
    "metrics": {
        "stamp": {"unit": "1 trusted, 0 fragile", "better": "high"},
        "K_disparity": {"unit": "share", "better": "low"},
        "sample_disparity": {"unit": "share", "better": "low"},
        "trustworthiness": {"unit": "share", "better": "high"},
        "continuity": {"unit": "share", "better": "high"},
        "hessian_agreement": {"unit": "share", "better": "high"},
        "ltsa_agreement": {"unit": "share", "better": "high"},
    },
}
STEPS = np.array([1 / 4, 1 / 2, 1 / 1.4, 1, 1.4, 2])  # times the chosen K
NEAR = 1 / 1.5, 1.5  # a picture must not depend on K within these
FEWEST = 3  # neighbours
SUBSAMPLES = 5
SHARE = 3 / 4  # of the sounds in a subsample
POINT = "no two pictures to compare: too few values of K or sounds, or all sounds in one point"


class Limit(NamedTuple):
    """A limit of a score, and what speaks against a picture on its wrong side."""

    side: str  # `above` or `below`: where the score of a trusted picture lies
    value: float
    words: str


LIMITS = {  # known shapes (tests/analyse/known.py) stay far on their side of each
    "largest_component": Limit("above", 0.99, "in pieces"),
    "residual_variance": Limit("below", 0.2, "three dimensions do not hold it"),
    "K_disparity": Limit("below", 0.05, "changes with K"),
    "sample_disparity": Limit("below", 0.05, "changes with the sounds drawn"),
    "trustworthiness": Limit("above", 0.9, "shows false neighbours"),
    "continuity": Limit("above", 0.9, "tears neighbours apart"),
    "second_opinion": Limit("above", 0.7, "local methods see another shape"),
}


class Picture(NamedTuple):
    """An Isomap cloud as the figures show it."""

    coordinates: np.ndarray  # float (N, 3)
    shown: np.ndarray  # bool (N,): all sounds if bridged, else those of the largest component


def picture_of(cloud, bridge):
    """The Picture of an isomap.Cloud."""
    there = np.isfinite(cloud.coordinates).all(axis=1)
    return Picture(cloud.coordinates, there & (bridge | (cloud.labels == 0)))


def disparity(a, b):
    """Procrustes disparity of two float (n, 3) sets of coordinates: 0 for the same shape, 1 at most.

    NaN if there are fewer than four points, or if all points of a set coincide.
    """
    if len(a) < 4 or not np.ptp(a, axis=0).any() or not np.ptp(b, axis=0).any():
        return np.nan
    return procrustes(a, b)[2]


def picture_disparity(picture, other):
    """Procrustes disparity of two pictures of the same sounds, on those that both show."""
    both = picture.shown & other.shown
    return disparity(picture.coordinates[both], other.coordinates[both])


class Sweep(NamedTuple):
    """Pictures for several K."""

    table: pandas.DataFrame  # by rising K
    picture: Picture  # of the chosen K, as isomap.py makes it
    compared: Picture  # the same, made as those are that it is compared with
    exact: int  # sounds up to which those are made from all paths


def sweep(points, indices, distances, K, bridge):
    """Isomap for K times STEPS, as far as the lists of neighbours go. Returns a Sweep.

    points: float (N, D); indices, distances: (N, k_max).
    """
    Ks = sorted({int(np.clip(round(K * step), min(FEWEST, K), indices.shape[1])) for step in STEPS} | {K})
    chosen = cloud_of(points, indices[:, :K], distances[:, :K], bridge)
    exact = LANDMARKS if chosen.residual < LIMITS["residual_variance"].value else EXACT
    rows, pictures = [], {K: picture_of(chosen, bridge)}
    for k in Ks:
        cloud = chosen
        if k != K or exact != EXACT:
            cloud = cloud_of(points, indices[:, :k], distances[:, :k], bridge, exact)
            pictures[k] = picture_of(cloud, bridge)
        cloud = chosen if k == K else cloud
        rows.append(
            {
                "K": k,
                "components": cloud.labels.max() + 1,
                "largest_component": (cloud.labels == 0).mean(),
                "bridges": len(cloud.bridges),
                "residual_variance": cloud.residual,
            }
        )
    for row in rows:
        row["disparity"] = picture_disparity(pictures[K], pictures[row["K"]])
    return Sweep(pandas.DataFrame(rows), picture_of(chosen, bridge), pictures[K], exact)


def sample_disparities(points, indices, distances, K, bridge, swept, seed, count=SUBSAMPLES):
    """Disparities of pictures of three quarters of the sounds to the picture of all: float (count,).

    points: float (N, D); indices, distances: (N, k_max); swept: their Sweep.
    """
    rng = np.random.default_rng(seed)
    disparities = []
    for _ in range(count):
        rows = np.sort(rng.permutation(len(points))[: int(SHARE * len(points))])
        lists = restricted_to(indices, distances, rows, max(round(SHARE * K), 1))
        part = picture_of(cloud_of(points[rows], *lists, bridge, swept.exact), bridge)
        whole = Picture(swept.compared.coordinates[rows], swept.compared.shown[rows])
        disparities.append(picture_disparity(whole, part))
    return np.array(disparities)


def reasons(values, bridges):
    """What speaks against a picture, a list of words.

    values: {key of LIMITS: value, NaN if there is none}; bridges: how many hold its pieces together.
    """
    against = []
    for name, limit in LIMITS.items():
        value, words = values[name], limit.words
        if name == "largest_component":
            words += f", held together by {bridges} bridges" if bridges else f", {value:.0%} shown"
        if np.isnan(value):
            against += [f"no {name.replace('_', ' ')}"] if name != "second_opinion" else []
        elif (value < limit.value) if limit.side == "above" else (value > limit.value):
            against.append(words)
    return against


def disparity_rows(table, disparities, K):
    """Score rows of both disparities. table: the sweep; disparities: float (count,), of the subsamples."""
    near = table[table.K.between(K * NEAR[0], K * NEAR[1]) & (table.K != K)]
    largest = near.disparity.max(skipna=False) if len(near) else np.nan
    note = f"{DESCRIPTIVE}; K = {', '.join(map(str, near.K))} against {K}"
    rows = [{"metric": "K_disparity", "value": largest, "note": note if np.isfinite(largest) else POINT}]
    kept = disparities[np.isfinite(disparities)]
    note = f"{DESCRIPTIVE}; low and high: least and most of {len(kept)} subsamples"
    spread = {"low": kept.min(), "high": kept.max(), "value": kept.mean()} if len(kept) else {"note": POINT}
    return [*rows, {"metric": "sample_disparity", "note": note} | spread]


def stamp_row(chosen, rows):
    """Score row of the stamp. chosen: the row of the sweep for the chosen K; rows: all other score rows."""
    values = {row["metric"]: row.get("value", np.nan) for row in rows}
    values |= {name: chosen[name] for name in ("largest_component", "residual_variance")}
    values["second_opinion"] = np.fmax(values["hessian_agreement"], values["ltsa_agreement"])
    against = reasons(values, int(chosen.bridges))
    note = f"fragile: {'; '.join(against)}" if against else "trusted"
    return {"metric": "stamp", "value": float(not against), "note": note}


def score_rows(table, disparities, comparison, K):
    """All score rows, the stamp first.

    table: the sweep; disparities: float (count,), of the subsamples; comparison: faithfulness.Comparison.
    """
    rows = disparity_rows(table, disparities, K) + comparison.rows
    return [stamp_row(table[table.K == K].iloc[0], rows), *rows]


def draw_sweep(axes, table, K):
    """Components, residual variance and disparity over K, each in one of three axes. table: the sweep."""
    labels = {
        "components": "components (before bridges)",
        "residual_variance": "residual variance (share)",
        "disparity": f"disparity to K = {K} (share)",
    }
    for axis, (column, label) in zip(axes, labels.items(), strict=True):
        axis.plot(table.K, table[column], "o-", color="C0", markersize=4)
        axis.axvline(K, color="grey", linewidth=0.8, linestyle="--")
        axis.set(xscale="log", xlabel="K", ylabel=label)
        axis.set_xticks(table.K, table.K, fontsize=7)
        axis.minorticks_off()
        limit = LIMITS.get({"disparity": "K_disparity"}.get(column, column))
        if limit:
            axis.axhline(limit.value, color="tab:red", linewidth=0.6)
        axis.set_ylim(bottom=0)


def draw_opinions(axes, coordinates, opinions):
    """The picture, float (n, 3), and second opinions {method: float (n, d)}, each in one of three axes."""
    shapes = {
        "Isomap": coordinates,
        "Hessian eigenmaps": opinions.get("hessian"),
        "LTSA": opinions.get("ltsa"),
    }
    for axis, (name, shape) in zip(axes, shapes.items(), strict=True):
        axis.set_title(name)
        axis.set(xticks=[], yticks=[])
        if shape is None:
            axis.text(0.5, 0.5, "finds no coordinates", ha="center", transform=axis.transAxes)
            continue
        shape = laid_upon(coordinates, shape)
        axis.scatter(shape[:, 0], shape[:, 1], c=coordinates[:, 0], cmap=COLORS, s=3, linewidths=0)
        axis.set(xlabel="first axis", ylabel="second axis")


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize)
    lists = np.load(args.neighbors)
    indices, distances = lists["indices"], lists["distances"]
    swept = sweep(points, indices, distances, args.K, args.bridge)
    table, picture = swept.table, swept.picture
    disparities = sample_disparities(points, indices, distances, args.K, args.bridge, swept, args.seed)
    comparison = compare(points, *picture, args.K, args.seed)
    scores = score_rows(table, disparities, comparison, args.K)
    with written_whole(args.sweep) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    figure = Figure(figsize=(10, 5.2), layout="constrained")
    top, bottom = figure.subfigures(2, height_ratios=[1, 1.15])
    draw_sweep(top.subplots(1, 3), table, args.K)
    draw_opinions(bottom.subplots(1, 3), picture.coordinates[comparison.sounds], comparison.opinions)
    figure.suptitle(f"{args.model}: {scores[0]['note']}", fontsize=9)
    write_figure(figure, [args.figure], dpi=90)
    shown = int(picture.shown.sum())
    write_scores(args, [{"n": shown} | row for row in scores])
