"""What the rules of analyses and figures need, from the tables that their files declare.

`rules/analyse.smk` makes one rule of each file of analyse/ that declares ANALYSIS, `rules/compare.smk` one of
each compare/draw_X.py that declares FIGURE. The functions here give what stands in such a rule.
"""

import json
import re
import shlex
from pathlib import Path

from shared.arguments import INPUTS, flag, is_switch, path_of, word, written_by
from shared.declared import all_declared
from shared.names import CONTROLS, METRICS, is_cloud

from planning.datasets import settings

FOLDER = Path(__file__).parents[1]


def read_analyses(folder=FOLDER / "analyse"):
    """{analysis: ANALYSIS}: an analysis stands behind those whose files it reads, else by its `order`.

    Raises ValueError if two analyses read of each other.
    """
    tables = all_declared(folder, "ANALYSIS")
    waiting = sorted(tables, key=lambda name: (tables[name].get("order", 1000), name))
    sorted_tables = {}
    while waiting:
        ready = [name for name in waiting if needed_by(tables[name]) & {*tables} <= {*sorted_tables}]
        if not ready:
            raise ValueError(f"analyses that read of each other: {', '.join(waiting)}")
        sorted_tables |= {name: tables[name] for name in ready}
        waiting = [name for name in waiting if name not in ready]
    return sorted_tables


def needed_by(table):
    """The analyses whose files a table reads."""
    return {name.partition(".")[0] for name in table["reads"] if name not in INPUTS}


def read_figures(folder=FOLDER / "compare"):
    """{figure: FIGURE} of every draw_{figure}.py of a folder, by `order`."""
    tables = {name.removeprefix("draw_"): table for name, table in all_declared(folder, "FIGURE").items()}
    return dict(sorted(tables.items(), key=lambda item: (item[1].get("order", 1000), item[0])))


def kinds_of(entry, present=None):
    """What analyses and figures of a data set may be `of`.

    entry: the data set's; present: {kind: whether there is any}, of `layers` (of clouds only),
    `levels` (heads on some models) and `searched` (its sounds teach the heads).
    """
    more = [kind for kind, there in (present or {}).items() if there]
    if is_cloud(entry):
        pitch = ["pitch"] if entry.get("analyses", {}).get("pitch") else []
        return ["any", "cloud", *pitch, *more]
    kind = "ladder" if "ladder" in entry else "experiment" if "experiment" in entry else "rated"
    return ["any", kind, *(kind for kind in more if kind != "layers")]


def of_kinds(tables, kinds):
    """Names of the tables that are of one of some kinds."""
    return [name for name, table in tables.items() if table["of"] in kinds]


def inputs_of(table, analyses):
    """{name: pattern} of the files that an analysis reads."""
    return {word(name): path_of(name, analyses) for name in table["reads"]}


def outputs_of(analysis, table):
    """{name: pattern} of the files that an analysis writes."""
    return {name: f"results/{{dataset}}/{analysis}/{file}" for name, file in written_by(table).items()}


def model_constraint(table):
    """Regular expression of the wildcard {model} in an analysis' outputs.

    `{model}.csv` must not take `x.scores.csv` for the file of a model `x.scores`.
    """
    endings = {Path(file.removeprefix("{model}")).stem for file in written_by(table).values()}
    return r"[^/]+" + "".join(rf"(?<!{re.escape(ending)})" for ending in sorted(endings) if "." in ending)


def setting_of(name, config, dataset, entry, row=None):
    """The value of a name of `takes` for a data set, as a script is told it; None if it is told nothing.

    entry: the data set's, with every default filled in; row: the model, layer or control, where there is one.
    Controls are measured by the Euclidean distances of all their dimensions: an angle between factors, or
    fewer of them, would be no landmark.
    """
    if name in ("factors", "nuisances"):
        return json.dumps(entry[name])
    if name == "design":
        return entry["design"]
    if name == "experiment":
        return json.dumps(entry["experiment"])
    if name in ("reduce", "metric"):
        value = None if row in CONTROLS else settings(config, dataset, name)
        if value == METRICS[0]:
            return None
        return json.dumps(value) if isinstance(value, dict) else value
    analysis, _, key = name.rpartition(".")
    return settings(config, dataset, analysis)[key] if analysis else settings(config, dataset, key)


def arguments(table, inputs, settings, written):
    """The words of a declared script's command line, quoted for the shell.

    inputs: {last word of a name of `reads`: path or paths}. settings: {name of `takes`: value, or None to say
    nothing}. written: {flag without dashes: path or paths} of what the script writes.
    """
    words = []
    for name in table["reads"]:
        words += [flag(name), *listed(inputs[word(name)])]
    for name in table["takes"]:
        if is_switch(name):
            words += [flag(name)] if settings[name] else []
        elif settings[name] is not None:
            words += [flag(name), *listed(settings[name])]
    for name, paths in written.items():
        words += [flag(name), *listed(paths)]
    return shlex.join(map(str, words))


def words_of_job(table, settings, wildcards, input, output):
    """The words of arguments() in a job. settings: {name of `takes`: value}; input, output: the rule's."""
    inputs = {word(name): input.get(word(name)) for name in table["reads"]}
    return arguments(table, inputs, settings, written(table, wildcards, output))


def written(table, wildcards, output):
    """What a rule's script is told to write, {flag without dashes: path or paths}, and the model of an
    analysis.

    output: the rule's, by name.
    """
    if "metrics" not in table:
        return {"output": list(output)}
    return {"model": wildcards.model} | {name: output[name] for name in [*table.get("writes", ()), "scores"]}


def listed(value):
    """One value or many as a list."""
    return [value] if isinstance(value, (str, int, float)) else list(value)
