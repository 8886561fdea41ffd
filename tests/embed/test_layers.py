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


# Models of which only a layer is asked for; from "misspelt" on they fail.
OTHERS = {
    "pieces": {"layers": ["second"], "options": {"frames": 8}},
    "twice": {"layers": ["first", "shared"]},
    "misspelt": {"layers": ["secnd"]},
    "reversed": {"layers": ["second", "first"]},
    "idle": {"layers": ["first", "unused"]},
    "numbers": {"layers": ["a"], "module": "adapters.faulty", "env": "signal"},
}


def run(clone, entries, *targets):
    """Run Snakemake on models with layers, to the report or to targets. Returns the finished process."""
    models = {name: ENTRY | entry for name, entry in entries.items()}
    text = yaml.safe_dump({"run": {"datasets": ["small"], "models": list(models)}, "models": models})
    (clone / "mine.yaml").write_text(text)
    return snakemake(clone, *targets, "--configfile", ROOT / "tests" / "small.yaml", "mine.yaml")


@pytest.fixture(scope="module")
def others(shared_clone):
    """Results of the other models from one run, and the last line of each one's log."""
    done = run(shared_clone, OTHERS, *(f"results/small/embeddings/{name}.0.npy" for name in OTHERS))
    assert done.returncode != 0
    logs = {name: shared_clone / "logs" / "embed" / "small" / f"{name}.log" for name in OTHERS}
    ends = {name: log.read_text().splitlines()[-1] for name, log in logs.items()}
    return shared_clone / "results" / "small", ends


def test_each_layer_and_pooling_is_a_row_from_one_pass(shared_clone):
    moments = {"embedding": "timestamps", "pooling": ["mean", "max"], "task": "none, it's a <test>"}
    done = run(shared_clone, {"swept": {"layers": ["first", "second"]} | moments})
    assert done.returncode == 0, done.stdout[-5000:]
    assert jobs(done.stdout).count("embed_layers") == 1
    folder = shared_clone / "results" / "small"
    arrays = (np.load(folder / "embeddings" / f"swept{end}.npy") for end in ("", ".max", ".0", ".1"))
    own, largest, first, second = arrays
    assert (largest > own).all()
    assert first.shape == (len(own), 4)
    np.testing.assert_allclose(second, own, rtol=1e-5, atol=1e-6)  # its mean over time is the embedding
    facts = json.loads((folder / "embeddings" / "swept.1.json").read_text())
    assert (facts["layer"], facts["D"]) == ("second", 6)
    assert facts["task"] == "none, it's a <test>"
    assert facts["parameters"] == 4 * 9 + 4 + 6 * 4 * 9 + 6 + 2 * 2 + 2
    assert facts["audit"]["silence_cosine"] > 0
    facts = json.loads((folder / "embeddings" / "swept.max.json").read_text())
    assert (facts["layer"], facts["pooling"], facts["D"]) == ("", "max", 6)
    scores = pandas.read_csv(folder / "scores.csv")
    assert list(dict.fromkeys(scores.model)) == [
        *("swept", "swept.max", "swept.0", "swept.1"),
        *("chance", "reference"),
    ]
    page = (folder.parent / "report.html").read_text()
    assert "swept.1" in page
    assert "layer second" in page
    assert "moments: max" in page
    assert (folder / "figures" / "depth.png").exists()


def test_pieces_of_a_sound_are_averaged(others):
    folder, _ = others
    own, layer = (np.load(folder / "embeddings" / f"pieces{end}.npy") for end in ("", ".0"))
    np.testing.assert_allclose(layer, own, rtol=1e-5, atol=1e-6)


def test_a_layer_that_runs_twice_is_taken_alone(others):
    """In a batch its second pieces would be read as another sound's."""
    folder, _ = others
    facts = json.loads((folder / "embeddings" / "twice.0.json").read_text())
    assert facts["audit"]["layers_mixed"]
    assert not facts["audit"]["batch_dependent"]
    assert facts["batch_size"] == 1
    first, shared = (np.load(folder / "layers" / "twice" / f"{i}.npy") for i in (0, 1))
    assert shared.shape == first.shape
    assert (shared >= 0.5).all()  # the mean of relu(x) and relu(x) + 1, of each sound by itself


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("misspelt", "the network has no layer 'secnd'; did you mean second?"),
        ("reversed", "list the layers in the order in which they run: first, second"),
        ("idle", "layer 'unused' did not run when a sound was embedded; leave it out"),
    ],
)
def test_a_wrong_list_is_one_sentence(others, model, sentence):
    _, ends = others
    assert ends[model] == f"error: {model}: {sentence}"


def test_a_model_without_pytorch_has_no_layers(others):
    _, ends = others
    assert "layers needs a PyTorch model; this one is of numpy" in ends["numbers"]
