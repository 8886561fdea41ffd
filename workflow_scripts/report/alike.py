"""The map of models: near each other if they are alike, and for each pair which factor parts them most."""

import json

import numpy as np
import pandas
from compare.likeness import angles, matrix
from shared.names import CONTROLS, is_layer

from report.inlined import inline_json

WIDTH, HEIGHT, MARGIN = 900, 460, 60  # pixels of the map
LINE = 14  # pixels between names that stand side by side


def places_of(distances):
    """Classical scaling to two dimensions, float (n, 2), and the share of the squared distances they keep.

    distances: (n, n).
    """
    n = len(distances)
    centred = np.eye(n) - 1 / n
    values, vectors = np.linalg.eigh(-centred @ distances**2 @ centred / 2)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    points = np.zeros((n, 2))
    points[:, : min(n, 2)] = vectors[:, :2] * np.sqrt(values[:2])
    return points, values[:2].sum() / values.sum() if values.sum() > 0 else 1.0


def pixels(points):
    """Places in the map, list of [x, y]: one scale for both axes, the first along the map."""
    span = np.ptp(points, axis=0)
    scale = min((WIDTH - 3 * MARGIN) / max(span[0], 1e-9), (HEIGHT - 2 * MARGIN) / max(span[1], 1e-9))
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    return np.round((points - middle) * scale + [WIDTH / 2 - MARGIN / 2, HEIGHT / 2], 1).tolist()


def lines_of(places):
    """How far below its mark each name stands, so that near names do not lie on each other, list of int.

    places: [x, y] of each, pixels.
    """
    below, taken = [0] * len(places), []
    for i in sorted(range(len(places)), key=lambda i: places[i][1]):
        x, y = places[i]
        near = [line for left, line in taken if abs(left - x) < 150]
        line = max([y, *(line + LINE for line in near if line + LINE > y)])
        below[i] = round(line - y)
        taken.append((x, line))
    return below


def parting(pairs):
    """The factor that parts each two models most, a DataFrame of the rows of models.csv: one for each pair.

    It must stand clear of chance: its interval lies above. Pairs that no factor parts have none.
    """
    clear = pairs[(pairs.score == "parted") & (pairs.low > pairs.chance)]
    return clear.sort_values("value", ascending=False).drop_duplicates(["model_a", "model_b"])


def alike(path):
    """The map of a data set: {width, height, nodes, kept, json}. path: of models.csv.

    A node is {name, x, y, kind, below}; kind is control, layer or model. `json` holds what the page's script
    says of two models: {"a|b": {cka, rsa, overlap, procrustes, parted}}, `parted` being [factor,
    share, low, high, model that follows it more] or null.
    """
    pairs = pandas.read_csv(
        path, keep_default_na=False, na_values={c: [""] for c in ("value", "low", "high")}
    )
    pairs["chance"] = pandas.to_numeric(pairs.chance, errors="coerce")
    pairs = pairs[
        (pairs.model_a != "chance") & (pairs.model_b != "chance")
    ]  # far from all, it leaves no room
    names = list(dict.fromkeys([*pairs.model_a, *pairs.model_b]))
    points, kept = places_of(angles(matrix(pairs, names, "cka")))
    places = pixels(points)
    kinds = ["control" if n in CONTROLS else "layer" if is_layer(n) else "model" for n in names]
    nodes = [
        {"name": name, "x": x, "y": y, "kind": kind, "below": below}
        for name, (x, y), kind, below in zip(names, places, kinds, lines_of(places), strict=True)
    ]
    said = {}
    for row in pairs[pairs.score != "parted"].itertuples():
        value = round(row.value, 3) if np.isfinite(row.value) else None
        said.setdefault(f"{row.model_a}|{row.model_b}", {"parted": None})[row.score] = value
    for row in parting(pairs).itertuples():
        shares = [round(share, 4) for share in (row.value, row.low, row.high)]
        said[f"{row.model_a}|{row.model_b}"]["parted"] = [
            row.factor,
            *shares,
            row.note.removesuffix(" follows it more"),
        ]
    text = inline_json(json.dumps(said, separators=(",", ":")))
    return {"width": WIDTH, "height": HEIGHT, "nodes": nodes, "kept": kept, "json": text}
