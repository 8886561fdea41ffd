"""Analytic embeddings of three independent factors, and the scores that they must get.

`PYTHONPATH=workflow_scripts python tests/analyse/known.py` prints the table of expected and found scores.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
from cloud_scores import scores_and_replicates
from scipy.stats import ortho_group, qmc

N = 1024
K, K_MAX = 16, 100  # neighbours in the graph, in the lists
SEED = 0
ANGLE = 60  # degrees between the directions of a and b in `mixed`
TURNS = 3
RISES = {"helix_joined": 0.05, "helix_parted": 1.0}  # per turn of radius 1; K neighbours reach 0.15 along it
FACTORS = {name: {"unit": "", "scale": "linear"} for name in ("a", "b", "c")}  # above 0: they have log-ratios
ELSEWHERE = ("trust",)  # analyses of clouds whose known answers stand in a test of their own


def factors():
    """Three factors, uniform on 0..1, low discrepancy: float64 (N, 3)."""
    return qmc.Sobol(3, rng=np.random.default_rng(SEED)).random(N)


def embeddings():
    """{name: float64 (N, D)}: what becomes of the factors a, b, c in each known embedding."""
    rng = np.random.default_rng(SEED + 1)
    theta = factors()
    a, b, c = theta.T
    turn = 2 * np.pi * a
    roll = 1.5 * np.pi * (1 + 2 * a)
    cos, sin = np.cos(np.deg2rad(ANGLE)), np.sin(np.deg2rad(ANGLE))
    known = {
        "identity": theta,
        "rotated": theta @ ortho_group.rvs(10, random_state=SEED)[:3],
        "scaled": theta * [4, 1, 0.25],
        "warped": np.expm1(2 * theta) / np.expm1(2),
        "missing": theta[:, :2],
        "mixed": np.stack([a + cos * b, sin * b, c], axis=1),
        "duplicated": theta[:, [0, 1, 2, 0]],
        "swiss_roll": np.stack([roll * np.cos(roll), 15 * b, roll * np.sin(roll)], axis=1),
        "circle": np.stack([np.cos(turn), np.sin(turn)], axis=1),
    }
    for name, rise in RISES.items():
        known[name] = np.stack([np.cos(TURNS * turn), np.sin(TURNS * turn), rise * TURNS * a], axis=1)
    longitude, latitude = np.pi * a, 0.6 * np.pi * (b - 0.5)
    dome = [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    known["dome"] = np.stack(dome, axis=1)
    places = 10 * np.eye(4)[np.minimum(4 * a, 3).astype(int)]
    known["sum"] = np.column_stack([a + b, 0.3 * rng.standard_normal((N, 2))])
    known["clusters"] = places + 0.5 * rng.standard_normal((N, 4))
    known["noise"] = rng.standard_normal((N, 64))
    known["constant"] = np.ones((N, 8))
    known["noisy"] = np.column_stack([theta, 0.01 * rng.standard_normal((N, 1000))])
    return known


# What each measure must give: (score, embedding) -> (least, most), or None for an empty cell. The score is
# `analysis metric [factor [other]]`. Why a number is what it is stands beside it.
BOXES = ("identity", "rotated", "warped", "mixed", "duplicated", "noisy")
STRAIGHT = ("identity", "rotated", "warped", "noisy")  # perpendicular
EQUAL = ("identity", "rotated", "warped", "mixed")  # each factor moves the embedding alike
ALIGNED = ("identity", "scaled", "warped", "noisy")  # an axis for each factor
LINE = 6 / np.pi**2  # squared correlation of a uniform angle with its sine
FLAT = ("identity", "rotated", "mixed", "missing", "swiss_roll", "helix_parted")  # three dimensions hold it
MIDDLE = np.arcsinh(1 / 2)  # median of |ln(1/2 / x)|, x uniform on 0..1: an estimate that is always the mean
EXPECTED = {
    **{(f"hypothesis smoothness {f}", e): (0.98, 1) for f in "abc" for e in BOXES},
    **{(f"hypothesis smoothness {f}", "scaled"): (0.98, 1) for f in "ab"},  # c is too thin
    **{("hypothesis smoothness c", e): (-0.1, 0.03) for e in ("missing", "swiss_roll", "circle", "noise")},
    ("hypothesis smoothness a", "swiss_roll"): (0.95, 1),
    ("hypothesis smoothness a", "circle"): (0.8, 0.97),  # torn at one place
    ("hypothesis smoothness a", "helix_parted"): (0.98, 1),
    ("hypothesis smoothness a", "helix_joined"): (0.5, 0.9),  # turns run into each other
    ("hypothesis smoothness a", "clusters"): (0.92, 0.95),  # 15/16: four levels of a uniform factor
    ("hypothesis smoothness a", "noise"): (-0.1, 0.03),
    ("hypothesis smoothness a", "constant"): None,
    **{("hypothesis orthogonality a b", e): (84, 90) for e in (*STRAIGHT, "missing")},
    ("hypothesis orthogonality a b", "mixed"): (ANGLE - 3, ANGLE + 3),
    ("hypothesis orthogonality a c", "mixed"): (84, 90),
    ("hypothesis orthogonality a b", "sum"): (0, 30),  # one direction, in a cloud that is thin across
    ("hypothesis orthogonality a b", "dome"): (82, 90),  # perpendicular on the surface, not in the ball
    ("hypothesis orthogonality a c", "missing"): None,
    ("hypothesis orthogonality a b", "noise"): None,
    **{("hypothesis hypothesis", e): (0.97, 1) for e in (*STRAIGHT, "duplicated")},
    ("hypothesis hypothesis", "mixed"): (0.94, 0.97),  # (2 + sin 60) / 3
    **{("hypothesis hypothesis", e): (0, 0.01) for e in ("missing", "swiss_roll", "clusters", "noise")},
    ("hypothesis hypothesis", "constant"): None,
    **{("hypothesis density", e): (2.3, 3) for e in (*BOXES, "noise")},  # noise is dense, too
    **{("hypothesis density", e): (1.8, 2.1) for e in ("missing", "swiss_roll")},
    **{("hypothesis density", e): (1, 1.05) for e in ("circle", "helix_parted")},
    ("hypothesis density", "constant"): None,
    **{(f"subspaces probe_r2 {f}", e): (0.99, 1) for f in "abc" for e in BOXES if e != "warped"},
    ("subspaces probe_r2 a", "warped"): (0.93, 0.95),  # squared correlation of x and exp(2x)
    ("subspaces probe_r2 a", "circle"): (LINE - 0.02, LINE + 0.02),
    ("subspaces probe_r2 c", "missing"): (-0.02, 0.01),
    ("subspaces probe_r2 a", "noise"): (-0.02, 0.02),
    ("subspaces probe_r2 a", "constant"): None,
    **{("subspaces leakage a b", e): (0, 0.01) for e in (*BOXES, "missing", "circle")},  # probes unmix
    **{("subspaces angle a b", e): (89, 90) for e in BOXES if e != "mixed"},
    ("subspaces angle a b", "mixed"): (ANGLE - 1, ANGLE + 1),
    ("subspaces angle a b", "scaled"): (89, 90),
    ("subspaces angle a b", "sum"): (0, 3),
    ("subspaces leakage a b", "sum"): (0.45, 0.55),  # a probe of the sum tells b as well as a
    ("subspaces leakage a c", "sum"): (0, 0.02),
    ("subspaces leakage c a", "missing"): None,
    ("subspaces angle a b", "swiss_roll"): (85, 90),
    ("subspaces angle a c", "missing"): None,
    **{(f"subspaces {score} a b", "noise"): None for score in ("angle", "leakage")},
    **{("subspaces main_effect a", e): (0.32, 0.35) for e in EQUAL},  # 1/3
    ("subspaces main_effect a", "scaled"): (0.92, 0.95),  # 16 / (16 + 1 + 1/16)
    ("subspaces main_effect c", "scaled"): (0.003, 0.005),
    ("subspaces main_effect a", "missing"): (0.48, 0.52),
    ("subspaces main_effect a", "duplicated"): (0.48, 0.52),
    ("subspaces main_effect a", "noisy"): (0.22, 0.26),  # (1/12) / (3/12 + 1000 * 0.01^2)
    ("subspaces main_effect c", "missing"): (-0.001, 0.001),
    ("subspaces main_effect a", "noise"): (-0.002, 0.002),
    ("subspaces main_effect a", "swiss_roll"): (0.82, 0.84),  # the whole spiral: 92.2 of 110.9
    # a code that winds: a cubic would see 0.1 of three turns
    **{("subspaces main_effect a", e): (0.99, 1.01) for e in ("circle", "helix_joined", "helix_parted")},
    **{("subspaces unexplained", e): (-0.01, 0.01) for e in (*STRAIGHT[:3], "circle", "helix_joined")},
    ("subspaces unexplained", "noisy"): (0.27, 0.31),  # the noise: 1 - 3 * 0.238
    ("subspaces unexplained", "noise"): (0.99, 1.01),
    **{("axes informativeness a", e): (0.97, 1) for e in (*BOXES, "scaled", "swiss_roll", "helix_parted")},
    ("axes informativeness a", "noise"): (-0.3, 0.05),
    **{("axes disentanglement", e): (0.98, 1) for e in (*ALIGNED, "duplicated")},
    **{("axes disentanglement", e): (0, 0.95) for e in ("rotated", "mixed")},  # turned or mixed: it must fall
    ("axes disentanglement", "noise"): None,
    **{("axes completeness a", e): (0.98, 1) for e in ALIGNED},
    ("axes completeness a", "rotated"): (0, 0.8),
    ("axes completeness a", "duplicated"): (0.74, 0.76),  # 1 - ln 2 / ln 16
    ("axes completeness c", "missing"): None,
    ("axes completeness a", "noise"): None,
    **{("axes mig a", e): (0.97, 1) for e in (*ALIGNED, "missing")},
    **{("axes mig a", e): (0, 0.3) for e in ("rotated", "swiss_roll", "circle")},
    ("axes mig a", "mixed"): (0.1, 0.6),
    ("axes mig a", "duplicated"): (0, 0.01),
    ("axes mig b", "duplicated"): (0.97, 1),
    **{("axes mig c", e): (0, 0.03) for e in ("missing", "noise")},
    **{("axes sap a", e): (0.97, 1) for e in ("identity", "scaled", "missing", "noisy")},
    ("axes sap a", "rotated"): (0, 0.3),
    ("axes sap a", "circle"): (LINE - 0.05, LINE + 0.05),
    ("axes sap a", "duplicated"): (0, 0.01),
    ("axes sap a", "noise"): (0, 0.03),
    **{("axes modularity", e): (0.99, 1) for e in ("identity", "scaled", "warped", "duplicated")},
    ("axes modularity", "rotated"): (0, 0.99),
    ("axes modularity", "noise"): None,
    **{("invariance within_between a", e): (0.8, 0.84) for e in EQUAL},  # sqrt(2/3)
    ("invariance within_between a", "scaled"): (0.23, 0.28),  # sqrt(1 - 0.938)
    ("invariance within_between a", "missing"): (0.69, 0.73),  # sqrt(1/2)
    ("invariance within_between a", "duplicated"): (0.69, 0.73),
    ("invariance within_between a", "noisy"): (0.86, 0.89),  # sqrt(1 - 0.238)
    ("invariance within_between a", "circle"): (0, 0.2),
    ("invariance within_between c", "missing"): (0.98, 1.02),
    ("invariance within_between a", "noise"): (0.99, 1.01),
    ("invariance within_between a", "constant"): None,
    **{(f"invariance mantel {f}", e): (0.7, 0.82) for f in "abc" for e in ("identity", "rotated", "noisy")},
    ("invariance mantel a", "scaled"): (0.95, 1),
    ("invariance mantel c", "missing"): (-0.02, 0.02),
    ("invariance mantel a", "noise"): (-0.03, 0.03),
    **{(f"knn r2 {f}", e): (0.97, 1) for f in "abc" for e in BOXES},
    **{("knn r2 a", e): (0.97, 1) for e in ("scaled", "missing", "swiss_roll", "circle", "helix_parted")},
    ("knn r2 a", "helix_joined"): (0.6, 0.9),  # turns run into each other
    ("knn r2 c", "missing"): (-0.2, 0),  # neighbours of a Sobol design keep apart where they can
    **{(f"knn r2 {f}", "noise"): (-1 / K - 0.05, -1 / K + 0.05) for f in "abc"},  # a mean of K at random
    **{(f"knn r2_with_self {f}", e): (0.97, 1) for f in "abc" for e in BOXES},
    **{(f"knn r2_with_self {f}", "noise"): (1 / K - 0.05, 1 / K + 0.05) for f in "abc"},
    **{(f"knn median_abs_log_ratio {f}", e): (0, 0.05) for f in "abc" for e in BOXES},
    **{(f"knn median_abs_log_ratio {f}", "noise"): (MIDDLE - 0.06, MIDDLE + 0.06) for f in "abc"},
    **{(f"knn median_abs_log_ratio_with_self {f}", e): (0, 0.05) for f in "abc" for e in BOXES},
    # the estimate is 15/16 of the mean and 1/16 of the truth
    **{(f"knn median_abs_log_ratio_with_self {f}", "noise"): (0.447 - 0.06, 0.447 + 0.06) for f in "abc"},
    **{("isomap components", e): (1, 1) for e in (*BOXES, "swiss_roll", "circle", "helix_parted", "noise")},
    ("isomap components", "clusters"): (4, 4),
    ("isomap largest_component", "identity"): (1, 1),
    ("isomap largest_component", "clusters"): (0.25, 0.25),
    ("isomap bridges", "identity"): (0, 0),
    ("isomap bridges", "clusters"): (6, 6),  # pairs of four pieces
    **{("isomap residual_variance", e): (0, 0.01) for e in FLAT},
    ("isomap residual_variance", "circle"): (0.03, 0.06),  # arcs against chords of a circle: 0.042
    ("isomap residual_variance", "noise"): (0.8, 1),  # 64 dimensions
    ("isomap residual_variance", "constant"): None,
    **{("topology loops", e): (0, 0) for e in (*BOXES, "swiss_roll", "helix_parted", "clusters", "noise")},
    ("topology loops", "circle"): (1, 1),
    ("topology loops", "helix_joined"): (1, 1),  # its turns are one belt around an axis
    ("topology loops", "constant"): None,
    ("topology loop_persistence", "circle"): (0.9, 1),
    **{("topology components", e): (1, 1) for e in (*BOXES, "swiss_roll", "circle", "helix_parted", "noise")},
    ("topology components", "clusters"): (4, 4),
    **{("topology dimension_mle", e): (2.6, 3.3) for e in BOXES if e != "noisy"},
    **{("topology dimension_mle", e): (1.8, 2.4) for e in ("missing", "swiss_roll", "helix_joined")},
    **{("topology dimension_mle", e): (0.9, 1.3) for e in ("circle", "helix_parted")},
    **{("topology dimension_two_nn", e): (2.6, 3.3) for e in BOXES if e != "noisy"},
    **{("topology dimension_two_nn", e): (1.8, 2.4) for e in ("missing", "helix_joined")},
    **{("topology dimension_two_nn", e): (0.9, 1.3) for e in ("circle", "helix_parted")},
    **{("topology dimension_mle", e): (10, 64) for e in ("noise", "noisy")},  # up close all is noise
    ("topology dimension_mle", "constant"): None,
    **{("topology description", e): (3, 3) for e in (*BOXES, "noise")},  # 3 or more: a volume
    **{("topology description", e): (2, 2) for e in ("missing", "swiss_roll", "helix_joined")},  # sheets
    **{("topology description", e): (1, 1) for e in ("circle", "helix_parted")},  # strands
}
# A turned embedding must give the same, up to the search of its graph.
SAME_WHEN_TURNED = ("hypothesis", "subspaces", "invariance", "knn", "isomap", "topology")


def answers(name, folder, bootstrap=10, shuffles=8):
    """{score: (value, note)} of all measures on one known embedding, by the scripts as the plan calls them.

    folder: Path, for the files. Every analysis of a cloud takes part, but those of ELSEWHERE.
    """
    settings = {"isomap.K": K, "isomap.bridge": True, "knn.K": K}
    settings |= {"bootstrap": bootstrap, "shuffles": shuffles}
    return scores_of(name, embeddings()[name], factors(), folder, K_MAX, settings, ELSEWHERE)


def scores_of(name, points, theta, folder, k_max, settings, without=()):
    """{score: (value, note)} of an embedding float (N, D) of sounds with the factors theta, float (N, 3).

    folder: Path; k_max: neighbours to list; settings: {name of `takes`: value}, those that vary; without: the
    analyses to leave out.
    """
    fixed = {"factors": json.dumps(FACTORS), "nuisances": "{}", "standardize": False, "seed": SEED}
    fixed |= {"reduce": None, "metric": None}
    settings = fixed | {"design": "sobol", "knn.include_self": True} | settings
    sounds = dict(zip(FACTORS, theta.T, strict=True))
    rows, _ = scores_and_replicates(name, points, sounds, folder, k_max, settings, without)
    rows = rows.astype(dict.fromkeys(("factor", "other", "note"), object))  # of all rows, one may be empty
    scores = {}
    for row in rows.fillna({"factor": "", "other": "", "note": ""}).itertuples():
        words = (row.analysis, row.metric, row.factor, row.other)
        scores[" ".join(word for word in words if word)] = row.value, row.note
    return scores


def table(scores):
    """The expected and the actual scores as a Markdown table. scores: {embedding: what answers() returns}."""
    lines = ["| score | embedding | expected | got |", "|---|---|---|---|"]
    for (score, name), expected in EXPECTED.items():
        value = scores[name].get(score, (np.nan, ""))[0]
        wanted = "no value" if expected is None else f"{expected[0]:g} to {expected[1]:g}"
        lines.append(f"| {score} | {name} | {wanted} | {'no value' if np.isnan(value) else f'{value:.3f}'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        everything = {name: answers(name, Path(scratch), bootstrap=100, shuffles=20) for name in embeddings()}
        print(table(everything))
