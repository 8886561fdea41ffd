"""The gate: measure whether the sounds of a data set can carry the conclusions drawn from them.

Level and what it follows, band, aliasing, peak, DC, twins, whether different factors give different
sounds, correlations among factors, their spans in just-noticeable differences. Writes a tidy table
(check, factor, other, value, limit, unit, breach, note) and a figure. With --strict, a breach is an
error.
"""

import argparse
import hashlib
import itertools
import json
import sys

import numpy as np
import pandas
import soundfile
import soxr
from drawing import title, write_figure
from files import beside
from matplotlib.figure import Figure
from scales import in_jnd
from scipy.stats import rankdata
from sklearn.neighbors import NearestNeighbors
from synthesize import BLOCK, band, leveled, load_synthesizer, render, settings

COLUMNS = ["check", "factor", "other", "value", "limit", "unit", "breach", "note"]
SOME = 32  # sounds rendered again, spread over the data set
SAME = 0.003  # distance of two unit spectra below which two sounds are the same: 0.3 dB in 1 of 20 components
APART = 2  # JND in some factor from which two settings are different
SIZE = 256  # of the random projection of spectra
CORNERS = 64


def rank_correlations(columns, other):
    """Spearman's rank correlation of each column with another, {name: float}; 0 where nothing varies."""
    b = rankdata(other) - (len(other) + 1) / 2
    result = {}
    for name, values in columns.items():
        a = rankdata(values) - (len(values) + 1) / 2
        norm = np.sqrt((a @ a) * (b @ b))
        result[name] = float(a @ b / norm) if norm else 0.0
    return result


