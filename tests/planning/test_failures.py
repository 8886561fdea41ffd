"""What failed, why, and whose log says so: from Snakemake's summary and log, and from Slurm's words."""

import os
import re
import time

import pytest
from conftest import ROOT
from helpers import checked_with
from planning.analyses import read_analyses
from planning.datasets import resolved
from planning.failures import (
    Failure,
    broken,
    ended_by_slurm,
    first_failure,
    last_words,
    log_of,
    parse_summary,
)

STAGES = ["embed", "gather", "adopt", "layer", "neighbors", *read_analyses()]
HUB = {"hub": "a/b", "revision": "0123456789abcdef0123456789abcdef01234567", "files": {"w": None}}
CONFIG = {
    "run": {"datasets": ["tones", "decoded", "strict"], "models": ["mfcc", "logmel", "deep"]},
    "datasets": {
        "decoded": {"synthesizer": "neural", "N": 64, "sample_rate": 16000, "duration": 1.0},
        "strict": {"synthesizer": "additive", "N": 64, "sample_rate": 16000, "duration": 1.0, "strict": True},
    },
    "models": {
        "deep": {
            "module": "x",
            "env": "signal",
            "sample_rate": 16000,
            "layers": ["a{0..1}"],
            "weights": [HUB],
        }
    },
    "analyses": {"isomap": {"K": 8}, "knn": {"K": 4}},
}


@pytest.fixture(scope="module")
def config():
    return checked_with(CONFIG)


@pytest.fixture(scope="module")
def definitions(config):
    return {name: resolved(config, name) for name in config["run"]["datasets"]}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A folder in which a run has begun; its value writes a log of that run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    (tmp_path / "workflow_scripts").symlink_to(ROOT / "workflow_scripts")  # the plan's paths are relative
    (tmp_path / "results" / "run_config.yaml").touch()
    before = time.time() - 60
    os.utime(tmp_path / "results" / "run_config.yaml", (before, before))

    def write(log, text="error: no luck\n", age=0):
        path = tmp_path / log
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (time.time() - age, time.time() - age))
        return log

    return write


def summary(*outputs):
    """What `snakemake --summary` prints of outputs, (rule, path, status)."""
    head = "output_file\tdate\trule\tlog-file(s)\tstatus\tplan"
    lines = [f"{path}\t-\t{rule}\tx.log\tmissing\t{plan}" for rule, path, plan in outputs]
    return "\n".join(["Building DAG of jobs...", head, *lines])


def test_a_summary_tells_what_is_still_to_be_made():
    text = summary(
        ("knn", "results/tones/knn/mfcc.csv", "update pending"),
        ("embed_layers", "results/tones/embeddings/deep.npy", "update pending"),
        ("isomap", "results/tones/isomap/mfcc.csv", "no update"),
    )
    assert parse_summary(text) == {
        ("knn", "results/tones/knn/mfcc.csv"),
        ("embed", "results/tones/embeddings/deep.npy"),
    }


EMBED = ("embed", "results/tones/embeddings/mfcc.npy")


def first(pending, row, config, definitions):
    return first_failure({*pending}, "tones", row, config, definitions, STAGES)


def test_the_first_stage_that_is_not_done_failed(run, config, definitions):
    pending = [("hypothesis", "results/tones/hypothesis/mfcc.scores.csv")]
    pending += [
        ("isomap", f"results/tones/isomap/mfcc{end}") for end in (".csv", ".bridges.csv", ".scores.npy")
    ]
    log = run("logs/isomap/tones/mfcc.log")
    assert first(pending, "mfcc", config, definitions) == Failure("isomap", log)
    assert first(pending, "logmel", config, definitions) is None
    assert first([EMBED, *pending], "mfcc", config, definitions) == Failure("embed", "")


def test_a_log_of_an_earlier_run_tells_nothing(run, config, definitions):
    run("logs/embed/tones/mfcc.log", age=600)
    assert first([EMBED], "mfcc", config, definitions) == Failure("embed", "")
    log = run("logs/embed/tones/mfcc.log")
    assert first([EMBED], "mfcc", config, definitions) == Failure("embed", log)


def test_a_shards_log_tells_of_the_model(run, config, definitions):
    pending = [("embed_shard", f"results/tones/shards/mfcc/{shard}.npy") for shard in (3, 4)]
    pending += [("gather", "results/tones/embeddings/mfcc.npy")]
    log = run("logs/embed/tones/mfcc/4.log")
    assert first(pending, "mfcc", config, definitions) == Failure("embed", log)


def test_what_a_model_lacked_is_told_before_its_own_stage(run, config, definitions):
    sounds = ("resample", "results/tones/sounds/audio_44100.wav")
    built = ("environment", "resources/environments/hearbaseline/requirements.lock")
    embed = ("embed", "results/tones/embeddings/logmel.npy")
    logs = [run("logs/resample/tones/audio_44100.log"), run("logs/environment/hearbaseline.log")]
    assert first([embed, sounds, built], "logmel", config, definitions) == Failure("resample", logs[0])
    assert first([embed, built], "logmel", config, definitions) == Failure("environment", logs[1])


def test_weights_that_could_not_be_fetched(run, config, definitions):
    name = f"huggingface.co/a/b/{HUB['revision']}"
    fetch = ("fetch", f"resources/receipts/{name}.json")
    embed = ("embed", "results/tones/embeddings/deep.npy")
    log = run(f"logs/fetch/{name}.log")
    assert first([embed, fetch], "deep", config, definitions) == Failure("fetch", log)
    tools = ("environment", "resources/environments/weights/requirements.lock")
    assert first([embed, fetch, tools], "deep", config, definitions).stage == "environment"


