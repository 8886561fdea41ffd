"""The table of a listening experiment: which sounds it renders.

Columns besides the factors: `experiment_condition` counts the conditions of shared.experiments.conditions(),
and is -1 for ordinary sounds; `experiment_group` is the group whose ordinary sounds a condition goes with.
"""

import numpy as np
from shared.experiments import conditions


def threshold_rows(found, asked):
    """Yield (parameters, condition, group) of every sound: plain ones, then those with the knob moved."""
    for i, condition in enumerate(found):
        moves = [0.0] * asked["plain"]
        for j, step in enumerate(asked["steps"]):
            down = 100 * (1 / (1 + step / 100) - 1)  # as far on a logarithmic scale
            moves += [(step, down)[(i + j + k) % 2] for k in range(asked["moved"])]
        for move in moves:
            yield condition.parameters | {asked["knob"]: move}, i, condition.group


def pitch_rows(found, asked, rng):
    """Yield the same: ordinary sounds, whose f0 fills the range of the group and beyond, then odd ones."""
    for group in sorted({condition.group for condition in found}):
        own = [condition.parameters for condition in found if condition.group == group]
        f0 = [parameters[asked["of"]] for parameters in own]
        below, above = np.broadcast_to(asked["within"], 2)
        low, high = np.log([min(f0) / below, max(f0) * above])
        places = (np.arange(asked["ordinary"]) + rng.random(asked["ordinary"])) / asked["ordinary"]
        for value in np.exp(low + places * (high - low)):
            yield own[0] | asked.get("as", {}) | {asked["of"]: value}, -1, group
    for i, condition in enumerate(found):
        for _ in range(asked["odd"]):
            yield condition.parameters, i, condition.group


def draw_experiment(definition):
    """The table of an experiment without nuisances, {column: (N,)}. Raises ValueError as conditions()."""
    experiment = definition["experiment"]
    found = conditions(experiment)
    if "threshold" in experiment:
        rows = list(threshold_rows(found, experiment["threshold"]))
    else:
        rows = list(pitch_rows(found, experiment["pitch"], np.random.default_rng(definition["seed"])))
    settings, condition, group = zip(*rows, strict=True)
    table = {name: np.array([row[name] for row in settings], dtype=float) for name in definition["factors"]}
    return table | {"experiment_condition": np.array(condition), "experiment_group": np.array(group)}
