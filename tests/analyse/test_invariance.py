"""Invariance: better is said of nuisances alone, and a seed has a reason in place of a score."""

import json

import numpy as np
import pandas
import pytest
from analyse import invariance


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("invariance")
    rng = np.random.default_rng(0)
    table = pandas.DataFrame({"a": rng.random(200), "nuisance_gain": rng.random(200)})
    table["nuisance_text"], table["nuisance_phase"] = rng.integers(3, size=200), np.arange(200)
    table.to_csv(folder / "parameters.csv", index_label="sound")
    np.save(folder / "m.npy", table[["a"]].to_numpy(dtype=np.float32))
    nuisances = {"gain": {"low": 0, "high": 1}, "text": {"integers": 3}, "phase": {"integers": 10**6}}
    words = ["--parameters", folder / "parameters.csv", "--embeddings", folder / "m.npy", "--model", "m"]
    words += ["--factors", json.dumps({"a": {"scale": "linear"}}), "--nuisances", json.dumps(nuisances)]
    words += ["--shuffles", 2, "--bootstrap", 10, "--scores", folder / "m.scores.csv"]
    invariance.main([str(word) for word in words])
    table = pandas.read_csv(folder / "m.scores.csv", keep_default_na=False)
    return table.set_index(["metric", "factor"])


def test_an_invariant_embedding_is_better_in_a_nuisance_and_only_described_in_a_factor(scores):
    assert scores.better["within_between", "a"] == ""
    assert scores.better["mantel", "a"] == ""
    assert scores.better["within_between", "gain"] == scores.better["within_between", "text"] == "high"
    assert scores.better["mantel", "gain"] == "low"
    assert float(scores.value["within_between", "gain"]) == pytest.approx(1, abs=0.05)
    assert float(scores.value["within_between", "a"]) < 0.2


def test_categories_have_no_mantel_correlation_and_seeds_have_a_reason(scores):
    assert ("mantel", "text") not in scores.index
    for metric in ("within_between", "mantel"):
        row = scores.loc[(metric, "phase")]
        assert (row.value, row.state) == ("", "undefined")
        assert row.note == "a seed: no two sounds are alike in it; a ladder tells"