def test_a_layer_whose_model_failed_is_told_of_the_model_alone(run, config, definitions):
    embed = ("embed", "results/tones/embeddings/deep.npy")
    layer = ("layer", "results/tones/embeddings/deep.0.npy")
    assert first([embed, layer], "deep.0", config, definitions) is None
    assert first([layer], "deep.0", config, definitions).stage == "layer"


@pytest.mark.parametrize(
    ("dataset", "pending", "log", "stage"),
    [
        (
            "tones",
            ("synthesize", "results/tones/sounds/audio.wav"),
            "logs/synthesize/tones.log",
            "synthesize",
        ),
        (
            "tones",
            ("gather_sounds", "results/tones/sounds/audio.wav"),
            "logs/synthesize/tones/2.log",
            "synthesize",
        ),
        ("decoded", ("train", "results/decoded/sounds/trained.npz"), "logs/train/decoded.log", "train"),
        (
            "strict",
            ("check_sounds", "results/strict/sounds/checks.csv"),
            "logs/check_sounds/strict.log",
            "check_sounds",
        ),
        ("tones", ("knn", "results/tones/knn/chance.scores.csv"), "logs/knn/tones/chance.log", "knn"),
    ],
)
def test_without_its_sounds_or_controls_a_data_set_is_broken(
    run, config, definitions, dataset, pending, log, stage
):
    run(log)
    assert broken({pending}, dataset, config, definitions) == Failure(stage, log)


def test_a_gate_that_did_not_end_breaks_only_a_strict_data_set(run, config, definitions):
    pending = {("check_sounds", "results/tones/sounds/checks.csv")}
    assert broken(pending, "tones", config, definitions) is None
    assert broken({("knn", "results/tones/knn/mfcc.csv")}, "tones", config, definitions) is None


def job_error(rule, output, log, message="", slurm_log=""):
    """An error in Snakemake's log, as the Slurm plugin causes it."""
    checked = f"{log}, {slurm_log}" if slurm_log else log
    return (
        f"[Sat Nov 28 01:00:00 2026]\nError in rule {rule}:\n{message}    jobid: 3\n    input: a\n"
        f"    output: {output}, {output}.json\n    log: {log} (check log file(s) for error details)\n"
        f"    log: {checked} (check log file(s) for error details)\n"
    )


PATHS = ("results/tones/embeddings/mfcc.npy", "logs/embed/tones/mfcc.log")


def slurm_message(words):
    return f"    message: SLURM{words}\n"


@pytest.mark.parametrize("status", ["TIMEOUT", "CANCELLED", "NODE_FAIL", "OUT_OF_MEMORY"])
def test_a_job_that_slurm_ended_says_how(run, status):
    words = f"-job '7' failed, SLURM status is: '{status}'. For further error details see the cluster log."
    text = job_error("embed", *PATHS, slurm_message(words))
    assert ended_by_slurm(text) == {PATHS: f"ended by Slurm: {status}"}


def test_the_words_of_slurms_own_log_go_before_the_status(run, tmp_path):
    own = tmp_path / "slurm.log"
    own.write_text(
        "slurmstepd: error: *** JOB 7 ON node CANCELLED AT 2026-11-28T01:00:00 DUE TO TIME LIMIT ***\n"
    )
    text = job_error("embed", *PATHS, slurm_log=str(own))
    assert ended_by_slurm(text) == {
        PATHS: "ended by Slurm: CANCELLED AT 2026-11-28T01:00:00 DUE TO TIME LIMIT"
    }


def test_a_job_that_ended_by_itself_says_why_itself(run, tmp_path):
    run(PATHS[1])
    words = "-job '7' failed, SLURM status is: 'FAILED'."
    assert ended_by_slurm(job_error("embed", *PATHS, slurm_message(words))) == {}
    assert ended_by_slurm(job_error("embed", *PATHS)) == {}  # not Slurm's at all


def test_a_job_that_never_began(run, tmp_path):
    refused = job_error(
        "embed", *PATHS, slurm_message(" sbatch failed. The error message was Invalid account")
    )
    assert ended_by_slurm(refused)[PATHS].startswith("not submitted: sbatch failed")
    own = tmp_path / "slurm.log"
    own.write_text("bash: no such interpreter\n")
    silent = job_error("embed", *PATHS, slurm_log=str(own))
    assert ended_by_slurm(silent) == {PATHS: f"failed before its script began; see {own}"}


def test_only_what_failed_for_good_has_last_words(run):
    run(PATHS[1])
    run("logs/knn/tones/mfcc.log", "error: was tried again\n")
    text = job_error("embed", *PATHS)
    text += job_error("knn", "results/tones/knn/mfcc.csv", "logs/knn/tones/mfcc.log")
    assert last_words(text, {PATHS[0]}) == f"failed: no luck\n  {PATHS[1]}\n"


def test_logs_lie_where_the_rules_write_them():
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    written = set(re.findall(r'"(logs/[^"]+\.log)"', text.replace("{{", "{").replace("}}", "}")))
    of_one = ("{dataset}", "{model}")
    wanted = {
        log_of("embed", *of_one),
        log_of("embed", *of_one, "{shard}"),
        log_of("{analysis}", *of_one),
        log_of("control", "{dataset}", "{control}"),
        log_of("synthesize", "{dataset}"),
        log_of("synthesize", "{dataset}", "{shard}"),
        log_of("check_sounds", "{dataset}"),
        log_of("resample", "{dataset}", "audio_{rate}"),
        log_of("train", "{dataset}"),
        log_of("environment", "{env}"),
        log_of("fetch", "{file}"),
    }
    assert wanted <= written
