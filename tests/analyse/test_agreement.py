"""The script `agreement` on simulated listeners, and the ratings that the rule before it writes."""

import json

import numpy as np
import pandas
import pytest
from analyse import agreement
from shared.ratings import STATISTICS
from synthesize import ratings

WEIGHTS = np.array([3.0, 2.0, 1.0])  # of the listeners on the factors a, b, c
FACTORS = {name: {"unit": "", "scale": "linear"} for name in "abc"}
N = 20


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sounds, and six listeners of known weights and noise, each with a matrix."""
    folder = tmp_path_factory.mktemp("rated")
    rng = np.random.default_rng(0)
    points = rng.standard_normal((N, 3))
    pandas.DataFrame(points, columns=list("abc")).to_csv(folder / "parameters.csv", index_label="sound")
    for i in range(6):
        told = np.triu(distances(points * WEIGHTS) + rng.standard_normal((N, N)), 1)
        np.savetxt(folder / f"listener_{i}.txt", told)
    embeddings = {
        "listeners": points * WEIGHTS,
        "without_a": (points * WEIGHTS)[:, 1:],
        "noise": rng.standard_normal((N, 8)),
        "constant": np.ones((N, 4)),
    }
    for name, embedding in embeddings.items():
        np.save(folder / f"{name}.npy", embedding.astype(np.float32))
    return folder


def scores(folder, model, unit):
    paths = [str(folder / f"listener_{i}.txt") for i in range(6)]
    if unit == "mean":
        np.savetxt(folder / "mean.txt", np.mean([np.loadtxt(path) for path in paths], axis=0))
        paths = str(folder / "mean.txt")
    entry = {"matrix": paths, "unit": unit, "source": "simulated"}
    files = {"parameters": folder / "parameters.csv", "output": folder / f"{unit}.csv"}
    ratings.main(["--ratings", json.dumps(entry), *words(files)])
    files = {"parameters": folder / "parameters.csv", "embeddings": folder / f"{model}.npy"}
    files |= {"ratings": folder / f"{unit}.csv", "scores": folder / f"{model}.scores.csv"}
    agreement.main(["--model", model, "--factors", json.dumps(FACTORS), "--bootstrap", "100", *words(files)])
    table = pandas.read_csv(files["scores"], keep_default_na=False, na_values={"value": "", "low": ""})
    return table.set_index(["metric", "factor"])


def words(files):
    return [word for name, path in files.items() for word in (f"--{name}", str(path))]


def test_what_listeners_hear_is_within_their_noise_ceiling(folder):
    table = scores(folder, "listeners", "listener")
    assert set(table.index.get_level_values("metric")) == set(agreement.ANALYSIS["metrics"])
    for name in STATISTICS:
        row = table.loc[(name, "")]
        lower, upper = (table.loc[(bound, name), "value"] for bound in ("ceiling_lower", "ceiling_upper"))
        assert lower - 0.02 < row.value < upper + 0.02
        assert float(row.low) < row.value < float(row.high)
        assert float(row.chance) < float(row.low)
        assert row.note == f"mean over 6 listeners; noise ceiling {lower:.3f} to {upper:.3f}"
    assert (table.n.astype(int) == N).all()


def test_a_mean_rating_has_less_noise_and_no_ceiling(folder):
    table, single = scores(folder, "listeners", "mean"), scores(folder, "listeners", "listener")
    assert not {"ceiling_lower", "ceiling_upper"} & set(table.index.get_level_values("metric"))
    assert table.loc[("spearman", ""), "value"] > single.loc[("spearman", ""), "value"] + 0.03
    assert table.loc[("spearman", ""), "value"] > 0.93


def test_the_factor_that_a_model_lacks_explains_the_rest(folder):
    table = scores(folder, "without_a", "mean").loc["explains"]
    assert table.loc["a", "value"] > 0.7
    assert abs(table.loc["b", "value"]) < 0.35
    assert abs(table.chance.astype(float)).max() < 0.15


def test_noise_is_at_chance(folder):
    table = scores(folder, "noise", "mean")
    for name in STATISTICS:
        row = table.loc[(name, "")]
        assert float(row.low) < float(row.chance) < float(row.high)


def test_equal_distances_have_no_score_but_a_reason(folder):
    table = scores(folder, "constant", "mean")
    assert table.value.isna().all()
    assert (table.state == "undefined").all()
    assert (table.note == "all sounds are equally far").all()


def test_the_fewest_sounds_have_scores(tmp_path):
    rng = np.random.default_rng(0)
    points = rng.standard_normal((5, 3))
    pandas.DataFrame(points, columns=list("abc")).to_csv(tmp_path / "parameters.csv", index_label="sound")
    for i in range(6):
        np.savetxt(tmp_path / f"listener_{i}.txt", np.triu(rng.random((5, 5)), 1))
    np.save(tmp_path / "few.npy", points)
    table = scores(tmp_path, "few", "listener")
    assert table.value[[*STATISTICS]].notna().all()


def test_ratings_are_refused_in_one_sentence(folder, tmp_path):
    (tmp_path / "few.txt").write_text("0 1\n0 0\n")
    entry = {"matrix": str(tmp_path / "few.txt"), "source": "us"}
    files = {"parameters": folder / "parameters.csv", "output": tmp_path / "ratings.csv"}
    with pytest.raises(SystemExit, match="line 1 has 2 cells, but there are 20 sounds"):
        ratings.main(["--ratings", json.dumps(entry), *words(files)])
    assert not (tmp_path / "ratings.csv").exists()
