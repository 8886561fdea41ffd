"""Checks of what a data set varies: its level, and the design of its factors and nuisances."""

import numpy as np
from shared.factors import ranks
from shared.jnds import held, in_words
from shared.scales import in_jnd

from synthesize.gate import row

MEANING = {
    "rms": "of RMS over the clip",
    "active": "of RMS while it sounds",
    "loudness": "of loudness level",
}
GROWTH = 1.5  # phon for 1 dB, at most: loudness grows faster at low frequencies


def rank_correlations(columns, other):
    """Spearman's rank correlation of each column with another, {name: float}; 0 where nothing varies."""
    b = ranks(other)[:, 0] - (len(other) + 1) / 2
    correlations = {}
    for name, values in columns.items():
        a = ranks(values)[:, 0] - (len(values) + 1) / 2
        norm = np.sqrt((a @ a) * (b @ b))
        correlations[name] = float(a @ b / norm) if norm else 0.0
    return correlations


def judged_level(data):
    """The level that the data set makes equal, and the rank correlation up to which it follows no factor.

    Returns a key of MEANING, and a float.
    """
    normalize = data.definition["normalize"]
    kind = normalize if normalize in MEANING else "rms"
    return kind, min(max(0.1, 3 * data.error), 0.7)


def setters(data):
    """The factors that are the level themselves, such as loudness: as words, or an empty string."""
    factors = data.definition["factors"].items()
    return " and ".join(name for name, factor in factors if factor.get("sets_level"))


def level_range(data):
    """How far the level ranges that the data set makes equal, beside the rove that it states.

    It is described and not judged if a factor sets the level.
    """
    kind, _ = judged_level(data)
    if setters(data):
        note = f"{MEANING[kind]}; {setters(data)} sets it"
        yield row("level_range", np.ptp(data.measured[kind]), "dB", note=note)
        return
    gain = data.definition.get("nuisances", {}).get("gain", {"low": 0, "high": 0})
    rove = gain["high"] - gain["low"]
    note = f"{MEANING[kind]}; a rove of {rove:g} dB is meant"
    unit, limit = ("phon", GROWTH * rove + 1) if kind == "loudness" else ("dB", rove + 0.5)
    yield row("level_range", np.ptp(data.measured[kind]), unit, limit, note=note)


def level_correlation(data):
    """Whether that level follows a factor.

    Sounds that are made equally loud have unequal levels, so that it is described and not judged if a factor
    sets the level. Whether that factor follows another one is what correlation() says.
    """
    kind, limit = judged_level(data)
    for name, rho in rank_correlations(data.values, data.measured[kind]).items():
        if setters(data):
            note = f"{MEANING[kind]}; {setters(data)} sets it"
            yield row("level_correlation", rho, "rank correlation", note=note, factor=name)
        else:
            note = MEANING[kind] + ("; level tells the factor" if abs(rho) > limit else "")
            yield row("level_correlation", rho, "rank correlation", limit, note=note, factor=name)


def other_level(data):
    """The level that is not made equal: described and not judged.

    A factor that makes sounds longer moves one of the two, over the clip or while it sounds. Sounds that are
    equally loud have unequal RMS.
    """
    judged, limit = judged_level(data)
    other = "active" if judged == "rms" else "rms"
    reason = "the factor makes sounds longer or shorter"
    if judged == "loudness":
        reason = "equal loudness asks for it"
    equal, free = (rank_correlations(data.values, data.measured[kind]) for kind in (judged, other))
    yield row(f"{other}_range", np.ptp(data.measured[other]), "dB", note=MEANING[other])
    for name, rho in free.items():
        if abs(rho) > limit >= abs(equal[name]):
            note = f"{MEANING[other]}: {reason}"
            yield row(f"{other}_correlation", rho, "rank correlation", note=note, factor=name)


def correlation(data):
    """The largest rank correlation of a factor with another or with a nuisance."""
    values = data.values
    nuisances = {
        f"nuisance_{name}": data.table[f"nuisance_{name}"]
        for name, entry in data.definition.get("nuisances", {}).items()
        if entry.get("unit") != "seed"
    }
    pairs = {}
    for i, name in enumerate(values):
        others = dict(list(values.items())[i + 1 :]) | nuisances
        pairs |= {(name, other): rho for other, rho in rank_correlations(others, values[name]).items()}
    if not pairs:
        return
    (name, other), rho = max(pairs.items(), key=lambda pair: abs(pair[1]))
    # over many pairs the largest is large by chance alone
    limit = min(max(0.1, (2 + np.sqrt(2 * np.log(len(pairs) + 1))) * data.error), 0.7)
    note = f"the largest of {len(pairs)} pairs of factors and nuisances"
    other = other.removeprefix("nuisance_")
    yield row("correlation", rho, "rank correlation", limit, note=note, factor=name, other=other)


def spans_in_jnd(data):
    """{factor: range of its values in JND}, of those that have a JND."""
    factors = data.definition["factors"]
    return {
        name: float(np.ptp(in_jnd(values, factors[name]["jnd"])))
        for name, values in data.values.items()
        if factors[name].get("jnd")
    }


def span(data):
    """The range of each factor, counted in just-noticeable differences."""
    spans = spans_in_jnd(data)
    for name, factor in data.definition["factors"].items():
        note = "no JND declared"
        if jnd := factor.get("jnd"):
            values, unit = data.values[name], factor["unit"]
            low, high = float(np.min(values)), float(np.max(values))
            words = [f"JND {in_words(jnd, low, high, unit)}, {jnd['source']}", held(jnd, low, high, unit)]
            note = "; ".join(filter(None, words))
        yield row("span", spans.get(name), "JND", note=note, factor=name)


def span_ratio(data):
    """Whether one factor spans many more just-noticeable differences than another."""
    spans = spans_in_jnd(data)
    if len(spans) > 1 and min(spans.values()) > 0:
        most, least = max(spans, key=spans.get), min(spans, key=spans.get)
        note = "widest to narrowest factor in JND: the widest rules the neighbourhoods"
        yield row("span_ratio", spans[most] / spans[least], "ratio", 20, note=note, factor=most, other=least)


def sounds_per_value(data):
    """How many sounds share a value of a factor; if more than K do, then neighbours may be equal in it."""
    if not data.K or "ladder" in data.definition:
        return
    for name, values in data.values.items():
        count = len(np.unique(values))
        sharing = len(values) / count
        if sharing > 1.5:
            all_equal = f"; all K = {data.K} neighbours can share one" if sharing > data.K else ""
            note = f"{count} values only{all_equal}"
            yield row("sounds_per_value", sharing, "sounds", data.K, note=note, factor=name)


CHECKS = (
    level_range,
    level_correlation,
    other_level,
    correlation,
    span,
    span_ratio,
    sounds_per_value,
)
