"""Pack a data set for the report's explorer: clouds, factors, neighbours and sounds, as compact binary.

Clouds are turned, mirrored, shifted and scaled to lie as near as they can to the control `reference`
(Procrustes), so that one camera serves all of them. If a data set is too large for its share of the page,
sounds evenly spread over the rows are kept, each with its point in every cloud and its sound.

The page renders the sounds itself if the synthesizer has a twin, its file ending in .js, that states every
factor and nuisance of the data set. Otherwise the page gets a clip of each sound.
"""

import argparse
import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas
import soundfile
import soxr
from matplotlib.ticker import LogLocator, MaxNLocator
from scipy.linalg import orthogonal_procrustes
from shared.files import written_whole
from shared.scales import off_scale, on_scale
from shared.sounds import Sounds

NEIGHBORS = 6  # kept of each sound
MOST = 5000  # sounds: what a browser turns without a stutter
REACH = 3.0  # half the side of the cube in root-mean-square radii; int16 covers it
NOWHERE = -32768  # coordinate of a sound that has no place in a cloud
SHORT = 0.25  # s; an MP3 pads such a clip by its own length
CLIP = 3.0  # s of each sound that are kept
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)  # of Figure 4


def align(points, target):
    """Points turned, mirrored, shifted and scaled to a root-mean-square radius of 1, as near as that goes to
    the target (orthogonal Procrustes).

    points, target: float (N, 3), NaN where a sound has no place. Returns float64 (N, 3), centred on the
    sounds that both place. Points that all coincide stay at the origin.
    """
    both = np.isfinite(points).all(axis=1) & np.isfinite(target).all(axis=1)
    if not both.any():
        return np.full(points.shape, np.nan)
    centred = points - points[both].mean(axis=0)
    goal = target[both] - target[both].mean(axis=0)
    turn, _ = orthogonal_procrustes(centred[both], goal)
    radius = np.sqrt(np.mean(np.sum(centred[both] ** 2, axis=1)))
    return centred @ turn / (radius if radius > 0 else 1)


def packed(array, dtype):
    """Base64 of an array's little-endian bytes."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=np.dtype(dtype).newbyteorder("<"))).decode()


def quantized(points):
    """int16 (N, 3) of coordinates within REACH; NOWHERE where they are not finite."""
    placed = np.isfinite(points).all(axis=1, keepdims=True)
    steps = np.round(np.clip(np.nan_to_num(points) / REACH, -1, 1) * 32767)
    return np.where(placed, steps, NOWHERE).astype(np.int16)


def ticks(low, high, scale):
    """Round values of a factor between two ends, for an axis: list of floats."""
    locator = LogLocator(subs=(1, 2, 5)) if scale == "log" else MaxNLocator(6)
    within = [float(v) for v in locator.tick_values(low, high) if low <= v <= high]
    return within or [float(low), float(high)]


def factor_of(values, entry):
    """What the page needs of a factor: its values, places on its scale from 0 to 1, and ticks.

    values: float (N,); entry: {unit, scale}, and levels if the values stand for words.
    """
    low, high = float(values.min()), float(values.max())
    ends = on_scale([low, high], entry["scale"])
    width = ends[1] - ends[0] or 1
    words = entry.get("levels")
    marks = list(range(len(words))) if words else ticks(low, high, entry["scale"])
    return {
        "unit": entry["unit"],
        "levels": words,  # words that its numbers 0, 1, 2 ... stand for
        "low": low,
        "high": high,
        "values": packed(values, "f4"),
        "places": packed((on_scale(values, entry["scale"]) - ends[0]) / width, "f4"),
        "ticks": marks,
        "tick_places": ((on_scale(marks, entry["scale"]) - ends[0]) / width).tolist(),
        # real units of 101 places, so that the page need not know the scale
        "ruler": off_scale(np.linspace(*ends, 101), entry["scale"]).tolist(),
    }


def clip_of(samples, rate):
    """One sound as a small file that every browser decodes: MP3, or WAV of 16 bits if it is short."""
    samples = samples[: round(CLIP * rate)]
    samples = samples / max(1.0, np.abs(samples).max(initial=0))
    file = io.BytesIO()
    if len(samples) < SHORT * rate:
        soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
    else:
        kind = {"format": "MP3", "subtype": "MPEG_LAYER_III"}
        soundfile.write(file, samples, rate, **kind, bitrate_mode="VARIABLE", compression_level=0.5)
    return file.getvalue()


def mp3_rate(rate):
    """The lowest rate of MP3 that holds a sound of some rate (Hz), or the highest there is."""
    rates = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
    return next((r for r in rates if r >= rate), rates[-1])


def clips(sounds, rows):
    """A clip of each of some rows of a data set's sounds."""
    for row in rows:
        samples, played = sounds[[row]][0], sounds.rate
        if len(samples) >= SHORT * sounds.rate and (played := mp3_rate(sounds.rate)) != sounds.rate:
            samples = soxr.resample(samples, sounds.rate, played)
        yield clip_of(samples, played)


