"""Designs: which settings of the factors and nuisances a data set renders.

Every design returns a table, {column: array (N,)}, one row per sound. Factors come first, then what
identifies a sound within its design (`file`, `ladder_*`), then nuisances, named `nuisance_*`.
"""

import itertools
from functools import partial
from typing import NamedTuple

import numpy as np
from shared.scales import from_jnd, in_jnd, off_scale, on_scale
from shared.tables import needed_columns, read_table

from synthesize.experiments import draw_experiment


def grid(factors, seed):
    """Full factorial design: factors with `step` are crossed, and the first varies slowest.

    A factor with `choice` takes, for each sound in turn, one draw of NumPy's legacy generator, as the code
    released with the paper did. factors: {name: {start, stop, step} or {choice}}, `stop` excluded. Returns
    {name: float64 (N,)}.
    """
    axes = {name: np.arange(f["start"], f["stop"], f["step"]) for name, f in factors.items() if "step" in f}
    crossed = np.array(list(itertools.product(*axes.values())), dtype=float).T
    table = dict(zip(axes, crossed, strict=True))
    choose = np.random.RandomState(seed).choice
    N = crossed.shape[-1]
    for name, factor in factors.items():
        if "choice" in factor:
            table[name] = np.array([choose(factor["choice"], 1)[0] for _ in range(N)], dtype=float)
    return {name: table[name] for name in factors}


def of_scipy(sampler, rng, N, d):
    """Points of the unit cube, float (N, d), by a sampler of scipy.stats.qmc."""
    from scipy.stats import qmc  # takes half a second, which the gate need not spend

    return getattr(qmc, sampler)(d, rng=rng).random(N)


CUBES = {  # each of shared.names.SAMPLED_DESIGNS: points of the unit cube, float (N, d)
    "random": lambda rng, N, d: rng.random((N, d)),
    "sobol": partial(of_scipy, "Sobol"),
    "latin_hypercube": partial(of_scipy, "LatinHypercube"),
}


def sampled(factors, design, seed, N):
    """A design that fills the range of every factor uniformly on the factor's scale.

    factors: {name: {low, high, scale}}; design: a key of CUBES. `sobol` is scrambled, and balanced if N is a
    power of two. More factors need no more sounds. Returns {name: float64 (N,)}.
    """
    cube = CUBES[design](np.random.default_rng(seed), N, len(factors))
    table = {}
    for column, (name, factor) in zip(cube.T, factors.items(), strict=True):
        low, high = on_scale([factor["low"], factor["high"]], factor["scale"])
        table[name] = off_scale(low + column * (high - low), factor["scale"])
    return table


JACOBIAN = 0.5  # JND: the step that a ladder makes in both directions, for derivatives
CORNERS_EVERY = 8  # one base point in so many is a corner of the ranges, from where steps reach the far end


class Axis(NamedTuple):
    """A factor of a ladder, in JND: its value at each base point, float (points,), and its range."""

    places: np.ndarray
    low: float
    high: float


class Rung(NamedTuple):
    """A sound of a ladder: {factor: value in JND}, its base point, the factor that moved and its step."""

    settings: dict
    point: int
    factor: str
    step: float


