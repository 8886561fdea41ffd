"""The leaderboards that a run is joined with: those of the config, or HEAR's if it has a model of the run."""

import os
from pathlib import Path

from shared.leaderboards import joined, read_leaderboard

from planning.places import HOME

HEAR = {"name": "HEAR", "path": str(HOME / "data" / "hear_leaderboard.csv")}


def published_names(config):
    """Names under which models of the run have published scores, {model: names}, of those that state any."""
    entries = {model: config["models"][model] for model in config["run"]["models"]}
    return {model: entry["published"] for model, entry in entries.items() if "published" in entry}


def leaderboards_of(config):
    """The leaderboards of the run, a list of {name, path}."""
    if "leaderboards" in config:
        return config["leaderboards"]
    return [HEAR] if joined(read_leaderboard(HEAR["path"]), published_names(config)) else []


def leaderboard_faults(config):
    """Faults of the leaderboards that the config names."""
    boards = config.get("leaderboards", [])
    names = [board["name"] for board in boards]
    if len({*names}) < len(names):
        yield "leaderboards: a name stands twice"
    for i, board in enumerate(boards):
        if not os.path.isfile(board["path"]):
            yield f"leaderboards.{i}.path: {board['path']} does not exist in {Path.cwd()}"
            continue
        try:
            read_leaderboard(board["path"])
        except ValueError as problem:
            yield f"leaderboards.{i}: {problem}"
