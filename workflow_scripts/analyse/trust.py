"""Trust in the Isomap picture of one embedding: would it look the same, had anything else been chosen?

Several things may speak against a picture. It may change with K: the sweep makes it anew for K from a quarter
to twice the chosen one. It may change with the sounds: subsamples make it anew from three quarters of the
sounds and three quarters of the neighbours, so that the radius stays. It may show false neighbours or tear
true ones apart, and local methods may see another shape (both in faithfulness.py). It may hide a factor that
the embedding tells, or owe its shape to a few far sounds or to shortcuts (all in shown.py). The pictures that
are compared are made from LANDMARKS landmarks: where three dimensions hold the cloud they differ from exact
ones by a disparity of about 1e-5; other clouds are fragile anyway.

Scores: `stamp` is 1, with the note `trusted`, if nothing speaks against the picture. Otherwise it is 0, and
its note is `fragile` with the reasons. `K_disparity`, `sample_disparity` and `shortcut_disparity` are how far
the picture moves (Procrustes disparity, on the sounds that both pictures show): 0 not at all, 1 at most.
`picture_r2` of a factor is the R2 of its estimate from near sounds of the picture. `far_share` is the share
of the picture's variance that one sound in a hundred holds. The other scores are those of faithfulness.py.

Files: `sweep` has a row per K, with components, largest_component, bridges and residual_variance of its graph
and the disparity to the picture of the chosen K; `pictures` has K (k,), coordinates (k, N, 3) and shown (k,
N) of its pictures; `figure` shows the sweep and the second opinions.
"""

from typing import NamedTuple

import numpy as np
import pandas
from matplotlib.figure import Figure
from scipy.spatial import procrustes
from shared.drawing import COLORS, write_figure
from shared.factors import read_factors
from shared.files import written_whole
from shared.graphs import DESCRIPTIVE, features, restricted_to
from shared.scores import analysis_parser, write_scores

from analyse.faithfulness import compare, laid_upon
from analyse.isomap import cloud_of
from analyse.landmarks import LANDMARKS
from analyse.shown import factor_rows, far_share, without_shortcuts
from analyse.stamp import LIMITS, stamp_row

ANALYSIS = {
    "of": "cloud",
    "order": 80,
    "reads": ["parameters", "embeddings", "neighbors"],
    "takes": ["factors", "isomap.K", "isomap.bridge", "standardize", "reduce", "metric", "seed"],
    "writes": {"sweep": "{model}.csv", "pictures": "{model}.npz", "figure": "{model}.png"},
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
        "shortcut_disparity": {"unit": "share", "better": "low"},
        "far_share": {"unit": "share", "better": "low"},
        "trustworthiness": {"unit": "share", "better": "high"},
        "continuity": {"unit": "share", "better": "high"},
        "hessian_agreement": {"unit": "share", "better": "high"},
        "ltsa_agreement": {"unit": "share", "better": "high"},
        "picture_r2": {
            "unit": "share of variance",
            "better": "high",
            "heading": "What the picture shows",
            "text": "R2 of each factor from the nearest sounds of the picture. If it is less than half of "
            "that in the embedding, the picture hides the factor: look at the scores, not at the picture.",
            "notes": True,
        },
    },
}
STEPS = np.array([1 / 4, 1 / 2, 1 / 1.4, 1, 1.4, 2])  # times the chosen K
NEAR = 1 / 1.5, 1.5  # a picture must not depend on K within these
FEWEST = 3  # neighbours
SUBSAMPLES = 5
SHARE = 3 / 4  # of the sounds in a subsample
POINT = "no two pictures to compare: too few values of K or sounds, or all sounds in one point"


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
    pictures: dict  # {K: Picture}, that of the chosen K as isomap.py makes it


