"""Render the comparison report: one HTML file that opens from disk, without network.

The page is put together from the files of page/: a template, a style sheet, and scripts, each of which the
page's Content-Security-Policy names by its digest, so that no other script can run in it.
"""

import argparse
import base64
import csv
import datetime
import hashlib
import importlib.metadata
import importlib.resources
import json
import math
import subprocess
from pathlib import Path

import jinja2
import markupsafe
import pandas
from compare.compare import SCORE
from shared.files import written_whole
from shared.logs import reason

from report import overview

FIGURES = ["sounds", "checks", "isomap", "subspaces", "depth", "threshold", "knn"]  # in the order of the page
TABLES = {  # analysis.metric, or analysis where its scores are not per factor: heading, what they mean
    "threshold.threshold": (
        "Neurometric thresholds",
        "The step of a factor at which an observer of the embedding has d' = 1, beside that of listeners. "
        "The observer gets three renderings, nuisances drawn anew, one with the factor moved, and picks "
        "the one that is farthest from the closest pair.",
    ),
    "threshold.threshold_jnd": (
        "Neurometric thresholds in just-noticeable differences",
        "The same in units of listeners' thresholds: 1 is as keen as listeners, below 1 keener.",
    ),
    "threshold.d_prime": (
        "Sensitivity index at one just-noticeable difference",
        "d' of the same observer when the factor moves by one just-noticeable difference; 0 is blind.",
    ),
    "sensitivity.sensitivity": (
        "Sensitivity to small changes",
        "How far one just-noticeable difference of a factor moves the embedding, over the typical distance "
        "of two sounds; what nuisances move is taken out. Below 0: less than the nuisances hide.",
    ),
    "sensitivity.angle": (
        "Local disentanglement",
        "Angle between the directions in which small changes of two factors move the embedding, 90 degrees "
        "if apart.",
    ),
    "sensitivity": ("Anisotropy", "Largest over smallest sensitivity of the factors, each per JND."),
    "hypothesis": (
        "The core hypothesis: smooth, perpendicular, dense",
        "Hypothesis: geometric mean of the factors' smoothness times the mean sine of the angles between "
        "their gradients: 1 if all factors are smooth colour progressions over orthogonal coordinates, 0 if "
        "one is not smooth. Density: 1 a strand, 2 a sheet, 3 a volume; noise is dense too.",
    ),
    "hypothesis.smoothness": (
        "Smoothness in three dimensions",
        "R2 of each factor from a cubic polynomial of the Isomap coordinates, on sounds held out of its fit.",
    ),
    "hypothesis.orthogonality": (
        "Orthogonality in three dimensions",
        "Angle between the gradients of two factors in the cloud, where both are smooth; 57 degrees is the "
        "mean of random directions.",
    ),
    "knn.r2": (
        "R2 of nearest-neighbour regression",
        "Share of a factor's variance that the mean over a sound's K nearest neighbours explains, the "
        "sound itself left out. 1 is exact; chance is about -1/K.",
    ),
    "knn.median_abs_log_ratio": (
        "Median absolute log-ratio of nearest-neighbour regression",
        "Median over sounds of |ln(estimate / true)|, the sound itself left out. 0 is exact.",
    ),
    "knn.r2_with_self": (
        "R2, the sound among its own neighbours",
        "As the released code of the paper did; chance is about 1/K.",
    ),
    "knn.median_abs_log_ratio_with_self": (
        "Median absolute log-ratio, the sound among its own neighbours",
        "As the released code of the paper did. Figure 4 shows these estimates.",
    ),
    "subspaces.probe_r2": (
        "Linear probes",
        "R2 of a ridge regression of each factor from the embedding, each sound estimated from all others.",
    ),
    "subspaces.leakage": (
        "Leakage",
        "What the probe of the first factor tells of the second, as a share of both: 0 if it carries its "
        "own factor alone, 0.5 if it cannot tell them apart. Empty where it does not tell its own.",
    ),
    "subspaces.angle": (
        "Global disentanglement",
        "Angle between the directions in which two factors move the embedding on average, 90 degrees if "
        "apart. Turning the embedding changes nothing.",
    ),
    "subspaces.main_effect": (
        "Main effects",
        "Share of the embedding's variance that a factor moves on average over all others.",
    ),
    "axes": (
        "Along the embedding's own axes",
        "Of the axes that follow the factors most. Disentanglement (DCI): does an axis carry one factor? "
        "Modularity: the same by mutual information; its chance level is high.",
    ),
    "axes.informativeness": ("Informativeness (DCI)", "R2 of each factor from the chosen axes, by trees."),
    "axes.completeness": ("Completeness (DCI)", "1 if a single axis carries the factor."),
    "axes.mig": ("Mutual information gap", "1 if one axis tells the factor and no other does."),
    "axes.sap": ("Separated attribute predictability", "The gap between the best two axes by R2."),
    "invariance.within_between": (
        "Invariance: within/between distances",
        "rms distance of sounds alike in a factor or nuisance over that of all sounds; 1 is invariant.",
    ),
    "invariance.mantel": (
        "Invariance: partial Mantel correlation",
        "Rank correlation of distances in the embedding with distances in one factor, all others held "
        "fixed; 0 is invariant.",
    ),
    "trust": (
        "Trust in the Isomap picture",
        "Stamp: 1 if nothing speaks against the picture, 0 with the reasons beside it. Disparity: how far it "
        "moves (Procrustes, 0 to 1) when K changes by a factor of 1.4, or when three quarters of the "
        "sounds are drawn. Trustworthiness, continuity: are neighbours in the picture neighbours in the "
        "embedding, and the reverse? Agreement: share of the picture that two local methods confirm, up to a "
        "linear map.",
    ),
    "topology": (
        "Topology of the neighbour graph",
        "Pieces, clusters and loops of the graph by persistent homology of geodesic distances, and the "
        "dimension of the cloud by two estimators. Description: the dimension in words.",
    ),
    "isomap": (
        "Neighbour graph and Isomap",
        "Components: pieces of the K-neighbour graph before any bridge. Largest component: share of the "
        "sounds in it. Bridges: edges added to join the components, where the config says so. Residual "
        "variance: 1 - squared correlation of geodesic and 3-D distances, what three dimensions leave out.",
    ),
}
NOTED = ["threshold.threshold", "topology", "trust"]  # tables whose notes stand beside the values, too
WIDEST = 30  # columns of a table that the page shows
PAGE = Path(__file__).parent / "page"
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; style-src 'unsafe-inline'"
)
PICTURES_MB = 8  # of the page, for figures; what does not fit lies beside it
NOTHING = dict.fromkeys(("value", "low", "high", "chance", "reference", "n", "note"), "")
BIBTEX = """@inproceedings{lostanlen2023gear,
  author    = {Lostanlen, Vincent and Yan, Lingyao and Yang, Xianyi},
  title     = {From {HEAR} to {GEAR}: Generative Evaluation of Audio Representations},
  booktitle = {HEAR: Holistic Evaluation of Audio Representations},
  series    = {Proceedings of Machine Learning Research},
  volume    = {166},
  pages     = {48--64},
  year      = {2023},
}"""