def ladder_axes(factors, base):
    """Where a ladder starts: {name: Axis}.

    The points of `base`, {name: (points,)}, are kept JACOBIAN from the ends of each range. Every eighth is
    moved into a corner instead, so that some steps span nearly the whole range.
    """
    axes = {}
    for j, (name, factor) in enumerate(factors.items()):
        low, high = in_jnd([factor["low"], factor["high"]], factor["jnd"])
        places = np.clip(in_jnd(base[name], factor["jnd"]), low + JACOBIAN, high - JACOBIAN)
        for point in range(0, len(places), CORNERS_EVERY):
            up = (point // CORNERS_EVERY >> j % 3) & 1
            places[point] = high - JACOBIAN if up else low + JACOBIAN
        axes[name] = Axis(places, low, high)
    return axes


def moves(steps, up, down, first_up):
    """Signed moves of one factor from one point that has room `up` and `down`, all in JND: list of float.

    JACOBIAN goes both ways. The other steps go upwards and downwards by turns, or the other way where they
    do not fit; steps that fit neither way are left out. The farther end closes the ladder.
    """
    made = [JACOBIAN, -JACOBIAN]
    for i, step in enumerate(step for step in sorted(steps) if step != JACOBIAN):
        signs = (1, -1) if (i % 2 == 0) == first_up else (-1, 1)
        made += [sign * step for sign in signs if step <= (up if sign > 0 else down)][:1]
    farther = up if up >= down else -down
    return made if any(np.isclose(farther, made)) else [*made, farther]


def ladder(factors, base, steps):
    """Perturbation design around some points, {name: (points,)}.

    Each base point stands twice, with nuisances of its own each time. Then each factor is moved alone, by the
    steps that fit its range (see ladder_axes, moves).

    factors: {name: {low, high, jnd}}; steps: in JND. Returns the table: the factors, `ladder_point`
    (0..points-1), `ladder_factor` (the one moved, or an empty string) and `ladder_step` (signed, JND).
    """
    axes = ladder_axes(factors, base)
    rungs = []
    for point in range(len(next(iter(base.values())))):
        here = {name: axis.places[point] for name, axis in axes.items()}
        rungs += [Rung(here, point, "", 0.0)] * 2
        for j, (name, axis) in enumerate(axes.items()):
            signed = moves(steps, axis.high - here[name], here[name] - axis.low, (point + j) % 2 == 0)
            rungs += [Rung(here | {name: here[name] + move}, point, name, move) for move in signed]
    table = {
        name: from_jnd([rung.settings[name] for rung in rungs], factor["jnd"])
        for name, factor in factors.items()
    }
    table["ladder_point"] = np.array([rung.point for rung in rungs])
    table["ladder_factor"] = np.array([rung.factor for rung in rungs])
    table["ladder_step"] = np.array([rung.step for rung in rungs])
    return table


def realised_steps(factors, table):
    """Steps of a ladder whose factors were measured, float (N,), in JND.

    A step goes from the mean of the point's two plain renderings to the moved sound, in the factor that was
    moved.
    """
    steps = np.zeros(len(table["ladder_step"]))
    for name, factor in factors.items():
        places = in_jnd(table[name], factor["jnd"])
        for point in np.unique(table["ladder_point"]):
            there = table["ladder_point"] == point
            moved = there & (table["ladder_factor"] == name)
            steps[moved] = places[moved] - places[there & (table["ladder_factor"] == "")].mean()
    return steps


def draw_nuisances(nuisances, seed, N):
    """Independent uniform draws of each nuisance, {nuisance_name: array (N,)}.

    nuisances: {name: {low, high} or {integers: n}}; the latter are whole numbers 0..n-1. Each nuisance has a
    stream of its own, so that adding one leaves the others as they are.
    """
    table = {}
    for name, nuisance in nuisances.items():
        rng = np.random.default_rng([seed, *name.encode()])
        if "integers" in nuisance:
            table[f"nuisance_{name}"] = rng.integers(nuisance["integers"], size=N)
        else:
            table[f"nuisance_{name}"] = rng.uniform(nuisance["low"], nuisance["high"], N)
    return table


def redrawn(definition):
    """The nuisances that a data set draws by its own seed: all, or of views those that they name."""
    return definition.get("views", {}).get("redraw", list(definition.get("nuisances", {})))


def seed_of(definition, nuisance):
    """The seed by which a data set draws a nuisance: its own, or its parent's where views keep it."""
    return definition["seed" if nuisance in redrawn(definition) else "parent_seed"]


def place(definition, factors, seed):
    """The table of some factors by the definition's design, {column: (N,)}."""
    design = definition["design"]
    if design == "grid":
        return grid(factors, seed)
    if design == "table":
        columns = read_table(definition["table"], factors, needed_columns(definition))
        return {name: np.array(values) for name, values in columns.items()}
    return sampled(factors, design, seed, definition["N"])


def draw_ladder(definition):
    """The table of a ladder, without nuisances.

    Its base points are the first of the parent if that has a Sobol design, a random choice of any other.
    Raises ValueError if it asks for more points than the parent has.
    """
    parent = place(definition, definition["parent_factors"], definition["parent_seed"])
    N = len(next(iter(parent.values())))
    points = definition["ladder"]["points"]
    if points > N:
        raise ValueError(f"the ladder asks for {points} points of {N} sounds; ask for fewer")
    sobol = definition["design"] == "sobol"
    rows = np.arange(N) if sobol else np.random.default_rng(definition["seed"]).permutation(N)
    base = {name: parent[name][rows[:points]] for name in definition["factors"]}
    return ladder(definition["factors"], base, definition["ladder"]["steps"])


def draw(definition):
    """The table of a data set's definition, a mapping as in config.yaml with every default filled in.

    Keys used: factors, nuisances, design, seed, N (sampled designs), table (design `table`); for a ladder
    also ladder ({points, steps}), parent_factors and parent_seed; for views ({redraw}) parent_seed, by which
    their factors are drawn; for an experiment, experiment in place of the design. Raises ValueError as
    read_table, draw_ladder and draw_experiment do.
    """
    if "ladder" in definition:
        table = draw_ladder(definition)
    elif "experiment" in definition:
        table = draw_experiment(definition)
    else:
        seed = definition["parent_seed" if "views" in definition else "seed"]
        table = place(definition, definition["factors"], seed)
    N = len(next(iter(table.values())))
    for name, nuisance in definition.get("nuisances", {}).items():
        table |= draw_nuisances({name: nuisance}, seed_of(definition, name), N)
    return table
