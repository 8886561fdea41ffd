"""Embeddings that were computed elsewhere go through the workflow as models do; these have known answers."""

import re

import numpy as np
import pandas
import pytest
import yaml
from conftest import FEW, snakemake
from runs import parameters

pytestmark = [
    pytest.mark.network,
    pytest.mark.environments("analysis"),
    pytest.mark.analyses(*FEW, "hypothesis", "topology"),
]


CUBE = """
FACTORS = {
    name: {"unit": "", "scale": "linear", "low": 0, "high": 1, "default": 0.5,
           "jnd": {"step": 0.05, "source": "assumed"}}
    for name in ("a", "b", "c")
}


def render(parameters, sample_rate, duration):
    import numpy as np

    time = np.arange(round(duration * sample_rate)) / sample_rate
    tones = [(1 + k) * np.sin(6283 * (k + 1 + x[:, None]) * time) for k, x in enumerate(parameters.values())]
    return sum(tones)
"""


def test_precomputed_embeddings_go_through_the_whole_workflow(clone):
    """Known answers as models: the factors, a circle, noise, a constant; and one that does not fit."""
    (clone / "cube.py").write_text(CUBE)
    names = ("identity", "circle", "noise", "constant", "short")
    config = {
        "run": {"datasets": ["cube"], "models": list(names)},
        "datasets": {
            "cube": {"synthesizer": "cube.py", "N": 256, "sample_rate": 16000, "duration": 0.5},
        },
        "models": {n: {"module": "precomputed", "embeddings": f"mine/{{dataset}}_{n}.npy"} for n in names},
        "analyses": {"isomap": {"K": 12}, "knn": {"K": 8}, "bootstrap": 200},
    }
    (clone / "mine.yaml").write_text(yaml.safe_dump(config))
    words = ["--configfile", "mine.yaml"]
    missing = snakemake(clone, "-n", *words)
    assert missing.returncode != 0
    assert "models.noise.embeddings: mine/cube_noise.npy does not exist" in missing.stdout
    config["run"]["models"] = ["logmel"]
    (clone / "first.yaml").write_text(yaml.safe_dump(config))
    target = "results/cube/sounds/parameters.csv"
    assert snakemake(clone, "--configfile", "first.yaml", "--", target).returncode == 0
    theta = parameters(clone, "cube")[["a", "b", "c"]].to_numpy()
    turn = 2 * np.pi * theta[:, 0]
    (clone / "mine").mkdir()
    rng = np.random.default_rng(0)
    for name, array in {
        "identity": theta,
        "circle": np.stack([np.cos(turn), np.sin(turn)], axis=1),
        "noise": rng.standard_normal((256, 64)),
        "constant": np.ones((256, 8), dtype=np.float32),
        "short": theta[:-1],
    }.items():
        np.save(clone / "mine" / f"cube_{name}.npy", array)
    done = snakemake(clone, *words)
    assert done.returncode != 0
    scores = pandas.read_csv(clone / "results" / "cube" / "scores.csv")
    failed = scores[scores.metric == "failure"].set_index("model")
    assert failed.index.tolist() == ["short"]
    assert failed.analysis["short"] == "adopt"
    assert "one row for each of 256 sounds is wanted, (256, D)" in failed.note["short"]
    whole = scores[scores.factor.isna()].set_index(["metric", "model"]).value
    assert whole["hypothesis", "identity"] > 0.95
    assert whole["hypothesis", "noise"] < 0.1
    assert np.isnan(whole["hypothesis", "constant"])
    assert (whole["loops", "circle"], whole["loops", "identity"]) == (1, 0)
    identity = scores[(scores.model == "identity") & (scores.metric == "smoothness")]
    np.testing.assert_allclose(identity.reference, identity.value, atol=0.02)  # float32, standardised
    different = pandas.read_csv(clone / "results" / "cube" / "differences.csv")
    smooth = different[(different.metric == "smoothness") & (different.other_model == "noise")]
    assert (smooth[smooth.model == "identity"].real == "yes").all()
    page = (clone / "results" / "report.html").read_text()
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)  # cards have the same words as data
    assert shown.count("embedded elsewhere: not heard") == 4
    assert "a strand that closes in 1 loop, in 1 piece" in page
