"""Agreement with listeners over several data sets: means by sounds, their spread, and what differs."""

import numpy as np
import pandas
import pytest
from compare import agreed
from shared.scores import write_table

SETS = {"small": 10, "large": 30}


def write(folder, values, repeats=200, metric="spearman"):
    """Scores of models on SETS: {model: {data set: value or None}}, all models with the same sounds."""
    for dataset, n in SETS.items():
        (folder / dataset / "agreement").mkdir(parents=True)
        sounds = 0.2 * np.random.default_rng(n).standard_normal(repeats) / np.sqrt(n)
        for i, (model, of_sets) in enumerate(values.items()):
            own = 0.01 * np.random.default_rng([n, i + 1]).standard_normal(repeats)
            value = of_sets[dataset]
            row = {"model": model, "analysis": "agreement", "metric": metric, "unit": "u", "n": n}
            if value is not None:
                row |= {"value": value, "chance": 0.0, "replicates": value + sounds + own}
            write_table(folder / dataset / "agreement" / f"{model}.scores.csv", [row])


def summed(folder, models, *words):
    files = ["--output", str(folder / "a.csv"), "--differences", str(folder / "d.csv")]
    datasets = ["--analysis", "agreement", "--datasets", *SETS, "--models", *models]
    agreed.main(["--results", str(folder), *datasets, *files, *words])
    table = pandas.read_csv(folder / "a.csv", keep_default_na=False).set_index("model")
    return table, pandas.read_csv(folder / "d.csv", keep_default_na=False)


@pytest.fixture
def values():
    good, bad = {"small": 0.8, "large": 0.6}, {"small": 0.5, "large": 0.5}
    return {"good": good, "bad": bad, "half": {"small": None, "large": 0.4}, "reference": good}


def test_data_sets_weigh_as_much_as_they_have_sounds(tmp_path, values):
    write(tmp_path, values)
    table, _ = summed(tmp_path, values)
    assert list(table.index) == ["good", "bad", "half", "reference"]
    assert float(table.value["good"]) == pytest.approx(0.25 * 0.8 + 0.75 * 0.6)
    assert float(table.reference["bad"]) == pytest.approx(0.65)
    assert (
        table.note["good"]
        == f"2 of 2 data sets, standard deviation over them {np.std([0.8, 0.6], ddof=1):.3f}"
    )
    assert (table.n.astype(int) == [40, 40, 30, 40]).all()
    assert list(table.state) == ["", "", "partial", ""]
    assert all(len(str(cell)) < 12 for cell in table.low)
    equal, _ = summed(tmp_path, values, "--equally")
    assert float(equal.value["good"]) == pytest.approx(0.7)
    width = float(table.high["good"]) - float(table.low["good"])
    error = 0.2 * np.hypot(0.25 / np.sqrt(10), 0.75 / np.sqrt(30))
    assert width == pytest.approx(2 * 1.96 * error, rel=0.2)


def test_models_differ_by_the_same_sounds(tmp_path, values):
    """Their intervals overlap, yet one is better on all sounds alike."""
    write(tmp_path, values | {"good": {"small": 0.53, "large": 0.53}})
    table, differences = summed(tmp_path, values)
    assert table.low["good"] < table.high["bad"]
    (pair,) = differences[(differences.model == "good") & (differences.other_model == "bad")].to_dict(
        "records"
    )
    assert pair["difference"] == pytest.approx(0.03)
    assert pair["real"] == "yes"


def test_a_model_that_failed_on_a_data_set_stands_for_the_others(tmp_path, values):
    write(tmp_path, values)
    (tmp_path / "small" / "agreement" / "bad.scores.csv").unlink()
    table, _ = summed(tmp_path, values, "--without", "small/bad")
    assert float(table.value["bad"]) == 0.5
    assert table.state["bad"] == "partial"
    assert table.note["bad"] == "1 of 2 data sets"


def test_a_model_without_a_curve_follows_listeners_in_nothing(tmp_path, values):
    """Of experiments, a correlation that does not exist counts as 0; left out, it would flatter the model."""
    write(tmp_path, values, metric="correlation")
    table, _ = summed(tmp_path, values, "--equally")
    assert float(table.value["half"]) == pytest.approx(0.2)
    assert float(table.low["half"]) < 0.2 < float(table.high["half"])
    assert table.note["half"].startswith("1 of 2 data sets, the others counted as 0")
    assert list(table.state) == ["", "", "partial", ""]
    assert float(summed(tmp_path, values)[0].value["half"]) == 0.4