def spectra(sounds):
    """Compressed short-time magnitude spectra of unit norm, float32 (n, features).

    sounds: float (n, T). Seven frames of T / 4 samples, Hann window; magnitudes relative to their root
    mean square are raised to 0.3, about as loudness grows, so that soft components count. Blind to gain
    and to phase.
    """
    n, T = sounds.shape
    length = max(2, T // 4)
    starts = [i * (length // 2) for i in range(7)]
    frames = np.stack([sounds[:, i : i + length] for i in starts], axis=1) * np.hanning(length)
    magnitudes = np.abs(np.fft.rfft(frames, axis=2)).reshape(n, -1)
    level = np.sqrt(np.mean(magnitudes**2, axis=1, keepdims=True))
    compressed = (magnitudes / np.where(level > 0, level, 1)) ** 0.3
    return (compressed / np.maximum(np.linalg.norm(compressed, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )


def measure(path, N, limit, seed=0):
    """One pass over the file: {level (dB RMS), peak, dc (share of RMS), above (share), digest}, projections.

    limit: Hz, `above` is the share of energy over it. Projections: float32 (N, SIZE), which keep the
    distances of the spectra to about a tenth.
    """
    parts, projected, projection = [], [], None
    with soundfile.SoundFile(path) as file:
        T, rate = file.frames // N, file.samplerate
        over = np.fft.rfftfreq(T, 1 / rate) > limit
        for i in range(0, N, max(1, BLOCK // 8 // T)):
            n = min(max(1, BLOCK // 8 // T), N - i)
            sounds = file.read(n * T, dtype="float32").reshape(n, T)
            power = np.mean(np.square(sounds, dtype=float), axis=1)
            energy = np.abs(np.fft.rfft(sounds, axis=1)) ** 2
            root = np.sqrt(np.where(power > 0, power, 1))
            parts.append(
                {
                    "level": 10 * np.log10(np.maximum(power, 1e-20)),
                    "peak": np.abs(sounds).max(axis=1),
                    "dc": np.abs(sounds.mean(axis=1, dtype=float)) / root,
                    "above": energy[:, over].sum(axis=1) / np.maximum(energy.sum(axis=1), 1e-30),
                    "digest": np.array([hashlib.sha256(sound).hexdigest() for sound in sounds]),
                }
            )
            features = spectra(sounds)
            if projection is None:
                shape = (features.shape[1], SIZE)
                projection = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32) / np.sqrt(
                    SIZE
                )
            projected.append(features @ projection)
    return {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}, np.concatenate(projected)


def differences(factors, values, a, b):
    """Largest difference over the factors between rows a and b, in JND (a twentieth of the range where
    no JND is declared). factors: {name: entry}; values: {name: (N,)}; a, b: int (n,). Returns (n,)."""
    apart = []
    for name, factor in factors.items():
        jnd = factor.get("jnd") or {"step": np.ptp(values[name]) / 20 or 1}
        place = in_jnd(values[name], jnd)
        apart.append(np.abs(place[a] - place[b]))
    return np.max(apart, axis=0)


def confusions(factors, values, projections, exact):
    """Pairs of sounds that are the same up to gain although some factor is 2 JND or more apart.

    exact: function of int rows that gives their spectra. Returns a list of (row, row).
    """
    k = min(8, len(projections))
    distances, indices = NearestNeighbors(n_neighbors=k).fit(projections).kneighbors(projections)
    a, column = np.nonzero(distances < 2 * SAME)
    b = indices[a, column]
    a, b = np.unique(np.sort(np.stack([a, b]), axis=0)[:, a != b], axis=1)
    far = differences(factors, values, a, b) >= APART
    pairs = []
    for i, j in zip(a[far], b[far], strict=True):
        one, other = exact([i, j])
        if np.linalg.norm(one - other) < SAME:
            pairs.append((int(i), int(j)))
    return pairs


def residual(sounds, others):
    """Share of each sound's energy that the best multiple of another does not hold, float (n,)."""
    gain = np.sum(sounds * others, axis=1) / np.maximum(np.sum(others**2, axis=1), 1e-30)
    left = np.sum((sounds - gain[:, None] * others) ** 2, axis=1)
    return left / np.maximum(np.sum(sounds**2, axis=1), 1e-30)


def decibels(share):
    return 10 * np.log10(max(float(share), 1e-15))


def at_corners(definition, synthesizer):
    """Settings at the corners of the ranges that the synthesizer declares, {factor: (n,)}, at most 64."""
    box = {
        name: [{**entry, **synthesizer.FACTORS.get(name, {})}[end] for end in ("low", "high")]
        for name, entry in definition["factors"].items()
    }
    if 2 ** len(box) <= CORNERS:
        corners = np.array(list(itertools.product(*box.values())))
    else:
        ends = np.random.default_rng(0).integers(2, size=(CORNERS, len(box)))
        corners = np.array(list(box.values()))[np.arange(len(box)), ends]
    return dict(zip(box, corners.T.astype(float), strict=True))


def rendered_checks(definition, synthesizer, table, read):
    """Checks that render some sounds again: from their own row alone, at twice the rate, at the corners."""
    N, rate = len(table["sound"]), definition["sample_rate"]
    rows = np.unique(np.linspace(0, N - 1, min(SOME, N)).round().astype(int))
    again, _ = render(definition, synthesizer, table, rows, rate)
    again = leveled(definition, table, rows, again, band(definition, synthesizer))
    left = residual(read(rows), again)
    share = left.max()
    yield {
        "check": "own_row",
        "value": share,
        "limit": 1e-6,
        "unit": "share of energy",
        "breach": share > 1e-6,
        "note": f"largest share of a sound that its own row does not give (median {np.median(left):.2g}): "
        + ("other sounds shape it" if share > 1e-6 else "no other sound shapes it"),
    }
    if definition["design"] == "table" or not synthesizer.FACTORS:
        return
    arguments = settings(definition, synthesizer, table, rows)
    options = definition.get("options", {})

    def sounds_at(rate, arguments):
        answer = synthesizer.render(arguments, rate, definition["duration"], **options)
        return answer[0] if isinstance(answer, tuple) else answer

    once, twice = sounds_at(rate, arguments), sounds_at(2 * rate, arguments)
    if twice.shape[1] == 2 * once.shape[1] and "max_frequency" in str(
        synthesizer.render.__code__.co_varnames
    ):
        halved = soxr.resample(twice.T, 2 * rate, rate, quality="VHQ").T[:, : once.shape[1]]
        share = decibels(residual(once, halved).max())
        yield {
            "check": "aliasing",
            "value": share,
            "limit": -40,
            "unit": "dB",
            "breach": share > -40,
            "note": "largest share of energy that rendering at twice the rate does not confirm",
        }
    corners = at_corners(definition, synthesizer)
    n = len(next(iter(corners.values())))
    try:
        features = spectra(sounds_at(rate, settings(definition, synthesizer, corners, np.arange(n))))
    except ValueError as problem:
        yield {"check": "identifiable_range", "note": f"a corner of the range cannot be rendered: {problem}"}
        return
    a, b = np.triu_indices(n, 1)
    same = np.linalg.norm(features[a] - features[b], axis=1) < SAME
    a, b = a[same], b[same]
    note = f"pairs of the {n} corners of the declared range that sound the same up to gain"
    if len(a):
        note += f", such as {describe(corners, a[0])} and {describe(corners, b[0])}"
    yield {
        "check": "identifiable_range",
        "value": len(a),
        "limit": 0,
        "unit": "pairs",
        "breach": len(a) > 0,
        "note": note,
    }


def describe(values, row):
    return "(" + ", ".join(f"{name} {column[row]:.4g}" for name, column in values.items()) + ")"


def checks(definition, synthesizer, table, measured, projections, read, resampled, K):
    """All rows of the gate's table, as dicts with some of COLUMNS.

    table: {column: (N,)} of parameters.csv; measured, projections: see measure(); read: function of int
    rows that gives sounds, float (n, T); resampled: whether models hear the data set at their own rate;
    K: neighbours that the analyses ask for, 0 if none do.
    """
    factors, N = definition["factors"], len(table["sound"])
    values = {name: table[name] for name in factors}
    in_ladder = "ladder" in definition
    gain = definition.get("nuisances", {}).get("gain", {"low": 0, "high": 0})
    rove = gain["high"] - gain["low"]
    level = measured["level"]
    limit = rove + 0.5
    yield {
        "check": "level_range",
        "value": np.ptp(level),
        "limit": limit,
        "unit": "dB",
        "breach": np.ptp(level) > limit,
        "note": f"of RMS over the clip; a rove of {rove:g} dB is meant",
    }
    limit = max(0.1, 3 / np.sqrt(max(N - 1, 1)))
    for name, rho in rank_correlations(values, level).items():
        yield {
            "check": "level_correlation",
            "factor": name,
            "value": rho,
            "limit": limit,
            "unit": "rank correlation",
            "breach": abs(rho) > limit,
            "note": "level tells the factor" if abs(rho) > limit else "",
        }
    seeds = [f"nuisance_{n}" for n, entry in definition.get("nuisances", {}).items() if entry["unit"] == "seed"]
    nuisances = {c: v for c, v in table.items() if c.startswith("nuisance_") and c not in seeds}
    pairs = {}
    for i, name in enumerate(factors):
        others = dict(list(values.items())[i + 1 :]) | nuisances
        pairs |= {(name, other): rho for other, rho in rank_correlations(others, values[name]).items()}
    if pairs:
        (name, other), rho = max(pairs.items(), key=lambda pair: abs(pair[1]))
        # over many pairs the largest is large by chance alone
        limit = max(0.1, (2 + np.sqrt(2 * np.log(len(pairs) + 1))) / np.sqrt(max(N - 1, 1)))
        yield {
            "check": "correlation",
            "factor": name,
            "other": other.removeprefix("nuisance_"),
            "value": rho,
            "limit": limit,
            "unit": "rank correlation",
            "breach": abs(rho) > limit,
            "note": f"the largest of {len(pairs)} pairs of factors and nuisances",
        }
    spans = {}
    for name, factor in factors.items():
        if factor.get("jnd"):
            spans[name] = float(np.ptp(in_jnd(values[name], factor["jnd"])))
            size = factor["jnd"]
            size = f"{size['percent']:g} %" if "percent" in size else f"{size['step']:g} {factor['unit']}"
            note = f"JND {size}, {factor['jnd']['source']}"
        else:
            note = "no JND declared"
        yield {"check": "span", "factor": name, "value": spans.get(name), "unit": "JND", "note": note}
    if len(spans) > 1 and min(spans.values()) > 0:
        most, least = max(spans, key=spans.get), min(spans, key=spans.get)
        ratio = spans[most] / spans[least]
        yield {
            "check": "span_ratio",
            "factor": most,
            "other": least,
            "value": ratio,
            "limit": 20,
            "unit": "ratio",
            "breach": ratio > 20,
            "note": "widest to narrowest factor in JND: the widest rules the neighbourhoods",
        }
    for name in factors if K and not in_ladder else ():
        shared = N / len(np.unique(values[name]))
        if shared > 1.5:
            yield {
                "check": "sounds_per_value",
                "factor": name,
                "value": shared,
                "limit": K,
                "unit": "sounds",
                "breach": shared > K,
                "note": f"{N / shared:.0f} values only; all K = {K} neighbours can share one",
            }
    duration = definition["duration"]
    yield {
        "check": "clip",
        "value": duration,
        "limit": 0.5,
        "unit": "s",
        "breach": duration < 0.5,
        "note": "many models look at about 1 s, and pitch is heard less finely in short tones",
    }
    yield {
        "check": "sample_rate",
        "value": definition["sample_rate"],
        "unit": "Hz",
        "breach": not resampled,
        "note": "every model hears it at its own rate"
        if resampled
        else "the same samples go to every model: at twice the rate, an octave up and half as long",
    }
    for check, limit in (("peak", 1.0), ("dc", 0.01)):
        worst = float(measured[check].max())
        unit = "full scale" if check == "peak" else "share of RMS"
        breach = worst > limit + 1e-6
        yield {"check": check, "value": worst, "limit": limit, "unit": unit, "breach": breach}
    top = band(definition, synthesizer)
    if top < definition["sample_rate"] / 2:
        share = decibels(measured["above"].max())
        yield {
            "check": "band",
            "value": share,
            "limit": -50,
            "unit": "dB",
            "breach": share > -50,
            "note": f"largest share of energy above {top:g} Hz",
        }
    twins = N - len(np.unique(measured["digest"]))
    yield {"check": "twins", "value": twins, "limit": 0, "unit": "sounds", "breach": twins > 0}
    pairs = confusions(factors, values, projections, lambda rows: spectra(read(rows)))
    note = "pairs that sound the same up to gain though a factor differs by 2 JND or more"
    if pairs:
        note += f", such as sounds {pairs[0][0]} and {pairs[0][1]}"
    yield {
        "check": "identifiable",
        "value": len(pairs),
        "limit": 0,
        "unit": "pairs",
        "breach": len(pairs) > 0,
        "note": note,
    }
    # what was asked for is what renders the sound; what was measured is what stands as the factor
    asked = table | {name: table[f"requested_{name}"] for name in factors if f"requested_{name}" in table}
    yield from rendered_checks(definition, synthesizer, asked, read)


def draw(definition, table, level, rows, shown=6):
    """The figure: spans of the factors in JND, and level against each factor (at most six, worst first)."""
    factors = definition["factors"]
    named = [row["factor"] for row in rows if row["check"] == "level_correlation"]
    rho = {row["factor"]: row["value"] for row in rows if row["check"] == "level_correlation"}
    chosen = named if len(named) <= shown else sorted(named, key=lambda name: -abs(rho[name]))[:shown]
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
    others[0].set_ylabel("RMS level (dB re full scale)")
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
    frame = pandas.read_csv(args.parameters, keep_default_na=False)
    table = {name: frame[name].to_numpy() for name in frame}
    N = len(frame)

    def read(rows):
        with soundfile.SoundFile(args.audio) as file:
            T = file.frames // N
            return np.stack([(file.seek(int(row) * T), file.read(T))[1] for row in rows])

    measured, projections = measure(args.audio, N, band(definition, synthesizer))
    rows = list(checks(definition, synthesizer, table, measured, projections, read, args.resampled, args.K))
    breaches = [row for row in rows if row.get("breach")]
    result = pandas.DataFrame(rows, columns=COLUMNS)
    result["breach"] = result["breach"].fillna(False).map({True: "yes", False: ""})
    print(result.to_string(index=False, na_rep=""))
    if breaches and args.strict:
        named = ", ".join(f"{row['check']} {row.get('factor', '')}".strip() for row in breaches)
        sys.exit(f"error: the gate found {len(breaches)} breaches ({named}) and the data set is strict")
    write_figure(draw(definition, table, measured["level"], rows), args.figure)
    with beside(args.checks) as draft:
        result.to_csv(draft, index=False, float_format="%.6g")


if __name__ == "__main__":
    main()
