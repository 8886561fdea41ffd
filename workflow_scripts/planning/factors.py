"""Factors as the plan resolves them: what the config states over what the synthesizer declares.

A just-noticeable difference (JND) may depend on the level and on the duration of sounds: {level: table,
duration: table} of rows [dB re full scale, multiplier] and [s, multiplier]. A data set has one level and one
duration. So the plan multiplies the sizes once, and all that follows knows `percent` and `step` only
(shared/jnds.py).
"""

import itertools
import math

from shared.jnds import kind_of, looked_up, rows_of, varies
from shared.names import SAMPLED_DESIGNS

from planning.schema import schema

OF_SOUNDS = {"level": "dB", "duration": "s"}  # what a JND may depend on besides the value, and its unit


def resolve_factor(stated, known, design):
    """What the config states of a factor, over what the synthesizer declares of it."""
    stated, ends = dict(stated or {}), {}
    if design in SAMPLED_DESIGNS:
        of_grids = ("choice", "start", "stop", "step")
        stated = {key: value for key, value in stated.items() if key not in of_grids}
    if "choice" in stated:
        ends = {"low": min(stated["choice"]), "high": max(stated["choice"])}
    elif {"start", "stop", "step"} <= stated.keys():
        high = stated["start"] + (steps_of(stated) - 1) * stated["step"]
        ends = {"low": stated["start"], "high": high}
    return known | ends | stated


def steps_of(factor):
    """Number of values of a grid's factor from `start` up to before `stop`."""
    return math.ceil((factor["stop"] - factor["start"]) / factor["step"])


def with_own_jnd(factor, entry):
    """A factor of a data set with its JND at the data set's level and duration.

    The sizes are multiplied, and the source says by how much. Sounds are as long as they are rendered: the
    clip less the latest onset. A JND that is faulty or asks for a level that the entry does not state is left
    for the checks.
    """
    jnd = factor.get("jnd")
    asked = [key for key in OF_SOUNDS if jnd and key in jnd]
    if not asked or jnd_fault(jnd):
        return factor
    latest = entry["nuisances"].get("onset", {}).get("high", 0)
    own = {"duration": round(entry["duration"] - latest, 6)}
    if entry["normalize"] in ("rms", "active") and "level" in entry:
        own["level"] = entry["level"]
    if not own.keys() >= {*asked}:
        return factor
    multiplier, said = 1, []
    for key in asked:
        values, multipliers = zip(*jnd[key], strict=True)
        multiplier *= looked_up(own[key], values, multipliers)
        nearest = min(max(own[key], values[0]), values[-1])
        held = "" if nearest == own[key] else f" (held from {nearest:g})"
        said.append(f"{own[key]:g} {OF_SOUNDS[key]}{held}")
    if multiplier == 1:
        return factor | {"jnd": {key: value for key, value in jnd.items() if key not in OF_SOUNDS}}
    values, sizes = rows_of(jnd)
    sizes = [size * multiplier for size in sizes]
    scaled = [list(row) for row in zip(values, sizes, strict=True)] if varies(jnd) else sizes[0]
    source = f"{jnd['source']}; times {multiplier:.3g} at {' and '.join(said)}"
    return factor | {"jnd": {kind_of(jnd): scaled, "source": source}}


def jnd_fault(jnd):
    """What is wrong with a JND as it is stated, one sentence without its place, or None."""
    stated = schema()["$defs"]["jnd"]
    if not isinstance(jnd, dict) or ("percent" in jnd) == ("step" in jnd) or "source" not in jnd:
        return f"must be {stated['x-takes']}"
    if strange := sorted(set(jnd) - set(stated["properties"])):
        return f"unknown key {strange[0]!r}; it takes {', '.join(stated['properties'])}"
    if not varies(jnd) and not (is_number(jnd[kind_of(jnd)]) and jnd[kind_of(jnd)] > 0):
        return f"{kind_of(jnd)}: must be a number above 0 or a table, not {jnd[kind_of(jnd)]!r}"
    tables = [kind_of(jnd)] * varies(jnd) + [key for key in OF_SOUNDS if key in jnd]
    faults = ((key, table_fault(jnd[key], key == "percent")) for key in tables)
    return next((f"{key}: {fault}" for key, fault in faults if fault), None)


def table_fault(table, above_zero):
    """What is wrong with a table of [value, size], or None. above_zero: whether its values must be."""
    if not isinstance(table, (list, tuple)) or len(table) < 2:
        return f"a table needs two rows or more, [value, size] each, not {table!r}"
    for row in table:
        if not isinstance(row, (list, tuple)) or len(row) != 2 or not all(map(is_number, row)):
            return f"each row of a table must be two numbers, [value, size], not {row!r}"
    values, sizes = zip(*table, strict=True)
    for one, other in itertools.pairwise(values):
        if other <= one:
            return f"the values of a table must rise from row to row, but {other:g} follows {one:g}"
    if min(sizes) <= 0:
        return f"the sizes of a table must be above 0, not {min(sizes):g}"
    if above_zero and values[0] <= 0:
        return f"the values of a table of percentages must be above 0, not {values[0]:g}"
    return None


def is_number(value):
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
