"""What failed and whose log says so, from Snakemake's summary. Its own log is in test_words_of_slurm.py."""

import re

import pytest
from conftest import ROOT
from helpers import checked_with
from planning.analyses import read_analyses
from planning.datasets import resolved
from planning.failures import Failure, broken, first_failure, log_of, parse_summary

STAGES = ["embed", "gather", "adopt", "layer", "neighbors", *read_analyses()]
HUB = {"hub": "a/b", "revision": "0123456789abcdef0123456789abcdef01234567", "files": {"w": None}}
CONFIG = {
    "run": {"datasets": ["tones", "decoded", "strict", "voice"], "models": ["mfcc", "logmel", "deep"]},
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


def test_the_first_stage_that_is_not_done_failed(begun, config, definitions):
    pending = [("hypothesis", "results/tones/hypothesis/mfcc.scores.csv")]
    pending += [
        ("isomap", f"results/tones/isomap/mfcc{end}") for end in (".csv", ".bridges.csv", ".scores.npy")
    ]
    log = begun("logs/isomap/tones/mfcc.log")
    assert first(pending, "mfcc", config, definitions) == Failure("isomap", log)
    assert first(pending, "logmel", config, definitions) is None
    assert first([EMBED, *pending], "mfcc", config, definitions) == Failure("embed", "")


def test_a_log_of_an_earlier_run_tells_nothing(begun, config, definitions):
    begun("logs/embed/tones/mfcc.log", age=600)
    assert first([EMBED], "mfcc", config, definitions) == Failure("embed", "")
    log = begun("logs/embed/tones/mfcc.log")
    assert first([EMBED], "mfcc", config, definitions) == Failure("embed", log)


def test_a_shards_log_tells_of_the_model(begun, config, definitions):
    pending = [("embed_shard", f"results/tones/shards/mfcc/{shard}.npy") for shard in (3, 4)]
    pending += [("gather", "results/tones/embeddings/mfcc.npy")]
    log = begun("logs/embed/tones/mfcc/4.log")
    assert first(pending, "mfcc", config, definitions) == Failure("embed", log)


def test_what_a_model_lacked_is_told_before_its_own_stage(begun, config, definitions):
    sounds = ("resample", "results/tones/sounds/audio_44100.wav")
    built = ("environment", "resources/environments/hearbaseline/requirements.lock")
    embed = ("embed", "results/tones/embeddings/logmel.npy")
    logs = [begun("logs/resample/tones/audio_44100.log"), begun("logs/environment/hearbaseline.log")]
    assert first([embed, sounds, built], "logmel", config, definitions) == Failure("resample", logs[0])
    assert first([embed, built], "logmel", config, definitions) == Failure("environment", logs[1])


def test_weights_that_could_not_be_fetched(begun, config, definitions):
    name = f"huggingface.co/a/b/{HUB['revision']}"
    fetch = ("fetch", f"resources/receipts/{name}.json")
    embed = ("embed", "results/tones/embeddings/deep.npy")
    log = begun(f"logs/fetch/{name}.log")
    assert first([embed, fetch], "deep", config, definitions) == Failure("fetch", log)
    tools = ("environment", "resources/environments/weights/requirements.lock")
    assert first([embed, fetch, tools], "deep", config, definitions).stage == "environment"


def test_a_layer_whose_model_failed_is_told_of_the_model_alone(begun, config, definitions):
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
        ("tones", ("ratings", "results/tones/sounds/ratings.csv"), "logs/ratings/tones.log", "ratings"),
        ("tones", ("knn", "results/tones/knn/chance.scores.csv"), "logs/knn/tones/chance.log", "knn"),
    ],
)
def test_without_its_sounds_or_controls_a_data_set_is_broken(
    begun, config, definitions, dataset, pending, log, stage
):
    begun(log)
    assert broken({pending}, dataset, config, definitions) == Failure(stage, log)


def test_a_data_set_whose_environment_could_not_be_built(begun, config, definitions):
    log = begun("logs/environment/voice.log")
    built = ("environment", "resources/environments/voice/requirements.lock")
    made = ("synthesize", "results/voice/sounds/audio.wav")
    assert broken({built, made}, "voice", config, definitions) == Failure("environment", log)
    assert broken({built}, "tones", config, definitions) is None


def test_a_gate_that_did_not_end_breaks_only_a_strict_data_set(begun, config, definitions):
    pending = {("check_sounds", "results/tones/sounds/checks.csv")}
    assert broken(pending, "tones", config, definitions) is None
    assert broken({("knn", "results/tones/knn/mfcc.csv")}, "tones", config, definitions) is None


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
        log_of("ratings", "{dataset}"),
        log_of("resample", "{dataset}", "audio_{rate}"),
        log_of("train", "{dataset}"),
        log_of("environment", "{env}"),
        log_of("fetch", "{file}"),
    }
    assert wanted <= written


def test_every_rule_logs_below_its_own_name():
    text = "\n".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    rules = {}
    for block in re.split(r"^(?=rule |use rule |for )", text, flags=re.MULTILINE):
        name, log = re.match(r"rule (\w+):", block), re.search(r"log:\s+\"(.+?)\"", block)
        if name and log:
            rules[name[1]] = log[1]
    assert {"embed", "neighbors", "compare", "report"} <= set(rules)
    for name, log in rules.items():
        wildcards = re.findall(r"[\w.]*\{.+?\}(?:\.\{.+?\})?", log.removeprefix(f"logs/{name}"))
        assert log == log_of(name, *wildcards)


def test_a_trainer_without_its_environment_failed_there(begun, config, definitions):
    pending = {
        ("train", "results/decoded/sounds/trained.npz"),
        ("environment", "resources/environments/neural/requirements.lock"),
    }
    log = begun("logs/environment/neural.log")
    assert broken(pending, "decoded", config, definitions) == Failure("environment", log)
