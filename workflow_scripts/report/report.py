"""Render the comparison report: one HTML file that opens from disk, without network.

The page is put together from the files of page/: a template with its sections, a style sheet, and scripts.
The page's Content-Security-Policy names each script by its digest, so that no other script can run in it.
Headings and texts come from the tables ANALYSIS and FIGURE that analyses and figures declare about
themselves.
"""

import argparse
import datetime
import importlib.metadata
import json
import math
from pathlib import Path

import jinja2
import markupsafe
import pandas
from compare.compare import SCORE
from shared.clone import commit_of
from shared.declared import all_declared, declared
from shared.files import written_whole
from shared.logs import reason
from shared.names import CONTROLS, is_cloud, is_head, is_layer
from shared.sounds import count_sounds

from report import facts, overview, people, published, tables
from report.alike import alike
from report.inlined import embed_pictures, inline_caption, inline_json, inline_script, plotly, read_explored
from report.levels import levels

ROOMS = Path(__file__).parent.parent  # workflow_scripts/
PAGE = Path(__file__).parent / "page"
BASE = ("helpers", "state")  # scripts of page/scripts/, in the order in which the page runs them
EXPLORER = ("clouds", "legend", "camera", "region", "current", "link", "controls")
TABLES = ("tables", "tips", "models", "takeaway", "cards", "alike")
POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; style-src 'unsafe-inline'"
)
BIBTEX = """@inproceedings{lostanlen2023gear,
  author    = {Lostanlen, Vincent and Yan, Lingyao and Yang, Xianyi},
  title     = {From {HEAR} to {GEAR}: Generative Evaluation of Audio Representations},
  booktitle = {HEAR: Holistic Evaluation of Audio Representations},
  series    = {Proceedings of Machine Learning Research},
  volume    = {166},
  pages     = {48--64},
  year      = {2023},
}"""


def declared_figures(names):
    """{figure: its FIGURE table}, empty if it is not declared.

    A figure is declared in compare/draw_<figure>.py, the gate's figure `checks` in check_sounds.py.
    """
    tables = all_declared(ROOMS / "compare", "FIGURE")
    tables["draw_checks"] = declared(ROOMS / "synthesize" / "check_sounds.py", "FIGURE")
    return {name: tables.get(f"draw_{name}", {}) for name in names}


def figures_in_order(figures):
    """Heading and caption (HTML) of each figure: {figure: (heading, caption)}, in the order of the page.

    figures: {figure: its FIGURE table}. Figures stand by their number `order`, those without one last and by
    name. A figure that is not declared is headed by its own name.
    """
    ordered = sorted(figures, key=lambda name: (figures[name].get("order", math.inf), name))
    return {
        name: (figures[name].get("heading", name), inline_caption(figures[name].get("caption", "")))
        for name in ordered
    }


def read_scores(path):
    """scores.csv of a data set, every cell as text."""
    return pandas.read_csv(path, dtype=str, keep_default_na=False)


def read_differences(path):
    """Of differences.csv of a data set what the page says: scores, pairs of models, difference, real."""
    kinds = dict.fromkeys([*SCORE, "model", "other_model", "real"], "category") | {"difference": float}
    return pandas.read_csv(path, dtype=kinds, usecols=list(kinds), keep_default_na=False)


def failures_of(scores):
    """The rows of scores that say which models failed: list of dicts."""
    return scores[scores.metric == "failure"].to_dict("records")


def first_screen(scores, thresholds, factors, models):
    """The table of the first screen for one data set: {overview, tips, ladder_distances, ladder_failure_of}.

    scores: DataFrame of the data set; thresholds: the same of a ladder around it, or None; factors, models:
    names, in order.
    """
    encoded = overview.overview(scores, thresholds, factors, models)
    failures = [] if thresholds is None else failures_of(thresholds)
    return {
        "overview": encoded,
        "tips": overview.tips(encoded),
        "ladder_distances": "" if thresholds is None else tables.distances_of(thresholds),
        "ladder_failure_of": {row["model"]: row for row in reversed(failures)},
    }


