"""Designs: which settings of the factors and nuisances a data set renders.

Every design returns a table, {column: array (N,)}, one row per sound. Factors come first, then
whatever identifies a sound within its design (`ladder_*`), then nuisances, named `nuisance_*`.
"""

import csv
import itertools

import numpy as np
from scipy.stats import qmc
from shared.scales import from_jnd, in_jnd, off_scale, on_scale


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
                if not np.isfinite(values[-1]) or (factor.get("scale") == "log" and values[-1] <= 0):
                    raise ValueError
            except (KeyError, TypeError, ValueError):
                plain = "a number above 0" if factor.get("scale") == "log" else "a number"
                kind = f"one of {', '.join(places)}" if places else plain
                faults.append(f"line {line}: {name} is {row[name]!r}, not {kind}")
        table[name] = np.array(values, dtype=float)
    if "file" in header:
        faults += [f"line {line}: no file" for line, row in enumerate(rows, start=2) if not row["file"]]
    if faults:
        raise ValueError(f"{path}: {'; '.join(faults)}")
    if not rows:
        raise ValueError(f"{path}: no rows below its header")
    if "file" in header:
        table["file"] = np.array([row["file"] for row in rows])
    return table


JACOBIAN = 0.5  # JND: the step that a ladder makes in both directions, for derivatives
CORNERS_EVERY = 8  # one base point in so many is a corner of the ranges, from where steps reach the far end


def base_points(factors, base):
    """Where a ladder starts, in JND: {name: (places (points,), low, high)}.

    The points of `base`, {name: (points,)}, kept JACOBIAN from the ends of each range; every eighth is
    moved into a corner instead, so that some steps span nearly the whole range.
    """
    result = {}
    for j, (name, factor) in enumerate(factors.items()):
        low, high = in_jnd([factor["low"], factor["high"]], factor["jnd"])
        places = np.clip(in_jnd(base[name], factor["jnd"]), low + JACOBIAN, high - JACOBIAN)
        for point in range(0, len(places), CORNERS_EVERY):
            up = (point // CORNERS_EVERY >> j % 3) & 1
            places[point] = high - JACOBIAN if up else low + JACOBIAN
        result[name] = places, low, high
    return result


def moves(steps, up, down, first_up):
    """Signed moves of one factor from one point, in JND, which has room `up` and `down`.

    JACOBIAN both ways; each other step upwards and downwards by turns, or where it fits; steps that fit
    neither way are left out, and the farther end closes the ladder.
    """
    made = [JACOBIAN, -JACOBIAN]
    for i, step in enumerate(step for step in sorted(steps) if step != JACOBIAN):
        signs = (1, -1) if (i % 2 == 0) == first_up else (-1, 1)
        made += [sign * step for sign in signs if step <= (up if sign > 0 else down)][:1]
    farther = up if up >= down else -down
    return made if any(np.isclose(farther, made)) else [*made, farther]


def ladder(factors, base, steps):
    """Perturbation design around some points, {name: (points,)}.

    Each base point stands twice (rendered with nuisances of its own each time), then each factor is
    moved, alone, by the steps that fit its range (see base_points, moves).

    factors: {name: {low, high, jnd}}; steps: in JND. Returns the table: the factors, `ladder_point`
    (0..points-1), `ladder_factor` (the one moved, or an empty string) and `ladder_step` (signed, JND).
    """
    starts = base_points(factors, base)
    rows = []
    for point in range(len(next(iter(base.values())))):
        here = {name: places[point] for name, (places, _, _) in starts.items()}
        rows += [(here, point, "", 0.0)] * 2
        for j, (name, (_, low, high)) in enumerate(starts.items()):
            found = moves(steps, high - here[name], here[name] - low, (point + j) % 2 == 0)
            rows += [(here | {name: here[name] + move}, point, name, move) for move in found]
    table = {
        name: from_jnd([row[0][name] for row in rows], factor["jnd"]) for name, factor in factors.items()
    }
    table["ladder_point"] = np.array([row[1] for row in rows])
    table["ladder_factor"] = np.array([row[2] for row in rows])
    table["ladder_step"] = np.array([row[3] for row in rows])
    return table


def realised_steps(factors, table):
    """Steps of a ladder whose factors were measured, float (N,), JND: from the mean of the point's two
    plain renderings to the moved sound, of the factor that was moved."""
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

    Keys used: factors, nuisances, design, seed, N (sampled designs), table (design `table`). With `ladder`
    ({of, points, steps}) also parent_factors and parent_seed, which find the parent's points: the first
    of a Sobol design, a random choice of any other. Raises ValueError for more points than it has.
    """
    factors, seed = definition["factors"], definition["seed"]
    in_ladder = "ladder" in definition
    placed = definition["parent_factors"] if in_ladder else factors
    placing = definition["parent_seed"] if in_ladder else seed
    if definition["design"] == "grid":
        table = grid(placed, placing)
    elif definition["design"] == "table":
        table = read_table(definition["table"], placed)
    else:
        table = sampled(placed, definition["design"], placing, definition["N"])
    N = len(next(iter(table.values())))
    if in_ladder:
        points = definition["ladder"]["points"]
        if points > N:
            raise ValueError(f"the ladder asks for {points} points of {N} sounds; ask for fewer")
        rows = np.arange(N) if definition["design"] == "sobol" else np.random.default_rng(seed).permutation(N)
        base = {name: table[name][rows[:points]] for name in factors}
        table = ladder(factors, base, definition["ladder"]["steps"])
        N = len(table["ladder_step"])
    return table | draw_nuisances(definition.get("nuisances", {}), seed, N)
