"""Known answers of the search over settings: planted shares, planted swaps, and what cannot be told."""

import itertools

import numpy as np
import pandas
import pytest
from compare import search
from compare.decompose import flips, over_seeds, shares, swaps, variances

M, P, S, F = 4, 12, 5, 3
SPREAD = {"model": 0.10, "grid": 0.06, "model x grid": 0.03, "factor": 0.08, "model x factor": 0.04}


def centred(rng, shape, spread):
    """An effect whose mean along every axis is 0 and whose variance is spread**2."""
    effect = rng.normal(size=shape)
    for axis in range(len(shape)):
        if shape[axis] > 1:
            effect = effect - effect.mean(axis=axis, keepdims=True)
    return spread * effect / effect.std()


def planted(rng, spread, seed=0.02, common=0.02, shared=0.0):
    """Scores with effects of known variance.

    seed, common: deviations by seed of a score alone, and of all scores of a training; shared: of all scores
    of a factor under one seed, whatever the model and the point, as other held-out blocks give them.
    """
    sizes = {"model": (0, M), "grid": (1, P), "factor": (3, F)}
    scores = np.full((M, P, S, F), 0.5)
    for term, size in spread.items():
        shape = [1, 1, 1, 1]
        for name in term.split(" x "):
            axis, length = sizes[name]
            shape[axis] = length
        scores = scores + centred(rng, tuple(shape), size)
    scores = scores + rng.normal(size=(M, P, S, F)) * seed + rng.normal(size=(M, P, S, 1)) * common
    return scores + rng.normal(size=(1, 1, S, F)) * shared


def truth(spread, seed=0.02, common=0.02, shared=0.0):
    """The shares in % that are planted."""
    parts = {term: size**2 for term, size in spread.items()} | {"seed": seed**2 + common**2 + shared**2}
    return {term: 100 * part / sum(parts.values()) for term, part in parts.items()}


@pytest.mark.parametrize("shared", [0.0, 0.03])
def test_planted_shares_are_found_and_covered(shared):
    """Whether a seed acts on each training alone or, by the blocks it holds out, on all of them alike."""
    rng = np.random.default_rng(0)
    known = truth(SPREAD, shared=shared) | {"grid x factor": 0.0}
    known["grid, in all"] = known["grid"] + known["model x grid"]
    found, inside = [], []
    for _ in range(300):
        scores = planted(rng, SPREAD, shared=shared)
        terms = [*shares(scores)]
        value, low, high = over_seeds(lambda some: [*shares(some).values()], scores)
        found.append(dict(zip(terms, value, strict=True)))
        inside.append({t: low[i] <= known.get(t, 0) <= high[i] for i, t in enumerate(terms)})
    found, inside = pandas.DataFrame(found), pandas.DataFrame(inside)
    for term in found:
        error = found[term].std() / np.sqrt(len(found))
        assert abs(found[term].mean() - known.get(term, 0)) < 0.2 + 4 * error, term
        assert 0.90 <= inside[term].mean() <= 0.99, (term, inside[term].mean())


