"""From the table that an analysis or a figure declares to its command line, and back.

ANALYSIS of analyse/X.py and FIGURE of compare/draw_X.py name what a script reads and takes. The plan builds
the script's command from these names and the script builds its parser from them, both by this file.
Standard library only.

Conventions: `reads` holds names of INPUTS, or `analysis.file` for what another analysis writes. `takes`
holds names of SETTINGS. The flag is the last word of the name: `isomap.bridges` is passed as `--bridges`.
"""

import argparse
import json

from shared.names import METRICS

INPUTS = {  # name: path, what it is
    "parameters": ("results/{dataset}/sounds/parameters.csv", "CSV of the factors and nuisances"),
    "audio": ("results/{dataset}/sounds/audio.wav", "WAV of the sounds"),
    "ratings": ("results/{dataset}/sounds/ratings.csv", "CSV of what listeners rated, by pair"),
    "embeddings": ("results/{dataset}/embeddings/{model}.npy", "npy, N x D"),
    "neighbors": ("results/{dataset}/neighbors/{model}.npz", "npz of indices and distances"),
    "scores": ("results/{dataset}/scores.csv", "CSV of all scores of the data set"),
    "search": ("results/{dataset}/search.csv", "CSV of the search over settings of the heads"),
    "pairs": ("results/{dataset}/models.csv", "CSV of how alike every two models are"),
}
SETTINGS = {  # name: how argparse reads it; a `store_true` is a flag without a value
    "factors": {"type": json.loads, "required": True, "help": "{factor: entry}, JSON"},
    "nuisances": {"type": json.loads, "default": {}, "help": "{nuisance: entry}, JSON"},
    "design": {"default": "random", "help": "how the sounds fill the ranges of the factors"},
    "experiment": {"type": json.loads, "required": True, "help": "the listening experiment, JSON"},
    "pitch": {"required": True, "help": "the factor that is the pitch, in Hz"},
    "models": {"nargs": "+", "required": True, "help": "models with layers"},
    "standardize": {"action": "store_true", "help": "each feature to unit variance first"},
    "reduce": {"type": json.loads, "help": '{"pca" or "whiten": dimensions}, JSON; else all are kept'},
    "metric": {"choices": METRICS, "default": METRICS[0], "help": "of the distances between sounds"},
    "isomap.K": {"type": int, "required": True, "help": "neighbours per sound in the graph"},
    "isomap.bridge": {"action": "store_true", "help": "join the components of the graph"},
    "knn.K": {"type": int, "required": True, "help": "neighbours per sound that an estimate averages"},
    "knn.include_self": {"action": "store_true", "help": "the sound is among its own neighbours"},
    "shuffles": {"type": int, "default": 20, "help": "shufflings of the factors for the chance level"},
    "bootstrap": {"type": int, "default": 1000, "help": "resamples, at most, for the intervals"},
    "seed": {"type": int, "default": 0, "help": "of every random draw"},
}


def word(name):
    """The last word of a name, by which it goes in Python: `K` of `isomap.K`."""
    return name.rpartition(".")[2]


def flag(name):
    """The flag of a name on the command line: `--include-self` of `knn.include_self`."""
    return f"--{word(name).replace('_', '-')}"


def is_switch(setting):
    """Whether a setting is a flag without a value."""
    return "action" in SETTINGS[setting]


def path_of(name, analyses):
    """Pattern of the file that a name of `reads` stands for, with {dataset} and perhaps {model}.

    analyses: {analysis: ANALYSIS} of all analyses. Raises ValueError for a name that stands for nothing.
    """
    if name in INPUTS:
        return INPUTS[name][0]
    analysis, _, key = name.partition(".")
    files = written_by(analyses[analysis]) if analysis in analyses else {}
    if key not in files:
        raise ValueError(f"{name!r} is neither an input nor a file that an analysis writes")
    return f"results/{{dataset}}/{analysis}/{files[key]}"


def written_by(table):
    """{name: file} of what an analysis writes below its folder: its own files, then scores and replicates."""
    return table.get("writes", {}) | {"scores": "{model}.scores.csv", "replicates": "{model}.scores.npy"}


def parser_of(description, table, per_model=False):
    """An argument parser for what a table reads and takes.

    per_model: files of single models come as a list, one per model, as figures get them.
    """
    parser = argparse.ArgumentParser(description=description)
    for name in table.get("reads", ()):
        several = {"nargs": "+"} if per_model and "{model}" in INPUTS.get(name, ("{model}",))[0] else {}
        text = INPUTS[name][1] if name in INPUTS else f"{word(name)} by {name.partition('.')[0]}"
        parser.add_argument(flag(name), required=True, help=text, **several)
    for name in table.get("takes", ()):
        parser.add_argument(flag(name), **SETTINGS[name])
    return parser


def figure_parser(description, table):
    """An argument parser for what a table FIGURE reads and takes; --output gets the PNG and the PDF."""
    parser = parser_of(description, table, per_model=True)
    parser.add_argument("--output", nargs="+", required=True, help="PNG and PDF to write")
    return parser
