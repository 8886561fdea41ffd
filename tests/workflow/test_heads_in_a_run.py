"""A whole run with heads: their rows stand beside the models', and a head that fails costs its own rows."""

import numpy as np
import pandas
import pytest
from conftest import jobs, snakemake
from planning.yaml_files import to_yaml
from runs import GOOD, embedding, parameters

ANALYSES = ("isomap", "trust", "knn")
pytestmark = [
    pytest.mark.network,
    pytest.mark.environments("analysis", "heads"),
    pytest.mark.analyses(*ANALYSES),
]
GRID = {"hidden_units": [8], "learning_rate": [0.0032, 0.001]}
CONFIG = {
    "run": {"datasets": ["few"], "models": ["good", "stuck"]},
    "datasets": {
        "few": {
            "synthesizer": "additive",
            "N": 256,
            "sample_rate": 16000,
            "duration": 0.1,
            "nuisances": {"gain": None, "phases": None},
        },
        "few_views": {"views": {"of": "few", "redraw": ["gain"]}},
    },
    "models": {"good": GOOD, "stuck": GOOD | {"options": {"fault": "constant"}}},
    "analyses": {"isomap": {"K": 8}, "knn": {"K": 6}, "bootstrap": 100},
    "heads": {"of": "few", "views": "few_views", "seeds": 2, "supervised": GRID | {"hidden_layers": [1]}},
}
CONFIG["heads"]["contrastive"] = GRID | {"temperature": [0.2], "projection": [4]}


def scores(folder):
    return pandas.read_csv(folder / "results" / "few" / "scores.csv", keep_default_na=False)


@pytest.fixture(scope="module")
def run(shared_clone):
    """A clone after a run in which one model gives all sounds the same embedding, and what the run said."""
    (shared_clone / "mine.yaml").write_text(to_yaml(CONFIG))
    done = snakemake(shared_clone, "--configfile", "mine.yaml")
    return shared_clone, done


def test_rows_of_heads_stand_behind_the_rows_that_they_stand_on(run):
    folder, _ = run
    table = scores(folder)
    told = table[table.metric == "r2"].model.drop_duplicates().tolist()
    heads = [f"{base}.{kind}" for base in ("chance", "reference") for kind in ("supervised", "contrastive")]
    assert told == ["good", "good.supervised", "good.contrastive", "stuck", *heads, "chance", "reference"]
    for row in ("good.supervised", "reference.contrastive"):
        assert embedding(folder, "few", row).shape == (256, 8)


def test_a_head_that_has_nothing_to_learn_from_costs_its_own_rows_and_says_why(run):
    folder, done = run
    assert done.returncode != 0
    failures = scores(folder).query("metric == 'failure'")
    assert failures.model.tolist() == ["stuck.supervised", "stuck.contrastive"]
    assert set(failures.analysis) == {"head"}
    assert failures.note.str.contains("has collapsed").all()
    page = (folder / "results" / "report.html").read_text()
    assert "stuck.contrastive" in page
    assert "good.contrastive" in page


def test_views_are_made_for_the_heads_and_not_compared(run):
    folder, _ = run
    few, views = parameters(folder, "few"), parameters(folder, "few_views")
    pandas.testing.assert_frame_equal(few.drop(columns="nuisance_gain"), views.drop(columns="nuisance_gain"))
    assert (few.nuisance_gain != views.nuisance_gain).all()
    assert not (folder / "results" / "few_views" / "scores.csv").exists()
    assert '<h2 id="data-few_views">' not in (folder / "results" / "report.html").read_text()


def test_the_score_of_every_point_is_kept(run):
    folder, _ = run
    table = pandas.read_csv(folder / "results" / "few" / "heads" / "good.supervised.csv")
    assert set(table.model) == {"good"}
    assert len(table) == 4 * 2 * 2 * 2 * 4  # points, seeds, targets, held out, three factors and their mean
    assert not table.duplicated(["point", "seed", "targets", "held_out", "factor"]).any()
    assert table.groupby("point").learning_rate.nunique().eq(1).all()


def test_without_the_heads_that_failed_nothing_is_trained_again(run):
    folder, _ = run
    head = folder / "results" / "few" / "heads" / "good.supervised.npz"
    before = np.load(head)["weight_0"]
    (folder / "fewer.yaml").write_text(to_yaml(CONFIG | {"heads": CONFIG["heads"] | {"models": ["good"]}}))
    done = snakemake(folder, "--configfile", "fewer.yaml")
    assert done.returncode == 0, done.stdout[-3000:]
    assert not {"head", "head_row", "embed", "synthesize"} & {*jobs(done.stdout)}
    np.testing.assert_array_equal(np.load(head)["weight_0"], before)
    assert "failure" not in set(scores(folder).metric)
