"""What is held out, and heads as plain arrays: no PyTorch."""

import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from heads import blocks, grid, inputs
from scipy.stats import qmc

CALL = [sys.executable, ROOT / "workflow_scripts"]


def sobol(N, F, seed=0):
    return qmc.Sobol(F, seed=seed).random(N)


@pytest.mark.parametrize("F", [1, 3, 6])
def test_no_sound_is_in_two_parts(F):
    parts = blocks.split(sobol(512, F), seed=3)
    together = np.concatenate(list(parts.values()))
    assert len(np.unique(together)) == len(together) == 512
    assert 0.15 < len(parts["blocks"]) / 512 < 0.4
    assert len(parts["train"]) > 512 / 3


def test_no_training_sound_lies_in_a_block_of_one_factor():
    """One factor: what is held out is whole intervals, so each has a gap among the training sounds."""
    factors = sobol(1024, 1)
    parts = blocks.split(factors, seed=0)
    held, kept = (np.sort(factors[parts[part], 0]) for part in ("blocks", "train"))
    runs = np.split(held, np.flatnonzero(np.diff(np.searchsorted(kept, held))) + 1)
    assert len(runs) <= 6
    single, among = (np.sort(factors[parts[part], 0]) for part in ("sounds", "train"))
    assert len(np.unique(np.searchsorted(among, single))) > 40


def test_a_factor_of_few_values_is_held_out_by_whole_values():
    """A grid of 8 x 8 x 8: no sound of a block has the factors of a training sound."""
    grid_of_8 = np.stack(np.meshgrid(*[np.arange(8.0)] * 3), axis=-1).reshape(-1, 3)
    factors = np.repeat(grid_of_8, 4, axis=0)
    parts = blocks.split(factors, seed=1)
    held, kept = ({tuple(f) for f in factors[parts[part]]} for part in ("blocks", "train"))
    assert held
    assert not held & kept


@pytest.mark.parametrize(
    ("factors", "sentence"),
    [
        (np.ones((100, 2)), "no factor varies"),
        (np.indices((2, 2, 64)).reshape(3, -1).T[:, :2] * 1.0, "too few values"),
        (sobol(64, 3), "too few"),
    ],
)
def test_sounds_that_cannot_judge_a_head_are_refused(factors, sentence):
    with pytest.raises(ValueError, match=sentence):
        blocks.split(factors, seed=0)


def test_a_grid_is_the_product_of_its_lists():
    points = grid.points_of("supervised", {})
    assert len(points) == 40
    assert len({json.dumps(point) for point in points}) == 40
    assert sorted(n for numbers in grid.shapes(points).values() for n in numbers) == [*range(40)]
    with pytest.raises(ValueError, match="temperature"):
        grid.points_of("supervised", {"temperature": [1]})


def test_a_rotation_keeps_distances_and_is_learnt_on_the_given_sounds_alone():
    rng = np.random.default_rng(0)
    embeddings = rng.standard_normal((40, 300)) * np.linspace(1, 3, 300)
    turned, _ = inputs.rotation(embeddings[:30])
    assert turned.axes.shape == (300, 29)
    some = turned.of(embeddings[:30])
    ratio = np.linalg.norm(some[0] - some[1:], axis=1) / np.linalg.norm(
        embeddings[0] - embeddings[1:30], axis=1
    )
    assert np.ptp(ratio) < 1e-5 * ratio.max()


@pytest.mark.parametrize(
    ("embeddings", "sentence"),
    [(np.ones((9, 4)), "collapsed"), (np.full((9, 4), np.nan), "not finite"), (np.eye(8), "8 rows")],
)
def test_embeddings_that_cannot_teach_are_refused(embeddings, sentence):
    with pytest.raises(ValueError, match=sentence):
        inputs.check(embeddings, 9, "x.npy")


@pytest.fixture
def head(tmp_path):
    """A head by hand that gives max(0, x) and max(0, -x) of two features, and files for `apply`."""
    both = np.concatenate([np.eye(2), -np.eye(2)], axis=1)
    np.savez(
        tmp_path / "head.npz", weight_0=both, bias_0=np.zeros(4), facts=json.dumps({"kind": "supervised"})
    )
    (tmp_path / "facts.json").write_text(json.dumps({"module": "m", "D": 2, "marks": {"view": "a"}}))
    return tmp_path


def call(folder, embeddings):
    np.save(folder / "in.npy", embeddings)
    words = ["--embeddings", "in.npy", "--head", "head.npz", "--facts", "facts.json"]
    words += ["--output", "out.npy", "--output-facts", "out.json"]
    return subprocess.run([*CALL, "heads.apply", *words], cwd=folder, capture_output=True, text=True)


def test_a_row_is_the_hidden_activations(head):
    x = np.array([[1, -2], [3, 4]], dtype=np.float32)
    assert call(head, x).returncode == 0
    row = np.load(head / "out.npy")
    assert row.dtype == np.float32
    assert row.tolist() == [[1, 0, 0, 2], [3, 4, 0, 0]]
    facts = json.loads((head / "out.json").read_text())
    assert facts == {"module": "m", "D": 4, "head": {"kind": "supervised"}}


@pytest.mark.parametrize("x", [np.ones((5, 3)), np.full((5, 2), np.inf)])
def test_other_embeddings_are_refused_in_a_sentence(head, x):
    done = call(head, x)
    assert done.returncode == 1
    assert ("not finite" if x.shape[1] == 2 else "5 x 3") in done.stderr
    assert "Traceback" not in done.stderr
    assert not (head / "out.npy").exists()


def test_apply_needs_no_torch():
    code = "import sys, heads.apply; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CALL[1], capture_output=True, text=True, check=True
    )
    assert "torch" not in done.stdout.split()