def stated_by(twin):
    """Names of the factors and nuisances that a twin states: two sets of str.

    twin: path of a script that renders the sounds of a synthesizer in the page. Raises ValueError if its
    object does not state `factors` and `nuisances` as JSON lists.
    """
    text = Path(twin).read_text()
    lists = [re.search(rf"^  {key}: (\[[^\]]*\]),$", text, re.MULTILINE) for key in ("factors", "nuisances")]
    if not all(lists):
        raise ValueError(f"{twin} must state `factors: [...],` and `nuisances: [...],`, each a JSON list")
    factors, nuisances = (set(json.loads(stated[1])) for stated in lists)
    return factors, nuisances


def can_render(twin, definition):
    """Whether a twin renders all that a data set varies. twin: its path; definition: the data set's entry."""
    factors, nuisances = stated_by(twin)
    return set(definition["factors"]) <= factors and set(definition["nuisances"]) <= nuisances


def model_of(folder, model, rows, target):
    """What the page needs of one model: its cloud, neighbours, bridges, stamp and spread of estimates."""
    cloud = pandas.read_csv(folder / "isomap" / f"{model}.csv")
    bridges = pandas.read_csv(folder / "isomap" / f"{model}.bridges.csv")
    points = cloud[["x", "y", "z"]].to_numpy(dtype=float)
    if not len(bridges):  # the pieces have no common coordinates
        points[cloud.component > 0] = np.nan
    place = np.full(len(cloud), -1)
    place[rows] = np.arange(len(rows))
    edges = place[bridges[["sound", "other_sound"]].to_numpy(dtype=int).reshape(-1, 2)]
    with np.load(folder / "neighbors" / f"{model}.npz") as search:
        near = place[search["indices"][rows, :NEIGHBORS]]
    scores = pandas.read_csv(folder / "trust" / f"{model}.scores.csv", keep_default_na=False)
    stamp = scores[scores.metric == "stamp"]
    ratios = pandas.read_csv(folder / "knn" / f"{model}.csv").filter(like="_log_ratio")
    return {
        "points": packed(quantized(align(points, target)[rows]), "i2"),
        "component": packed(np.minimum(cloud.component.to_numpy()[rows], 255), "u1"),
        "components": int(cloud.component.max()) + 1,
        "bridges": edges[(edges >= 0).all(axis=1)].tolist(),
        "bridge_count": len(bridges),
        "neighbors": packed(near, "i2"),
        "stamp": str(stamp.note.iloc[0]) if len(stamp) else "",
        "trusted": bool(len(stamp)) and float(stamp.value.iloc[0] or 0) == 1,
        "ratios": {
            name.removesuffix("_log_ratio"): np.nanquantile(values, QUANTILES).round(5).tolist()
            for name, values in ratios.items()
            if np.isfinite(values).any()
        },
    }


