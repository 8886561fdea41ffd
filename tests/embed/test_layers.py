"""Layers: one forward pass, one row per layer, in the order of depth."""

import json

import numpy as np
import pandas
import pytest
import yaml
from conftest import FEW, ROOT, jobs, snakemake

pytestmark = [
    pytest.mark.network,
    pytest.mark.environments("analysis", "signal", "hearbaseline"),
    pytest.mark.analyses(*FEW, "subspaces"),
]
ENTRY = {"module": "adapters.layered", "env": "hearbaseline", "sample_rate": 16000}


@pytest.fixture(scope="module")
def run(shared_clone):
    """Run Snakemake on one model with layers, to the report or to a target. Returns the finished process."""

    def call(name, *words, **entry):
        config = shared_clone / f"{name}.yaml"
        run = {"datasets": ["small"], "models": [name]}
        config.write_text(yaml.safe_dump({"run": run, "models": {name: ENTRY | entry}}))
        return snakemake(shared_clone, *words, "--configfile", ROOT / "tests" / "small.yaml", config)

    call.folder = shared_clone / "results" / "small"
    return call


def test_each_layer_is_a_row_from_one_pass(run):
    done = run("swept", layers=["first", "second"])
    assert done.returncode == 0, done.stdout[-5000:]
    assert jobs(done.stdout).count("embed_layers") == 1
    own, first, second = (np.load(run.folder / "embeddings" / f"swept{end}.npy") for end in ("", ".0", ".1"))
    assert first.shape == (len(own), 4)
    np.testing.assert_allclose(second, own, rtol=1e-5, atol=1e-6)  # its mean over time is the embedding
    facts = json.loads((run.folder / "embeddings" / "swept.1.json").read_text())
    assert (facts["layer"], facts["D"]) == ("second", 6)
    scores = pandas.read_csv(run.folder / "scores.csv")
    assert list(dict.fromkeys(scores.model)) == ["swept", "swept.0", "swept.1", "chance", "reference"]
    page = (run.folder.parent / "report.html").read_text()
    assert "swept.1" in page
    assert "layer second" in page


def test_pieces_of_a_sound_are_averaged(run):
    done = run("pieces", "results/small/embeddings/pieces.0.npy", layers=["second"], options={"frames": 8})
    assert done.returncode == 0, done.stdout[-5000:]
    own, layer = (np.load(run.folder / "embeddings" / f"pieces{end}.npy") for end in ("", ".0"))
    np.testing.assert_allclose(layer, own, rtol=1e-5, atol=1e-6)


def test_a_layer_that_runs_twice_is_taken_alone(run):
    """In a batch its second pieces would be read as another sound's."""
    done = run("twice", "results/small/embeddings/twice.0.npy", layers=["first", "shared"])
    assert done.returncode == 0, done.stdout[-5000:]
    facts = json.loads((run.folder / "embeddings" / "twice.0.json").read_text())
    assert facts["audit"]["layers_mixed"]
    assert not facts["audit"]["batch_dependent"]
    assert facts["batch_size"] == 1
    first, shared = (np.load(run.folder / "layers" / "twice" / f"{i}.npy") for i in (0, 1))
    assert shared.shape == first.shape
    assert (shared >= 0.5).all()  # the mean of relu(x) and relu(x) + 1, of each sound by itself


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (["secnd"], "the network has no layer 'secnd'; did you mean second?"),
        (["second", "first"], "list the layers in the order in which they run: first, second"),
        (["first", "unused"], "layer 'unused' did not run when a sound was embedded; leave it out"),
    ],
)
def test_a_wrong_list_is_one_sentence(run, layers, sentence):
    done = run("wrong", "results/small/embeddings/wrong.0.npy", layers=layers)
    assert done.returncode != 0
    log = (run.folder.parents[1] / "logs" / "embed" / "small" / "wrong.log").read_text()
    assert log.splitlines()[-1] == f"error: wrong: {sentence}"


def test_a_model_without_pytorch_has_no_layers(run):
    done = run(
        "numbers",
        "results/small/embeddings/numbers.0.npy",
        module="adapters.faulty",
        layers=["a"],
        env="signal",
    )
    assert done.returncode != 0
    log = (run.folder.parents[1] / "logs" / "embed" / "small" / "numbers.log").read_text()
    assert "layers needs a PyTorch model; this one is of numpy" in log
