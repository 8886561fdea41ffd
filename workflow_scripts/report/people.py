"""Which model hears most like people, and on what that rests, in a few sentences of the page."""

from shared.names import CONTROLS


def closest(scores, pairs, metric, rows):
    """The model that is closest to people on one summed-up score, and how sure that is; None without a score.

    scores: DataFrame of str, a summary CSV; pairs: DataFrame, its differences; metric: of which a high value
    is better; rows: models and their layers, in order. Returns {model, value, low, high, chance: texts,
    above_chance: bool, near: models that do not really differ from it, behind: how many do, others: both}.
    """
    found = scores[(scores.metric == metric) & (scores.value != "") & ~scores.model.isin(CONTROLS)]
    found = found[found.model.isin(rows)]
    if not len(found):
        return None
    values = found.value.astype(float)
    best = found.loc[values.idxmax()]
    real = pairs[(pairs.metric == metric) & (pairs.real == "yes")]
    behind = {*real[real.model == best.model].other_model, *real[real.other_model == best.model].model}
    near = [model for model in found.model if model != best.model and model not in behind]
    cells = {
        key: f"{float(best[key]):.2f}" if best[key] else "" for key in ("value", "low", "high", "chance")
    }
    above = bool(best.low and best.chance) and float(best.low) > float(best.chance)
    counts = {"near": near, "behind": len(found) - 1 - len(near), "others": len(found) - 1}
    return {"model": best.model, "above_chance": above, **cells, **counts}
