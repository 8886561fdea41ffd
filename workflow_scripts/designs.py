"""Designs: which settings of the factors and nuisances a data set renders.

Every design returns a table, {column: array (N,)}, one row per sound. Factors come first, then
whatever identifies a sound within its design (`ladder_*`), then nuisances, named `nuisance_*`.
"""

import csv
import itertools

import numpy as np
from scales import from_jnd, in_jnd, off_scale, on_scale, span
from scipy.stats import qmc


def grid(factors, seed):
    """Full factorial design: factors with `step` are crossed, the first varying slowest.

    A factor with `choice` takes, for each sound in turn, one draw of NumPy's legacy generator (as
    the code released with the paper did). factors: {name: {start, stop, step} or {choice}}, `stop`
    excluded. Returns {name: float64 (N,)}.
    """
    axes = {name: np.arange(f["start"], f["stop"], f["step"]) for name, f in factors.items() if "step" in f}
    crossed = np.array(list(itertools.product(*axes.values())), dtype=float).T
    table = dict(zip(axes, crossed, strict=True))
    draw = np.random.RandomState(seed).choice
    N = crossed.shape[-1]
    for name, factor in factors.items():
        if "choice" in factor:
            table[name] = np.array([draw(factor["choice"], 1)[0] for _ in range(N)], dtype=float)
    return {name: table[name] for name in factors}


CUBES = {  # points of the unit cube, (generator, N, dimensions) -> float (N, dimensions)
    "random": lambda rng, N, d: rng.random((N, d)),
    "sobol": lambda rng, N, d: qmc.Sobol(d, rng=rng).random(N),
    "latin_hypercube": lambda rng, N, d: qmc.LatinHypercube(d, rng=rng).random(N),
}


def sampled(factors, design, seed, N):
    """A design that fills the range of every factor uniformly on the factor's scale.

    factors: {name: {low, high, scale}}; design: a key of CUBES (`sobol` is scrambled and balanced if
    N is a power of two). Its cost does not grow with the number of factors. Returns
    {name: float64 (N,)}.
    """
    cube = CUBES[design](np.random.default_rng(seed), N, len(factors))
    table = {}
    for column, (name, factor) in zip(cube.T, factors.items(), strict=True):
        low, high = on_scale([factor["low"], factor["high"]], factor["scale"])
        table[name] = off_scale(low + column * (high - low), factor["scale"])
    return table


def read_table(path, factors):
    """The rows of a CSV file: its factors as float64, a column `file` as it stands.

    factors: {name: entry}; an entry with `levels` (words in rising order, such as pp, mf, ff) turns
    each into its place, from 0. Raises ValueError that lists every cell that cannot be read.
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        header, rows = reader.fieldnames or [], list(reader)
    missing = [name for name in factors if name not in header]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; it has {', '.join(header)}")
    faults, table = [], {}
    for name, factor in factors.items():
        places = {str(level): i for i, level in enumerate(factor.get("levels", []))}
        values = []
        for line, row in enumerate(rows, start=2):
            try:
                values.append(places[row[name]] if places else float(row[name]))
                if not np.isfinite(values[-1]):
                    raise ValueError
            except (KeyError, TypeError, ValueError):
                kind = f"one of {', '.join(places)}" if places else "a number"
                faults.append(f"line {line}: {name} is {row[name]!r}, not {kind}")
        table[name] = np.array(values, dtype=float)
    if faults:
        raise ValueError(f"{path}: {'; '.join(faults)}")
    if not rows:
        raise ValueError(f"{path}: no rows below its header")
    if "file" in header:
        table["file"] = np.array([row["file"] for row in rows])
    return table


def rungs(factor, steps):
    """Steps of a ladder for one factor, in JND: those within its range, then the whole range."""
    whole = span(factor["low"], factor["high"], factor["jnd"])
    return [step for step in sorted(steps) if step < whole] + [whole]


def ladder(factors, base, points, steps, jacobian=0.5):
    """Perturbation design around some points of a parent design.

    Each base point stands twice (rendered with nuisances of its own each time), then each factor is
    moved, alone, by every rung: upwards if that stays within the range, else downwards, else to the
    farther end. The step `jacobian` is made in both directions, for derivatives; base points keep
    that distance from the ends of the range.

    factors: {name: {low, high, jnd}}; base: the parent's table; points: how many of its rows, the
    first ones; steps: in JND. Returns the table: the factors, `ladder_point` (0..points-1),
    `ladder_factor` (the one moved, or an empty string) and `ladder_step` (signed, in JND, as made).
    """
    place, low, high = {}, {}, {}
    for name, factor in factors.items():
        low[name], high[name] = in_jnd([factor["low"], factor["high"]], factor["jnd"])
        within = np.clip(
            in_jnd(base[name][:points], factor["jnd"]), low[name] + jacobian, high[name] - jacobian
        )
        place[name] = within
    rows = []
    for point in range(points):
        here = {name: place[name][point] for name in factors}
        rows += [(here, point, "", 0.0)] * 2
        for name, factor in factors.items():
            up, down = high[name] - here[name], here[name] - low[name]
            moves = []
            for step in rungs(factor, steps):
                farther = up if up >= down else -down
                moves.append(step if step <= up else -step if step <= down else farther)
                if step == jacobian:
                    moves.append(-step)
            rows += [(here | {name: here[name] + move}, point, name, move) for move in moves]
    table = {
        name: from_jnd([row[0][name] for row in rows], factor["jnd"]) for name, factor in factors.items()
    }
    table["ladder_point"] = np.array([row[1] for row in rows])
    table["ladder_factor"] = np.array([row[2] for row in rows])
    table["ladder_step"] = np.array([row[3] for row in rows])
    return table


def draw_nuisances(nuisances, seed, N):
    """Independent uniform draws of each nuisance, {nuisance_name: array (N,)}.

    nuisances: {name: {low, high} or {integers: n}}, the latter whole numbers 0..n-1. Each nuisance has
    a stream of its own, so that adding one leaves the others as they are.
    """
    table = {}
    for name, nuisance in nuisances.items():
        rng = np.random.default_rng([seed, *name.encode()])
        if "integers" in nuisance:
            table[f"nuisance_{name}"] = rng.integers(nuisance["integers"], size=N)
        else:
            table[f"nuisance_{name}"] = rng.uniform(nuisance["low"], nuisance["high"], N)
    return table


def draw(definition):
    """The table of a data set's definition, a mapping as in config.yaml with every default filled in.

    Keys used: factors, nuisances, design, seed, N (sampled designs), table (design `table`),
    ladder ({of, points, steps}; the other keys are then those of the parent, `seed` aside, which
    only draws the nuisances anew, and `parent_seed`, which finds the parent's points).
    """
    factors, seed = definition["factors"], definition["seed"]
    placing = definition.get("parent_seed", seed)
    if definition["design"] == "grid":
        table = grid(factors, placing)
    elif definition["design"] == "table":
        table = read_table(definition["table"], factors)
    else:
        table = sampled(factors, definition["design"], placing, definition["N"])
    if "ladder" in definition:
        stated = definition["ladder"]
        table = ladder(factors, table, stated["points"], stated["steps"])
    N = len(next(iter(table.values())))
    return table | draw_nuisances(definition.get("nuisances", {}), seed, N)