def number(value):
    """A value in at most four significant digits, or an empty string if there is none."""
    if value == "" or (isinstance(value, float) and math.isnan(value)):
        return ""
    value = float(value)
    return f"{value:.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.4g}"


def score_tables(scores, differences, models):
    """Tables of the page: a list of {heading, text, columns, cells: {model: {column: row}}, told}.

    A metric per factor is a table with the factors (or pairs of factors) as columns; the other scores of
    an analysis are one table with the metrics as columns. `told` says per column which differences between
    models are real. scores: DataFrame of str; differences: of hundreds of models it has millions of rows;
    models: names in the order of the config.
    """
    scores = scores[scores.metric != "failure"]
    scores = scores.assign(
        table=(scores.analysis + "." + scores.metric).where(scores.factor != "", scores.analysis),
        column=[
            f"{f} \N{RIGHTWARDS ARROW} {o}" if o else f or m.replace("_", " ")
            for m, f, o in zip(scores.metric, scores.factor, scores.other, strict=True)
        ],
    )
    scores = scores[scores.model.isin(models)]
    compared = dict(list(differences.groupby(SCORE, sort=False, observed=True)))
    tables = {}
    for name, rows in scores.groupby("table", sort=False):
        cells = {model: {} for model in models if model in set(rows.model)}
        for row in rows.to_dict("records"):
            cells[row["model"]][row["column"]] = row
        # a row that only says why it is empty may lack the unit
        kinds = rows.sort_values("unit", key=lambda unit: unit == "", kind="stable")
        kinds = kinds.drop_duplicates("column").set_index("column").loc[rows.column.unique()]
        units = {c: f"{u}, {b} is better" if b else u for c, u, b in kinds[["unit", "better"]].itertuples()}
        heading, text = TABLES.get(name, (name.split(".")[-1].replace("_", " "), ""))
        keys = dict(zip(kinds.index, kinds[SCORE].itertuples(index=False, name=None), strict=True))
        told = {c: real_differences(compared.get(keys[c], ()), kinds.better[c]) for c in units}
        tables[name] = {"name": name, "heading": heading, "text": text, "notes": name in NOTED}
        tables[name] |= {"columns": units, "cells": cells, "told": told}
    return [tables[name] for name in [*TABLES, *(n for n in tables if n not in TABLES)] if name in tables]


