"""Ladders: base points of a data set, each rendered twice, and sounds with one factor moved from there."""

import numpy as np
import pandas


def read_ladder(path):
    """Table of a ladder: columns as in parameters.csv, `ladder_factor` an empty string for plain sounds."""
    return pandas.read_csv(path).fillna({"ladder_factor": ""})


def plain_sounds(table):
    """The two plain renderings of each base point, int (points, 2), points in rising order."""
    plain = table[table.ladder_factor == ""]
    return np.array([group.index[:2] for _, group in plain.groupby("ladder_point")])
