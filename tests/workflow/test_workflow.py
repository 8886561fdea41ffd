"""The whole workflow on a few dozen sounds, with the real models in their real environments."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas
import pytest
import soundfile
import yaml
from conftest import PYTHON, ROOT, SMALL, jobs, snakemake
from shared.scores import COLUMNS

pytestmark = pytest.mark.network
MODELS = yaml.safe_load((ROOT / "config.yaml").read_text())["run"]["models"]


def facts(folder, dataset, model):
    return json.loads((folder / "results" / dataset / "embeddings" / f"{model}.json").read_text())


def embedding(folder, dataset, model):
    return np.load(folder / "results" / dataset / "embeddings" / f"{model}.npy")


@pytest.mark.parametrize(
    ("model", "framework", "D"),
    [
        ("logmel", "torch", 4096),
        ("crepe", "torch", 2048),
        ("crepe_untrained", "torch", 2048),
        ("basic_pitch", "tensorflow", 440),
        ("scattering", "numpy", 126),
        ("mfcc", "numpy", 40),
    ],
)
def test_every_model_is_embedded_and_audited(finished, model, framework, D):
    for dataset, N in (("small", 40), ("small_ladder", 28), ("small_grid", 36)):
        array, known = embedding(finished, dataset, model), facts(finished, dataset, model)
        assert array.shape == (N, D)
        assert array.dtype == np.float32
        assert known["framework"] == framework
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
        "mfcc": "librosa",
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
    assert of_f1.note.str.contains("listeners: 17.2 cents (Mehta & Oxenham 2020)", regex=False).all()
    assert (scores[scores.metric == "d_prime"].value != "").all()


def test_differences_between_models_are_paired_and_adjusted(finished):
    found = pandas.read_csv(finished / "results" / "small" / "differences.csv", keep_default_na=False)
    r2 = found[(found.analysis == "knn") & (found.metric == "r2")]
    pairs = len(MODELS) * (len(MODELS) - 1) // 2
    assert len(r2) == 3 * pairs
    assert not set(found.model) & {"chance", "reference"}
    assert (r2.p_adjusted.astype(float) >= r2.p.astype(float)).all()
    assert ((r2.real == "yes") == (r2.p_adjusted.astype(float) < 0.05)).all()


def test_report_and_figures(finished):
    page = (finished / "results" / "report.html").read_text()
    assert all(model in page for model in MODELS)
    assert "failed at" not in page
    assert "a ladder of small changes around 2 points of <code>small</code>" in page
    assert not (finished / "results" / "small_ladder" / "isomap").exists()
    for dataset, figures in {
        "small": ("sounds", "checks", "isomap", "knn", "subspaces"),
        "small_ladder": ("sounds", "checks", "threshold"),
        "small_grid": ("sounds", "checks", "isomap", "knn", "subspaces"),
    }.items():
        for figure in figures:
            for ending in ("png", "pdf"):
                path = finished / "results" / dataset / "figures" / f"{figure}.{ending}"
                assert path.stat().st_size > 10_000
    resolved = yaml.safe_load((finished / "results" / "run_config.yaml").read_text())
    assert resolved["run"]["datasets"] == ["small", "small_ladder", "small_grid"]


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


def test_second_run_does_nothing(finished):
    done = snakemake(finished, *SMALL)
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout


def planned(folder, *words):
    """Jobs that Snakemake would run, as {rule: count}."""
    done = snakemake(folder, "-n", *words)
    assert done.returncode == 0, done.stdout
    names = jobs(done.stdout)
    return {name: names.count(name) for name in names if name != "all"}


FAN_IN = {
    "compare": 3,
    "draw_isomap": 2,
    "draw_knn": 2,
    "draw_subspaces": 2,
    "draw_threshold": 1,
    "explore": 2,
    "report": 1,
}
CLOUD = ("neighbors", "isomap", "trust", "knn", "hypothesis", "subspaces", "axes", "invariance", "topology")
BRANCH = {"embed": 3, **dict.fromkeys(CLOUD, 2), "sensitivity": 1, "threshold": 1}


def test_one_models_option_reruns_its_branch_only(finished):
    words = ["--config", 'models={"mfcc": {"options": {"n_mfcc": 13}}}']
    assert planned(finished, *SMALL, *words) == BRANCH | FAN_IN


def test_editing_an_adapter_reruns_its_model_only(finished):
    path = finished / "workflow_scripts" / "adapters" / "mfcc.py"
    before, when = path.read_text(), path.stat().st_mtime
    path.write_text(before + "# edited\n")
    assert planned(finished, *SMALL)["embed"] == 3
    path.write_text(before)
    os.utime(path, (when, when))
    assert planned(finished, *SMALL) == {}


def test_the_readmes_example_adds_a_model_by_config_alone(finished, tmp_path):
    """The YAML block of the README, as it stands there, run for real; only the new model's jobs run."""
    text = (ROOT / "README.md").read_text()
    block = text.split("## Add a model")[1].split("```yaml")[1].split("```")[0]
    example = yaml.safe_load(block)
    (name,) = example["models"]
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    example["run"] = {"datasets": small["run"]["datasets"], "models": [*MODELS, name]}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(example))
    words = [*SMALL, tmp_path / "mine.yaml"]
    done = snakemake(finished, *words)
    assert done.returncode == 0, done.stdout[-5000:]
    ran = jobs(done.stdout)
    assert {rule: ran.count(rule) for rule in ran} == {"environment": 1, "all": 1} | BRANCH | FAN_IN
    assert embedding(finished, "small", name).shape == (40, 88)
    back = snakemake(finished, *SMALL)
    assert back.returncode == 0, back.stdout[-3000:]


