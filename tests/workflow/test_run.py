"""A whole run on a few dozen sounds, with the real models in their real environments."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas
import pytest
import yaml
from conftest import SMALL, snakemake
from runs import CLOUD, MODELS, embedding, facts
from shared.files import digest_of, recorded_digest
from shared.scores import COLUMNS

pytestmark = pytest.mark.network


@pytest.mark.parametrize(
    ("model", "framework", "D", "parameters"),
    [
        ("logmel", "torch", 4096, 1048576),
        ("crepe", "torch", 2048, 22239976),
        ("crepe_untrained", "torch", 2048, 22239976),
        ("basic_pitch", "tensorflow", 440, 16782),
        ("scattering", "numpy", 126, 0),
        ("mfcc", "numpy", 40, 0),
    ],
)
def test_every_model_is_embedded_and_audited(finished, model, framework, D, parameters):
    for dataset, N in (("small", 40), ("small_ladder", 28), ("small_grid", 36)):
        array, known = embedding(finished, dataset, model), facts(finished, dataset, model)
        assert array.shape == (N, D)
        assert array.dtype == np.float32
        assert known["framework"] == framework
        assert known["parameters"] == parameters
        assert known["audit"]["varies"]
        assert not known["audit"]["batch_dependent"]
        assert known["audit"]["repeat_difference"] < 1e-6
    heard = facts(finished, "small", model)
    assert heard["audio_rate"] == heard["sample_rate"]
    assert facts(finished, "small_grid", model)["audio_rate"] == 16000


def test_facts_name_the_package_behind_each_model(finished):
    behind = {
        "logmel": "hearbaseline",
        "crepe": "torchcrepe",
        "basic_pitch": "basic-pitch",
        "mfcc": "scipy",
    }
    for model, package in behind.items():
        assert package in facts(finished, "small", model)["packages"]


def test_crepe_hears_only_the_first_half_of_the_papers_clips(finished):
    """Its one frame is centred on the first sample (errata of the paper, E11)."""
    audit = facts(finished, "small_grid", "crepe")["audit"]
    assert (audit["view_start"], audit["view_end"]) == (0, 0.5)


def test_training_moved_crepe_but_random_weights_do_not_collapse(finished):
    trained, random = (embedding(finished, "small", m) for m in ("crepe", "crepe_untrained"))
    assert not np.allclose(trained, random)
    assert 0.01 < np.abs(random).mean() < 100
    assert random.std(axis=0).max() > 0.01


def test_scores_are_tidy_and_the_controls_are_where_they_belong(finished):
    for dataset in ("small", "small_grid"):
        scores = pandas.read_csv(finished / "results" / dataset / "scores.csv")
        assert scores.columns.tolist() == COLUMNS
        assert list(dict.fromkeys(scores.model)) == [*MODELS, "chance", "reference"]
        r2 = scores[scores.metric == "r2"].set_index(["model", "factor"])
        assert (r2.low <= r2.value).all()
        assert (r2.value <= r2.high).all()
        reference = r2.loc["reference"]
        np.testing.assert_allclose(reference.value, reference.reference)
        assert r2.loc[("crepe", "f1")].value > 0.8
        assert (r2.loc["chance"].value < 0.3).all()
    analyses = set(CLOUD) - {"neighbors"}
    assert all(set(rows.analysis) == analyses for _, rows in scores.groupby("model"))
    small = pandas.read_csv(finished / "results" / "small" / "scores.csv")
    ratio = small[(small.metric == "median_abs_log_ratio") & (small.factor == "odd_even")]
    assert ratio.value.isna().all()
    assert (ratio.note == "no log-ratio: not always positive").all()


def test_the_ladder_gives_thresholds_and_sensitivities_beside_listeners(finished):
    scores = pandas.read_csv(finished / "results" / "small_ladder" / "scores.csv", keep_default_na=False)
    assert set(scores.analysis) == {"sensitivity", "threshold"}
    of_f1 = scores[(scores.metric == "threshold") & (scores.factor == "f1")]
    assert of_f1.model.tolist() == [*MODELS, "chance", "reference"]
    assert set(of_f1.unit) == {"cents"}
    source = "Mehta & Oxenham 2020; below 0.5 s as pure tones, Micheyl et al. 2012"
    listeners = f"listeners: 21.8 cents ({source}; times 1.27 at 0.23 s)"
    assert of_f1.note.str.contains(listeners, regex=False).all()
    assert (scores[scores.metric == "d_prime"].value != "").all()


def test_differences_between_models_are_paired_and_adjusted(finished):
    found = pandas.read_csv(finished / "results" / "small" / "differences.csv", keep_default_na=False)
    r2 = found[(found.analysis == "knn") & (found.metric == "r2")]
    pairs = len(MODELS) * (len(MODELS) - 1) // 2
    assert len(r2) == 3 * pairs
    assert not set(found.model) & {"chance", "reference"}
    assert (r2.p_adjusted.astype(float) >= r2.p.astype(float)).all()
    assert ((r2.real == "yes") == (r2.p_adjusted.astype(float) < 0.05)).all()


def test_every_two_models_of_a_cloud_are_compared(finished):
    pairs = pandas.read_csv(finished / "results" / "small" / "models.csv", keep_default_na=False)
    rows = len(MODELS) + 2
    assert set(pairs.groupby(["score", "factor"]).size()) == {rows * (rows - 1) // 2}
    assert len(set(zip(pairs.score, pairs.factor, strict=True))) == 4 + 3
    assert not (finished / "results" / "small_ladder" / "models.csv").exists()


def test_report_and_figures(finished):
    page = (finished / "results" / "report.html").read_text()
    assert all(model in page for model in MODELS)
    assert "failed at" not in page
    assert "a ladder of small changes around 2 points of <code>small</code>" in page
    assert not (finished / "results" / "small_ladder" / "isomap").exists()
    for dataset, figures in {
        "small": ("sounds", "checks", "isomap", "knn", "models", "subspaces"),
        "small_ladder": ("sounds", "checks", "threshold"),
        "small_grid": ("sounds", "checks", "isomap", "knn", "models", "subspaces"),
    }.items():
        for figure in figures:
            for ending in ("png", "pdf"):
                path = finished / "results" / dataset / "figures" / f"{figure}.{ending}"
                assert path.stat().st_size > 10_000
    resolved = yaml.safe_load((finished / "results" / "run_config.yaml").read_text())
    assert resolved["run"]["datasets"] == ["small", "small_ladder", "small_grid"]


def test_the_run_left_a_record_of_all_scores_and_files(finished):
    record = json.loads((finished / "results" / "record.json").read_text())
    assert {*record["datasets"]} == {"small", "small_ladder", "small_grid"}
    assert {"analysis", "signal", "hearbaseline", "tensorflow"} == {*record["environments"]}
    for name, told in record["datasets"].items():
        folder = finished / "results" / name
        assert {*MODELS} < {*told["embeddings"]}
        assert len(told["scores"]) == len(pandas.read_csv(folder / "scores.csv"))
        assert told["embeddings"]["mfcc"]["sha256"] == digest_of(folder / "embeddings" / "mfcc.npy")
        for path in (path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."):
            assert recorded_digest(path) == digest_of(path), path


def test_the_gate_is_in_the_report(finished):
    page = (finished / "results" / "report.html").read_text()
    grid = page.split('<h2 id="data-small_grid">')[1]
    assert "breaches:</span>" in grid
    assert "level correlation of r" in grid
    assert "seen of the clip" in grid
    checks = pandas.read_csv(finished / "results" / "small" / "sounds" / "checks.csv").set_index("check")
    assert checks.breach.dropna().index.tolist() == ["clip"]  # a quarter of a second


def test_snakemakes_own_report_has_the_page_figures_and_tables_with_captions(finished, tmp_path):
    done = snakemake(finished, *SMALL, "--report", tmp_path / "snakemake.zip")
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(tmp_path / "snakemake.zip") as file:
        names = {Path(name).name for name in file.namelist()}
        text = file.read("snakemake/report.html").decode()
    assert names > {"report.html", "scores.csv", "differences.csv", "isomap.png", "threshold.png", "mfcc.png"}
    for words in (
        "Comparison",
        "Figures",
        "Tables",
        "Trust",
        "small_ladder",
        "Figure 3. Isomap",
        "Gaussian noise",
    ):
        assert words in text
