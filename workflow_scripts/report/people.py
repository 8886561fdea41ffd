"""Which model hears most like people, and on what that rests, in a few sentences of the page."""

from shared.names import CONTROLS


def closest(scores, pairs, metric, rows):
    """The model that is closest to people on one summed-up score, and how sure that is; None without a score.

    scores: DataFrame of str, a summary CSV; pairs: DataFrame, its differences; metric: of which a high value
    is better; rows: models and their layers, in order. Returns {model, value, low, high, chance: texts,
    above_chance: bool, near: models that do not really differ from it, unsure: those that could not be
    compared with it, behind: how many really differ, others: all}.
    """
    found = scores[(scores.metric == metric) & (scores.value != "") & ~scores.model.isin(CONTROLS)]
    found = found[found.model.isin(rows)]
    if not len(found):
        return None
    best = found.loc[found.value.astype(float).idxmax()]
    pairs = pairs[pairs.metric == metric]
    beside = {
        **dict(zip(*(pairs[pairs.model == best.model][key] for key in ("other_model", "real")), strict=True)),
        **dict(zip(*(pairs[pairs.other_model == best.model][key] for key in ("model", "real")), strict=True)),
    }
    others = [model for model in found.model if model != best.model]
    cells = {
        key: f"{float(best[key]):.2f}" if best[key] else "" for key in ("value", "low", "high", "chance")
    }
    return {
        "model": best.model,
        **cells,
        "above_chance": bool(best.low and best.chance) and float(best.low) > float(best.chance),
        "near": [model for model in others if model in beside and beside[model] != "yes"],
        "unsure": [model for model in others if model not in beside],
        "behind": sum(beside.get(model) == "yes" for model in others),
        "others": len(others),
    }
