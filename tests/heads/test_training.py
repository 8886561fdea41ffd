"""Known answers of trained heads: what a head can add, what it cannot, and what it must not."""

import json
import subprocess

import numpy as np
import pandas
import pytest
from conftest import ROOT, built
from scipy.stats import qmc

pytestmark = pytest.mark.network
N, SCRIPTS = 512, ROOT / "workflow_scripts"
ONE = {
    "hidden_layers": [1],
    "hidden_units": [64],
    "learning_rate": [0.01],
    "initialization": ["xavier_uniform"],
}
PAIRS = ONE | {"learning_rate": [0.003], "temperature": [0.2], "projection": [16]}


@pytest.fixture(scope="session")
def torch_python():
    """The interpreter of the environment `heads`."""
    (prefix,) = built("heads")
    return prefix / "bin" / "python"


@pytest.fixture(scope="module")
def teach(torch_python, tmp_path_factory):
    """A function that trains heads on an embedding and returns the table of points and the head."""

    def train(factors, embeddings, views=None, grid=ONE, seeds=1, epochs=200):
        folder = tmp_path_factory.mktemp("heads")
        names = [f"f{i}" for i in range(factors.shape[1])]
        pandas.DataFrame(factors, columns=names).to_csv(folder / "parameters.csv", index=False)
        np.save(folder / "x.npy", embeddings.astype(np.float32))
        words = ["--embeddings", "x.npy", "--parameters", "parameters.csv", "--model", "m"]
        words += ["--kind", "supervised" if views is None else "contrastive", "--grid", json.dumps(grid)]
        if views is not None:
            np.save(folder / "views.npy", views.astype(np.float32))
            words += ["--views", "views.npy"]
        words += ["--factors", json.dumps({name: {"scale": "linear"} for name in names})]
        words += ["--seeds", str(seeds), "--epochs", str(epochs)]
        words += ["--head", "head.npz", "--points", "points.csv"]
        done = subprocess.run(
            [torch_python, SCRIPTS, "heads.train", *words], cwd=folder, capture_output=True, text=True
        )
        if done.returncode:
            return done.stderr
        return pandas.read_csv(folder / "points.csv"), dict(np.load(folder / "head.npz", allow_pickle=False))

    return train


@pytest.fixture(scope="module")
def factors():
    return qmc.Sobol(2, seed=0).random(N)


def mean_r2(points, targets="true", held_out="blocks", factor="mean"):
    rows = points[(points.targets == targets) & (points.held_out == held_out) & (points.factor == factor)]
    assert len(rows)
    return rows.r2.mean()


def linear_r2(points, factors):
    """R2 of least squares with a small penalty, of the last third from the others."""
    x, y = points - points.mean(axis=0), factors - factors.mean(axis=0)
    cut = 2 * len(x) // 3
    weights = np.linalg.solve(x[:cut].T @ x[:cut] + 1e-3 * np.eye(x.shape[1]), x[:cut].T @ y[:cut])
    return 1 - ((y[cut:] - x[cut:] @ weights) ** 2).sum() / (y[cut:] ** 2).sum()


def test_a_linear_code_needs_no_head(teach, factors):
    rng = np.random.default_rng(0)
    code = factors @ rng.standard_normal((2, 20)) + 0.1 * rng.standard_normal((N, 20))
    points, _ = teach(factors, code)
    assert mean_r2(points) == pytest.approx(linear_r2(code, factors), abs=0.03)
    assert mean_r2(points, held_out="sounds") == pytest.approx(linear_r2(code, factors), abs=0.03)
    assert mean_r2(points, "shuffled") < 0.05


def test_a_code_on_circles_is_unrolled_by_one_hidden_layer(teach, factors):
    """Each factor goes once around a circle, but for a gap: no line tells it, one hidden layer can."""
    angles = 0.95 * 2 * np.pi * factors
    code = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    points, head = teach(factors, code)
    assert linear_r2(code, factors) < 0.7
    assert mean_r2(points) > 0.9
    hidden = np.maximum(code @ head["weight_0"] + head["bias_0"], 0)
    assert linear_r2(hidden, factors) > 0.95
    told = hidden @ head["output_weight"] + head["output_bias"]
    assert 1 - ((told - factors) ** 2).sum() / ((factors - factors.mean(axis=0)) ** 2).sum() > 0.9