def test_a_grid_without_effect_has_no_share_however_large_the_grid():
    rng = np.random.default_rng(1)
    found = [shares(planted(rng, {"model": 0.05, "factor": 0.05}))["grid, in all"] for _ in range(200)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(200)
    raw = planted(rng, {"model": 0.05, "factor": 0.05}).mean(axis=(0, 3)).mean(axis=1).var()
    assert raw > 0  # a plain share of the sum of squares would not be 0


def test_shares_sum_to_all_and_effects_of_seeds_are_what_repeats_spread():
    scores = planted(np.random.default_rng(2), SPREAD)
    found = shares(scores)
    assert sum(v for term, v in found.items() if term != "grid, in all") == pytest.approx(100)
    assert variances(scores)["seed"] == pytest.approx(scores.var(axis=2, ddof=1).mean())


def test_a_share_that_one_value_of_a_setting_makes_is_gone_without_it():
    """Heads of the smallest rate have learned little, whatever the model; the rest changes nothing."""
    rng = np.random.default_rng(4)
    words = [f"units {units}, rate {rate}" for rate in (1, 2, 3) for units in (8, 16, 32, 64)]
    scores = planted(rng, {"model": 0.05, "factor": 0.05})
    scores[:, :4] -= 0.3
    rows = {row["of"]: row for row in search.without_rows(scores, words)}
    assert [*rows] == ["units 8", "rate 1", "units 16", "units 32", "units 64", "rate 2", "rate 3"]
    assert shares(scores)["grid, in all"] > 60
    assert rows["rate 1"]["value"] < 5
    assert rows["rate 1"]["low"] <= 0.5
    assert min(rows[other]["value"] for other in rows if other != "rate 1") > 60


def test_one_model_has_no_share_of_models_and_one_seed_none_of_seeds():
    scores = planted(np.random.default_rng(3), SPREAD)
    assert set(shares(scores[:1])) == {"grid", "factor", "grid x factor", "seed", "grid, in all"}
    assert "seed" not in shares(scores[:, :, :1])
    value, low, _ = over_seeds(lambda some: [*shares(some).values()], scores[:, :, :2])
    assert np.isfinite(value).all()
    assert np.isnan(low).all()  # two seeds give no interval
    assert np.isnan([*shares(np.full((M, P, S, F), 0.3)).values()]).all()


def test_swaps_are_counted_as_by_hand():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(2, 5, 3))
    order = np.sign(first - second)
    trainings = list(itertools.product(range(5), range(3)))
    by_hand = {True: [], False: []}
    for (p, s), (q, t) in itertools.permutations(trainings, 2):
        if s != t:
            by_hand[p != q].append(order[p, s] != order[q, t])
    expected = [100 * np.mean(by_hand[True]), 100 * np.mean(by_hand[False])]
    assert flips(first, second) == pytest.approx(expected)