def real_differences(pairs, better):
    """In words: how many pairs of models really differ on a score, and which are the best, if any is.

    pairs: rows of differences.csv on one score; better: high, low or empty.
    """
    if not len(pairs):
        return ""
    text = f"{(pairs.real == 'yes').sum()} of {len(pairs)} pairs differ"
    if not better:
        return text
    sign = 1 if better == "high" else -1
    gaps = pairs.assign(gap=sign * pairs.difference)
    beaten = {row.other_model if row.gap > 0 else row.model for row in gaps.itertuples() if row.gap}
    models = list(dict.fromkeys([*gaps.model, *gaps.other_model]))
    best = [model for model in models if model not in beaten][:1]
    level = gaps[(gaps.real != "yes") & (gaps.model.isin(best) | gaps.other_model.isin(best))]
    near = {*level.model, *level.other_model} - {*best}
    alike = [model for model in models if model in near]
    if not best or len(alike) == len(models) - 1:
        return text
    return f"{text}; best: {', '.join([*best, *alike])}"


def read_caption(figure):
    """Heading and text, as HTML, of a caption: reStructuredText with a heading, one paragraph and ``code``,
    which Snakemake's own report shows too."""
    heading, _, text = (PAGE / "captions" / f"{figure}.rst").read_text().split("\n", 2)
    parts = map(str, markupsafe.escape(" ".join(text.split())).split("``"))
    whole = "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))
    return heading, markupsafe.Markup(whole)


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


def read_scores(path):
    """scores.csv of a data set, every cell as text."""
    return pandas.read_csv(path, dtype=str, keep_default_na=False)


def read_dataset(results, name, definition, rows, deep, unchecked, ladder):
    """Everything the template shows of one data set. rows: names of models and their layers, in order; deep:
    whether there is a figure of layers; unchecked: why its gate has no result, or None; ladder: name of a
    ladder around it whose thresholds stand beside its scores, or None."""
    folder = results / name
    with open(folder / "sounds" / "parameters.csv", newline="") as file:
        N = sum(1 for _ in csv.DictReader(file))
    checks = []
    if unchecked is None:
        table = pandas.read_csv(folder / "sounds" / "checks.csv", dtype=str, keep_default_na=False)
        checks = table.to_dict("records")
    absent = {"isomap", "knn", "subspaces"} if "ladder" in definition else {"threshold"}
    absent |= set() if unchecked is None else {"checks"}
    absent |= set() if deep else {"depth"}
    scores = read_scores(folder / "scores.csv")
    kinds = dict.fromkeys([*SCORE, "model", "other_model", "real"], "category") | {"difference": float}
    differences = pandas.read_csv(
        folder / "differences.csv", dtype=kinds, usecols=list(kinds), keep_default_na=False
    )
    models = [*rows, "chance", "reference"]
    scored = set(scores.model[scores.metric != "failure"])
    facts = {
        model: json.loads(path.read_text())
        for model in rows
        if (path := folder / "embeddings" / f"{model}.json").exists() and model in scored
    }
    failures = scores[scores.metric == "failure"].to_dict("records")
    whole = [model for model in models if not is_layer(model)]
    encoded, ladder_failures = None, []
    if "ladder" not in definition:
        thresholds = read_scores(results / ladder / "scores.csv") if ladder else None
        encoded = overview.overview(scores, thresholds, list(definition["factors"]), whole)
        if ladder:
            ladder_failures = thresholds[thresholds.metric == "failure"].to_dict("records")
    stamps = scores[(scores.analysis == "trust") & (scores.metric == "stamp")]
    return {
        "name": name,
        "N": N,
        "entry": definition,
        "checks": checks,
        "unchecked": unchecked,
        "overview": encoded,
        "tips": overview.tips(encoded) if encoded else {},
        "ladder": ladder,
        "scored": scored,
        "stamps": {row["model"]: row for row in stamps.to_dict("records")},
        "tables": score_tables(scores, differences, models),
        "failures": failures,
        "failure_of": {row["model"]: row for row in reversed(failures)},
        "ladder_failure_of": {row["model"]: row for row in reversed(ladder_failures)},
        "facts": facts,
        "figures": {
            figure: folder / "figures" / f"{figure}.png" for figure in FIGURES if figure not in absent
        },
        "trust": {
            model: path
            for model in whole
            if encoded
            and model in stamps.model.array
            and (path := folder / "trust" / f"{model}.png").exists()
        },
    }


