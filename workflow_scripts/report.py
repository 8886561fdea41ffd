"""Render the comparison report: one HTML file that opens from disk, without network or scripts."""

import argparse
import base64
import csv
import datetime
import importlib.metadata
import json
import math
import subprocess
from pathlib import Path

import jinja2
import pandas
import yaml
from compare import reason
from files import beside

FIGURES = {
    "sounds": (
        "Figure 2. Sounds of this data set",
        "Waveforms (blue), spectra (red) and, of clips longer than 0.1 s, spectrograms of 25 sounds, evenly "
        "spread over the last two factors.",
    ),
    "checks": (
        "The gate: spans and levels",
        "Span of each factor in just-noticeable differences, and level against each factor: a level that "
        "follows a factor tells it without any hearing of it.",
    ),
    "isomap": (
        "Figure 3. Isomap",
        "Each row is a model, each column the same cloud coloured by one factor. Axes have no unit and "
        "may be turned or mirrored from one model to the next. `chance` is Gaussian noise, `reference` "
        "the true factors themselves. Dashed red lines are bridges between components of the graph.",
    ),
    "knn": (
        "Figure 4. Nearest-neighbour regression",
        "Ratio of estimated to true factor over all sounds: median, quartiles (box), 5th to 95th "
        "percentile (whiskers). 1 is exact; compare with the row `chance`.",
    ),
}
TABLES = {  # metric, or analysis where its scores are not per factor: heading, what the numbers mean
    "r2": (
        "R2 of nearest-neighbour regression",
        "Share of a factor's variance that the mean over a sound's K nearest neighbours explains, the "
        "sound itself left out. 1 is exact; chance is about -1/K.",
    ),
    "median_abs_log_ratio": (
        "Median absolute log-ratio of nearest-neighbour regression",
        "Median over sounds of |ln(estimate / true)|, the sound itself left out. 0 is exact.",
    ),
    "r2_with_self": (
        "R2, the sound among its own neighbours",
        "As the released code of the paper did; chance is about 1/K.",
    ),
    "median_abs_log_ratio_with_self": (
        "Median absolute log-ratio, the sound among its own neighbours",
        "As the released code of the paper did. Figure 4 shows these estimates.",
    ),
    "isomap": (
        "Neighbour graph and Isomap",
        "Components: pieces of the K-neighbour graph before any bridge. Largest component: share of the "
        "sounds in it. Bridges: edges added to join the components, where the config says so. Residual "
        "variance: 1 - squared correlation of geodesic and 3-D distances, what three dimensions leave out.",
    ),
}


def number(value):
    """A value in at most four significant digits, or an empty string if there is none."""
    if value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    value = float(value)
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.4g}"


def score_tables(scores, models):
    """Tables of the page: {name: {columns, units, cells: {model: {column: row}}}}.

    A metric per factor is a table with the factors as columns; the other scores of an analysis are
    one table with the metrics as columns. scores: DataFrame of the tidy table; models: names in the
    order of the config.
    """
    scores = scores[scores.metric != "failure"]
    per_factor = scores.factor != ""
    scores = scores.assign(
        table=scores.metric.where(per_factor, scores.analysis),
        column=scores.factor.where(per_factor, scores.metric),
    )
    tables = {}
    for name, rows in scores.groupby("table", sort=False):
        cells = {model: {} for model in models if model in set(rows.model)}
        for row in rows.to_dict("records"):
            cells[row["model"]][row["column"]] = row
        kinds = rows.drop_duplicates("column").set_index("column")
        units = {c: f"{u}, {b} is better" if b else u for c, u, b in kinds[["unit", "better"]].itertuples()}
        tables[name] = {"columns": units, "cells": cells}
    return {name: tables[name] for name in [*TABLES, *tables] if name in tables}


def commit_of(clone):
    """The clone's commit, with a word if files differ from it, or 'not a git clone'."""

    def git(*words):
        command = ["git", "-C", str(clone), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        dirty = " (with uncommitted changes)" if git("status", "--porcelain") else ""
        return git("rev-parse", "HEAD") + dirty
    except (OSError, subprocess.CalledProcessError):
        return "not a git clone"


def read_dataset(results, name, definition, config, unchecked):
    """Everything the template shows of one data set. unchecked: why its gate has no result, or None."""
    folder = results / name
    with open(folder / "sounds" / "parameters.csv", newline="") as file:
        N = sum(1 for _ in csv.DictReader(file))
    checks = []
    if unchecked is None:
        table = pandas.read_csv(folder / "sounds" / "checks.csv", dtype=str, keep_default_na=False)
        checks = table.to_dict("records")
    absent = {"isomap", "knn"} if "ladder" in definition else set()
    absent |= set() if unchecked is None else {"checks"}
    scores = pandas.read_csv(folder / "scores.csv", dtype=str, keep_default_na=False)
    models = [*config["run"]["models"], "chance", "reference"]
    facts = {
        model: json.loads(path.read_text())
        for model in config["run"]["models"]
        if (path := folder / "embeddings" / f"{model}.json").exists()
        and model not in set(scores.model[scores.metric == "failure"])
    }
    figures = {
        figure: base64.b64encode((folder / "figures" / f"{figure}.png").read_bytes()).decode()
        for figure in FIGURES
        if figure not in absent
    }
    return {
        "name": name,
        "N": N,
        "entry": definition,
        "checks": checks,
        "unchecked": unchecked,
        "tables": score_tables(scores, models),
        "failures": scores[scores.metric == "failure"].to_dict("records"),
        "facts": facts,
        "figures": figures,
    }


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--datasets", type=json.loads, required=True, help="{data set: entry}, JSON")
    parser.add_argument("--broken", nargs="*", default=[], help="dataset:stage:log of those that failed")
    parser.add_argument("--unchecked", nargs="*", default=[], help="dataset:log of those whose gate failed")
    parser.add_argument("--config", type=Path, required=True, help="resolved config (YAML)")
    parser.add_argument("--template", type=Path, required=True, help="Jinja template")
    parser.add_argument("--clone", type=Path, required=True, help="folder of the workflow")
    parser.add_argument("--output", required=True, help="HTML to write")
    args = parser.parse_args(argv)
    text = args.config.read_text()
    config = yaml.safe_load(text)
    unchecked = {name: reason(log) for name, log in (word.split(":", 1) for word in args.unchecked if word)}
    broken = [word.split(":", 2) for word in args.broken if word]
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = number
    page = environment.from_string(args.template.read_text()).render(
        datasets=[
            read_dataset(args.results, name, definition, config, unchecked.get(name))
            for name, definition in args.datasets.items()
        ],
        broken=[(name, stage, reason(log)) for name, stage, log in broken],
        headings=TABLES,
        figures=FIGURES,
        config=text,
        commit=commit_of(args.clone),
        rendered=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        packages={
            name: importlib.metadata.version(name)
            for name in ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib")
        },
    )
    with beside(args.output) as draft:
        draft.write_text(page)


if __name__ == "__main__":
    main()
