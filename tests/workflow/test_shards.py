"""A data set in shards is the same data set: sounds to the bit, embeddings and layers to rounding."""

import json

import numpy as np
import pytest
import soundfile
import yaml
from conftest import FEW, ROOT, snakemake

pytestmark = [
    pytest.mark.network,
    pytest.mark.environments("analysis", "signal", "hearbaseline"),
    pytest.mark.analyses(*FEW),
]
MODELS = {
    "plain": {"module": "adapters.faulty", "env": "signal", "sample_rate": 16000},
    "deep": {
        "module": "adapters.layered",
        "env": "hearbaseline",
        "sample_rate": 16000,
        "layers": ["first", "second"],
    },
    "together": {
        "module": "adapters.faulty",
        "env": "signal",
        "sample_rate": 16000,
        "options": {"fault": "batch"},
    },
    "breaks": {
        "module": "adapters.faulty",
        "env": "signal",
        "sample_rate": 16000,
        "options": {"fault": "late"},
    },
}


def words(clone, **run):
    """Words of a call with its own `run`."""
    run = {"datasets": ["small"], "models": list(MODELS)} | run
    (clone / "mine.yaml").write_text(yaml.safe_dump({"run": run, "models": MODELS}))
    return ["--configfile", ROOT / "tests" / "small.yaml", "mine.yaml"]


def files(clone):
    """Sounds, table, embeddings and facts of what both ways made."""
    folder = clone / "results" / "small"
    names = ["plain", "deep", "deep.0", "deep.1"]
    return {
        "audio": soundfile.read(folder / "sounds" / "audio.wav", dtype="float32")[0],
        "table": (folder / "sounds" / "parameters.csv").read_text(),
        "embeddings": {name: np.load(folder / "embeddings" / f"{name}.npy") for name in names},
        "facts": {name: json.loads((folder / "embeddings" / f"{name}.json").read_text()) for name in names},
    }


@pytest.fixture(scope="module")
def both(shared_clone):
    """Files of the data set in one piece, then in three shards; and the output of the sharded call."""
    targets = [f"results/small/embeddings/{name}.npy" for name in ("plain", "deep", "deep.0", "deep.1")]
    done = snakemake(shared_clone, *targets, *words(shared_clone))
    assert done.returncode == 0, done.stdout[-5000:]
    whole = files(shared_clone)
    (shared_clone / "results" / "small").rename(shared_clone / "whole")
    done = snakemake(shared_clone, *targets, *words(shared_clone, shard_size=16))
    assert done.returncode == 0, done.stdout[-5000:]
    return whole, files(shared_clone), shared_clone


def test_sounds_are_the_same_to_the_bit(both):
    whole, sharded, _ = both
    np.testing.assert_array_equal(whole["audio"], sharded["audio"])
    assert whole["table"] == sharded["table"]


def test_embeddings_and_layers_are_the_same(both):
    whole, sharded, _ = both
    for name, array in whole["embeddings"].items():
        assert len(array) == 40
        np.testing.assert_allclose(sharded["embeddings"][name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_facts_are_of_the_whole(both):
    whole, sharded, _ = both
    for name, facts in sharded["facts"].items():
        assert facts["N"] == 40
        assert facts["shards"] == 3
        assert facts["marks"] == whole["facts"][name]["marks"]
        assert facts["parameters"] == whole["facts"][name]["parameters"]
        assert facts["rows"]["rank_rows"] == 40
    assert sharded["facts"]["deep.1"]["layer"] == "second"


def test_nothing_but_the_whole_is_kept(both):
    *_, clone = both
    assert not list((clone / "results" / "small" / "shards").glob("*/*"))
    assert not list((clone / "results" / "small" / "sounds" / "shards").glob("*"))
    again = snakemake(clone, "results/small/embeddings/plain.npy", *words(clone, shard_size=16))
    assert "Nothing to be done" in again.stdout


def test_a_batch_dependent_model_is_refused_with_the_reason(both):
    *_, clone = both
    done = snakemake(clone, "results/small/embeddings/together.npy", *words(clone, shard_size=16))
    assert done.returncode != 0
    log = (clone / "logs" / "embed" / "small" / "together" / "0.log").read_text()
    assert "depends on its batch, so a data set of 40 sounds cannot go in shards" in log
    assert "batch_size: 1" in log
    alone = {"together": MODELS["together"] | {"batch_size": 1}}
    (clone / "alone.yaml").write_text(yaml.safe_dump({"models": alone}))
    done = snakemake(
        clone, "results/small/embeddings/together.npy", *words(clone, shard_size=16), "alone.yaml"
    )
    assert done.returncode == 0, done.stdout[-5000:]


def test_a_failed_shard_is_told_and_alone_done_again(both):
    *_, clone = both
    call = words(clone, shard_size=16, models=["plain", "breaks"])
    done = snakemake(clone, *call)
    assert done.returncode != 0
    report = (clone / "results" / "report.html").read_text()
    assert "breaks</strong> failed at embed" in report
    assert "too late" in report
    (clone / "allowed").touch()
    plan = snakemake(clone, "-n", *call).stdout
    assert "embed_shard                1" in plan or "embed_shard 1" in " ".join(plan.split())
    done = snakemake(clone, *call)
    assert done.returncode == 0, done.stdout[-5000:]


def test_time_index_cannot_be_normalised_in_shards(shared_clone):
    done = snakemake(shared_clone, "-n", *words(shared_clone, datasets=["small_grid"], shard_size=16))
    assert done.returncode != 0
    assert "normalize time_index divides by the loudest of all sounds" in done.stdout
