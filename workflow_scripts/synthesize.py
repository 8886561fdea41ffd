"""Draw the factors of a data set and render its sounds.

Reads a data set's definition (a mapping as in config.yaml) and writes parameters.csv (one row per
sound: `sound`, then one column per factor, in the units of the config) and audio.wav (float32
mono, the N sounds back to back, equal lengths).
"""

import argparse
import csv
import importlib
import itertools
import json
import sys

import numpy as np
import soundfile
from files import beside

BLOCK = 2**22  # samples rendered at once: bounds memory to some 100 MB whatever N is
RIFF_LIMIT = 2**32 - 2**16  # bytes; a larger WAV needs RF64 to state its own size


def grid(factors, seed):
    """Full factorial design: factors with `step` are crossed, the first varying slowest.

    A factor with `choice` takes, for each sound in turn, one draw of NumPy's legacy generator (as
    the code released with the paper did). factors: {name: {start, stop, step} or {choice}}, `stop`
    excluded. Returns {name: float64 (N,)}.
    """
    axes = {name: np.arange(f["start"], f["stop"], f["step"]) for name, f in factors.items() if "step" in f}
    crossed = np.array(list(itertools.product(*axes.values())), dtype=float).T
    table = dict(zip(axes, crossed, strict=True))
    draw = np.random.RandomState(seed).choice
    N = crossed.shape[-1]
    for name, factor in factors.items():
        if "choice" in factor:
            table[name] = np.array([draw(factor["choice"], 1)[0] for _ in range(N)], dtype=float)
    return {name: table[name] for name in factors}


def random(factors, seed, N):
    """Independent draws, uniform on each factor's scale.

    factors: {name: {low, high, scale}}, scale `linear` or `log`. Returns {name: float64 (N,)}.
    """
    rng = np.random.default_rng(seed)
    table = {}
    for name, factor in factors.items():
        low, high = factor["low"], factor["high"]
        if factor["scale"] == "log":
            table[name] = np.exp(rng.uniform(np.log(low), np.log(high), N))
        else:
            table[name] = rng.uniform(low, high, N)
    return table


def draw(definition):
    """Factor table of a data set's definition: {name: float64 (N,)}.

    Raises ValueError if a grid does not have the N points that the definition states.
    """
    factors, seed, N = definition["factors"], definition["seed"], definition["N"]
    if definition["design"] == "random":
        return random(factors, seed, N)
    table = grid(factors, seed)
    size = len(next(iter(table.values())))
    if size != N:
        raise ValueError(f"the grid has {size} points but N is {N}; state N: {size}")
    return table


def blocks(definition, table):
    """Yield the sounds of a data set as float64 (n, T) blocks, before normalisation."""
    synthesizer = importlib.import_module(f"synthesizers.{definition['synthesizer']}")
    rate, options = definition["sample_rate"], definition.get("options", {})
    wanted, given = set(synthesizer.FACTORS), set(table)
    if wanted != given:
        raise ValueError(
            f"synthesizer {definition['synthesizer']} has factors {', '.join(sorted(wanted))}; "
            f"the data set states {', '.join(sorted(given))}"
        )
    first = synthesizer.render({name: values[:1] for name, values in table.items()}, rate, options)
    n = max(1, BLOCK // first.shape[1])
    for i in range(0, definition["N"], n):
        part = {name: values[i : i + n] for name, values in table.items()}
        yield synthesizer.render(part, rate, options)


def normalized(definition, table):
    """Yield the sounds as float32 (n, T) blocks, normalised as the definition says.

    `none`: as rendered. `peak`: each sound divided by its own largest magnitude. `time_index`: each
    time index divided by its largest magnitude over the data set, which is what the released code's
    MaxAbsScaler does to the N x T matrix (an all-zero column is divided by 1); that takes the whole
    data set in memory.
    """
    if definition["normalize"] == "time_index":
        sounds = np.concatenate(list(blocks(definition, table)))
        scale = np.abs(sounds).max(axis=0)
        yield (sounds / np.where(scale > 0, scale, 1)).astype(np.float32)
        return
    for block in blocks(definition, table):
        scale = np.abs(block).max(axis=1, keepdims=True) if definition["normalize"] == "peak" else 1.0
        yield (block / np.where(scale > 0, scale, 1)).astype(np.float32)


def write_parameters(path, table):
    """Write the factor table with enough digits to read back the same float64."""
    with beside(path) as draft, open(draft, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["sound", *table])
        columns = (values.tolist() for values in table.values())
        writer.writerows([i, *row] for i, row in enumerate(zip(*columns, strict=True)))


def write_audio(path, sounds, rate, N):
    """Write an iterable of float32 (n, T) blocks, N sounds in all, as one mono float WAV."""
    sounds = iter(sounds)
    first = next(sounds)
    large = 4 * N * first.shape[1] > RIFF_LIMIT
    with (
        beside(path) as draft,
        soundfile.SoundFile(draft, "w", rate, 1, subtype="FLOAT", format="RF64" if large else "WAV") as file,
    ):
        for block in itertools.chain([first], sounds):
            file.write(block.ravel())


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--definition", type=json.loads, required=True, help="data set, as JSON")
    parser.add_argument("--parameters", required=True, help="CSV to write")
    parser.add_argument("--audio", required=True, help="WAV to write")
    args = parser.parse_args(argv)
    definition = args.definition
    try:
        table = draw(definition)
        write_audio(args.audio, normalized(definition, table), definition["sample_rate"], definition["N"])
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    write_parameters(args.parameters, table)


if __name__ == "__main__":
    main()
