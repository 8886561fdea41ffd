"""Draw the factors of a data set and render its sounds.

Reads a data set's definition (a mapping as in config.yaml, with every default filled in) and writes
parameters.csv (one row per sound: `sound`, then each factor in its unit, then nuisances) and audio.wav
(float32 mono, the N sounds back to back, equal lengths). Sounds stream to disk in blocks. A shard is some
rows of the same: gather_sounds.py puts shards together.
"""

import argparse
import csv
import importlib
import importlib.util
import inspect
import itertools
import json
import sys
from pathlib import Path

import numpy as np
import soundfile
from shared.files import written_whole

from synthesize.designs import draw, realised_steps
from synthesize.nuisances import NUISANCES, add_noise, cut, delay, reverberate, rotate_phase

BLOCK = 2**22  # samples rendered at once: bounds memory to some 200 MB whatever N is
RIFF_LIMIT = 2**32 - 2**16  # bytes; a larger WAV needs RF64 to state its own size
LEVEL = -26  # dB re full scale, of each sound under `normalize: rms` and `active`
FRAME, ACTIVE = 0.01, 1e-3  # s; power re the loudest frame above which a sound is heard as on


def load_synthesizer(name):
    """The module of a synthesizer: a file of synthesizers/ by its name, or any .py file by its path.

    It holds FACTORS, {name: {unit, scale, low, high, default, jnd}}; render(parameters, sample_rate,
    duration, **options), which returns float64 (n, T), or that and {factor: measured values}, which
    then stand as the factor; perhaps NUISANCES of its own; perhaps check(table, duration, **options), which
    raises ValueError before anything is rendered.
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
    """Raise ValueError unless the synthesizer takes the options of the definition."""
    signature = list(inspect.signature(synthesizer.render).parameters)[3:]
    strange = [name for name in definition.get("options", {}) if name not in signature]
    if strange:
        raise ValueError(
            f"synthesizer {definition['synthesizer']} has no option {', '.join(strange)}; "
            f"known: {', '.join(signature) or 'none'}"
        )


def band(definition, synthesizer):
    """The highest frequency (Hz) that a data set states to hold: its option, the synthesizer's default,
    or half the sample rate."""
    parameters = inspect.signature(synthesizer.render).parameters
    default = parameters["max_frequency"].default if "max_frequency" in parameters else np.inf
    return min(definition.get("options", {}).get("max_frequency", default), definition["sample_rate"] / 2)


def settings(definition, synthesizer, table, rows):
    """What render() takes for some rows: factors and its own nuisances, defaults where none vary."""
    own = getattr(synthesizer, "NUISANCES", {})
    columns = {name: name for name in {**synthesizer.FACTORS, **definition["factors"]}}
    columns |= {name: f"nuisance_{name}" for name in own} | ({"file": "file"} if "file" in table else {})
    n = len(next(iter(table.values()))[rows])
    entries = {**synthesizer.FACTORS, **own}
    return {
        name: table[column][rows] if column in table else np.full(n, entries[name]["default"])
        for name, column in columns.items()
    }


def render(definition, synthesizer, table, rows, sample_rate):
    """Some sounds of a data set before their level is set: float64 (n, T), and {factor: realised}.

    table: {column: (N,)}; rows: int (n,). Sounds are rendered shorter than the clip by the latest
    onset, so that a late one is whole. A sound depends on nothing but its own row.
    """
    latest = definition.get("nuisances", {}).get("onset", {}).get("high", 0)
    T = round(definition["duration"] * sample_rate)
    answer = synthesizer.render(
        settings(definition, synthesizer, table, rows),
        sample_rate,
        definition["duration"] - latest,
        **definition.get("options", {}),
    )
    sounds, realised = answer if isinstance(answer, tuple) else (answer, {})
    expected = (len(rows), round((definition["duration"] - latest) * sample_rate))
    if sounds.shape != expected or not np.isfinite(sounds).all():
        raise ValueError(
            f"synthesizer {definition['synthesizer']} returned an array of shape {sounds.shape} instead of "
            f"{expected}{'' if np.isfinite(sounds).all() else ', with values that are not finite'}"
        )
    common = {name: table[f"nuisance_{name}"][rows] for name in NUISANCES if f"nuisance_{name}" in table}
    if "phase" in common:
        sounds = rotate_phase(sounds, common["phase"], sample_rate)
    if "duration" in common:
        sounds = cut(sounds, common["duration"], sample_rate)
    if "reverberation" in common:
        rooms = [np.random.default_rng([definition["seed"], row, 0]) for row in rows]
        sounds = reverberate(sounds, common["reverberation"], sample_rate, rooms)
    if "onset" in common:
        sounds = delay(sounds, common["onset"], sample_rate, T)
    return sounds, realised


def active_rms(sounds, sample_rate):
    """RMS of each sound over the frames of 10 ms that are within 30 dB of its loudest, float64 (n,)."""
    n = round(FRAME * sample_rate)
    frames = sounds[:, : max(1, sounds.shape[1] // n) * n].reshape(len(sounds), -1, min(n, sounds.shape[1]))
    power = np.mean(np.square(frames, dtype=float), axis=2)
    on = power >= ACTIVE * power.max(axis=1, keepdims=True)
    return np.sqrt((power * on).sum(axis=1) / on.sum(axis=1))


def leveled(definition, table, rows, sounds, limit):
    """Sounds, float64 (n, T), normalised each by itself, then with their noise and gain.

    `rms`: to the definition's `level` (dB re full scale) over the clip; `active`: while it sounds, for
    sounds that a factor makes longer or shorter; `peak`: to a largest magnitude of 1; else as they are.
    """
    rms = 10 ** (definition.get("level", LEVEL) / 20)
    scale = {
        "rms": lambda: np.sqrt(np.mean(sounds**2, axis=1, keepdims=True)) / rms,
        "active": lambda: active_rms(sounds, definition["sample_rate"])[:, None] / rms,
        "peak": lambda: np.abs(sounds).max(axis=1, keepdims=True),
    }.get(definition["normalize"], lambda: np.ones((len(sounds), 1)))()
    sounds = sounds / np.where(scale > 0, scale, 1)
    if "nuisance_noise" in table:
        generators = [np.random.default_rng([definition["seed"], row, 1]) for row in rows]
        ratio = table["nuisance_noise"][rows]
        sounds = add_noise(sounds, ratio, definition["sample_rate"], limit, generators)
    if "nuisance_gain" in table:
        sounds = sounds * 10 ** (table["nuisance_gain"][rows, None] / 20)
    return sounds


def blocks(definition, synthesizer, table, start=0, stop=None):
    """Yield the sounds start..stop, all by default, as float64 (n, T) blocks; replace requested factors of
    the table by realised ones there.

    A realised factor's request is kept in the column requested_<factor>, and so is a ladder's step.
    """
    stop = len(next(iter(table.values()))) if stop is None else stop
    rate, limit = definition["sample_rate"], band(definition, synthesizer)
    n = max(1, BLOCK // round(definition["duration"] * rate))
    requested, measured = dict(table), {}
    for i in range(start, stop, n):
        rows = np.arange(i, min(i + n, stop))
        sounds, realised = render(definition, synthesizer, requested, rows, rate)
        for name, values in realised.items():
            measured.setdefault(name, []).append(values)
        yield leveled(definition, requested, rows, sounds, limit)
    for name in [name for name in measured if name in definition["factors"]]:
        table[f"requested_{name}"], table[name] = table[name], np.array(table[name], dtype=float)
        table[name][start:stop] = np.concatenate(measured[name])
    if measured and "ladder_step" in table:
        table["requested_ladder_step"] = table["ladder_step"]
        table["ladder_step"] = realised_steps(definition["factors"], table)


def finished(definition, synthesizer, table, start=0, stop=None):
    """Yield the sounds start..stop as float32 (n, T) blocks, as they go into the file.

    Under `time_index`, each time index is divided by its largest magnitude over the data set, which is
    what the released code's MaxAbsScaler does to the N x T matrix (an all-zero column is divided by 1);
    that takes the whole data set in memory.
    """
    if definition["normalize"] == "time_index":
        sounds = np.concatenate(list(blocks(definition, synthesizer, table, start, stop)))
        scale = np.abs(sounds).max(axis=0)
        yield (sounds / np.where(scale > 0, scale, 1)).astype(np.float32)
        return
    for block in blocks(definition, synthesizer, table, start, stop):
        yield block.astype(np.float32)


def write_parameters(path, table, start=0, stop=None):
    """Write the rows start..stop of the table, all by default, so that they read back as the same float64."""
    with written_whole(path) as draft, open(draft, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sound", *table])
        columns = (values[start:stop].tolist() for values in table.values())
        writer.writerows([i, *row] for i, row in enumerate(zip(*columns, strict=True), start))


def write_audio(path, sounds, rate, N):
    """Write an iterable of float32 (n, T) blocks, N sounds in all, as one mono float WAV."""
    sounds = iter(sounds)
    first = next(sounds)
    large = 4 * N * first.shape[1] > RIFF_LIMIT
    with (
        written_whole(path) as draft,
        soundfile.SoundFile(draft, "w", rate, 1, subtype="FLOAT", format="RF64" if large else "WAV") as file,
    ):
        for block in itertools.chain([first], sounds):
            file.write(block.ravel())


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
        if hasattr(synthesizer, "check"):
            synthesizer.check(table, definition["duration"], **definition.get("options", {}))
        N = len(next(iter(table.values())))
        start, stop = args.shard or (0, N)
        sounds = finished(definition, synthesizer, table, start, stop)
        write_audio(args.audio, sounds, definition["sample_rate"], stop - start)
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    write_parameters(args.parameters, table, start, stop)
