"""Faults in the factors of a data set, one sentence each: their names, their ranges, the steps of a ladder.

Conventions as in checks_datasets.py.
"""

import math

from shared.jnds import places_within, unit_size_at

from planning.datasets import declaration, synthesizer_path
from planning.factors import jnd_fault
from planning.words import closest

OCTAVES = 3  # of the factor that is the pitch, at least (LEAST of analyse/pitch.py)
HALF = 0.5  # JND, a step that every ladder has (see JACOBIAN in synthesize/designs.py)


def factor_name_faults(where, entry):
    """Faults of the names of a data set's factors."""
    if not entry["factors"]:
        yield f"{where}.factors: name at least one"
    for factor in entry["factors"]:
        if factor in ("sound", "file") or factor.startswith(("ladder_", "nuisance_", "requested_")):
            yield f"{where}.factors.{factor}: this name is taken by a column of parameters.csv"
        if factor in entry["nuisances"]:
            yield f"{where}.nuisances.{factor}: a factor has this name; leave one of the two out"


def factor_faults(where, factor, entry):
    """Faults of one factor."""
    known = declaration(synthesizer_path(entry["synthesizer"]), "FACTORS")
    stated, design = entry["factors"][factor], entry["design"]
    if known and factor not in known:
        yield f"{where}: {entry['synthesizer']} has no such factor, {closest(factor, known)}"
    elif missing := [key for key in ("unit", "scale") if key not in stated]:
        yield f"{where}: state its {missing[0]}"
    elif faults := [*range_faults(where, stated, design), *jnd_faults(where, stated)]:
        yield from faults
    elif design == "table":
        return
    elif stated["low"] > stated["high"] or (stated["low"] == stated["high"] and design != "grid"):
        yield f"{where}: low {stated['low']} is not below high {stated['high']}"
    elif stated["low"] <= 0 and stated["scale"] == "log":
        yield f"{where}: a log scale needs a range above 0"
    elif stated["low"] <= 0 and "percent" in stated.get("jnd", {}):
        yield f"{where}: a JND in percent needs a range above 0"


def jnd_faults(where, stated):
    """Faults of a factor's JND, if it states one. One that depends on level needs sounds of one level."""
    jnd = stated.get("jnd")
    if jnd is None:
        return
    if fault := jnd_fault(jnd):
        yield f"{where}.jnd: {fault}"
    elif "level" in jnd:
        yield f"{where}.jnd.level: state the `level` of the data set, under normalize rms or active"


def pitch_faults(config, name, entry):
    """Faults of the factor that a data set's `analyses: {pitch: }` names.

    entry: resolved, its factors without faults.
    """
    stated = config["datasets"][name]
    pitch, where = stated.get("analyses", {}).get("pitch"), f"datasets.{name}.analyses.pitch"
    if not pitch:
        return
    factor = entry["factors"].get(pitch)
    if "ladder" in stated:
        yield f"{where}: a ladder shows no octaves; state it for {stated['ladder']['of']} instead"
    elif "experiment" in stated:
        yield f"{where}: an experiment shows no octaves; leave it out"
    elif factor is None:
        yield f"{where}: the data set has no factor {pitch!r}, {closest(pitch, entry['factors'])}"
    elif factor["unit"] != "Hz":
        yield f"{where}: the unit of {pitch} is {factor['unit']}, and a pitch must be in Hz"
    elif entry["design"] != "table":
        low, high = factor["low"], factor["high"]
        if low <= 0 or math.log2(high / low) < OCTAVES:
            yield f"{where}: {pitch} must span {OCTAVES} octaves or more, not {low:g} to {high:g} Hz"


def ladder_step_faults(where, entry):
    """Steps of a ladder that are finer than the synthesizer makes them."""
    smallest = min(HALF, *entry["ladder"]["steps"])
    for factor, stated in entry["factors"].items():
        if "finest" not in stated:
            continue
        places = places_within(stated["jnd"], stated["low"], stated["high"])
        step, finest = max(
            ((unit_size_at(place, stated["jnd"]), unit_size_at(place, stated["finest"])) for place in places),
            key=lambda sizes: sizes[1] / sizes[0],
        )
        if smallest * step < finest * 0.999:  # but for rounding
            cure = f"state steps from {finest / step:.2g} on"
            if HALF * step < finest * 0.999:
                cure = f"state a JND of {factor} that is {finest / step / HALF:.2g} times as large, or more"
            yield (
                f"{where}.ladder.steps: {smallest:g} JND of {factor} is finer than {entry['synthesizer']} "
                f"makes it; {cure}"
            )


def range_faults(where, stated, design):
    """Faults in how a factor's range is stated: a grid takes steps or a choice, a table nothing, others two
    ends.
    """
    needed = {"grid": [("start", "stop", "step"), ("choice",)], "table": [()]}.get(design, [("low", "high")])
    ignored = {"unit", "scale", "jnd", "finest", "default", "levels", "sets_level"}
    given = stated.keys() - ignored - ({"low", "high"} if design in ("grid", "table") else set())
    if not any(given == set(keys) for keys in needed):
        wanted = " or ".join(", ".join(keys) for keys in needed) or "no range"
        yield f"{where}: a {design} design needs {wanted}; stated: {', '.join(sorted(given)) or 'none'}"


def level_faults(where, entry):
    """What takes the level away from a factor that sets it."""
    for factor, stated in entry["factors"].items():
        if not stated.get("sets_level"):
            continue
        if entry["normalize"] != "none":
            yield f"{where}.normalize: {entry['normalize']} undoes the level that {factor} sets; state none"
        if "gain" in entry["nuisances"]:
            yield f"{where}.nuisances.gain: it moves the level that {factor} sets; leave one of the two out"