def read_dataset(folder, scores, rows, figures, analyses):
    """What the template shows of one data set, besides the table of the first screen: a dict.

    folder: of its results; scores: DataFrame; rows: names of models and their layers, in order; figures:
    names of its figures; analyses: {analysis: its ANALYSIS table}.
    """
    scored = set(scores.model[scores.metric != "failure"])
    failures = failures_of(scores)
    checks = pandas.DataFrame()
    if "checks" in figures:
        checks = pandas.read_csv(folder / "sounds" / "checks.csv", dtype=str, keep_default_na=False)
    known = {
        row: json.loads((folder / "embeddings" / f"{row}.json").read_text())
        for row in rows
        if row in scored and not is_head(row)  # what is known of a head is that of its row
    }
    stamps = scores[(scores.analysis == "trust") & (scores.metric == "stamp")].to_dict("records")
    stamped = [row["model"] for row in stamps if row["model"] in rows and not is_layer(row["model"])]
    score_tables = tables.score_tables(
        scores, read_differences(folder / "differences.csv"), [*rows, *CONTROLS], analyses
    )
    cards = {"tables": tables.card_scores(score_tables), "facts": facts.card_facts(known)}
    return {
        "name": folder.name,
        "N": count_sounds(folder / "sounds" / "parameters.csv"),
        "distances": tables.distances_of(scores),
        "checks": checks.to_dict("records"),
        "scored": scored,
        "stamps": {row["model"]: row for row in stamps},
        "tables": score_tables,
        "failures": failures,
        "failure_of": {row["model"]: row for row in reversed(failures)},
        "facts": known,
        "card_rows": {model: facts.card_cells(fact) for model, fact in known.items()},
        "audit_rows": {model: facts.audit_cells(fact) for model, fact in known.items()},
        "cards": inline_json(json.dumps(cards, separators=(",", ":"))),
        "figures": {figure: folder / "figures" / f"{figure}.png" for figure in figures},
        "trust": {model: folder / "trust" / f"{model}.png" for model in stamped},
    }


def page_scripts(renderers, explorer):
    """The text of every script of the page, in the order in which it runs them.

    renderers: paths of the scripts that render sounds; explorer: whether there are clouds to explore.
    """
    folder = PAGE / "scripts"
    parts = [folder / f"{name}.js" for name in BASE]
    if explorer:
        parts += [folder / "sound.js", *renderers, *(folder / f"{name}.js" for name in EXPLORER)]
    parts += [folder / f"{name}.js" for name in TABLES]
    return [plotly(), *(Path(path).read_text() for path in parts)]


def parse(argv):
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--datasets", type=json.loads, required=True, help="{data set: entry}, JSON")
    parser.add_argument("--figures", type=json.loads, required=True, help="{data set: [figure, ...]}, JSON")
    parser.add_argument("--broken", nargs="*", default=[], help="dataset:stage:log of those that failed")
    parser.add_argument("--rows", nargs="+", required=True, help="models and their layers, in order")
    parser.add_argument("--unchecked", nargs="*", default=[], help="dataset:log of those whose gate failed")
    parser.add_argument(
        "--agreed", nargs="*", default=[], help="CSV of scores and differences over data sets"
    )
    parser.add_argument("--heard", nargs="*", default=[], help="the same over listening experiments")
    parser.add_argument("--bridge", nargs="*", default=[], help="CSV of scores beside leaderboards")
    parser.add_argument("--leaderboards", type=json.loads, default=[], help="[{name, path}], JSON")
    parser.add_argument("--published", type=json.loads, default={}, help="{model: [names]}, JSON")
    parser.add_argument("--search", nargs="?", type=Path, help="CSV of the search over settings of heads")
    parser.add_argument("--config", type=Path, required=True, help="resolved config (YAML)")
    parser.add_argument("--renderers", nargs="*", default=[], help="scripts by which the page makes sounds")
    parser.add_argument("--clone", type=Path, required=True, help="folder of the workflow")
    parser.add_argument("--output", required=True, help="HTML to write")
    return parser.parse_args(argv)