def sweep(points, indices, distances, K, bridge):
    """Isomap for K times STEPS, as far as the lists of neighbours go. Returns a Sweep.

    points: float (N, D); indices, distances: (N, k_max).
    """
    Ks = sorted({int(np.clip(round(K * step), min(FEWEST, K), indices.shape[1])) for step in STEPS} | {K})
    chosen = cloud_of(points, indices[:, :K], distances[:, :K], bridge)
    rows, pictures = [], {}
    for k in Ks:
        cloud = cloud_of(points, indices[:, :k], distances[:, :k], bridge, LANDMARKS)
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
    compared, pictures[K] = pictures[K], picture_of(chosen, bridge)
    return Sweep(pandas.DataFrame(rows), pictures[K], compared, pictures)


def sample_disparities(points, indices, distances, K, bridge, swept, seed, count=SUBSAMPLES):
    """Disparities of pictures of three quarters of the sounds to the picture of all: float (count,).

    points: float (N, D); indices, distances: (N, k_max); swept: their Sweep.
    """
    rng = np.random.default_rng(seed)
    disparities = []
    for _ in range(count):
        rows = np.sort(rng.permutation(len(points))[: int(SHARE * len(points))])
        lists = restricted_to(indices, distances, rows, max(round(SHARE * K), 1))
        part = picture_of(cloud_of(points[rows], *lists, bridge, LANDMARKS), bridge)
        whole = Picture(swept.compared.coordinates[rows], swept.compared.shown[rows])
        disparities.append(picture_disparity(whole, part))
    return np.array(disparities)


def shortcut_row(points, indices, distances, factors, bridge, swept):
    """Score row of the disparity of the picture to that without shortcuts.

    indices, distances: (N, K); factors: float (N, F).
    """
    cut, count = without_shortcuts(indices, distances, factors)
    row = {"metric": "shortcut_disparity", "value": 0.0}
    if count:
        other = picture_of(cloud_of(points, *cut, bridge, LANDMARKS), bridge)
        row["value"] = picture_disparity(swept.compared, other)
    note = f"{count} of {indices.size} edges join far values of a factor that neighbours tell"
    return row | {"note": note}


def far_row(picture):
    """Score row of the share of the picture's variance that its farthest sounds hold."""
    shown = picture.coordinates[picture.shown]
    row = {"metric": "far_share", "note": "of the sound in a hundred that is farthest; in a box 0.03"}
    return row | {"value": far_share(shown) if len(shown) else np.nan}


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


def score_rows(embedding, factors, swept, disparities, comparison, args):
    """All score rows, the stamp first.

    embedding: points (N, D), indices and distances (N, k_max); factors: float (N, F); disparities: float
    (count,), of the subsamples; comparison: faithfulness.Comparison; args: K, bridge, factors (their names).
    """
    points, indices, distances = embedding
    rows = [
        *disparity_rows(swept.table, disparities, args.K),
        shortcut_row(points, indices[:, : args.K], distances[:, : args.K], factors, args.bridge, swept),
        far_row(swept.picture),
        *comparison.rows,
        *factor_rows(swept.picture, (indices, distances), [*args.factors], factors),
    ]
    return [stamp_row(swept.table[swept.table.K == args.K].iloc[0], rows), *rows]


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
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    lists = np.load(args.neighbors)
    indices, distances = lists["indices"], lists["distances"]
    swept = sweep(points, indices, distances, args.K, args.bridge)
    table, picture = swept.table, swept.picture
    disparities = sample_disparities(points, indices, distances, args.K, args.bridge, swept, args.seed)
    comparison = compare(points, *picture, args.K, args.seed)
    factors = read_factors(args.parameters, args.factors)
    scores = score_rows((points, indices, distances), factors, swept, disparities, comparison, args)
    with written_whole(args.pictures) as draft, open(draft, "wb") as file:
        stacked = [np.array(kind) for kind in zip(*swept.pictures.values(), strict=True)]
        coordinates = stacked[0].astype(np.float32)
        np.savez(file, K=np.array([*swept.pictures]), coordinates=coordinates, shown=stacked[1])
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
