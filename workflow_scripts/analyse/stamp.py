"""The stamp of a picture: `trusted`, or `fragile` with the reasons."""

from typing import NamedTuple

import numpy as np

from analyse.shown import HIDES


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
    "shortcut_disparity": Limit("below", 0.05, "rests on shortcuts"),
    "far_share": Limit("below", 0.25, "a few far sounds rule it"),
    "trustworthiness": Limit("above", 0.9, "shows false neighbours"),
    "continuity": Limit("above", 0.9, "tears neighbours apart"),
    "second_opinion": Limit("above", 0.7, "local methods see another shape"),
}


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


def stamp_row(chosen, rows):
    """Score row of the stamp. chosen: the row of the sweep for the chosen K; rows: all other score rows."""
    values = {row["metric"]: row.get("value", np.nan) for row in rows}
    hidden = [row["factor"] for row in rows if row["metric"] == "picture_r2" and HIDES in row["note"]]
    values |= {name: chosen[name] for name in ("largest_component", "residual_variance")}
    values["second_opinion"] = np.fmax(values["hessian_agreement"], values["ltsa_agreement"])
    against = reasons(values, int(chosen.bridges))
    against += [f"hides {', '.join(hidden)}"] if hidden else []
    note = f"fragile: {'; '.join(against)}" if against else "trusted"
    return {"metric": "stamp", "value": float(not against), "note": note}
