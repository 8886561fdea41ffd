"""What differs between the records of two runs (report/record.py), in sentences."""

import math

from shared.sentences import first_few

TOLERANCE = 1e-6  # relative; the sixth digit is the last that a table of scores has
SHOWN = 5  # names in a sentence


def few(names):
    """Some names in words, in their order."""
    return first_few(sorted(names), ", ", SHOWN)


def unequal(old, new):
    """Keys of two dicts whose values differ, or that only one of them has."""
    return [key for key in {**old, **new} if old.get(key) != new.get(key)]


def differences(old, new):
    """Yield a sentence about each thing that differs between two records, besides scores."""
    for key in unequal(old["versions"], new["versions"]):
        yield f"{key}: {old['versions'].get(key)} in the record, now {new['versions'].get(key)}"
    if files := unequal(old["code"], new["code"]):
        yield f"code: {len(files)} files differ: {few(files)}"
    for name in unequal(old["environments"], new["environments"]):
        was, now = (set(record["environments"].get(name, ())) for record in (old, new))
        gone, come = few(was - now) or "nothing", few(now - was) or "nothing"
        yield f"environment {name}: {gone} in the record, now {come}"
    for name in sorted({*old["datasets"], *new["datasets"]}):
        if name not in old["datasets"] or name not in new["datasets"]:
            yield f"{name}: only one of the two runs has this data set"
            continue
        was, now = old["datasets"][name], new["datasets"][name]
        if files := unequal(was["sounds"], now["sounds"]):
            yield f"{name}: other sounds ({few(files)})"
        of_weights = [
            {row: {*e["weights"].values()} for row, e in d["embeddings"].items()} for d in (was, now)
        ]
        if rows := unequal(*of_weights):
            yield f"{name}: other weights of {few(rows)}"
        digests = [{row: e["sha256"] for row, e in d["embeddings"].items()} for d in (was, now)]
        if rows := unequal(*digests):
            yield f"{name}: other embeddings of {few(rows)}"


def number(text):
    """A cell of the scores as a number; NaN if it is empty."""
    return float(text) if text else math.nan


def distance(old, new):
    """The largest difference between two lists of cells, relative to their size; inf if one has no number."""
    largest = 0.0
    for was, now in zip(map(number, old), map(number, new), strict=True):
        if math.isnan(was) != math.isnan(now):
            return math.inf
        if was != now and not math.isnan(was):
            largest = max(largest, abs(was - now) / max(abs(was), abs(now)))
    return largest


def score_differences(old, new):
    """Sentences about the scores of two records, a line for each kind of score that differs, and whether any
    differs by more than TOLERANCE or is missing."""
    sentences, worst, compared, equal = [], {}, 0, 0
    for name in sorted({*old["datasets"]} & {*new["datasets"]}):
        was, now = (record["datasets"][name]["scores"] for record in (old, new))
        for key in unequal(was, now):
            model, analysis, metric, *factors = key.split("/")
            absent = key not in was or key not in now
            far = math.inf if absent else distance(was[key], now[key])
            place = f"{model} {'/'.join(filter(None, factors))} on {name}".replace("  ", " ")
            values = [dictionary.get(key, ["absent"])[0] or "none" for dictionary in (was, now)]
            text = f"{place}: {values[0]} in the record, now {values[1]}"
            count, largest = worst.get((analysis, metric), (0, (-1.0, "")))
            worst[analysis, metric] = (count + 1, max(largest, (far, text)))
        compared += len({**was, **now})
        equal += sum(was[key] == now[key] for key in was if key in now)
    for (analysis, metric), (count, (far, text)) in sorted(worst.items()):
        size = "one has no value" if far == math.inf else f"by {far:.1e} of its size"
        sentences.append(f"{analysis} {metric}: {count} differ; the most, {size}: {text}")
    sentences.append(f"{equal} of {compared} scores are equal in every digit, intervals and chance included.")
    lost = {*old["datasets"]} ^ {*new["datasets"]}
    return sentences, bool(lost) or any(far > TOLERANCE for _, (far, _) in worst.values())
