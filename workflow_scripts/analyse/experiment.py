"""The curve of a model in a listening experiment, beside that of listeners.

An experiment (key `experiment` of a data set) has conditions. In each, the model gives a threshold
(discrimination.py) or a pitch (matching.py), as listeners did. Thresholds are compared by their common
logarithm; one that is not reached counts as the largest step, one below the smallest as the smallest. Pitches
are compared in percent. curve_likeness.py has the scores and their intervals.

File: `curve` has one row per condition: along, line and panel of the figure, what listeners did (listeners,
spread), what the model did (value, low, high: 95 %), its state, and the R2 on held-out ordinary sounds.
"""

import numpy as np
import pandas
from shared.experiments import conditions
from shared.files import written_whole
from shared.graphs import features
from shared.scores import analysis_parser, interval, write_scores

from analyse.curve_likeness import likeness
from analyse.discrimination import thresholds
from analyse.matching import GOOD, matches

ANALYSIS = {
    "of": "experiment",
    "order": 16,
    "heading": "Listening experiment",
    "text": "The model's curve over the conditions of a published experiment beside that of listeners: "
    "thresholds at d' = 1 from the embedding, compared in common logarithms, or pitches read from it.",
    "notes": True,
    "reads": ["parameters", "embeddings"],
    "takes": ["experiment", "standardize", "reduce", "metric", "shuffles", "bootstrap", "seed"],
    "writes": {"curve": "{model}.csv"},
    "metrics": {
        "correlation": {"unit": "correlation over conditions", "better": "high"},
        "rms_threshold": {"unit": "log10 units", "better": "low"},
        "rms_shift": {"unit": "percent of f0", "better": "low"},
        "rms_octave": {"unit": "percent of matches", "better": "low"},
        "answered": {"unit": "share of conditions", "better": ""},
        "held_out_r2": {"unit": "R2 on ordinary sounds", "better": "high"},
    },
}
REPLICATES = 400  # at most


def rms_metric(experiment):
    """The metric that has the rms difference of an experiment."""
    if "threshold" in experiment:
        return "rms_threshold"
    return "rms_octave" if experiment["pitch"].get("octave") else "rms_shift"


def asked_thresholds(points, table, experiment, repeats, seed):
    """What a model answers: (curve, replicates (C, R), notes, further score rows).

    curve: DataFrame, a row per condition. table: DataFrame of parameters.csv.
    """
    knob = experiment["threshold"]["knob"]
    condition = table.experiment_condition.to_numpy()
    found = thresholds(points, condition, table[knob].to_numpy(dtype=float), repeats, seed)
    curve = pandas.DataFrame({"value": found.value, "state": found.state})
    beyond = {"below": found.ends.smallest, "not reached": found.ends.largest}
    notes = [
        f"{found.state.count(word)} of {len(curve)} conditions {word}, counted as {end:g} %"
        for word, end in beyond.items()
        if word in found.state
    ]
    return curve, found.replicates, notes, [{"metric": "answered", "value": (curve.state == "").mean()}]


def asked_pitch(points, table, found, experiment, repeats, seed):
    """The same of a pitch that is read. found: list of Condition."""
    asked = experiment["pitch"]
    columns = {
        "condition": table.experiment_condition.to_numpy(),
        "group": table.experiment_group.to_numpy(),
        "f0": table[asked["of"]].to_numpy(dtype=float),
    }
    nominal = np.array([condition.parameters[asked["of"]] for condition in found])
    told = matches(points, columns, nominal, asked.get("octave", False), repeats, seed)
    curve = pandas.DataFrame(
        {"value": told.value, "state": np.where(np.isfinite(told.value), "", "undefined")}
    )
    curve["held_out_r2"] = [told.held_out[condition.group] for condition in found]
    quality = np.array([*told.held_out.values()])
    poor = int((~(quality >= GOOD)).sum())
    notes = [f"R2 on held-out ordinary sounds {np.nanmin(quality):.2f} to {np.nanmax(quality):.2f}"]
    if poor:
        notes.append(f"no answer in {poor} of {len(quality)} groups, where it is below {GOOD:g}")
    rows = [
        {"metric": "answered", "value": (curve.state == "").mean()},
        {"metric": "held_out_r2", "value": quality.mean(), "note": notes[-1] if poor else ""},
    ]
    return curve, told.replicates, notes, rows


def score_rows(curve, replicates, listeners, experiment, notes, args):
    """Score rows of a curve beside that of listeners. listeners: float (C,)."""
    logarithmic = "threshold" in experiment
    model, told = curve.value.to_numpy(dtype=float), listeners
    if logarithmic:
        model, told, replicates = np.log10(model), np.log10(told), np.log10(replicates)
    value, drawn, chance = likeness(model, replicates, told, args.shuffles, args.seed)
    if logarithmic:
        ratio = 10 ** (model - told).mean()
        notes = [*notes, f"the model's thresholds are {ratio:.3g} times listeners' (geometric mean)"]
    rows = []
    for i, metric in enumerate(("correlation", rms_metric(experiment))):
        row = {"metric": metric, "note": "; ".join(notes)}
        if np.isfinite(value[i]):
            row |= {"value": value[i], "chance": chance[i]}
            row |= {"replicates": drawn[:, i]} if np.isfinite(drawn[:, i]).all() else {}
        elif np.isfinite(value[1]):
            row["note"] = "; ".join(["the same answer in nearly all conditions", *notes])
        rows.append(row)
    return rows


def main(argv=None):
    args = analysis_parser(__doc__, ANALYSIS, __file__).parse_args(argv)
    points = features(np.load(args.embeddings), args.standardize, args.reduce, args.metric)
    table, experiment = pandas.read_csv(args.parameters), args.experiment
    found, repeats = conditions(experiment), min(args.bootstrap, REPLICATES)
    frame = pandas.DataFrame([condition._asdict() for condition in found]).rename(
        columns={"answer": "listeners"}
    )
    frame = frame.drop(columns=["parameters", "group"]).assign(held_out_r2=np.nan)
    if not np.ptp(points, axis=0).any():
        metrics = ["correlation", rms_metric(experiment), "answered"]
        rows = [{"metric": metric, "note": "the embedding does not vary"} for metric in metrics]
        frame = frame.assign(value=np.nan, low=np.nan, high=np.nan, state="undefined")
    else:
        if "threshold" in experiment:
            curve, replicates, notes, more = asked_thresholds(points, table, experiment, repeats, args.seed)
        else:
            curve, replicates, notes, more = asked_pitch(points, table, found, experiment, repeats, args.seed)
        rows = [*score_rows(curve, replicates, frame.listeners.to_numpy(), experiment, notes, args), *more]
        low, high = interval(replicates.T)
        frame = frame.drop(columns=[name for name in curve if name in frame]).join(
            curve.assign(low=low, high=high)
        )
    with written_whole(args.curve) as draft:
        frame.to_csv(draft, index_label="condition", float_format="%.6g")
    write_scores(args, [row | {"n": len(found)} for row in rows])
