"""GEAR's own way to run CREPE gives the numbers of hearbaseline's, trained or not, layer by layer."""

import json

import numpy as np
import pytest
import yaml
from conftest import ROOT, snakemake

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis", "hearbaseline")]
WRAPPER = {"module": "hearbaseline.torchcrepe", "network": "torchcrepe.infer.model", "env": "hearbaseline"}
ADAPTER = {"module": "adapters.crepe", "env": "hearbaseline"}
LAYERS = {"sample_rate": 16000, "layers": ["conv{1..5}_BN"]}
# one by one, because batch-norm statistics of new weights are those of what goes through the network together
UNTRAINED = LAYERS | {"initialization": "random", "batch_size": 1}
ENTRIES = {
    "wrapper": WRAPPER | LAYERS,
    "adapter": ADAPTER | LAYERS,
    "wrapper_untrained": WRAPPER | UNTRAINED,
    "adapter_untrained": ADAPTER | UNTRAINED,
}
CASES = [
    ("small_grid", ""),
    ("small", ""),
    ("second", ""),
    ("small_grid", "_untrained"),
]  # 64 ms, 0.25 s, 1 s


@pytest.fixture(scope="module")
def folder(shared_clone):
    """Results of both on sounds of one frame, of two and of five."""
    config = shared_clone / "crepe.yaml"
    run = {"datasets": ["small_grid", "small", "second"], "models": list(ENTRIES)}
    config.write_text(yaml.safe_dump({"run": run, "models": ENTRIES}))
    targets = [
        f"results/{dataset}/embeddings/{way}{kind}.npy"
        for dataset, kind in CASES
        for way in ("wrapper", "adapter")
    ]
    done = snakemake(shared_clone, *targets, "--configfile", ROOT / "tests" / "small.yaml", config)
    assert done.returncode == 0, done.stdout[-5000:]
    return shared_clone / "results"


@pytest.mark.parametrize(("dataset", "kind"), CASES)
def test_crepe_is_that_of_the_wrapper(folder, dataset, kind):
    for file in ["embeddings/{}{}.npy", *(f"layers/{{}}{{}}/{i}.npy" for i in range(5))]:
        wrapper, adapter = (
            np.load(folder / dataset / file.format(way, kind)) for way in ("wrapper", "adapter")
        )
        np.testing.assert_allclose(adapter, wrapper, rtol=0, atol=1e-4 * np.abs(wrapper).max())
    facts = json.loads((folder / dataset / "embeddings" / f"adapter{kind}.json").read_text())
    assert facts["audit"]["batch_difference"] < 1e-5
    assert "torchcrepe" in facts["packages"]
