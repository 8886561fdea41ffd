"""The grid of a search: every combination of the listed settings is a point, numbered in the order of the lists."""

from itertools import product

from shared.sentences import first_few

# HEAR's hidden layers have 1024 units (HEAR's Table 4). They cost 10 to 50 times as much: ask for them on a GPU.
# Its learning rates and initial weights are these; the largest learning rate is of its larger grid.
GRIDS = {
    "supervised": {
        "hidden_layers": [1, 2],
        "hidden_units": [32, 128],
        "learning_rate": [1e-2, 3.2e-3, 1e-3, 3.2e-4, 1e-4],
        "initialization": ["xavier_uniform", "xavier_normal"],
        "dropout": [0.1],
    },
    "contrastive": {
        "hidden_layers": [1],
        "hidden_units": [128],
        "learning_rate": [3.2e-3, 1e-3, 3.2e-4],
        "initialization": ["xavier_uniform"],
        "dropout": [0.1],
        "temperature": [0.05, 0.2, 0.5],
        "projection": [16, 64],
    },
}
KINDS = tuple(GRIDS)


def points_of(kind, lists):
    """The points of a grid, a list of {setting: value}.

    lists: {setting: list of values}; a setting that is left out has those of GRIDS. Raises ValueError for a
    setting that the kind does not have.
    """
    grid = GRIDS[kind]
    if strange := [name for name in lists if name not in grid]:
        raise ValueError(
            f"a {kind} head has no {first_few(strange, ', ')}. Its settings are {', '.join(grid)}."
        )
    return [dict(zip(grid, values, strict=True)) for values in product(*(grid | lists).values())]


def shapes(points):
    """Numbers of the points that can be one stacked network: {(layers, units, projection): list of int}."""
    groups = {}
    for number, point in enumerate(points):
        shape = point["hidden_layers"], point["hidden_units"], point.get("projection")
        groups.setdefault(shape, []).append(number)
    return groups
