"""Faults between a data set and the one that it is made of, its parent, one sentence each: ladders and views.

Conventions as in checks_datasets.py.
"""

import math

from shared.names import is_cloud

from planning.datasets import parent_of
from planning.words import closest

OWN = ("views", "seed", "version", "strict", "resample", "analyses", "env", "requirements")  # keys of views


def parent_faults(config, name):
    """Faults of the parent of a ladder or of views; none of any other data set."""
    stated = config["datasets"][name]
    if "ladder" in stated:
        yield from ladder_faults(config, name)
    if "views" in stated:
        yield from views_faults(config, name)


def ladder_faults(config, name):
    """Faults of a ladder's parent."""
    stated = config["datasets"][name]
    where, of = f"datasets.{name}.ladder", stated["ladder"]["of"]
    parent = config["datasets"].get(of)
    if parent is None:
        yield f"{where}.of: {of!r} is not defined, {closest(of, config['datasets'])}"
    elif "ratings" in stated:
        yield f"datasets.{name}.ratings: a ladder has none; rated sounds are a data set of their own"
    elif "experiment" in stated or "experiment" in parent:
        yield f"{where}: an experiment is no ladder and has none; its thresholds are its own"
    elif made_of := parent_of(parent):
        kind = "a ladder itself" if "ladder" in parent else "made of another one"
        yield f"{where}.of: {of!r} is {kind}; name {made_of}"
    elif parent.get("design") == "table":
        yield f"{where}.of: {of!r} is a table of sounds, which cannot be rendered anew"
    elif stated["ladder"]["points"] > parent.get("N", math.inf):
        yield f"{where}.points: {of!r} has fewer sounds"


def views_faults(config, name):
    """Faults of views: sounds with the factors of their parent's and other nuisances."""
    stated = config["datasets"][name]
    where, of = f"datasets.{name}", stated["views"]["of"]
    parent = config["datasets"].get(of)
    if others := [key for key in stated if key not in OWN]:
        yield f"{where}.{others[0]}: views have the sounds of {of} but for nuisances; leave it out"
    elif parent is None:
        yield f"{where}.views.of: {of!r} is not defined, {closest(of, config['datasets'])}"
    elif made_of := parent_of(parent):
        yield f"{where}.views.of: {of!r} is made of another one; name {made_of}"
    elif not is_cloud(parent):
        yield f"{where}.views.of: {of!r} is no cloud of sounds with factors; name one that is"
    elif parent.get("normalize") == "time_index":
        yield f"{where}.views.of: {of!r} is divided by its own loudest sounds (time_index); name another one"
    else:
        yield from redraw_faults(where, of, parent, stated)


def redraw_faults(where, of, parent, stated):
    """Faults of the nuisances that views draw again, and of the seed by which they do."""
    nuisances = [key for key, entry in (parent.get("nuisances") or {}).items() if entry is not False]
    if not nuisances:
        yield f"{where}.views.of: {of!r} has no nuisances to draw again; give it some, such as gain"
    for nuisance in stated["views"].get("redraw", []):
        if nuisances and nuisance not in nuisances:
            yield f"{where}.views.redraw: {of} does not vary {nuisance!r}, {closest(nuisance, nuisances)}"
    if stated.get("seed") == parent.get("seed", 0):
        yield f"{where}.seed: it is that of {of}, which would draw the same nuisances; state another or none"
