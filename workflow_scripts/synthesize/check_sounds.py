"""The gate: measure whether the sounds of a data set can carry the conclusions drawn from them.

It checks the level and what it follows, correlations among factors, their spans in just-noticeable
differences, band, aliasing, peak, DC, twins, and whether different factors give different sounds. Each
check is one function of a DataSet, in design_checks, file_checks or rendered_checks.

Writes a tidy table (check, factor, other, value, limit, unit, breach, note) and a figure. With --strict, a
breach is an error.
"""

import argparse
import json
import sys

import pandas
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator
from shared.drawing import title, write_figure
from shared.files import written_whole
from shared.loudness import FULL_SCALE
from shared.sounds import Sounds

from synthesize import design_checks, file_checks, rendered_checks
from synthesize.design_checks import MEANING
from synthesize.gate import COLUMNS, DataSet, loudness_levels, measure
from synthesize.synthesize import band, load_synthesizer

FIGURE = {
    "order": 20,
    "heading": "The gate: spans and levels",
    "caption": "Span of each factor in just-noticeable differences, and level against each factor: a level "
    "that follows a factor tells it without any hearing of it.",
}


def checks(data):
    """All rows of the gate's table, list of dict. What an experiment varies is described and not judged."""
    design = [row for check in design_checks.CHECKS for row in check(data)]
    if "experiment" in data.definition:
        design = [row | {"limit": None, "breach": False} for row in design]
    functions = (*file_checks.CHECKS, *rendered_checks.checks_of(data.definition))
    return design + [row for check in functions for row in check(data)]


def figure_of(definition, table, level, rows, shown=6):
    """The figure: spans of the factors in JND, and level against each factor.

    Of more than `shown` factors, those that level follows most are drawn. level: float (N,), dB re full
    scale, or phon under `normalize: loudness`.
    """
    factors = definition["factors"]
    rho = {row["factor"]: row["value"] for row in rows if row["check"] == "level_correlation"}
    chosen = list(rho) if len(rho) <= shown else sorted(rho, key=lambda name: -abs(rho[name]))[:shown]
    figure = Figure(figsize=(3 * (1 + len(chosen)), 3), layout="constrained")
    first, *others = figure.subplots(1, 1 + len(chosen))
    spans = {row["factor"]: row["value"] for row in rows if row["check"] == "span" and row["value"]}
    first.barh(list(spans), list(spans.values()), color="tab:blue")
    first.invert_yaxis()
    first.set(xlabel="span (JND)", title="" if spans else "no JND declared")
    if len(spans) > 12:
        first.tick_params(labelsize=6)
    for axis, name in zip(others, chosen, strict=True):
        axis.scatter(table[name], level, s=3, linewidths=0, color="tab:blue", rasterized=True)
        axis.set(xlabel=title(name, factors[name]["unit"]), title=f"rank correlation {rho[name]:+.2f}")
        if factors[name]["scale"] == "log":
            axis.set_xscale("log")
            axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.xaxis.set_major_formatter("{x:g}")
            axis.xaxis.set_minor_formatter("")
    loud = definition["normalize"] == "loudness"
    others[0].set_ylabel("loudness level (phon)" if loud else "RMS level (dB re full scale)")
    for axis in others[1:]:
        axis.sharey(others[0])
    return figure


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--definition", type=json.loads, required=True, help="data set, as JSON")
    parser.add_argument("--trained", help="what the synthesizer's own training wrote, if it has one")
    parser.add_argument("--parameters", required=True, help="CSV of the factors")
    parser.add_argument("--audio", required=True, help="WAV of the sounds")
    parser.add_argument("--resampled", action="store_true", help="models hear the sounds at their own rate")
    parser.add_argument("--K", type=int, default=0, help="largest number of neighbours that is asked for")
    parser.add_argument("--strict", action="store_true", help="a breach is an error")
    parser.add_argument("--checks", required=True, help="CSV to write")
    parser.add_argument("--figure", nargs="+", required=True, help="PNG and PDF to write")
    args = parser.parse_args(argv)
    definition = args.definition
    if args.trained:
        definition["options"] = definition.get("options", {}) | {"trained": args.trained}
    synthesizer = load_synthesizer(definition["synthesizer"])
    frame = pandas.read_csv(args.parameters, keep_default_na=False, dtype={"file": str})
    table = {name: frame[name].to_numpy() for name in frame}
    measured = measure(Sounds(args.audio, len(frame)), band(definition, synthesizer))
    sounds = Sounds(args.audio, len(frame), dtype="float64")
    if definition["normalize"] == "loudness":
        measured["loudness"] = loudness_levels(sounds, definition.get("full_scale", FULL_SCALE))
    rows = checks(DataSet(definition, synthesizer, table, sounds, measured, args.resampled, args.K))
    breaches = [row for row in rows if row["breach"]]
    result = pandas.DataFrame(rows, columns=COLUMNS)
    result["breach"] = result["breach"].map({True: "yes", False: ""})
    print(result.to_string(index=False, na_rep=""))
    if breaches and args.strict:
        named = ", ".join(f"{row['check']} {row['factor']}".strip() for row in breaches)
        sys.exit(f"error: the gate found {len(breaches)} breaches ({named}) and the data set is strict")
    level = measured[definition["normalize"] if definition["normalize"] in MEANING else "rms"]
    write_figure(figure_of(definition, table, level, rows), args.figure)
    with written_whole(args.checks) as draft:
        result.to_csv(draft, index=False, float_format="%.6g")
