"""Pack a data set for the report's explorer: clouds, factors, neighbours and sounds, as compact binary.

Clouds are turned, mirrored, shifted and scaled to lie as near as they can to the control `reference`
(Procrustes), so that one camera serves all of them. Of a data set too large for its share of the page, sounds
evenly spread over the rows are kept, each with its point in every cloud and its sound. The page renders the
sounds itself if the synthesizer has a script for that (its file, ending in .js) and the nuisances that
were varied are silent in it; otherwise it gets a clip of each.
"""

import argparse
import base64
import io
import json
from pathlib import Path

import numpy as np
import pandas
import soundfile
import soxr
from matplotlib.ticker import LogLocator, MaxNLocator
from scipy.linalg import orthogonal_procrustes
from shared.files import written_whole
from shared.scales import off_scale, on_scale

NEIGHBORS = 6  # kept of each sound
MOST = 5000  # sounds: what a browser turns without a stutter
REACH = 3.0  # half the side of the cube in root-mean-square radii; int16 covers it
NOWHERE = -32768  # coordinate of a sound that has no place in a cloud
SHORT = 0.25  # s; an MP3 pads such a clip by its own length
CLIP = 3.0  # s of each sound that are kept
INAUDIBLE = {"phases", "phase", "onset", "gain"}  # nuisances that a level-matched sound may leave out
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
    found = [float(v) for v in locator.tick_values(low, high) if low <= v <= high]
    return found or [float(low), float(high)]


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


def clips(path, N, rows):
    """A clip of each of some rows of audio.wav, which holds N sounds of one length."""
    with soundfile.SoundFile(path) as file:
        T, rate = file.frames // N, file.samplerate
        for row in rows:
            file.seek(int(row) * T)
            samples, played = file.read(T, dtype="float32"), rate
            if len(samples) >= SHORT * rate and (played := mp3_rate(rate)) != rate:
                samples = soxr.resample(samples, rate, played)
            yield clip_of(samples, played)


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
    with np.load(folder / "neighbors" / f"{model}.npz") as found:
        near = place[found["indices"][rows, :NEIGHBORS]]
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


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of the data set")
    parser.add_argument("--definition", type=json.loads, required=True, help="its entry, JSON")
    parser.add_argument("--models", nargs="+", required=True, help="models, layers and controls, in order")
    parser.add_argument("--renderer", nargs="*", help="the synthesizer's script for the page, if it has one")
    parser.add_argument("--megabytes", type=float, required=True, help="what it may take of the page")
    parser.add_argument("--clips", required=True, help="file of clips to write; empty if the page renders")
    parser.add_argument("--output", required=True, help="JSON to write")
    args = parser.parse_args(argv)
    definition = args.definition
    table = pandas.read_csv(args.results / "sounds" / "parameters.csv")
    audio = args.results / "sounds" / "audio.wav"
    N = len(table)
    rendered = bool(args.renderer) and set(definition["nuisances"]) <= INAUDIBLE
    bytes_each = len(args.models) * (6 + 1 + 2 * NEIGHBORS) + 8 * len(definition["factors"])
    if not rendered:
        probe = np.unique(np.linspace(0, N - 1, 16).astype(int))
        bytes_each += np.mean([len(clip) for clip in clips(audio, N, probe)])
    shown = int(np.clip(args.megabytes * 1e6 / (4 / 3 * bytes_each), min(N, 64), min(N, MOST)))
    rows = np.unique(np.linspace(0, N - 1, shown).round().astype(int))
    reference = pandas.read_csv(args.results / "isomap" / "reference.csv")
    target = reference[["x", "y", "z"]].to_numpy(dtype=float)
    target[reference.component > 0] = np.nan
    starts = [0]
    with written_whole(args.clips) as draft, open(draft, "wb") as file:
        for clip in () if rendered else clips(audio, N, rows):
            file.write(clip + bytes(-len(clip) % 3))  # so that each begins at a character of base64
            starts.append(file.tell())
    nuisances = [name for name in table if name.startswith("nuisance_")]
    answer = {
        "N": N,
        "rows": packed(rows, "u4"),
        "reach": REACH,
        "neighbors": NEIGHBORS,
        "factors": {
            name: factor_of(table[name].to_numpy(dtype=float)[rows], entry)
            for name, entry in definition["factors"].items()
        },
        "nuisances": {
            name.removeprefix("nuisance_"): {
                "unit": definition["nuisances"].get(name.removeprefix("nuisance_"), {}).get("unit", ""),
                "values": packed(table[name].to_numpy(dtype=float)[rows], "f4"),
            }
            for name in nuisances
        },
        "sound": {
            "synthesizer": Path(definition["synthesizer"]).stem,
            "rendered": rendered,
            "rate": definition["sample_rate"],
            "duration": definition["duration"] - definition["nuisances"].get("onset", {}).get("high", 0),
            "options": {k: v for k, v in definition["options"].items() if isinstance(v, (int, float))},
            "cut": CLIP if not rendered and definition["duration"] > CLIP else 0,
            "starts": starts,
        },
        "models": {model: model_of(args.results, model, rows, target) for model in args.models},
    }
    with written_whole(args.output) as draft:
        draft.write_text(json.dumps(answer, allow_nan=False))