def test_noise_tells_nothing_of_sounds_that_are_held_out(teach, factors):
    noise = np.random.default_rng(1).standard_normal((N, 64))
    points, _ = teach(factors, noise, seeds=2)
    for targets in ("true", "shuffled"):
        for held_out in ("blocks", "sounds"):
            assert mean_r2(points, targets, held_out) <= 0


@pytest.fixture(scope="module")
def nuisances():
    """Of each sound and of its view: one nuisance that a view draws anew, and one that it keeps."""
    rng = np.random.default_rng(2)
    anew, kept = rng.uniform(-2, 2, (2, N)), rng.uniform(-2, 2, N)
    return anew, kept


def told_by(head, code, variable):
    """R2 of a variable by least squares from a head's hidden activations."""
    return linear_r2(np.maximum(code @ head["weight_0"] + head["bias_0"], 0), variable[:, None])


def test_contrast_removes_a_nuisance_that_it_is_told_of_and_no_other(teach, factors, nuisances):
    (anew, changed), kept = nuisances
    mix = np.random.default_rng(3).standard_normal((4, 12))
    code, views = (np.column_stack([factors, n, kept]) @ mix for n in (anew, changed))
    points, head = teach(factors, code, views, PAIRS | {"hidden_units": [32]})
    assert linear_r2(code, anew[:, None]) > 0.99
    assert mean_r2(points) > 0.8
    assert mean_r2(points, "shuffled") < 0.05
    assert told_by(head, code, kept) > 0.9
    assert told_by(head, code, anew) < 0.5
    mean = points[(points.factor == "mean") & (points.held_out == "sounds")].set_index("targets").found
    assert mean["true"] > 0.5 > mean["shuffled"]


def test_the_same_seed_gives_the_same_head(teach, factors):
    (points, head), (again, other) = (teach(factors, np.sin(6 * factors)) for _ in range(2))
    pandas.testing.assert_frame_equal(points, again)
    assert all((head[name] == other[name]).all() for name in head)


@pytest.mark.parametrize("kind", ["supervised", "contrastive"])
def test_a_point_scores_alone_as_it_does_in_the_grid(teach, factors, kind):
    rng = np.random.default_rng(4)
    code = np.tanh(factors @ rng.standard_normal((2, 10))) + 0.1 * rng.standard_normal((N, 10))
    views = None if kind == "supervised" else code + 0.1 * rng.standard_normal((N, 10))
    lists = {
        "hidden_layers": [1, 2],
        "hidden_units": [16],
        "learning_rate": [0.01, 0.001],
        "dropout": [0.1, 0.3],
    }
    grid, _ = teach(factors, code, views, (PAIRS if views is not None else ONE) | lists)
    alone = {"hidden_layers": [2], "learning_rate": [0.001], "dropout": [0.3]}
    one, _ = teach(factors, code, views, (PAIRS if views is not None else ONE) | lists | alone)
    of_grid = grid[(grid.hidden_layers == 2) & (grid.learning_rate == 0.001) & (grid.dropout == 0.3)]
    assert len(one) == len(of_grid) == 12
    np.testing.assert_allclose(of_grid.r2, one.r2, atol=1e-3)


def test_a_small_learning_rate_needs_more_epochs(teach, factors):
    """The table says after how many each head was best, so that one sees which the limit has stopped."""
    grid = ONE | {"learning_rate": [0.01, 0.002]}
    code = np.tanh(factors @ np.random.default_rng(5).standard_normal((2, 10)))
    of_limit = {limit: teach(factors, code, grid=grid, epochs=limit)[0] for limit in (12, 120)}
    gains = []
    for rate in grid["learning_rate"]:
        short, long = (points[points.learning_rate == rate] for points in of_limit.values())
        assert short.epochs.max() <= 12 < long.epochs.max() <= 120
        gains.append(mean_r2(long) - mean_r2(short))
    assert gains[1] > 0.2 > gains[0] > 0


def test_a_collapsed_embedding_is_told_in_a_sentence(teach, factors):
    message = teach(factors, np.ones((N, 3)))
    assert "collapsed" in message
    assert "Traceback" not in message
