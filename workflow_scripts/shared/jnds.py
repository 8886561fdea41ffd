"""Just-noticeable differences (JND) as factors state them: one size, or a table of sizes by value.

{percent: x} is a share of the value, {step: x} is in the factor's unit. x is a number, or a table of rows
[value, size] in rising order. Between rows a step is interpolated over the value, and a percentage over the
logarithm of the value. Beyond the rows the size at the end of the table holds.

Standard library only: Snakemake's own Python reads it, too.
"""

import bisect
import math


def kind_of(jnd):
    """How a JND states its sizes: `percent` or `step`."""
    return "percent" if "percent" in jnd else "step"


def varies(jnd):
    """Whether a JND depends on the value: it is a table."""
    return isinstance(jnd[kind_of(jnd)], (list, tuple))


def rows_of(jnd):
    """The rows of a JND's table as (values, sizes); of a constant, no values and its one size."""
    table = jnd[kind_of(jnd)]
    return tuple(map(list, zip(*table, strict=True))) if varies(jnd) else ([], [table])


def looked_up(at, values, sizes):
    """The size at a place, linear between the values (rising), that of the nearest end beyond them."""
    i = bisect.bisect(values, at)
    if i in (0, len(values)):
        return sizes[max(i - 1, 0)]
    share = (at - values[i - 1]) / (values[i] - values[i - 1])
    return sizes[i - 1] + share * (sizes[i] - sizes[i - 1])


def on_axis(jnd):
    """The rows on the axis on which JND are counted, (places, sizes): logarithms of percentages."""
    values, sizes = rows_of(jnd)
    if kind_of(jnd) == "step":
        return values, sizes
    return [math.log(value) for value in values], [math.log1p(size / 100) for size in sizes]


def size_at(value, jnd):
    """Size of a JND at some value of the factor, as it is stated: in percent, or in the factor's unit."""
    if not varies(jnd):
        return jnd[kind_of(jnd)]
    places, sizes = on_axis(jnd)
    if kind_of(jnd) == "step":
        return looked_up(value, places, sizes)
    return 100 * math.expm1(looked_up(math.log(value), places, sizes))


def unit_size_at(value, jnd):
    """Size of a JND at some value of the factor, in the factor's unit."""
    size = size_at(value, jnd)
    return size if kind_of(jnd) == "step" else abs(value) * size / 100


def places_within(jnd, low, high):
    """The ends of a range and the values of the table between them: where a JND is smallest and largest."""
    return [low, *[value for value in rows_of(jnd)[0] if low < value < high], high]


def held(jnd, low, high, unit):
    """Where a range goes beyond the table, as "held below 100 Hz"; empty if it does not."""
    values, _ = rows_of(jnd)
    if not values:
        return ""
    beyond = [f"below {values[0]:g} {unit}"] * (low < values[0])
    beyond += [f"above {values[-1]:g} {unit}"] * (high > values[-1])
    return f"held {' and '.join(beyond)}" if beyond else ""


def in_words(jnd, low, high, unit):
    """The sizes of a JND over a range, as "1 %" or "0.2 to 1.5 dB"."""
    unit = "%" if kind_of(jnd) == "percent" else unit
    if not varies(jnd):
        return f"{jnd[kind_of(jnd)]:g} {unit}"
    sizes = [size_at(value, jnd) for value in places_within(jnd, low, high)]
    ends = dict.fromkeys(f"{size:.3g}" for size in (min(sizes), max(sizes)))
    return f"{' to '.join(ends)} {unit}"