def test_models_that_swap_at_half_of_the_points_are_found_and_others_do_not():
    scores = np.zeros((3, P, S, F))
    scores[0], scores[2] = 0.5, 0.9
    scores[1] = np.where(np.arange(P) < P // 2, 0.4, 0.6)[:, None, None]
    found = swaps(scores)
    half = 100 * (P / 2) ** 2 / (P * (P - 1) / 2)
    assert found[:, 0] == pytest.approx([half, 0, 0])
    assert found[:, 1] == pytest.approx([0, 0, 0])  # another seed alone changes nothing


def test_equal_models_swap_no_more_often_than_by_another_seed():
    rng = np.random.default_rng(5)
    found = np.array([swaps(rng.normal(size=(2, P, S, F)))[0] for _ in range(200)])
    assert found.mean(axis=0) == pytest.approx([50, 50], abs=1.5)
    assert flips(np.ones((4, 2)), np.ones((4, 2))) == pytest.approx((50, 50))  # equal scores: half a flip


# --- the table of a run ---------------------------------------------------------------------------


GRID = [{"hidden_layers": layers, "learning_rate": rate} for layers in (1, 2) for rate in (0.001, 0.01)]
MODELS = ["crepe", "logmel", "mfcc", "crepe.0", "chance", "reference"]


def points(rng, model, level, slope, kind="supervised", seeds=5):
    """What the rule `head` writes of one model. level: R2 on blocks; slope: what each point adds."""
    rows = []
    for (p, setting), s, targets, held_out in itertools.product(
        enumerate(GRID), range(seeds), ("true", "shuffled"), ("blocks", "sounds")
    ):
        mean = (level + slope * p + 0.1 * (held_out == "sounds")) * (targets == "true")
        for factor, shift in (("f1", -0.1), ("r", 0.1), ("mean", 0)):
            r2 = mean + shift * (mean > 0) + 0.005 * rng.normal()
            rows.append(
                {"model": model, "kind": kind, "point": p, **setting, "seed": s, "targets": targets}
                | {"held_out": held_out, "factor": factor, "r2": r2}
            )
    return pandas.DataFrame(rows)


def written(tmp_path, tables):
    """The table of the search over some models' points, {model: DataFrame}."""
    folder, heads = tmp_path / "heads", [f"{model}.supervised" for model in tables]
    folder.mkdir(exist_ok=True)
    for head, table in zip(heads, tables.values(), strict=True):
        table.to_csv(folder / f"{head}.csv", index=False)
    output = tmp_path / "search.csv"
    words = ["--results", str(tmp_path), "--heads", *heads, "--models", *MODELS, "--output", str(output)]
    search.main(words)
    return pandas.read_csv(output, keep_default_na=False, na_values=[""])


@pytest.fixture
def tables():
    rng = np.random.default_rng(6)
    planted = {"crepe": (0.4, 0.0), "logmel": (0.3, 0.1), "mfcc": (0.3, 0.0), "crepe.0": (0.2, 0.0)}
    planted |= {"chance": (0.0, 0.0), "reference": (0.8, 0.0)}
    return {model: points(rng, model, *shape) for model, shape in planted.items()}


def one(table, **cells):
    """The one row with some cells."""
    for key, value in cells.items():
        table = table[table[key].isna() if value is None else table[key] == value]
    assert len(table) == 1, table
    return table.iloc[0]


def test_the_table_tells_ranks_swaps_shares_and_optimism(tmp_path, tables):
    table = written(tmp_path, tables)
    assert set(table.of[table.score == "rank"]) == {"crepe", "logmel", "mfcc"}  # no layer, no control
    ranks = [one(table, score="rank", of="logmel", point=p).value for p in range(4)]
    assert ranks[0] > 1
    assert ranks[2:] == [1, 1]
    assert one(table, score="swaps", of="crepe", other="mfcc").value == 0
    pair = one(table, score="swaps", of="crepe", other="logmel")
    assert pair.low <= pair.value <= pair.high
    assert pair.value > 40 > pair.chance
    share = one(table, score="share", of="model x grid")
    assert share.least < share.value < share.most  # without logmel the grid does nothing
    assert one(table, score="optimism", of="crepe", factor=None).value == pytest.approx(0.1, abs=0.01)
    best = one(table, score="blocks", of="logmel", factor="r")
    assert best.value == pytest.approx(0.7, abs=0.02)  # at the last point, for this factor
    assert best.low < best.value < best.high
    assert abs(best.chance) < 0.01
    assert one(table, score="blocks", of="chance", factor=None).value < 0.02
    assert one(table, score="r2", of="crepe", point=3).settings == "hidden layers 2, learning rate 0.01"


def test_trainings_that_diverge_count_as_nothing_learned(tmp_path, tables):
    for value in (-1e9, np.nan):
        failed = tables["mfcc"].copy()
        failed.loc[failed.point == 1, "r2"] = value
        table = written(tmp_path, tables | {"mfcc": failed})
        assert one(table, score="r2", of="mfcc", point=1).value == 0
        assert one(table, score="share", of="model x grid").value < 100


def test_points_that_a_model_lacks_are_left_out_for_all_and_counted(tmp_path, tables):
    short = tables["mfcc"][tables["mfcc"].point != 1]
    table = written(tmp_path, tables | {"mfcc": short})
    assert set(table.point.dropna()) == {0, 2, 3}
    assert one(table, score="share", of="grid").note == "points that not every model has are left out: 1"


def test_what_cannot_be_compared_is_refused_in_one_sentence(tmp_path, tables):
    with pytest.raises(ValueError, match="no point of the grid was trained with every seed for each of"):
        written(tmp_path, tables | {"mfcc": tables["mfcc"][tables["mfcc"].seed > 0]})
    other = tables["mfcc"].assign(learning_rate=0.5)
    with pytest.raises(ValueError, match="point 0 of the grid has different settings in the results of"):
        written(tmp_path, tables | {"mfcc": other})


def test_one_model_has_scores_and_shares_of_its_own(tmp_path, tables):
    table = written(tmp_path, {"logmel": tables["logmel"]})
    assert one(table, score="share", of="grid, in all").value > 50
    assert not (table.score == "swaps").any()
    assert table[table.score == "share"].least.isna().all()
    assert len(table[table.score == "rank"]) == 4
