"""Steps of a ladder in the units that one reads: cents, percent, or the factor's own.

A just-noticeable difference (JND) that varies over the range is another number of cents at each place. Steps
are then given by its mean over the range: the cents (or the unit) of the range by its number of JND.
"""

import numpy as np
from shared.jnds import held, kind_of, places_within, size_at, varies
from shared.scales import from_jnd, mean_jnd


def in_units(count, entry):
    """A step counted in JND as (size, unit): cents for a pitch, percent, or the factor's own unit."""
    jnd = mean_jnd(entry)
    if "step" in jnd:
        return count * jnd["step"], entry["unit"]
    ratio = from_jnd(count, jnd)
    return (1200 * np.log2(ratio), "cents") if entry["scale"] == "erb" else (100 * (ratio - 1), "percent")


def in_words(count, entry):
    """A step counted in JND, as "17.2 cents"."""
    size, unit = in_units(count, entry)
    return f"{size:.3g} {unit}" if size < 1000 else f"{size:.0f} {unit}"


def listeners(entry):
    """One JND in words: one that varies by its mean, its smallest and its largest over the range."""
    jnd = entry["jnd"]
    if not varies(jnd):
        return in_words(1, entry)
    low, high = entry["low"], entry["high"]
    sizes = [size_at(value, jnd) for value in places_within(jnd, low, high)]
    least, most = (entry | {"jnd": {kind_of(jnd): end(sizes)}} for end in (min, max))
    ends = f"on average, {in_units(1, least)[0]:.3g} to {in_words(1, most)} over the range"
    words = f"{in_words(1, entry)} {'everywhere' if least == most else ends}"
    return ", ".join(filter(None, [words, held(jnd, low, high, entry["unit"])]))