def is_layer(row):
    """Whether a row of a comparison is a layer of a model: only their names hold a dot."""
    return "." in row


def embed_pictures(datasets):
    """Put pictures in place of their paths while they fit the page, small ones first: figures, which say
    where they lie if they do not fit, then the pictures of trust, all of them or none."""
    left = PICTURES_MB * 1e6
    figures = [
        (path.stat().st_size, i, key) for i, d in enumerate(datasets) for key, path in d["figures"].items()
    ]
    for size, i, key in sorted(figures):
        path, datasets[i]["figures"][key] = datasets[i]["figures"][key], None
        if size * 4 / 3 <= left:
            left -= size * 4 / 3
            datasets[i]["figures"][key] = base64.b64encode(path.read_bytes()).decode()
    trust = sum(path.stat().st_size for d in datasets for path in d["trust"].values()) * 4 / 3
    for d in datasets:
        files = d["trust"].items() if trust <= left else ()
        d["trust"] = {model: base64.b64encode(path.read_bytes()).decode() for model, path in files}


def read_explored(folder):
    """What the explorer shows of a data set: its JSON, safe within a script element, and its clips."""
    text = (folder / "clouds.json").read_text()
    return {
        "json": markupsafe.Markup(text.replace("<", "\\u003c")),
        "clips": base64.b64encode((folder / "clips.bin").read_bytes()).decode(),
        "models": list(json.loads(text)["models"]),
    }


def inline(text):
    """A script as it may stand in a page, and its source expression for a Content-Security-Policy.

    Raises ValueError if it holds what would end the element: no escape would leave its meaning alone.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError(
            "a script of the page holds </script or <!--, which would end it; write it otherwise"
        )
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return markupsafe.Markup(text), f"'sha256-{digest}'"


def plotly():
    """The script of Plotly, as its Python package carries it."""
    return importlib.resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text()


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--datasets", type=json.loads, required=True, help="{data set: entry}, JSON")
    parser.add_argument("--broken", nargs="*", default=[], help="dataset:stage:log of those that failed")
    parser.add_argument("--rows", nargs="+", required=True, help="models and their layers, in order")
    parser.add_argument("--deep", nargs="*", default=[], help="data sets with a figure of layers")
    parser.add_argument("--unchecked", nargs="*", default=[], help="dataset:log of those whose gate failed")
    parser.add_argument("--config", type=Path, required=True, help="resolved config (YAML)")
    parser.add_argument("--renderers", nargs="*", default=[], help="scripts by which the page makes sounds")
    parser.add_argument("--clone", type=Path, required=True, help="folder of the workflow")
    parser.add_argument("--output", required=True, help="HTML to write")
    args = parser.parse_args(argv)
    unchecked = {name: reason(log) for name, log in (word.split(":", 1) for word in args.unchecked if word)}
    broken = [word.split(":", 2) for word in args.broken if word]
    ladders = {d["ladder"]["of"]: name for name, d in reversed(args.datasets.items()) if "ladder" in d}
    datasets = [
        read_dataset(
            args.results,
            name,
            definition,
            args.rows,
            name in args.deep,
            unchecked.get(name),
            ladders.get(name),
        )
        for name, definition in args.datasets.items()
    ]
    embed_pictures(datasets)
    clouds = [d["name"] for d in datasets if d["overview"]]
    measures = {key: m for d in datasets if d["overview"] for key, m in d["overview"]["measures"].items()}
    sources = [
        plotly(),
        *(
            Path(path).read_text()
            for path in (PAGE / "sound.js", *args.renderers, PAGE / "explorer.js", PAGE / "tables.js")
        ),
    ]
    scripts, digests = zip(*map(inline, sources), strict=True)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {"number": number, "brief": overview.brief}
    page = environment.from_string((PAGE / "page.html.j2").read_text()).render(
        policy=f"{POLICY}; script-src {' '.join(digests)}",
        style=markupsafe.Markup((PAGE / "page.css").read_text()),
        scripts=scripts,
        datasets=datasets,
        clouds={name: read_explored(args.results / name / "explore") for name in clouds},
        measures=measures,
        cards=[row for row in args.rows if not is_layer(row)],
        nothing=NOTHING,
        broken=[(name, stage, reason(log)) for name, stage, log in broken],
        widest=WIDEST,
        figures={figure: read_caption(figure) for figure in FIGURES},
        bibtex=BIBTEX,
        config=args.config.read_text(),
        commit=commit_of(args.clone),
        rendered=datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        packages={
            name: importlib.metadata.version(name)
            for name in ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib", "plotly")
        },
    )
    with written_whole(args.output) as draft:
        draft.write_text(page)
