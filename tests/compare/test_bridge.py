"""The bridge to leaderboards finds what was planted, and hardly anything where nothing was."""

import itertools
import math

import numpy as np
import pandas
import pytest
from compare.bridge import benjamini_yekutieli, bridge, correlated
from scipy.stats import false_discovery_control, spearmanr

TABLES = 200
MODELS, SCORES, TASKS = 29, 6, 19
LEVEL = 0.05


def simulated(rng, planted=0.0):
    """Scores (29, 6) and tasks (29, 19), each led by a factor: some models are good at everything.

    planted: correlation of the first score with the first task, apart from that.
    """
    scores = 0.7 * rng.standard_normal((MODELS, 1)) + rng.standard_normal((MODELS, SCORES))
    tasks = 0.7 * rng.standard_normal((MODELS, 1)) + rng.standard_normal((MODELS, TASKS))
    tasks[rng.random(tasks.shape) < 0.05] = math.nan  # tasks on which a model was not run
    noise = rng.standard_normal(MODELS)
    own = (scores[:, 0] - scores[:, 0].mean()) / scores[:, 0].std()
    tasks[:, 0] = planted * own + math.sqrt(1 - planted**2) * noise
    return scores, tasks


def found_in(scores, tasks):
    """Whether each pair is found, bool (scores, tasks)."""
    table = correlated(scores, tasks)
    return (benjamini_yekutieli(table.p.to_numpy()) < LEVEL).reshape(scores.shape[1], tasks.shape[1])


@pytest.mark.long
def test_nothing_is_found_where_nothing_is():
    rng = np.random.default_rng(1)
    wrong = sum(found_in(*simulated(rng)).any() for _ in range(TABLES))
    assert wrong / TABLES <= LEVEL


@pytest.mark.long
@pytest.mark.parametrize(("planted", "power"), [(0.9, 0.95), (0.8, 0.85)])
def test_what_is_planted_is_found_and_little_else(planted, power):
    rng = np.random.default_rng(2)
    tables = [found_in(*simulated(rng, planted)) for _ in range(TABLES)]
    assert np.mean([found[0, 0] for found in tables]) >= power
    # a pair without the first task is nothing; those with it share the common factor of the scores
    false = [found[:, 1:].sum() / max(1, found.sum()) for found in tables]
    assert np.mean(false) <= LEVEL


def test_all_orders_of_eight_models_give_the_exact_p():
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal(8), rng.standard_normal(8)
    y[1] = y[0]  # a tie
    (row,) = correlated(x[:, None], y[:, None]).itertuples()
    assert row.rho == pytest.approx(spearmanr(x, y).statistic)
    wanted = abs(row.rho) - 1e-9
    ranks = pandas.Series(y).rank().to_numpy()
    orders = ranks[np.array(list(itertools.permutations(range(8))))]
    orders = (orders - ranks.mean()) / (ranks.std() * 8)
    own = pandas.Series(x).rank().to_numpy()
    as_far = np.abs(orders @ (own - own.mean()) / own.std()) >= wanted
    assert row.p == pytest.approx(as_far.mean())


def test_a_perfect_order_of_eight_models_is_one_of_all():
    x = np.arange(8.0)
    (row,) = correlated(x[:, None], -np.exp(x)[:, None]).itertuples()
    assert row.rho == pytest.approx(-1)
    assert row.p == pytest.approx(2 / math.factorial(8))


def test_drawn_orders_agree_with_students_distribution_where_it_holds():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((29, 40))
    y = 0.3 * x[:, :1] + rng.standard_normal((29, 1))
    table = correlated(x, y)
    by_formula = np.array([spearmanr(column, y[:, 0]).pvalue for column in x.T])
    np.testing.assert_allclose(table.p, by_formula, atol=0.02)


def test_p_is_never_zero_and_one_pair_alone_can_be_found():
    x = np.arange(29.0)
    rng = np.random.default_rng(5)
    scores = np.column_stack([x, rng.standard_normal((29, 9))])
    table = correlated(scores, np.column_stack([x**3, rng.standard_normal((29, 9))]))
    assert table.p.min() > 0
    adjusted = benjamini_yekutieli(table.p.to_numpy())
    assert (adjusted < LEVEL).tolist() == [True] + [False] * 99


