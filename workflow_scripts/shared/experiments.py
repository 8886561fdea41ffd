"""Listening experiments: their conditions, from the table of what listeners did. Standard library only.

Conventions: an experiment asks for one of two things (keys of a data set's `experiment`).

- `threshold`: how far must a knob move until an observer tells it? Each condition has sounds with the knob at
  0, and sounds with it moved by each step, in percent up and down by turns.
- `pitch`: which f0 does an odd sound have? Each group of conditions has ordinary sounds, whose f0 varies,
  from which the pitch is learned, and each condition has odd ones.
"""

import math
from typing import NamedTuple

from shared.table_text import number_in, rows_of, text_of
from shared.tables import LARGEST, header_of, with_points

NOT_OF_SOUNDS = ("source", "lines", "panels", "spread")  # keys that decide no sound


class Condition(NamedTuple):
    """One condition of an experiment.

    parameters: {factor: float} of its sounds. answer, spread: what listeners did, and its standard deviation
    or error (NaN if none is stated); thresholds are in percent. along: place on the horizontal axis of the
    figure. line, panel: the words of its curve and its panel. group: number of its group, of `pitch`.
    """

    parameters: dict
    answer: float
    spread: float
    along: float
    line: str
    panel: str
    group: int


def conditions(experiment):
    """The conditions of an experiment that listeners answered, in the order of their table: [Condition].

    experiment: as in the config. Raises ValueError, one sentence, for a table that cannot be read or has no
    such conditions.
    """
    path, found = experiment["listeners"], []
    try:
        table = table_of(path, columns_of(experiment))
        check_only([row for _, row in table], experiment.get("only", {}))
        wanted = [(line, row) for line, row in table if is_wanted(row, experiment)]
        alike = experiment.get("pitch", {}).get("alike", [])
        groups = list(dict.fromkeys(tuple(row[name] for name in alike) for _, row in wanted))
        for line, row in wanted:
            try:
                found.append(condition_of(row, experiment, groups.index(tuple(row[name] for name in alike))))
            except ValueError as problem:
                raise ValueError(f"line {line}: {problem}") from None
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    if len(found) < 3:
        raise ValueError(f"{path}: {len(found)} conditions have an answer; a curve needs 3 or more")
    return found


def columns_of(experiment):
    """Names of the columns that an experiment reads."""
    names = [experiment["answer"], experiment["along"]]
    names += [experiment[key] for key in ("spread", "percent_of", "lines", "panels") if key in experiment]
    names += [*experiment.get("only", {}), *experiment.get("pitch", {}).get("alike", [])]
    for stated in experiment["parameters"].values():
        for part in stated if isinstance(stated, list) else [stated]:
            names += [part] if isinstance(part, str) else [*part] if isinstance(part, dict) else []
    return list(dict.fromkeys(names))


def table_of(path, columns):
    """Rows of a table, [(line, {column: cell})], with decimal points. Raises ValueError."""
    text = text_of(path)
    header = header_of(text, columns)
    rows = [row for row in rows_of(text, header.separator) if row.line > header.row.line]
    width = max(header.places.values())
    if short := [row.line for row in rows if len(row.cells) <= width]:
        raise ValueError(f"line {short[0]} has too few cells")
    cells = {name: with_points([row.cells[header.places[name]] for row in rows]) for name in columns}
    return [(row.line, {name: cells[name][i] for name in columns}) for i, row in enumerate(rows)]


def check_only(rows, only):
    """Raise ValueError if `only` names a value that no row has."""
    for name, values in only.items():
        for value in values:
            if not any(same(row[name], value) for row in rows):
                raise ValueError(f"`only` names {value!r}, which no row has as its {name}")


def is_wanted(row, experiment):
    """Whether listeners answered, and the row is among those that `only` names."""
    only = experiment.get("only", {})
    return row[experiment["answer"]] != "" and all(
        any(same(row[name], value) for value in values) for name, values in only.items()
    )


def same(cell, value):
    """Whether a cell holds a value of the config, as a number or as a word."""
    return cell == str(value) or number_in(cell) == number_in(str(value))


def shown(cell):
    """A cell as the figure names it: a number without needless digits."""
    value = number_in(cell)
    return f"{value:g}" if math.isfinite(value) else cell


def number(cell, column):
    """The number in a cell. Raises ValueError."""
    value = number_in(cell)
    if not abs(value) <= LARGEST:
        raise ValueError(f"{column} is {cell!r}, not a number")
    return value


def above_zero(cell, column):
    """The number above 0 in a cell. Raises ValueError."""
    value = number(cell, column)
    if value <= 0:
        raise ValueError(f"{column} is {cell}, and must be above 0")
    return value


def finite(value, what):
    """A number that was reckoned. Raises ValueError if it is larger than any that is of use."""
    if not abs(value) <= LARGEST:
        raise ValueError(f"{what} becomes {value:g}; state it in other units")
    return value


def parameter_of(row, stated):
    """A parameter of a condition. Raises ValueError.

    stated: a number; a column; a list of these, which are multiplied; or {column: {word: number}}.
    """
    if isinstance(stated, dict):
        ((column, known),) = stated.items()
        found = [value for word, value in known.items() if same(row[column], word)]
        if not found:
            raise ValueError(f"{column} has {row[column]!r}, which `parameters` does not name")
        return float(found[0])
    if isinstance(stated, list):
        return math.prod(parameter_of(row, part) for part in stated)
    return number(row[stated], stated) if isinstance(stated, str) else float(stated)


def condition_of(row, experiment, group):
    """The Condition of a row. Raises ValueError."""
    parameters = {
        name: finite(parameter_of(row, stated), name) for name, stated in experiment["parameters"].items()
    }
    scale = 1.0
    if "percent_of" in experiment:
        scale = 100 / above_zero(row[experiment["percent_of"]], experiment["percent_of"])
    answer = finite(scale * number(row[experiment["answer"]], experiment["answer"]), experiment["answer"])
    if "threshold" in experiment and answer <= 0:
        raise ValueError(f"{experiment['answer']} is {row[experiment['answer']]}; a threshold is above 0")
    spread = row[experiment["spread"]] if "spread" in experiment else ""
    if spread and number(spread, experiment["spread"]) < 0:
        raise ValueError(f"{experiment['spread']} is {spread}; a spread is not below 0")
    words = {
        key: f"{name} {shown(row[name])}" for key in ("lines", "panels") if (name := experiment.get(key))
    }
    return Condition(
        parameters,
        answer,
        scale * number(spread, experiment["spread"]) if spread else math.nan,
        number(row[experiment["along"]], experiment["along"]),
        words.get("lines", ""),
        words.get("panels", ""),
        group,
    )


def factors_of(experiment):
    """The factors that its sounds are made with, {name: None}; empty for None, without an experiment."""
    if experiment is None:
        return {}
    knob = (
        [experiment["threshold"]["knob"]] if "threshold" in experiment else experiment["pitch"].get("as", [])
    )
    return dict.fromkeys([*experiment["parameters"], *knob])


def size_of(experiment):
    """Number of sounds of an experiment. Raises ValueError as conditions() does."""
    found = conditions(experiment)
    if "threshold" in experiment:
        asked = experiment["threshold"]
        return len(found) * (asked["plain"] + asked["moved"] * len(asked["steps"]))
    asked = experiment["pitch"]
    return len({condition.group for condition in found}) * asked["ordinary"] + len(found) * asked["odd"]
