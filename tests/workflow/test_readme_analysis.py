"""The analysis in the README, as it stands there, put into a clone and run for real."""

import re

import pandas
import pytest
from conftest import FEW, snakemake
from runs import planned, readme_block, write_datasets

pytestmark = [pytest.mark.network, pytest.mark.environments("analysis"), pytest.mark.analyses(*FEW)]
SOUNDS = {"synthesizer": "additive", "N": 16, "sample_rate": 16000, "duration": 0.5}


@pytest.fixture(scope="module")
def with_analysis(shared_clone):
    """A clone with that file, after a run of one small data set."""
    block = readme_block("## Add an analysis", "python").lstrip("\n")
    (name,) = re.findall(r"\A# (workflow_scripts/analyse/\w+\.py)\n", block)
    (shared_clone / name).write_text(block)
    done = snakemake(shared_clone, *write_datasets(shared_clone, plain=SOUNDS))
    assert done.returncode == 0, done.stdout[-5000:]
    return shared_clone


def test_its_scores_stand_beside_the_others(with_analysis):
    scores = pandas.read_csv(with_analysis / "results" / "plain" / "scores.csv")
    rows = scores[scores.analysis == "cka"]
    factors = list(dict.fromkeys(scores[scores.metric == "r2"].factor))
    assert factors
    for model in ("good", "chance", "reference"):
        of_model = rows[rows.model == model].set_index("factor")
        assert of_model.index.tolist() == factors
        assert (of_model.metric == "cka").all()
        assert of_model.value.between(0, 1).all()
        assert (of_model.low <= of_model.high).all()
    good, reference = (rows[rows.model == model].set_index("factor") for model in ("good", "reference"))
    assert good.chance.between(0, 1).all()
    assert (good.reference == reference.value).all()


def test_it_has_a_section_in_the_report(with_analysis):
    page = (with_analysis / "results" / "report.html").read_text()
    assert "Linear CKA with each factor" in page
    assert "How alike the inner products of sounds are in the embedding and in the factor." in page


def test_a_second_run_does_nothing_and_an_edit_reruns_it_alone(with_analysis):
    words = ["--configfile", "mine.yaml"]
    assert planned(with_analysis, *words) == {}
    (path,) = (with_analysis / "workflow_scripts" / "analyse").glob("cka.py")
    path.write_text(path.read_text().replace("SOUNDS = 2000", "SOUNDS = 1000"))
    again = planned(with_analysis, *words)
    assert again["cka"] == 3
    assert not set(again) & {"embed", "synthesize", "neighbors", "isomap", "knn"}
