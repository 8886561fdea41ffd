"""Analytic embeddings of three independent factors, whose right scores are known."""

import numpy as np
from scipy.stats import ortho_group, qmc

N = 1024
K = 16  # neighbours of the graph
SEED = 0
ANGLE = 60  # degrees between the directions of a and b in `mixed`
TURNS = 3
RISES = {"helix_joined": 0.05, "helix_parted": 1.0}  # per turn of radius 1; K neighbours reach 0.15 along it
FACTORS = {name: {"unit": "", "scale": "linear", "low": 0, "high": 1} for name in ("a", "b", "c")}


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
        "swiss_roll": np.stack([roll * np.cos(roll), 30 * b, roll * np.sin(roll)], axis=1),
        "circle": np.stack([np.cos(turn), np.sin(turn)], axis=1),
    }
    for name, rise in RISES.items():
        known[name] = np.stack([np.cos(TURNS * turn), np.sin(TURNS * turn), rise * TURNS * a], axis=1)
    places = 10 * np.eye(4)[np.minimum(4 * a, 3).astype(int)]
    known["clusters"] = places + 0.5 * rng.standard_normal((N, 4))
    known["noise"] = rng.standard_normal((N, 64))
    known["constant"] = np.ones((N, 8))
    known["noisy"] = np.column_stack([theta, 0.01 * rng.standard_normal((N, 1000))])
    return known