# --- other sounds, on a test model that needs no framework -----------------------------------------

GOOD = {"module": "adapters.faulty", "env": "analysis", "sample_rate": 16000, "options": {"fault": ""}}


def write_datasets(folder, analyses=None, **datasets):
    """A config of some data sets and one test model; returns its words."""
    entry = {
        "run": {"datasets": list(datasets), "models": ["good"]},
        "datasets": datasets,
        "models": {"good": GOOD},
        "analyses": {"isomap": {"K": 4}, "knn": {"K": 3}, "bootstrap": 100} | (analyses or {}),
    }
    (folder / "mine.yaml").write_text(yaml.safe_dump(entry))
    return ["--configfile", "mine.yaml"]


def parameters(folder, dataset):
    return pandas.read_csv(folder / "results" / dataset / "sounds" / "parameters.csv")


def checks(folder, dataset):
    table = pandas.read_csv(folder / "results" / dataset / "sounds" / "checks.csv", keep_default_na=False)
    return table.set_index(["check", "factor"])


def test_speech_a_trained_decoder_a_drum_and_recordings(clone):
    """Each with its real parts: espeak-ng, PyTorch in an environment of its own, audio files."""
    (clone / "violin").mkdir()
    rows = ["file,pitch,dynamics"]
    for i, (pitch, word) in enumerate([(p, w) for p in (60, 63, 67, 70) for w in ("pp", "ff")]):
        rate = (16000, 44100)[i % 2]
        seconds = np.arange(round(0.7 * rate)) / rate
        tone = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * seconds) * np.exp(-3 * seconds)
        soundfile.write(clone / "violin" / f"{i}.wav", tone * {"pp": 0.05, "ff": 0.5}[word], rate)
        rows.append(f"{i}.wav,{pitch},{word}")
    (clone / "violin.csv").write_text("\n".join(rows) + "\n")
    recordings = yaml.safe_load(readme_block("### Your own recordings", "yaml"))["datasets"]["violin"]
    common = {"N": 8, "sample_rate": 16000, "duration": 1.5, "nuisances": {"gain": None}}
    words = write_datasets(
        clone,
        speech={"synthesizer": "speech", **common, "nuisances": {"text": None}},
        neural={"synthesizer": "neural", **common},
        neural_ladder={"ladder": {"of": "neural", "points": 1, "steps": [0.5, 4]}, "seed": 3},
        circle={
            "synthesizer": "drum",
            **common,
            "level": -40,
            "options": {"shape": "circle"},
            "factors": {"pitch": None, "decay": None, "damping": {"low": 0.1, "high": 0.2}},
        },
        violin=recordings,
    )
    done = snakemake(clone, *words)
    assert done.returncode == 0, done.stdout[-5000:]
    assert jobs(done.stdout).count("train") == 1
    spoken = parameters(clone, "speech")
    np.testing.assert_allclose(spoken.f0, spoken.requested_f0, rtol=0.01)
    assert (spoken.f0 != spoken.requested_f0).any()
    decoded = parameters(clone, "neural")
    np.testing.assert_allclose(decoded.brightness, decoded.requested_brightness, rtol=1e-6)
    assert parameters(clone, "neural_ladder").ladder_factor.nunique() == 5  # and none
    drums = parameters(clone, "circle")
    assert drums.damping.between(0.1, 0.2).all()
    assert "aspect" not in drums
    played = parameters(clone, "violin")
    assert played.dynamics.tolist() == [0, 2] * 4
    assert checks(clone, "violin").breach["level_correlation", "dynamics"] == "yes"
    page = (clone / "results" / "report.html").read_text()
    assert all(
        f'<h2 id="data-{d}">' in page for d in ("speech", "neural", "neural_ladder", "circle", "violin")
    )
    again = snakemake(clone, *words)
    assert "Nothing to be done" in again.stdout
    soundfile.write(clone / "violin" / "3.wav", tone, rate)
    assert planned(clone, *words)["synthesize"] == 1


