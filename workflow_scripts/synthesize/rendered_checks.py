"""Checks that render sounds again: from their own row, at twice the rate, and without nuisances."""

import itertools

import numpy as np
import soxr

from synthesize.gate import decibels, row
from synthesize.spectra import below, confusions, residual, same_settings, spectra_of_rows
from synthesize.synthesize import leveled, render, settings, synthesized

SOME = 32  # sounds rendered again, spread over the data set
BARE = 512  # sounds rendered again without nuisances
CORNERS = 6  # factors, up to which all corners of their ranges are compared


def spread(N, n):
    """At most n of N rows, evenly spread, int."""
    return np.unique(np.linspace(0, N - 1, min(n, N)).round().astype(int))


def plain(data, table, rows, rate=None):
    """Sounds of some rows as the synthesizer makes them, without the nuisances that any data set can have.

    table: {column: (N,)}; what it lacks stands at its default. rate: Hz, the data set's if None. Returns
    float64 (n, T). Raises ValueError where the synthesizer does.
    """
    definition = data.definition
    parameters = settings(definition, data.synthesizer, table, rows)
    rate, options = rate or definition["sample_rate"], definition.get("options", {})
    sounds, _ = synthesized(data.synthesizer, parameters, rate, definition["duration"], options)
    return sounds


def own_row(data):
    """Whether a sound is made again from nothing but its own row."""
    rows = spread(data.sounds.N, SOME)
    again, _ = render(data.definition, data.synthesizer, data.requested, rows)
    again = leveled(data.definition, data.synthesizer, data.requested, rows, again)
    left = residual(data.sounds[rows], again)
    reason = "other sounds or chance shape it" if left.max() > 1e-6 else "nothing else shapes it"
    note = f"largest share of a sound that its own row does not give (median {np.median(left):.2g}): {reason}"
    yield row("own_row", left.max(), "share of energy", 1e-6, note=note)


def aliasing(data):
    """Whether rendering at twice the rate gives the same sounds."""
    rows, rate = spread(data.sounds.N, SOME), data.definition["sample_rate"]
    once = plain(data, data.requested, rows)
    try:
        twice = plain(data, data.requested, rows, 2 * rate)
    except ValueError as problem:
        yield row("aliasing", note=f"not checked: it does not render at {2 * rate} Hz: {problem}")
        return
    halved = soxr.resample(twice.T, 2 * rate, rate, quality="VHQ").T[:, : once.shape[1]]
    share = decibels(residual(below(once, 0.9), below(halved, 0.9)).max())
    note = "largest share of energy that rendering at twice the rate does not confirm"
    yield row("aliasing", share, "dB", -40, share > -40, note)


def confusion_row(pairs, what):
    """The row of sounds that cannot be told apart. pairs: list of (row, row).

    what: which sounds were compared, as `pairs of recordings`.
    """
    note = f"{what} that are the same up to gain though a factor differs by 2 JND or more"
    example = f", such as sounds {pairs[0][0]} and {pairs[0][1]}" if pairs else ""
    return row("identifiable", len(pairs), "pairs", 0, note=note + example)


def identifiable_recordings(data):
    """Whether recordings of different factors are different sounds."""
    values = {name: data.requested[name] for name in data.definition["factors"]}
    pairs = confusions(data.definition["factors"], values, lambda rows: data.sounds[rows])
    yield confusion_row(pairs, "pairs of recordings")


def identifiable(data):
    """Whether different factors give different sounds, without nuisances."""
    chosen = spread(data.sounds.N, BARE)
    values = {name: data.requested[name][chosen] for name in data.definition["factors"]}
    pairs = confusions(data.definition["factors"], values, lambda rows: plain(data, values, rows))
    pairs = [(chosen[i], chosen[j]) for i, j in pairs]
    yield confusion_row(pairs, f"pairs of {len(chosen)} sounds without nuisances")


def combinations(factors):
    """Settings to compare, {factor: (n,)}: each factor low and high around four points; all corners if few.

    factors: {name: {low, high}}. A factor that does nothing shows as settings that sound the same, and so
    does one that undoes another.
    """
    ends = {name: (entry["low"], entry["high"]) for name, entry in factors.items()}
    rng = np.random.default_rng(0)
    points = [
        {name: low + share * (high - low) for name, (low, high) in ends.items()} for share in (0.5, 0.25)
    ]
    points += [{name: rng.uniform(*pair) for name, pair in ends.items()} for _ in range(2)]
    combined = [point | {name: end} for point in points for name, pair in ends.items() for end in pair]
    if len(ends) <= CORNERS:
        combined += [dict(zip(ends, corner, strict=True)) for corner in itertools.product(*ends.values())]
    return {name: np.array([setting[name] for setting in combined], dtype=float) for name in ends}


def described(values, i):
    """Setting i in words: (f1 12, alpha 2)."""
    return "(" + ", ".join(f"{name} {column[i]:.4g}" for name, column in values.items()) + ")"


def range_row(data, check, factors, whose):
    """The row of settings of some ranges that sound the same.

    It is a breach if one of two such settings lies within the data set's own ranges. factors: {name: {low,
    high, jnd}}; whose: ranges they are.
    """
    values = combinations(factors)
    n = len(next(iter(values.values())))
    try:
        features = np.concatenate([*spectra_of_rows(lambda rows: plain(data, values, rows), n)])
    except ValueError as problem:
        return row(check, note=f"not checked: {problem}")
    pairs = same_settings(factors, values, features)
    own = data.definition["factors"]
    within = [(column >= own[name]["low"]) & (column <= own[name]["high"]) for name, column in values.items()]
    breach = np.all(within, axis=0)[pairs].any()
    note = f"pairs of {n} settings around and at the ends of the ranges of {whose} that sound the same"
    if len(pairs):
        a, b = pairs[-1]
        note = f"{note}, such as {described(values, a)} and {described(values, b)}"
    return row(check, len(pairs), "pairs", 0, breach, note)


def identifiable_range(data):
    """Whether settings within the data set's ranges sound the same."""
    yield range_row(data, "identifiable_range", data.definition["factors"], "the data set")


def identifiable_declared(data):
    """The same within the ranges that the synthesizer declares, if they are not the data set's."""
    factors = data.definition["factors"]
    declared = {name: entry | data.synthesizer.FACTORS.get(name, {}) for name, entry in factors.items()}
    if any(declared[name][end] != factors[name][end] for name in factors for end in ("low", "high")):
        yield range_row(data, "identifiable_declared", declared, "the synthesizer's declaration")


def checks_of(definition):
    """The checks that fit a data set: recordings cannot be made anew, conditions of experiments are alike."""
    if definition["synthesizer"] == "recordings":
        return own_row, identifiable_recordings
    if "experiment" in definition:
        return own_row, aliasing
    return own_row, aliasing, identifiable, identifiable_range, identifiable_declared
