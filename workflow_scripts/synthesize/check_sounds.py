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
from matplotlib.figure import Figure
from scipy.spatial.distance import pdist, squareform
from scipy.stats import rankdata
from shared.drawing import title, write_figure
from shared.files import written_whole
from shared.scales import in_jnd
from sklearn.neighbors import NearestNeighbors

from synthesize.synthesize import BLOCK, active_rms, band, leveled, load_synthesizer, render, settings

COLUMNS = ["check", "factor", "other", "value", "limit", "unit", "breach", "note"]
SOME = 32  # sounds rendered again, spread over the data set
BARE = 512  # sounds rendered again without nuisances
BINS = 2048  # of each frame's spectrum, at most
SAME = 0.003  # distance of two unit spectra below which two sounds are the same: 0.3 dB in 1 of 20 components
APART = 2  # JND in some factor from which two settings are different
SIZE = 256  # of the random projection of spectra
CORNERS = 6  # factors, up to which all corners of their ranges are compared


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

    sounds: float (n, T). Seven frames of T / 4 samples, Hann window, neighbouring bins added up to at most
    BINS; magnitudes relative to their root mean square are raised to 0.3, about as loudness grows, so that
    soft components count. Blind to gain only: nuisances make spectra differ.
    """
    n, T = sounds.shape
    length = max(2, T // 4)
    starts = [i * (length // 2) for i in range(7)]
    frames = np.stack([sounds[:, i : i + length] for i in starts], axis=1) * np.hanning(length)
    power = np.abs(np.fft.rfft(frames, axis=2)) ** 2
    starts = np.unique(np.linspace(0, power.shape[2], BINS, endpoint=False).astype(int))
    magnitudes = np.sqrt(np.add.reduceat(power, starts, axis=2)).reshape(n, -1)
    level = np.sqrt(np.mean(magnitudes**2, axis=1, keepdims=True))
    compressed = (magnitudes / np.where(level > 0, level, 1)) ** 0.3
    return (compressed / np.maximum(np.linalg.norm(compressed, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )


def measure(path, N, limit):
    """One pass over the file: {rms, active (dB re full scale), peak, dc (share of RMS), above, digest}.

    limit: Hz; `above` is the share of a sound's energy over it. Each value is an array (N,).
    """
    parts = []
    with soundfile.SoundFile(path) as file:
        T, rate = file.frames // N, file.samplerate
        over = np.fft.rfftfreq(T, 1 / rate) > limit
        for i in range(0, N, max(1, BLOCK // 8 // T)):
            n = min(max(1, BLOCK // 8 // T), N - i)
            sounds = file.read(n * T, dtype="float32").reshape(n, T)
            root = np.sqrt(np.mean(np.square(sounds, dtype=float), axis=1))
            energy = np.abs(np.fft.rfft(sounds, axis=1)) ** 2
            parts.append(
                {
                    "rms": 20 * np.log10(np.maximum(root, 1e-10)),
                    "active": 20 * np.log10(np.maximum(active_rms(sounds, rate), 1e-10)),
                    "peak": np.abs(sounds).max(axis=1),
                    "dc": np.abs(sounds.mean(axis=1, dtype=float)) / np.where(root > 0, root, 1),
                    "above": energy[:, over].sum(axis=1) / np.maximum(energy.sum(axis=1), 1e-30),
                    "digest": np.array([hashlib.sha256(sound).hexdigest() for sound in sounds]),
                }
            )
    return {key: np.concatenate([p[key] for p in parts]) for key in parts[0]}


def projected(blocks, seed=0):
    """Spectra of blocks of sounds in few dimensions, float32 (N, SIZE), distances kept to about a tenth."""
    result, projection = [], None
    for sounds in blocks:
        features = spectra(sounds)
        if projection is None:
            rng = np.random.default_rng(seed)
            projection = rng.standard_normal((features.shape[1], SIZE), dtype=np.float32)
        result.append(features @ projection / np.float32(np.sqrt(SIZE)))
    return np.concatenate(result)


def differences(factors, values, a, b):
    """Largest difference over the factors between rows a and b, in JND (a twentieth of the range where
    no JND is declared). factors: {name: entry}; values: {name: (N,)}; a, b: int (n,). Returns (n,)."""
    apart = []
    for name, factor in factors.items():
        jnd = factor.get("jnd") or {"step": np.ptp(values[name]) / 20 or 1}
        place = in_jnd(values[name], jnd)
        apart.append(np.abs(place[a] - place[b]))
    return np.max(apart, axis=0)


def confusions(factors, values, sounds):
    """Pairs of sounds that are the same up to gain although some factor is 2 JND or more apart.

    factors: {name: entry}; values: {name: (n,)}; sounds: function of int rows that gives float (rows, T).
    Returns a list of (row, row).
    """
    n = len(next(iter(values.values())))
    projections = projected(sounds(np.arange(i, min(i + 64, n))) for i in range(0, n, 64))
    k = min(8, n)
    distances, indices = NearestNeighbors(n_neighbors=k).fit(projections).kneighbors(projections)
    a, column = np.nonzero(distances < 2 * SAME)
    b = indices[a, column]
    a, b = np.unique(np.sort(np.stack([a, b]), axis=0)[:, a != b], axis=1)
    far = differences(factors, values, a, b) >= APART
    pairs = []
    for i, j in zip(a[far], b[far], strict=True):
        one, other = spectra(sounds(np.array([i, j])))
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


def combinations(factors):
    """Settings to compare, {factor: (n,)}: each factor low and high around four points; all corners if few.

    factors: {name: {low, high}}. A factor that does nothing, and one that undoes another, show as twins.
    """
    ends = {name: (entry["low"], entry["high"]) for name, entry in factors.items()}
    rng = np.random.default_rng(0)
    points = [
        {name: low + share * (high - low) for name, (low, high) in ends.items()} for share in (0.5, 0.25)
    ]
    points += [{name: rng.uniform(*pair) for name, pair in ends.items()} for _ in range(2)]
    rows = [point | {name: end} for point in points for name, pair in ends.items() for end in pair]
    if len(ends) <= CORNERS:
        rows += [dict(zip(ends, corner, strict=True)) for corner in itertools.product(*ends.values())]
    return {name: np.array([row[name] for row in rows], dtype=float) for name in ends}


def describe(values, row):
    return "(" + ", ".join(f"{name} {column[row]:.4g}" for name, column in values.items()) + ")"


def same_settings(factors, values, features):
    """Pairs of settings, 2 JND or more apart in some factor, that have the same spectrum: int (pairs, 2)."""
    near = squareform(pdist(features)) < SAME
    a, b = np.nonzero(np.triu(near, 1))
    unlike = differences(factors, values, a, b) >= APART if len(a) else np.zeros(0, bool)
    return np.stack([a[unlike], b[unlike]], axis=1)


def row(check, value=None, unit="", limit=None, breach=None, note="", factor="", other=""):
    """One row of the table. A breach is a magnitude above the limit, unless stated."""
    if breach is None:
        breach = limit is not None and abs(value) > limit
    values = (check, factor, other, value, limit, unit, bool(breach), note)
    return dict(zip(COLUMNS, values, strict=True))


def level_checks(definition, values, measured, error):
    """How far level ranges, and whether it follows a factor.

    The level that the data set equalises is judged: over the clip, or while it sounds. The other one is
    described, since a factor that makes sounds longer moves one of the two. error: standard error of a
    rank correlation.
    """
    gain = definition.get("nuisances", {}).get("gain", {"low": 0, "high": 0})
    rove = gain["high"] - gain["low"]
    limit = min(max(0.1, 3 * error), 0.7)
    kinds = {"rms": "of RMS over the clip", "active": "of RMS while it sounds"}
    main = "active" if definition["normalize"] == "active" else "rms"
    what = kinds.pop(main)
    note = f"{what}; a rove of {rove:g} dB is meant"
    yield row("level_range", np.ptp(measured[main]), "dB", rove + 0.5, note=note)
    judged = rank_correlations(values, measured[main])
    for name, rho in judged.items():
        note = what + ("; level tells the factor" if abs(rho) > limit else "")
        yield row("level_correlation", rho, "rank correlation", limit, note=note, factor=name)
    ((kind, what),) = kinds.items()
    yield row(f"{kind}_range", np.ptp(measured[kind]), "dB", note=what)
    for name, rho in rank_correlations(values, measured[kind]).items():
        if abs(rho) > limit >= abs(judged[name]):
            note = f"{what}: the factor makes sounds longer or shorter"
            yield row(f"{kind}_correlation", rho, "rank correlation", note=note, factor=name)


def design_checks(definition, table, values, error, K):
    """Correlations of factors with each other and with nuisances, spans in JND, sounds that share a value."""
    nuisances = {
        f"nuisance_{name}": table[f"nuisance_{name}"]
        for name, entry in definition.get("nuisances", {}).items()
        if entry.get("unit") != "seed"
    }
    pairs = {}
    for i, name in enumerate(values):
        others = dict(list(values.items())[i + 1 :]) | nuisances
        pairs |= {(name, other): rho for other, rho in rank_correlations(others, values[name]).items()}
    if pairs:
        (name, other), rho = max(pairs.items(), key=lambda pair: abs(pair[1]))
        # over many pairs the largest is large by chance alone
        limit = min(max(0.1, (2 + np.sqrt(2 * np.log(len(pairs) + 1))) * error), 0.7)
        note = f"the largest of {len(pairs)} pairs of factors and nuisances"
        other = other.removeprefix("nuisance_")
        yield row("correlation", rho, "rank correlation", limit, note=note, factor=name, other=other)
    spans = {}
    for name, factor in definition["factors"].items():
        note = "no JND declared"
        if jnd := factor.get("jnd"):
            spans[name] = float(np.ptp(in_jnd(values[name], jnd)))
            size = f"{jnd['percent']:g} %" if "percent" in jnd else f"{jnd['step']:g} {factor['unit']}"
            note = f"JND {size}, {jnd['source']}"
        yield row("span", spans.get(name), "JND", note=note, factor=name)
    if len(spans) > 1 and min(spans.values()) > 0:
        most, least = max(spans, key=spans.get), min(spans, key=spans.get)
        note = "widest to narrowest factor in JND: the widest rules the neighbourhoods"
        yield row("span_ratio", spans[most] / spans[least], "ratio", 20, note=note, factor=most, other=least)
    for name, column in values.items() if K and "ladder" not in definition else ():
        count = len(np.unique(column))
        shared = len(column) / count
        if shared > 1.5:
            note = f"{count} values only" + (f"; all K = {K} neighbours can share one" if shared > K else "")
            yield row("sounds_per_value", shared, "sounds", K, note=note, factor=name)


def file_checks(definition, values, measured, top, resampled):
    """The clip, its rate, and what one pass over the file measured. top: of the stated band, Hz."""
    note = "many models look at about 1 s, and pitch is heard less finely in short tones"
    duration, rate = definition["duration"], definition["sample_rate"]
    yield row("clip", duration, "s", 0.5, duration < 0.5, note)
    note = "the same samples go to every model: at twice the rate, an octave up and half as long"
    note = "every model hears it at its own rate" if resampled else note
    yield row("sample_rate", rate, "Hz", breach=not resampled, note=note)
    yield row("peak", float(measured["peak"].max()), "full scale", 1 + 1e-6)
    yield row("dc", float(measured["dc"].max()), "share of RMS", 0.01)
    if top < rate / 2:
        share = decibels(measured["above"].max())
        yield row("band", share, "dB", -50, share > -50, f"largest share of energy above {top:g} Hz")
    different = np.unique(np.stack([*values.values()], axis=1), axis=0, return_inverse=True)[1].ravel()
    twins = len(set(zip(measured["digest"], different, strict=True))) - len(set(measured["digest"]))
    yield row("twins", twins, "sounds", 0, note="equal to the bit to a sound of other factors")


def confused(pairs, what):
    note = f"{what} that are the same up to gain though a factor differs by 2 JND or more"
    if pairs:
        note += f", such as sounds {pairs[0][0]} and {pairs[0][1]}"
    return row("identifiable", len(pairs), "pairs", 0, note=note)


def rendered_checks(definition, synthesizer, table, read):
    """Checks that render sounds again: from their own row, at twice the rate, without nuisances."""
    N, rate = len(table["sound"]), definition["sample_rate"]
    factors, options = definition["factors"], definition.get("options", {})
    some, more = (np.unique(np.linspace(0, N - 1, min(n, N)).round().astype(int)) for n in (SOME, BARE))
    again, _ = render(definition, synthesizer, table, some, rate)
    left = residual(read(some), leveled(definition, table, some, again, band(definition, synthesizer)))
    note = f"largest share of a sound that its own row does not give (median {np.median(left):.2g}): "
    note += "other sounds or chance shape it" if left.max() > 1e-6 else "nothing else shapes it"
    yield row("own_row", left.max(), "share of energy", 1e-6, note=note)
    if definition["synthesizer"] == "recordings":
        values = {name: table[name] for name in factors}
        yield confused(confusions(factors, values, read), "pairs of recordings")
        return

    def bare(values, rows, rate=rate):
        """Sounds of some settings as the synthesizer makes them, its own nuisances at their default."""
        asked = settings(definition, synthesizer, values, rows)
        answer = synthesizer.render(asked, rate, definition["duration"], **options)
        return answer[0] if isinstance(answer, tuple) else answer

    once = bare(table, some)
    try:
        twice = bare(table, some, 2 * rate)
        halved = soxr.resample(twice.T, 2 * rate, rate, quality="VHQ").T[:, : once.shape[1]]
        share = decibels(residual(below(once, 0.9), below(halved, 0.9)).max())
        note = "largest share of energy that rendering at twice the rate does not confirm"
        yield row("aliasing", share, "dB", -40, share > -40, note)
    except ValueError as problem:
        yield row("aliasing", note=f"not checked: it does not render at {2 * rate} Hz: {problem}")
    values = {name: table[name][more] for name in factors}
    pairs = confusions(factors, values, lambda rows: bare(values, rows))
    what = f"pairs of {len(more)} sounds without nuisances"
    yield confused([(more[i], more[j]) for i, j in pairs], what)
    yield range_check("identifiable_range", "the data set", factors, factors, bare)
    declared = {name: entry | synthesizer.FACTORS.get(name, {}) for name, entry in factors.items()}
    ends = [[(box[name]["low"], box[name]["high"]) for name in factors] for box in (factors, declared)]
    if ends[0] != ends[1]:
        yield range_check("identifiable_declared", "the synthesizer's declaration", declared, factors, bare)


def range_check(check, whose, box, own, bare):
    """Settings of some ranges that sound alike; a breach if one of the two lies in the data set's own.

    box, own: {factor: {low, high}}; bare: renders some rows of settings.
    """
    values = combinations(box)
    n = len(next(iter(values.values())))
    try:
        features = [spectra(bare(values, np.arange(i, min(i + 64, n)))) for i in range(0, n, 64)]
    except ValueError as problem:
        return row(check, note=f"not checked: {problem}")
    pairs = same_settings(box, values, np.concatenate(features))
    within = [(column >= own[name]["low"]) & (column <= own[name]["high"]) for name, column in values.items()]
    note = f"pairs of {n} settings around and at the ends of the ranges of {whose} that sound the same"
    if len(pairs):
        note += f", such as {describe(values, pairs[-1][0])} and {describe(values, pairs[-1][1])}"
    return row(check, len(pairs), "pairs", 0, np.all(within, axis=0)[pairs].any(), note)


def below(sounds, share):
    """Sounds without what lies above a share of half their sample rate."""
    spectrum = np.fft.rfft(sounds, axis=1)
    spectrum[:, round(share * spectrum.shape[1]) :] = 0
    return np.fft.irfft(spectrum, sounds.shape[1], axis=1)


def checks(definition, synthesizer, table, measured, read, resampled, K):
    """All rows of the gate's table.

    table: {column: (N,)} of parameters.csv; measured: see measure(); read: function of int rows that gives
    sounds, float (n, T); resampled: whether models hear the data set at their own rate; K: neighbours that
    the analyses ask for, 0 if none do.
    """
    N = len(table["sound"])
    values = {name: table[name] for name in definition["factors"]}
    # in a table or a grid a correlation is a fact, in a drawn design it is partly chance
    error = 0 if definition["design"] in ("table", "grid") else 1 / np.sqrt(max(N - 1, 1))
    # what was asked for renders the sound; what was measured stands as the factor
    asked = table | {name: table[f"requested_{name}"] for name in values if f"requested_{name}" in table}
    return [
        *level_checks(definition, values, measured, error),
        *design_checks(definition, table, values, error, K),
        *file_checks(definition, values, measured, band(definition, synthesizer), resampled),
        *rendered_checks(definition, synthesizer, asked, read),
    ]


def draw(definition, table, level, rows, shown=6):
    """The figure: spans of the factors in JND, and level against each factor (at most six, worst first)."""
    factors = definition["factors"]
    rho = {row["factor"]: row["value"] for row in rows if row["check"] == "level_correlation"}
    chosen = list(rho) if len(rho) <= shown else sorted(rho, key=lambda name: -abs(rho[name]))[:shown]
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
    frame = pandas.read_csv(args.parameters, keep_default_na=False, dtype={"file": str})
    table = {name: frame[name].to_numpy() for name in frame}
    N = len(frame)

    def read(rows):
        with soundfile.SoundFile(args.audio) as file:
            T = file.frames // N
            return np.stack([(file.seek(int(row) * T), file.read(T))[1] for row in rows])

    measured = measure(args.audio, N, band(definition, synthesizer))
    rows = checks(definition, synthesizer, table, measured, read, args.resampled, args.K)
    breaches = [row for row in rows if row["breach"]]
    result = pandas.DataFrame(rows, columns=COLUMNS)
    result["breach"] = result["breach"].map({True: "yes", False: ""})
    print(result.to_string(index=False, na_rep=""))
    if breaches and args.strict:
        named = ", ".join(f"{row['check']} {row['factor']}".strip() for row in breaches)
        sys.exit(f"error: the gate found {len(breaches)} breaches ({named}) and the data set is strict")
    level = measured["active" if definition["normalize"] == "active" else "rms"]
    write_figure(draw(definition, table, level, rows), args.figure)
    with written_whole(args.checks) as draft:
        result.to_csv(draft, index=False, float_format="%.6g")
