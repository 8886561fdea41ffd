"""Perceptual scales of factors: where equal steps are equal, and how large a just-noticeable one is.

A factor is sampled uniformly on its scale: `linear`, `log`, or `erb` (ERB rate of a frequency in Hz). Its
just-noticeable difference (JND) is relative, {percent: x}, or in the factor's own unit, {step: x}; x is a
number, or a table of sizes by value (jnds.py). Counting in JND makes factors of different units comparable.
The distance in JND of two values is the integral of dx / JND(x) between them. Each JND carries its source, or
the word `assumed`.
"""

import numpy as np
from scipy.special import exprel

from shared.jnds import on_axis, varies

ERB_SLOPE = 0.00437  # 1/Hz, Glasberg & Moore (1990)


def erb_rate(frequency):
    """ERB-number scale of Glasberg & Moore (1990): 21.4 log10(1 + 0.00437 f), f in Hz, in Cams."""
    return 21.4 * np.log10(1 + ERB_SLOPE * frequency)


def from_erb_rate(rate):
    """Frequency in Hz of an ERB rate in Cams."""
    return (10 ** (rate / 21.4) - 1) / ERB_SLOPE


CONVERSIONS = {  # each of shared.names.SCALES: to the scale, back from it
    "linear": (lambda x: x, lambda x: x),
    "log": (np.log, np.exp),
    "erb": (erb_rate, from_erb_rate),
}


def on_scale(values, scale):
    """Values of a factor on its scale.

    values: float array, above 0 for `log`; scale: one of shared.names.SCALES. Returns a float64 array.
    """
    return CONVERSIONS[scale][0](np.asarray(values, dtype=float))


def off_scale(values, scale):
    """Inverse of on_scale."""
    return CONVERSIONS[scale][1](np.asarray(values, dtype=float))


def pieces(jnd):
    """A JND that varies as pieces on whose axis its size is linear, four float arrays (rows + 1,).

    start, count at the start (from the first row), size there, and slope of the size. The first and the last
    piece lie beyond the table, where the size is constant.
    """
    places, sizes = map(np.array, on_axis(jnd))
    widths, slopes = np.diff(places), np.diff(sizes) / np.diff(places)
    counts = np.cumsum([0, *(widths / sizes[:-1] / exprel(np.log(sizes[1:] / sizes[:-1])))])
    return (
        np.array([places[0], *places]),
        np.array([0, *counts]),
        np.array([sizes[0], *sizes]),
        np.array([0, *slopes, 0]),
    )


def in_jnd(values, jnd):
    """Values of a factor counted in JND, from an arbitrary origin: the integral of dx / JND(x).

    jnd: {percent: x} (values above 0: ln(value) / ln(1 + x / 100)) or {step: x} (value / x), or either with a
    table of x by value.
    """
    values = np.asarray(values, dtype=float)
    if varies(jnd):
        starts, counts, sizes, slopes = pieces(jnd)
        places = np.log(values) if "percent" in jnd else values
        i = np.searchsorted(starts[1:], places, side="right")
        ahead = (places - starts[i]) / sizes[i]
        return counts[i] + ahead / exprel(np.log1p(slopes[i] * ahead))
    if "percent" in jnd:
        return np.log(values) / np.log1p(jnd["percent"] / 100)
    return values / jnd["step"]


def from_jnd(count, jnd):
    """Inverse of in_jnd."""
    count = np.asarray(count, dtype=float)
    if varies(jnd):
        starts, counts, sizes, slopes = pieces(jnd)
        i = np.searchsorted(counts[1:], count, side="right")
        ahead = count - counts[i]
        places = starts[i] + sizes[i] * ahead * exprel(slopes[i] * ahead)
        return np.exp(places) if "percent" in jnd else places
    if "percent" in jnd:
        return np.exp(count * np.log1p(jnd["percent"] / 100))
    return count * jnd["step"]


def span(low, high, jnd):
    """Width of a range in JND."""
    return float(in_jnd(high, jnd) - in_jnd(low, jnd))


def mean_jnd(entry):
    """The constant JND of which a factor's range holds as many as of its own; a constant as it is."""
    jnd, low, high = entry["jnd"], entry.get("low"), entry.get("high")
    if not varies(jnd):
        return jnd
    if "percent" in jnd:
        return {"percent": 100 * float(np.expm1(np.log(high / low) / span(low, high, jnd)))}
    return {"step": (high - low) / span(low, high, jnd)}
