"""Ladders: each base point of a data set is rendered twice, and again with one factor moved by each step."""

import numpy as np
import pandas


def read_ladder(path):
    """The table of a ladder, a row per sound, with the columns of parameters.csv.

    `ladder_point` is the base point, `ladder_factor` the factor that is moved (an empty string for plain
    sounds), `ladder_step` the move in JND.
    """
    return pandas.read_csv(path).fillna({"ladder_factor": ""})


def plain_sounds(table):
    """The sounds of the two plain renderings of each base point, int (points, 2), points in rising order.

    table: of read_ladder().
    """
    plain = table[table.ladder_factor == ""]
    return np.array([group.index[:2] for _, group in plain.groupby("ladder_point")])