def read_datasets(args):
    """What the template shows of every data set, in order. args: those of the command line."""
    analyses = all_declared(ROOMS / "analyse", "ANALYSIS")
    unchecked = {name: reason(log) for name, log in (word.split(":", 1) for word in args.unchecked if word)}
    ladders = {d["ladder"]["of"]: name for name, d in reversed(args.datasets.items()) if "ladder" in d}
    scores = {name: read_scores(args.results / name / "scores.csv") for name in args.datasets}
    models = [row for row in [*args.rows, *CONTROLS] if not is_layer(row)]
    datasets = []
    for name, entry in args.datasets.items():
        dataset = {
            "entry": entry,
            "unchecked": unchecked.get(name),
            "overview": None,
            "ladder": None,
            "alike": None,
        }
        dataset |= read_dataset(args.results / name, scores[name], args.rows, args.figures[name], analyses)
        if is_cloud(entry):
            dataset["ladder"] = ladders.get(name)
            dataset["alike"] = alike(args.results / name / "models.csv")
            thresholds = scores.get(dataset["ladder"])
            dataset |= first_screen(scores[name], thresholds, list(entry["factors"]), models)
        datasets.append(dataset)
    embed_pictures(datasets)
    return datasets


def agreement_of(name, key, metric, paths, rows, datasets):
    """What the template shows of the agreement with listeners over all data sets that have a key.

    name: of the CSV; key: ratings or experiment; metric: that says who is closest; paths: CSV of scores and
    of differences, or none; rows: models and their layers; datasets: of read_datasets(). Returns {name, of:
    the data sets, tables, closest}.
    """
    asked = [d for d in datasets if key in d["entry"]]
    shown, best = [], None
    if asked:
        scores, pairs = read_scores(paths[0]), read_differences(paths[1])
        analyses = all_declared(ROOMS / "analyse", "ANALYSIS")
        shown = tables.score_tables(scores, pairs, [*rows, *CONTROLS], analyses)
        best = people.closest(scores, pairs, metric, rows)
    return {"name": name, "of": asked, "tables": shown, "closest": best}


def main(argv=None):
    args = parse(argv)
    datasets = read_datasets(args)
    known = {model: facts.main_facts(fact) for d in reversed(datasets) for model, fact in d["facts"].items()}
    broken = [word.split(":", 2) for word in args.broken if word]
    with_clouds = [d for d in datasets if d["overview"]]
    clouds = [d["name"] for d in with_clouds]
    figures = declared_figures({figure for d in datasets for figure in d["figures"]})
    sources = page_scripts(args.renderers, explorer=bool(clouds))
    scripts, digests = zip(*map(inline_script, sources), strict=True)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"number": tables.number, "brief": overview.brief}
    page = environment.get_template("page.html.j2").render(
        policy=f"{POLICY}; script-src {' '.join(digests)}",
        style=markupsafe.Markup((PAGE / "page.css").read_text()),
        scripts=scripts,
        datasets=datasets,
        clouds={name: read_explored(args.results / name / "explore") for name in clouds},
        measures={key: measure for d in with_clouds for key, measure in d["overview"]["measures"].items()},
        cards=[row for row in args.rows if not is_layer(row)],
        controls=CONTROLS,
        empty_cell=tables.EMPTY_CELL,
        shown_note=tables.shown_note,
        orders=facts.ORDERS,
        card_heads=facts.CARD,
        audit_heads=facts.AUDIT,
        main_facts=known,
        main_facts_json=inline_json(json.dumps(known, separators=(",", ":"))),
        listeners=agreement_of("agreement", "ratings", "spearman", args.agreed, args.rows, datasets),
        experiments=agreement_of("experiments", "experiment", "correlation", args.heard, args.rows, datasets),
        boards=published.leaderboards(args.bridge, args.leaderboards, args.published),
        levels=levels(args.search, args.results, args.rows, datasets, read_scores),
        broken=[(name, stage, reason(log)) for name, stage, log in broken],
        widest=tables.WIDEST,
        figures=figures_in_order(figures),
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