def readme_block(heading, language):
    return (ROOT / "README.md").read_text().split(heading)[1].split(f"```{language}")[1].split("```")[0]


def test_the_readmes_own_synthesizer(clone):
    """The Python and YAML blocks of the README, as they stand there, run for real."""
    (clone / "buzz.py").write_text(readme_block("### Your own synthesizer", "python"))
    example = yaml.safe_load(readme_block("### Your own synthesizer", "yaml"))
    example["models"] = {"good": GOOD}
    example["run"]["models"] = ["good"]
    (clone / "mine.yaml").write_text(yaml.safe_dump(example))
    done = snakemake(clone, "--configfile", "mine.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
    assert parameters(clone, "buzz").columns.tolist() == [
        "sound",
        "f",
        "flutter",
        "nuisance_gain",
        "nuisance_phase",
    ]
    assert (checks(clone, "buzz").breach == "").all()
    path = clone / "buzz.py"
    path.write_text(path.read_text().replace("np.hanning", "np.hamming"))
    assert planned(clone, "--configfile", "mine.yaml")["synthesize"] == 1


def test_without_espeak_ng_only_speech_is_out(clone, tmp_path_factory):
    programs = tmp_path_factory.mktemp("bin")
    for folder in os.environ["PATH"].split(os.pathsep):
        for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
            if program.name != "espeak-ng" and not (programs / program.name).exists():
                (programs / program.name).symlink_to(program)
    plain = {"synthesizer": "additive", "N": 8, "sample_rate": 16000, "duration": 0.5}
    speech = {"synthesizer": "speech", "N": 8, "sample_rate": 16000, "duration": 1.5}
    done = snakemake(clone, *write_datasets(clone, plain=plain, spoken=speech), PATH=str(programs))
    assert done.returncode != 0
    page = (clone / "results" / "report.html").read_text()
    assert "<strong>Data set spoken</strong> could not be compared: synthesize failed." in page
    assert "speech: espeak-ng is not on PATH; install it (Debian: apt install espeak-ng" in page
    assert '<h2 id="data-plain">' in page


def test_a_strict_data_set_stops_at_the_gate(clone):
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())["datasets"]
    plain = {"synthesizer": "additive", "N": 16, "sample_rate": 16000, "duration": 0.5, "strict": True}
    words = write_datasets(clone, plain=plain, flawed=small["small_grid"] | {"strict": True})
    done = snakemake(clone, *words)
    assert done.returncode != 0
    assert not list((clone / "results" / "flawed" / "embeddings").glob("good.*"))
    page = (clone / "results" / "report.html").read_text()
    told = "<strong>Data set flawed</strong> could not be compared: check_sounds failed. the gate found"
    assert told in page
    assert '<h2 id="data-plain">' in page
    more_neighbors = write_datasets(clone, {"knn": {"K": 5}}, plain=plain)
    again = planned(clone, *more_neighbors)
    assert again["check_sounds"] == 1
    assert "embed" not in again


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
    assert page.count("embedded elsewhere: not audited") == 4
    assert "a strand that closes in 1 loop, in 1 piece" in page


# --- failures, on the test models, which need no framework ----------------------------------------


def write_config(folder, faults, **changes):
    """A config of the small random data set with one test model per fault; returns its words."""
    small = yaml.safe_load((ROOT / "tests" / "small.yaml").read_text())
    models = {
        name: {
            "module": "adapters.faulty",
            "env": "analysis",
            "sample_rate": 16000,
            "options": {"fault": fault},
        }
        for name, fault in faults.items()
    }
    for name, entry in changes.items():
        models[name] = entry
    small |= {"models": models, "run": {"datasets": ["small"], "models": list(models)}}
    (folder / "mine.yaml").write_text(yaml.safe_dump(small))
    return ["--configfile", "mine.yaml"]


