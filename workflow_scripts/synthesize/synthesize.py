"""Draw the factors of a data set and render its sounds.

Reads a data set's definition (a mapping as in config.yaml, with every default filled in) and writes two
files. parameters.csv has one row per sound: `sound`, then each factor in its unit, then nuisances.
audio.wav holds the N sounds back to back (float32, mono, equal lengths); they go to disk in blocks. A shard
is some rows of the same: gather_sounds.py puts shards together.
"""

import argparse
import csv
import importlib
import importlib.util
import inspect
import json
import math
import sys
from pathlib import Path

import numpy as np
from shared.files import written_whole
from shared.loudness import FULL_SCALE
from shared.sounds import BLOCK, write_audio

from synthesize.designs import draw, realised_steps, seed_of
from synthesize.levels import LEVEL, LOUDNESS, equally_loud, normalized
from synthesize.nuisances import AFTER_LEVEL, BEFORE_LEVEL, Clip, apply


def load_synthesizer(name):
    """The module of a synthesizer: a file of synthesizers/ by its name, or any .py file by its path.

    It holds FACTORS, {name: {unit, scale, low, high, default, jnd}}, and render(parameters, sample_rate,
    duration, **options). render() returns float64 (n, T), or that and {factor: measured values}; the latter
    then stand as the factor. It may hold NUISANCES of its own, and check(table, duration, **options), which
    raises ValueError before anything is rendered: once in a data set, in its first shard. Raises ValueError
    if there is no such synthesizer.
    """
    if not name.endswith(".py"):
        if importlib.util.find_spec(f"synthesizers.{name}") is None:
            raise ValueError(f"there is no synthesizer {name}")
        return importlib.import_module(f"synthesizers.{name}")
    spec = importlib.util.spec_from_file_location(Path(name).stem, name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_options(definition, synthesizer):
    """Raise ValueError unless the synthesizer takes the options of the definition.

    Each must be of the kind of its default. Numbers are finite; those of our own synthesizers are above
    0, as all their defaults are.
    """
    name, known = definition["synthesizer"], dict(options_of(synthesizer))
    strange = [option for option in definition.get("options", {}) if option not in known]
    if strange:
        raise ValueError(
            f"synthesizer {name} has no option {', '.join(strange)}; known: {', '.join(known) or 'none'}"
        )
    for option, value in definition.get("options", {}).items():
        if wanted := fault_of_option(value, known[option], above_0=not name.endswith(".py")):
            raise ValueError(f"synthesizer {name}: the option {option} must be {wanted}, not {value!r}")


def fault_of_option(value, default, above_0):
    """What an option must be, in words, if it is not of the kind of its default; None if it is.

    above_0: whether numbers must be. A default that is neither a number nor text nor a list tells no kind.
    """
    if isinstance(default, (int, float)):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        fits, words = is_number and (value > 0 or not above_0), "a number above 0" if above_0 else "a number"
    elif isinstance(default, str):
        fits, words = isinstance(value, str), "text"
    elif isinstance(default, (list, tuple)):
        fits, words = isinstance(value, list), "a list"
    else:
        return None
    return None if fits else words


def options_of(synthesizer):
    """Names and defaults of the options that a synthesizer's render() takes, in pairs."""
    parameters = list(inspect.signature(synthesizer.render).parameters.values())[3:]
    return [(parameter.name, parameter.default) for parameter in parameters]


def band(definition, synthesizer):
    """The highest frequency (Hz) that a data set states to hold.

    It is the option max_frequency or else the synthesizer's default, and at most half the sample rate.
    """
    default = dict(options_of(synthesizer)).get("max_frequency", np.inf)
    return min(definition.get("options", {}).get("max_frequency", default), definition["sample_rate"] / 2)


def settings(definition, synthesizer, table, rows):
    """What a synthesizer's render() takes for some rows, {name: (n,)}.

    These are the factors and the synthesizer's own nuisances. What the table lacks stands at its default.
    """
    own = getattr(synthesizer, "NUISANCES", {})
    columns = {name: name for name in {**synthesizer.FACTORS, **definition["factors"]}}
    columns |= {name: f"nuisance_{name}" for name in own} | ({"file": "file"} if "file" in table else {})
    n = len(next(iter(table.values()))[rows])
    entries = {**synthesizer.FACTORS, **own}
    return {
        name: table[column][rows] if column in table else np.full(n, entries[name]["default"])
        for name, column in columns.items()
    }


def synthesized(synthesizer, parameters, sample_rate, duration, options):
    """The sounds of a synthesizer, (n, T), and {factor: realised values}, empty if it measures none."""
    answer = synthesizer.render(parameters, sample_rate, duration, **options)
    return answer if isinstance(answer, tuple) else (answer, {})


def clip_of(definition, synthesizer, rows):
    """What nuisances know of the sounds of some rows, int (n,)."""
    rate = definition["sample_rate"]
    T = round(definition["duration"] * rate)
    seeds = {name: seed_of(definition, name) for name in definition.get("nuisances", {})}
    return Clip(rate, T, band(definition, synthesizer), definition["seed"], rows, seeds)


def render(definition, synthesizer, table, rows):
    """Some sounds of a data set before their level is set: float64 (n, T), and {factor: realised}.

    table: {column: (N,)}; rows: int (n,). The synthesizer renders sounds that are shorter than the clip by
    the latest onset, so that a late one is whole. A sound depends on nothing but its own row.
    """
    latest = definition.get("nuisances", {}).get("onset", {}).get("high", 0)
    rate, duration = definition["sample_rate"], definition["duration"] - latest
    parameters = settings(definition, synthesizer, table, rows)
    sounds, realised = synthesized(synthesizer, parameters, rate, duration, definition.get("options", {}))
    expected = (len(rows), round(duration * rate))
    if sounds.shape != expected or not np.isfinite(sounds).all():
        raise ValueError(
            f"synthesizer {definition['synthesizer']} returned an array of shape {sounds.shape} instead of "
            f"{expected}{'' if np.isfinite(sounds).all() else ', with values that are not finite'}"
        )
    return apply(BEFORE_LEVEL, sounds, table, clip_of(definition, synthesizer, rows)), realised


def leveled(definition, synthesizer, table, rows, sounds):
    """Sounds of some rows, float64 (n, T), each at the data set's level and then with its noise and gain.

    Raises ValueError where a sound would clip to be as loud as the data set wants it.
    """
    rate = definition["sample_rate"]
    if definition["normalize"] == "loudness":
        loudness = definition.get("loudness", LOUDNESS)
        sounds = equally_loud(sounds, rate, loudness, definition.get("full_scale", FULL_SCALE))
    else:
        sounds = normalized(sounds, definition["normalize"], rate, definition.get("level", LEVEL))
    return apply(AFTER_LEVEL, sounds, table, clip_of(definition, synthesizer, rows))


def blocks(definition, synthesizer, table, start=0, stop=None):
    """Yield the sounds start..stop, all by default, as float64 (n, T) blocks.

    If the synthesizer measures a factor, then the measured values replace the requested ones in these rows of
    the table. The column requested_<factor> keeps the request. The same holds for a ladder's step.
    """
    stop = len(next(iter(table.values()))) if stop is None else stop
    n = max(1, BLOCK // round(definition["duration"] * definition["sample_rate"]))
    requested, measured = dict(table), {}
    for i in range(start, stop, n):
        rows = np.arange(i, min(i + n, stop))
        sounds, realised = render(definition, synthesizer, requested, rows)
        for name, values in realised.items():
            measured.setdefault(name, []).append(values)
        yield leveled(definition, synthesizer, requested, rows, sounds)
    for name in [name for name in measured if name in definition["factors"]]:
        table[f"requested_{name}"], table[name] = table[name], np.array(table[name], dtype=float)
        table[name][start:stop] = np.concatenate(measured[name])
    if measured and "ladder_step" in table:
        table["requested_ladder_step"] = table["ladder_step"]
        table["ladder_step"] = realised_steps(definition["factors"], table)


def finished(definition, synthesizer, table, start=0, stop=None):
    """Yield the sounds start..stop as float32 (n, T) blocks, as they go into the file.

    Under `time_index`, each time index is divided by its largest magnitude over the data set, or by 1 if that
    is 0. The code released with the paper does this to the N x T matrix (MaxAbsScaler). It takes the whole
    data set in memory.
    """
    if definition["normalize"] == "time_index":
        sounds = np.concatenate(list(blocks(definition, synthesizer, table, start, stop)))
        scale = np.abs(sounds).max(axis=0)
        yield (sounds / np.where(scale > 0, scale, 1)).astype(np.float32)
        return
    for block in blocks(definition, synthesizer, table, start, stop):
        yield block.astype(np.float32)


def write_parameters(path, table, start=0, stop=None):
    """Write the rows start..stop of the table, all by default; they read back as the same float64."""
    with written_whole(path) as draft, open(draft, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sound", *table])
        columns = (values[start:stop].tolist() for values in table.values())
        writer.writerows([i, *row] for i, row in enumerate(zip(*columns, strict=True), start))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--definition", type=json.loads, required=True, help="data set, as JSON")
    parser.add_argument("--trained", help="what the synthesizer's own training wrote, if it has one")
    parser.add_argument("--shard", nargs=2, type=int, help="first row to render and the one after the last")
    parser.add_argument("--parameters", required=True, help="CSV to write")
    parser.add_argument("--audio", required=True, help="WAV to write")
    args = parser.parse_args(argv)
    definition = args.definition
    if args.trained:
        definition["options"] = definition.get("options", {}) | {"trained": args.trained}
    try:
        synthesizer = load_synthesizer(definition["synthesizer"])
        check_options(definition, synthesizer)
        table = draw(definition)
        N = len(next(iter(table.values())))
        start, stop = args.shard or (0, N)
        if start == 0 and hasattr(synthesizer, "check"):
            synthesizer.check(table, definition["duration"], **definition.get("options", {}))
        sounds = finished(definition, synthesizer, table, start, stop)
        write_audio(args.audio, sounds, definition["sample_rate"], stop - start)
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    write_parameters(args.parameters, table, start, stop)
