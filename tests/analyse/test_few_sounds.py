"""The fewest sounds that a config may ask for go through every analysis of a cloud."""

import importlib
import json
import shlex

import numpy as np
import pandas
import pytest
from analyse import neighbors
from planning.analyses import arguments, inputs_of, outputs_of, read_analyses
from planning.schema import schema

ANALYSES = read_analyses()
LEAST = schema()["$defs"]["dataset"]["properties"]["N"]["minimum"]
FACTORS = {"pitch": {"unit": "semitone", "scale": "linear"}, "level": {"unit": "dB", "scale": "linear"}}


def analyse(analysis, N, K, factors):
    """Run an analysis of the working directory's data set as a rule does."""
    table = ANALYSES[analysis]
    inputs, outputs = inputs_of(table, ANALYSES), outputs_of(analysis, table)
    settings = {"factors": json.dumps(factors), "nuisances": "{}", "isomap.K": K, "knn.K": K}
    settings |= {"isomap.bridge": False, "knn.include_self": False, "standardize": False}
    settings |= {"reduce": None, "metric": None}
    settings |= {"shuffles": 20, "bootstrap": 100, "seed": 0, "design": "random"}
    written = {"model": "m"} | {name: outputs[name] for name in [*table.get("writes", ()), "scores"]}
    words = arguments(table, inputs, settings, written).replace("{dataset}", "few").replace("{model}", "m")
    importlib.import_module(f"analyse.{analysis}").main(shlex.split(words))
    return pandas.read_csv(outputs["scores"].format(dataset="few", model="m"))


@pytest.mark.parametrize(("N", "K"), [(LEAST, 1), (LEAST + 2, 2)])
@pytest.mark.parametrize("kind", ["noise", "reference"])
def test_the_fewest_sounds_go_through_every_analysis(tmp_path, monkeypatch, N, K, kind):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    values = np.stack([rng.permutation(N) for _ in FACTORS], axis=1).astype(float)
    points = values if kind == "reference" else rng.standard_normal((N, 24))
    for folder in ("sounds", "embeddings"):
        (tmp_path / "results" / "few" / folder).mkdir(parents=True)
    table = pandas.DataFrame(values, columns=list(FACTORS)).rename_axis("sound")
    table.to_csv("results/few/sounds/parameters.csv")
    np.save("results/few/embeddings/m.npy", points.astype(np.float32))
    words = f"--embeddings results/few/embeddings/m.npy --K {2 * K} --output results/few/neighbors/m.npz"
    neighbors.main(words.split())
    for analysis in (name for name, declared in ANALYSES.items() if declared["of"] == "cloud"):
        scores = analyse(analysis, N, K, FACTORS)
        assert set(scores.metric) <= {*ANALYSES[analysis]["metrics"]}
        assert len(scores)
