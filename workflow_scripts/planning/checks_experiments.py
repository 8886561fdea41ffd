"""Faults in listening experiments, one sentence each. Conventions as in checks_datasets.py."""

import re

from shared.experiments import conditions

BRACES = re.compile(r"\{.*\}")
RENAME = "Snakemake takes braces in a path for a name of its own; rename the file or folder"


def experiment_faults(where, stated, entry):
    """Faults of a data set's experiment. stated: the data set's entry in the config."""
    experiment = entry["experiment"]
    for key in ("ratings", "factors", "design", "N", "table"):
        if key in stated:
            yield f"{where}.{key}: an experiment has none; its conditions decide the sounds"
    yield from name_faults(f"{where}.experiment", experiment, entry["factors"])
    path = experiment["listeners"]
    if BRACES.search(path):
        yield f"{where}.experiment.listeners: {path}: {RENAME}"
        return
    try:
        found = conditions(experiment)
    except ValueError as problem:
        cure = f"; `{entry['made_by']}` makes it" if "made_by" in entry else ""
        yield f"{where}.experiment.listeners: {problem}{cure}"
        return
    pitch = experiment.get("pitch", {}).get("of")
    if pitch and min(condition.parameters.get(pitch, 1) for condition in found) <= 0:
        yield f"{where}.experiment.parameters.{pitch}: a pitch must be above 0 Hz in every condition"
    for name in experiment["parameters"]:
        least = min(condition.parameters[name] for condition in found)
        if entry["factors"].get(name, {}).get("scale") == "log" and least <= 0 and name != pitch:
            yield f"{where}.experiment.parameters.{name}: it is {least:g} in a condition, and must be above 0"


def name_faults(where, experiment, factors):
    """Faults of the factors that play a part in an experiment. factors: all of its sounds."""
    parameters = experiment["parameters"]
    if "threshold" in experiment and experiment["threshold"]["knob"] in parameters:
        knob = experiment["threshold"]["knob"]
        yield f"{where}.parameters.{knob}: it is the knob, which is moved from 0; leave it out"
    if "pitch" in experiment and experiment["pitch"]["of"] not in parameters:
        yield f"{where}.pitch.of: {experiment['pitch']['of']!r} is none of `parameters`"
    for factor in factors:
        if factor.startswith("experiment_"):
            yield f"{where}: the name {factor} is taken by a column of parameters.csv"
