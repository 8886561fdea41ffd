"""The grid of a search: each combination of the listed settings is a point, numbered in their order."""

from itertools import product

from shared.sentences import first_few

# HEAR's hidden layers have 1024 units (its Table 4), which take a GPU for a grid of this size. The first
# weights are HEAR's, and so are all learning rates but the largest, which is in its code.
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