def test_failed_models_do_not_stop_the_others(clone):
    unbuildable = {"module": "x", "requirements": ["no-such-package-gear==1"], "sample_rate": 16000}
    faults = {"good": "", "raises": "raises", "shape": "shape", "infinite": "nan", "killed": "killed"}
    words = write_config(clone, faults, unbuildable=unbuildable)
    first = snakemake(clone, *words)
    assert first.returncode != 0
    assert (
        "failed: RuntimeError: the weights are on the moon\n  logs/embed/small/raises.log\n" in first.stdout
    )
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    assert set(scores[scores.metric == "r2"].model) == {"good", "chance", "reference"}
    failed = scores[scores.metric == "failure"].set_index("model")
    assert set(failed.index) == {"raises", "shape", "infinite", "killed", "unbuildable"}
    assert failed.note["raises"] == "RuntimeError: the weights are on the moon"
    assert failed.note["shape"] == "shape: get_scene_embeddings returned shape (6, 7), expected (6, 8)"
    assert "not finite" in failed.note["infinite"]
    assert "ended without an error message" in failed.note["killed"]
    assert failed.analysis["unbuildable"] == "environment"
    assert "no-such-package-gear" in failed.note["unbuildable"]
    page = (clone / "results" / "report.html").read_text()
    assert page.count("</strong> failed at") == 4
    assert "<strong>unbuildable</strong> is not available" in page
    embedded = {path.stem for path in (clone / "results" / "small" / "embeddings").glob("*.npy")}
    assert embedded == {"good", "chance", "reference"}

    second = snakemake(clone, *words)  # tries the failed ones again, and nothing else
    assert second.returncode != 0
    assert set(jobs(second.stdout)) == {"embed", "environment"}

    words = write_config(clone, dict.fromkeys(faults, "") | {"raises": "nan"})
    (clone / ".venv").symlink_to(ROOT / ".venv")
    make = ["make", "--silent", "run", f"RUN={' '.join(words)}"]
    third = subprocess.run(make, cwd=clone, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert third.returncode != 0
    assert third.stdout.count("\n") < 30  # stages and failures, and no more than that
    matters = r"failed: raises: .*not finite.*\n  logs/embed/small/raises\.log\nresults/report\.html shows"
    assert re.search(matters, third.stdout), third.stdout
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    failed = scores[scores.metric == "failure"].set_index("model")
    assert failed.index.tolist() == ["raises"]
    assert "not finite" in failed.note["raises"]  # the reason of this run, not of the first one
    assert "not finite" in (clone / "results" / "report.html").read_text()

    fourth = snakemake(clone, *write_config(clone, dict.fromkeys(faults, "")))
    assert fourth.returncode == 0, fourth.stdout[-3000:]
    assert jobs(fourth.stdout).count("embed") == 1
    assert "failed at" not in (clone / "results" / "report.html").read_text()


def test_old_results_of_a_model_whose_environment_broke_are_not_shown_as_fresh(clone):
    mine = {"module": "adapters.faulty", "requirements": ["six==1.16.0"], "sample_rate": 16000}
    words = write_config(clone, {"good": ""}, mine=mine)
    assert snakemake(clone, *words).returncode == 0
    words = write_config(clone, {"good": ""}, mine=mine | {"requirements": ["no-such-package-gear==1"]})
    assert snakemake(clone, *words).returncode != 0
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv")
    assert scores[scores.model == "mine"].metric.tolist() == ["failure"]
    assert snakemake(clone, *words).returncode != 0  # still failing, never silently old


def test_killed_run_resumes_with_the_same_scores(clone):
    write_config(clone, {f"model{i}": "" for i in range(4)})
    (clone / "config.yaml").write_text((clone / "mine.yaml").read_text() + ANALYSES)
    make = ["make", "--silent", "--no-print-directory", "run", "CORES=2"]
    (clone / ".venv").symlink_to(ROOT / ".venv")
    run = subprocess.Popen(make, cwd=clone, start_new_session=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    embeddings = clone / "results" / "small" / "embeddings"
    while len(list(embeddings.glob("*.npy"))) < 2:
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not (clone / "results" / "report.html").exists()
    again = subprocess.run(make, cwd=clone, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "The last run was killed: cleared its lock" in again.stdout
    assert again.stdout.count("\n") < 20
    assert re.search(r"about .* left: .*embed \d/\d, analyse", again.stdout)  # time, and stages
    assert again.stdout.rstrip().endswith("results/report.html")
    resumed = (clone / "results" / "small" / "scores.csv").read_text()
    assert not list((clone / "results").rglob(".*.npy"))
    shutil.rmtree(clone / "results")
    assert subprocess.run(make, cwd=clone, capture_output=True).returncode == 0
    assert (clone / "results" / "small" / "scores.csv").read_text() == resumed


ANALYSES = """
analyses: {standardize: false, isomap: {K: 6, bridge: false}, knn: {K: 4, include_self: false},
           shuffles: 20, bootstrap: 200, seed: 0}
"""


def test_a_killed_snakemakes_jobs_are_ended_but_not_the_users_programs(clone):
    """Only Snakemake dies; its jobs live on. An editor on a script of the clone is none of them."""
    write_config(clone, {f"model{i}": "slow" for i in range(2)})
    snakemake(clone, "--configfile", "mine.yaml", "results/small/sounds/audio_16000.wav")
    words = [PYTHON, "-m", "snakemake", "--cores", "4", "--configfile", "mine.yaml"]
    driver = subprocess.Popen(words, cwd=clone, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    editor = subprocess.Popen(
        ["tail", "-f", "workflow_scripts/embed/embed.py"], cwd=clone, stdout=subprocess.DEVNULL
    )
    resume = [PYTHON, "workflow_scripts", "driver.resume"]
    logs = clone / "logs" / "embed" / "small"
    try:
        while sum("loaded" in log.read_text() for log in logs.glob("*.log")) < 2:
            assert driver.poll() is None
            time.sleep(0.1)
        refused = subprocess.run(resume, cwd=clone, text=True, capture_output=True)
        assert refused.returncode != 0
        assert f"another run (process {driver.pid}) is at work" in refused.stderr
        driver.kill()
        driver.wait()
        draft = clone / "results" / "small" / "embeddings" / ".model0.123.npy"
        draft.touch()
        ended = subprocess.run(resume, cwd=clone, text=True, capture_output=True)
        assert ended.returncode == 0, ended.stderr
        assert "cleared its lock, ended" in ended.stdout
        assert not draft.exists()
        assert editor.poll() is None
        alive = subprocess.run(["ps", "-eo", "args"], text=True, capture_output=True).stdout
        assert not [line for line in alive.splitlines() if "embed.embed --audio" in line and "slow" in line]
        assert not list((clone / ".snakemake" / "locks").iterdir())
    finally:
        driver.kill()
        editor.kill()


def test_a_lock_from_another_machine_is_kept(clone):
    (clone / ".snakemake" / "locks").mkdir(parents=True)
    (clone / ".snakemake" / "locks" / "0.input.lock").touch()
    (clone / ".snakemake" / "driver.json").write_text('{"host": "elsewhere"}')
    resume = [PYTHON, "workflow_scripts", "driver.resume"]
    refused = subprocess.run(resume, cwd=clone, text=True, capture_output=True)
    assert refused.returncode != 0
    assert "a run on elsewhere holds the lock" in refused.stderr
    assert list((clone / ".snakemake" / "locks").iterdir())


def test_random_initialisation_refuses_weights_that_it_cannot_draw(clone):
    """A PyTorch model with a bare parameter, which no layer's reset_parameters() draws anew."""
    entry = {
        "module": "adapters.bare",
        "env": "hearbaseline",
        "sample_rate": 16000,
        "initialization": "random",
    }
    words = write_config(clone, {}, bare=entry, nowhere=entry | {"network": "torchcrepe.infer.nothing"})
    assert snakemake(clone, *words).returncode != 0
    scores = pandas.read_csv(clone / "results" / "small" / "scores.csv").set_index("model")
    assert "left 1 of 3 weight tensors unchanged (token)" in scores.note["bare"]
    assert "'torchcrepe.infer.nothing' does not exist" in scores.note["nowhere"]


def test_conda_wiring_on_a_stand_in(clone):
    """The same files under --sdm conda, with a stand-in `conda` that links built environments."""
    words = write_config(clone, {"good": ""})
    (clone / "config.yaml").write_text((clone / "mine.yaml").read_text() + ANALYSES)
    path = f"{ROOT / 'tests' / 'conda' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = snakemake(clone, *words, "--sdm", "conda", PATH=path, GEAR_CLONE=str(clone))
    assert done.returncode == 0, done.stdout[-3000:]
    assert "environment" not in jobs(done.stdout)
    assert "Activating conda environment" in done.stdout
    again = snakemake(clone, *words, "--sdm", "conda", PATH=path, GEAR_CLONE=str(clone))
    assert "Nothing to be done" in again.stdout