def test_the_adjustment_is_that_of_scipy():
    p = np.random.default_rng(6).random(50) ** 3
    np.testing.assert_allclose(benjamini_yekutieli(p), false_discovery_control(p, method="by"))


def scores_csv(values, metric="r2", state=""):
    """scores.csv of a data set as it is read. values: {model: text of the value}."""
    rows = [
        {"model": model, "analysis": "knn", "metric": metric, "factor": "f1", "other": "", "value": value}
        for model, value in values.items()
    ]
    return pandas.DataFrame(rows).assign(state=state, better="high").astype(str)


PUBLISHED = {f"m{i}": [f"Model {i}"] for i in range(10)}
VALUES = {f"m{i}": str(i / 10) for i in range(10)}
BOARD = {f"Model {i}": {"pitch": i**2, "genre": -i} for i in range(10)}


def test_models_are_joined_by_their_published_names():
    table = bridge({"tones": scores_csv(VALUES | {"crepe": "9"})}, {"HEAR": BOARD}, PUBLISHED)
    assert table.task.tolist() == ["pitch", "genre"]
    assert table.n.tolist() == [10, 10]
    assert table.rho.tolist() == pytest.approx([1, -1])
    assert table.found.tolist() == ["yes", "yes"]


def test_too_few_models_have_no_correlation_and_are_told_in_words():
    few = {model: names for model, names in PUBLISHED.items() if model < "m7"}
    table = bridge({"tones": scores_csv(VALUES)}, {"HEAR": BOARD}, few)
    assert table.rho.isna().all()
    assert table.note.tolist() == ["too few models: 7, and 8 are needed"] * 2
    nobody = bridge({"tones": scores_csv(VALUES)}, {"HEAR": BOARD}, {})
    assert not (nobody.found == "yes").any()


def test_a_constant_score_and_a_constant_task_are_left_out_of_the_count():
    same = scores_csv(dict.fromkeys(VALUES, "1"), metric="components")
    tables = {"tones": pandas.concat([scores_csv(VALUES), same])}
    flat = {name: tasks | {"flat": 3.0} for name, tasks in BOARD.items()}
    table = bridge(tables, {"HEAR": flat}, PUBLISHED).set_index(["metric", "task"])
    assert table.note["components", "pitch"] == "the score is the same for all models"
    assert table.note["r2", "flat"] == "the task is the same for all models"
    p = table.p[["r2"]].drop(index=("r2", "flat"))
    assert table.p_adjusted["r2", "pitch"] == pytest.approx(p["r2", "pitch"] * 1.5)  # two pairs: 1 + 1/2


def test_a_task_counts_for_the_models_that_were_run_on_it():
    board = {name: dict(tasks) for name, tasks in BOARD.items()}
    del board["Model 0"]["pitch"], board["Model 5"]["pitch"]
    table = bridge({"tones": scores_csv(VALUES)}, {"HEAR": board}, PUBLISHED).set_index("task")
    assert table.n.to_dict() == {"pitch": 8, "genre": 10}
    del board["Model 1"]["pitch"]
    table = bridge({"tones": scores_csv(VALUES)}, {"HEAR": board}, PUBLISHED).set_index("task")
    assert table.note["pitch"].startswith("too few models: 7")


def test_a_threshold_beyond_the_ladder_is_the_highest():
    reached = scores_csv({f"m{i}": str(i) for i in range(7)}, metric="threshold")
    beyond = scores_csv({f"m{i}": "" for i in range(7, 10)}, metric="threshold", state="not reached")
    table = bridge({"ladder": pandas.concat([reached, beyond])}, {"HEAR": BOARD}, PUBLISHED)
    assert table.n.tolist() == [10, 10]
    tied = spearmanr([0, 1, 2, 3, 4, 5, 6, 9, 9, 9], range(10)).statistic
    assert table.rho.tolist() == pytest.approx([tied, -tied])


def test_pairs_of_all_leaderboards_are_counted_together():
    alone = bridge({"tones": scores_csv(VALUES)}, {"a": BOARD}, PUBLISHED)
    two = bridge({"tones": scores_csv(VALUES)}, {"a": BOARD, "b": BOARD}, PUBLISHED)
    assert two.leaderboard.tolist() == ["a", "a", "b", "b"]
    assert two.p_adjusted[0] > alone.p_adjusted[0]