def shown_rows(N, megabytes, bytes_each):
    """The sounds that are kept: all N, or as many as the share of the page holds, spread evenly. int (n,).

    At least 64 and at most MOST; bytes_each: of one sound, before base64.
    """
    shown = int(np.clip(megabytes * 1e6 / (4 / 3 * bytes_each), min(N, 64), min(N, MOST)))
    return np.unique(np.linspace(0, N - 1, shown).round().astype(int))


def write_clips(path, clips):
    """Write clips one after the other, and return where each starts and the last ends: list of int.

    Each clip begins at a multiple of three bytes, which is a character of base64.
    """
    starts = [0]
    with written_whole(path) as draft, open(draft, "wb") as file:
        for clip in clips:
            file.write(clip + bytes(-len(clip) % 3))
            starts.append(file.tell())
    return starts


def sound_of(definition, rendered, starts):
    """How the page comes by the sounds: by rendering them, or from clips that start at `starts`."""
    onset = definition["nuisances"].get("onset", {}).get("high", 0)
    return {
        "synthesizer": Path(definition["synthesizer"]).stem,
        "rendered": rendered,
        "rate": definition["sample_rate"],
        "duration": definition["duration"] - onset,
        "options": {k: v for k, v in definition["options"].items() if isinstance(v, (int, float))},
        "cut": CLIP if not rendered and definition["duration"] > CLIP else 0,
        "starts": starts,
        "own_level": any(factor.get("sets_level", False) for factor in definition["factors"].values()),
    }


def nuisances_of(table, definition):
    """Values and unit of each nuisance. table: parameters.csv of the sounds that are kept."""
    names = [name.removeprefix("nuisance_") for name in table if name.startswith("nuisance_")]
    return {
        name: {
            "unit": definition["nuisances"].get(name, {}).get("unit", ""),
            "values": packed(table[f"nuisance_{name}"].to_numpy(dtype=float), "f4"),
        }
        for name in names
    }


def parse(argv):
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--definition", type=json.loads, required=True, help="its entry, JSON")
    parser.add_argument("--models", nargs="+", required=True, help="models, layers and controls, in order")
    parser.add_argument("--renderer", nargs="*", help="the synthesizer's twin for the page, if it has one")
    parser.add_argument("--megabytes", type=float, required=True, help="what it may take of the page")
    parser.add_argument("--clips", required=True, help="file of clips to write; empty if the page renders")
    parser.add_argument("--output", required=True, help="JSON to write")
    return parser.parse_args(argv)


def main(argv=None):
    args = parse(argv)
    definition = args.definition
    table = pandas.read_csv(args.results / "sounds" / "parameters.csv")
    N = len(table)
    sounds = Sounds(args.results / "sounds" / "audio.wav", N)
    rendered = bool(args.renderer) and can_render(args.renderer[0], definition)
    bytes_each = len(args.models) * (6 + 1 + 2 * NEIGHBORS) + 8 * len(definition["factors"])
    if not rendered:
        probe = np.unique(np.linspace(0, N - 1, 16).astype(int))
        bytes_each += np.mean([len(clip) for clip in clips(sounds, probe)])
    rows = shown_rows(N, args.megabytes, bytes_each)
    starts = write_clips(args.clips, [] if rendered else clips(sounds, rows))
    reference = pandas.read_csv(args.results / "isomap" / "reference.csv")
    target = reference[["x", "y", "z"]].to_numpy(dtype=float)
    target[reference.component > 0] = np.nan
    answer = {
        "N": N,
        "rows": packed(rows, "u4"),
        "reach": REACH,
        "neighbors": NEIGHBORS,
        "factors": {
            name: factor_of(table[name].to_numpy(dtype=float)[rows], entry)
            for name, entry in definition["factors"].items()
        },
        "nuisances": nuisances_of(table.iloc[rows], definition),
        "sound": sound_of(definition, rendered, starts),
        "models": {model: model_of(args.results, model, rows, target) for model in args.models},
    }
    with written_whole(args.output) as draft:
        draft.write_text(json.dumps(answer, allow_nan=False))
