"""How faithfully the picture of an embedding shows it: kept neighbours, and second opinions of local methods.

Conventions: only sounds of the picture are compared, MOST at most, of which no two coincide. Neighbourhoods
hold k sounds, the same share of the compared sounds as K is of all sounds.

Scores: `trustworthiness` says whether neighbours in the picture are neighbours in the embedding, `continuity`
says the reverse. `hessian_agreement` and `ltsa_agreement` are the share of the picture's variance that a
linear map of another method's coordinates gives. Neither method looks at long distances, and both must be
given the number of dimensions and know a shape up to a linear map only. So each embeds the sounds in one, two
and three dimensions, and the one that agrees most counts.

Source: Venna & Kaski (2001) for trustworthiness and continuity, Donoho & Grimes (2003) for Hessian eigenmaps,
Zhang & Zha (2004) for local tangent space alignment (LTSA).
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError
from shared.scores import sample

MOST = 800  # sounds: every two are compared, and the local methods solve for all at once
TANGENT = 10  # neighbours, at least, that a Hessian in three dimensions needs: more than 3 (3 + 3) / 2
RANKS = ("trustworthiness", "continuity")
METHODS = ("hessian", "ltsa")


class Comparison(NamedTuple):
    """A picture beside the embedding that it shows and beside other pictures of it."""

    rows: list  # of score rows
    sounds: np.ndarray  # int (n,), the sounds compared
    opinions: dict  # {method: float (n, d)}, the coordinates that other methods give them


def trustworthiness_and_continuity(points, coordinates, k):
    """Trustworthiness and continuity of coordinates float (n, 3) for points float (n, D): two values, 0 to 1.

    k: size of a neighbourhood, below n / 2.
    """
    from sklearn.manifold import trustworthiness  # not above: it takes a second, and few sounds have no k

    return trustworthiness(points, coordinates, n_neighbors=k), trustworthiness(
        coordinates, points, n_neighbors=k
    )


def chance_level(n, k):
    """Expected trustworthiness and continuity of n coordinates drawn at random: about 1/2.

    The rank r of a random neighbour is uniform on 1..n - 1, and the mean of max(r - k, 0) is
    (n - 1 - k) (n - k) / (2 (n - 1)).
    """
    return 1 - (n - 1 - k) * (n - k) / ((n - 1) * (2 * n - 3 * k - 1))


def laid_upon(coordinates, other):
    """Other coordinates (n, d), by the linear map and shift that bring them closest to float (n, 3) ones."""
    design = np.column_stack([np.ones(len(other)), other])
    return design @ np.linalg.lstsq(design, coordinates, rcond=None)[0]


def agreement(coordinates, other):
    """Share of the variance of float (n, 3) coordinates that a linear map of other coordinates gives."""
    residuals = coordinates - laid_upon(coordinates, other)
    return 1 - (residuals**2).sum() / ((coordinates - coordinates.mean(axis=0)) ** 2).sum()


def second_opinion(points, coordinates, k, method):
    """Coordinates float (n, d) by one of METHODS, of the d from 1 to 3 that agrees best; None if it has none.

    points: float (n, D), no two the same; coordinates: the picture, float (n, 3); k: neighbours, at least
    TANGENT.
    """
    from sklearn.manifold import LocallyLinearEmbedding  # as above

    candidates = []
    for d in range(1, min(3, points.shape[1]) + 1):
        solver = LocallyLinearEmbedding(n_neighbors=k, n_components=d, method=method, eigen_solver="dense")
        try:
            candidates.append(solver.fit_transform(points))
        except (LinAlgError, ValueError):  # neighbourhoods without a tangent, as of sounds on a line
            continue
    return max(candidates, key=lambda other: agreement(coordinates, other), default=None)


def distinct_sounds(points, shown, seed):
    """At most MOST of the sounds shown, bool (N,), no two of which coincide: int (n,), rising."""
    there = np.flatnonzero(shown)
    _, first = np.unique(points[there], axis=0, return_index=True)  # coinciding sounds have no tangent
    there = np.sort(there[first])
    return there[sample(len(there), seed, MOST)]


def rank_rows(points, coordinates, k):
    """Score rows of trustworthiness and continuity. points: float (n, D); coordinates: float (n, 3)."""
    n = len(points)
    note = f"of neighbourhoods of {k} of {n} sounds; chance: coordinates drawn at random"
    same = {"chance": chance_level(n, k), "n": n, "note": note}
    values = trustworthiness_and_continuity(points, coordinates, k)
    return [same | {"metric": metric, "value": v} for metric, v in zip(RANKS, values, strict=True)]


def agreement_row(method, coordinates, opinion, k):
    """Score row of the agreement of a picture, float (n, 3), with a second opinion, float (n, d) or None."""
    n = len(coordinates)
    row = {"metric": f"{method}_agreement", "n": n}
    if opinion is None:
        return row | {"note": "the method finds no coordinates"}
    note = f"{opinion.shape[1]}-D of {k} neighbours of {n} sounds, up to a linear map"
    row |= {"value": agreement(coordinates, opinion), "chance": 3 / (n - 1)}
    return row | {"note": f"{note}; chance: coordinates drawn at random"}


def compare(points, coordinates, shown, K, seed):
    """Compare a picture with its embedding and with second opinions. Returns a Comparison.

    points: float (N, D); coordinates: float (N, 3); shown: bool (N,), the sounds of the picture; K:
    neighbours per sound of the graph.
    """
    sounds = distinct_sounds(points, shown, seed)
    n = len(sounds)
    k = min(max(round(K * n / len(points)), TANGENT), (n - 1) // 2)
    if k < TANGENT:
        metrics = [*RANKS, *(f"{method}_agreement" for method in METHODS)]
        note = f"{n} sounds are too few"
        return Comparison([{"metric": metric, "n": n, "note": note} for metric in metrics], sounds, {})
    points, coordinates = points[sounds], coordinates[sounds]
    opinions = {method: second_opinion(points, coordinates, k, method) for method in METHODS}
    rows = rank_rows(points, coordinates, k)
    rows += [agreement_row(method, coordinates, opinion, k) for method, opinion in opinions.items()]
    return Comparison(rows, sounds, {method: o for method, o in opinions.items() if o is not None})
