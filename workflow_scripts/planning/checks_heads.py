"""Faults of `heads`, one sentence each: what they learn from, on which rows they stand, of which kinds.

The keys of `heads` have their defaults (see heads_with_defaults in config.py), or are what is wrong.
"""

from shared.names import CONTROLS, HEADS, is_cloud

from planning.models import heads_on, rows_without_heads
from planning.words import closest


def head_faults(config):
    """Faults of the config's heads; none without."""
    if "heads" not in config:
        return
    heads, run = config["heads"], config["run"]
    entries = {name: config["datasets"].get(name) for name in run["datasets"]}
    clouds = [name for name, entry in entries.items() if entry and is_cloud(entry)]
    known = ", ".join(clouds) or "none"
    if heads["of"] not in run["datasets"]:
        yield f"heads.of: {heads['of']!r} is not in run.datasets; add it, or name one of: {known}"
    elif heads["of"] not in clouds:
        yield (f"heads.of: {heads['of']!r} is no cloud of sounds with factors; name one of: {known}")
    yield from heads_views_faults(config["datasets"], heads)
    for kind in HEADS:
        if kind in heads and kind not in heads["kinds"]:
            yield f"heads.{kind}: it says nothing unless `kinds` names it"
    rows = rows_without_heads(config)
    for row in heads["models"]:
        if row in CONTROLS:
            yield f"heads.models: the control {row} always has heads; leave it out"
        elif row not in rows:
            yield f"heads.models: {row!r} is no model or layer of the run, {closest(row, rows)}"
        elif taken := {*heads_on(config, row)} & {*rows}:
            yield f"heads.models: the run has a row {min(taken)} already; leave {row} out of the list"


def heads_views_faults(datasets, heads):
    """Faults of the views that contrastive heads learn from. datasets: the config's entries."""
    views, of = heads.get("views"), heads["of"]
    if "contrastive" not in heads["kinds"]:
        if views:
            yield "heads.views: only contrastive heads learn from views; add the kind, or leave `views` out"
    elif views is None:
        yield (
            "heads.views: contrastive heads learn from the same factors under other nuisances; name one "
            f"{{views: {{of: {of}}}}}, or state `kinds: [supervised]`"
        )
    elif views not in datasets:
        known = [name for name, entry in datasets.items() if entry.get("views", {}).get("of") == of]
        yield f"heads.views: {views!r} is not defined, {closest(views, known)}"
    elif datasets[views].get("views", {}).get("of") != of:
        yield f"heads.views: {views!r} is not made of {of}; its entry must say `views: {{of: {of}}}`"
