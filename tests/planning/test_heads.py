"""Heads in the plan: their rows, what a config says wrongly of them, and what a failed one costs."""

import json

import pytest
from conftest import ROOT
from heads.grid import GRIDS
from helpers import checked_with
from planning import models
from planning.datasets import definition, made, resolved, shards_of
from planning.failures import EMBEDDING, Failure, broken, first_failure
from planning.models import rows_of_models, rows_without_heads
from planning.schema import defaults
from planning.yaml_files import read_yaml
from shared.names import HEADS, POOLINGS, base_of, is_head
from snakemake.exceptions import WorkflowError

STAGES = [*EMBEDDING, "head", "head_row", "neighbors", "knn"]
VIEWS = {"views": {"of": "tones"}}


def change(views=VIEWS, run=(), **heads):
    """A change of config.yaml with heads on two models, one of which has a layer."""
    return {
        "run": {"datasets": ["tones", "ladder", *run], "models": ["logmel", "crepe"]},
        "datasets": {"tones_views": views},
        "models": {"crepe": {"layers": ["conv1_BN"]}},
        "heads": {"of": "tones", "views": "tones_views"} | heads,
    }


@pytest.mark.parametrize("kind", HEADS)
def test_by_hand_and_in_a_run_the_grid_is_the_same(kind):
    assert defaults(kind) == GRIDS[kind]


def sentences(wrong):
    with pytest.raises(WorkflowError) as fault:
        checked_with(wrong)
    return str(fault.value).splitlines()


def test_every_row_has_its_heads_behind_it_and_controls_have_heads_at_the_end():
    rows = rows_of_models(checked_with(change()))
    bases = ["logmel", "crepe", "crepe.0", "chance", "reference"]
    expected = [row for base in bases for row in (base, f"{base}.supervised", f"{base}.contrastive")]
    assert rows == [row for row in expected if row not in ("chance", "reference")]
    assert [base_of(row) for row in rows if is_head(row)] == [base for base in bases for _ in HEADS]


def test_heads_stand_on_the_rows_that_are_named_and_are_of_the_kinds_that_are_named():
    some = change(models=["crepe.0"], kinds=["supervised"])
    del some["heads"]["views"]
    config = checked_with(some)
    heads = ["crepe.0.supervised", "chance.supervised", "reference.supervised"]
    assert rows_of_models(config) == ["logmel", "crepe", "crepe.0", *heads]
    assert "contrastive" not in config["heads"]
    assert made(config) == ["tones", "ladder"]


def test_without_heads_nothing_changes():
    config = checked_with({})
    assert rows_of_models(config) == rows_without_heads(config)
    assert made(config) == config["run"]["datasets"]


def test_no_layer_and_no_pooling_has_the_name_of_a_head():
    assert not {*HEADS} & {*POOLINGS}
    assert not any(is_head(row) for row in ("supervised", "crepe", "crepe.0", "crepe.mean_std"))


def test_a_row_that_would_stand_twice_is_refused(monkeypatch):
    """As if the model brought a layer of this name along: no head stands on it, and none takes its name."""
    monkeypatch.setattr(models, "parts_of", lambda entry: ["supervised"])
    (fault,) = sentences({"heads": {"of": "tones", "kinds": ["supervised"], "models": ["logmel"]}})
    assert fault.endswith("the run has a row logmel.supervised already; leave logmel out of the list")
    some = {"heads": {"of": "tones", "kinds": ["contrastive"], "views": "tones_views"}}
    config = checked_with(some | {"datasets": {"tones_views": VIEWS}})
    assert "logmel.supervised.contrastive" not in rows_of_models(config)


def test_the_checked_config_states_every_point_of_the_grid():
    config = checked_with(change(supervised={"hidden_layers": [2]}))
    grid = config["heads"]["supervised"]
    assert grid["hidden_layers"] == [2]
    assert set(grid) == {"hidden_layers", "hidden_units", "learning_rate", "initialization", "dropout"}
    assert config["heads"]["seeds"] == 5
    assert checked_with({"heads": config["heads"]} | change())["heads"]["kinds"] == [*HEADS]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (change(of="tone"), "heads.of: 'tone' is not in run.datasets; add it, or name one of: tones"),
        (change(of="ladder"), "heads.of: 'ladder' is no cloud of sounds with factors; name one of: tones"),
        (
            change(views={"views": {"of": "drum"}}),
            "heads.views: 'tones_views' is not made of tones; its entry",
        ),
        (
            change(views={"views": {"of": "tone"}}),
            "tones_views.views.of: 'tone' is not defined, did you mean",
        ),
        (
            {"heads": {"of": "tones"}},
            "heads.views: contrastive heads learn from the same factors under other",
        ),
        (change(kinds=["supervised"]), "heads.views: only contrastive heads learn from views; add the kind"),
        (
            {"heads": {"of": "tones", "views": "tone_views"}},
            "heads.views: 'tone_views' is not defined, known: none",
        ),
        (change(models=["mfcc"]), "heads.models: 'mfcc' is no model or layer of the run, known: crepe"),
        (
            {"run": {"models": ["crepee"]}, "heads": {"of": "tones"}},
            "run.models: 'crepee' is not defined, did",
        ),
        (change(models=["crepe.1"]), "heads.models: 'crepe.1' is no model or layer of the run, did you mean"),
        (change(models=["chance"]), "heads.models: the control chance always has heads; leave it out"),
        (change(models=[]), "heads.models: the list is empty; name at least one"),
        (
            change(kinds=["contrastive"], supervised={}),
            "heads.supervised: it says nothing unless `kinds` names",
        ),
        (
            change(kinds=["selfsupervised"]),
            "heads.kinds.0: 'selfsupervised' is not one of ['supervised', 'con",
        ),
        (change(supervised={"hidden_units": [0]}), "hidden_units.0: 0 is less than the minimum of 1"),
        (change(supervised={"hidden_layers": [3]}), "hidden_layers.0: 3 is not one of [1, 2]"),
        (change(supervised={"learning_rate": 0.1}), "learning_rate: 0.1 is not of type 'array'"),
        (
            change(contrastive={"temperature": [0]}),
            "temperature.0: 0 is less than or equal to the minimum of 0",
        ),
        (change(contrastive={"heat": [1]}), "heads.contrastive: unknown key 'heat', known: dropout"),
        (change(seeds=0), "heads.seeds: 0 is less than the minimum of 1"),
        (change({"views": {"of": "tones"}, "N": 8}), "tones_views.N: views have the sounds of tones but for"),
        (
            change({"views": {"of": "ladder"}}),
            "tones_views.views.of: 'ladder' is made of another one; name tones",
        ),
        (
            change({"views": {"of": "tones", "redraw": ["gian"]}}),
            "redraw: tones does not vary 'gian', did you mean",
        ),
        (
            change(VIEWS | {"seed": 0}),
            "datasets.tones_views.seed: it is that of tones, which would draw the same",
        ),
        (
            change({"views": {"of": "paper2023"}}),
            "views.of: 'paper2023' is divided by its own loudest sounds",
        ),
        (change({"views": {"of": "drum_bare"}}), "views.of: 'drum_bare' has no nuisances to draw again"),
        (
            change(VIEWS, run=["tones_views"]) | {"analyses": {"knn": {"K": 1024}}},
            "datasets.tones_views: knn asks",
        ),
    ],
)
def test_one_sentence(wrong, sentence):
    wrong.setdefault("datasets", {})["drum_bare"] = {
        "synthesizer": "drum",
        "N": 64,
        "sample_rate": 16000,
        "duration": 1.0,
    }
    assert [text for text in sentences(wrong) if sentence in text]


def test_a_ladder_of_views_is_refused():
    steps = {"ladder": {"of": "tones_views", "points": 2, "steps": [1]}}
    wrong = change()
    wrong["run"]["datasets"] = ["tones", "steps"]
    wrong["datasets"]["steps"] = steps
    assert sentences(wrong) == [
        "config: datasets.steps.ladder.of: 'tones_views' is made of another one; name tones"
    ]


def test_views_are_made_and_analysed_only_if_the_run_names_them():
    config = checked_with(change() | {"analyses": {"knn": {"K": 40}}})
    assert made(config) == ["tones", "ladder", "tones_views"]
    assert made(checked_with(change(run=["tones_views"]))) == ["tones", "ladder", "tones_views"]


def test_views_have_the_definition_and_the_shards_of_their_parent():
    config = checked_with(change(run=["tones_views"]) | {"models": {}})
    config["run"]["shard_size"] = 300
    tones, views = (resolved(config, name) for name in ("tones", "tones_views"))
    assert shards_of(views, config) == shards_of(tones, config) != []
    assert (views["seed"], views["parent_seed"]) == (tones["seed"] + 1, tones["seed"])
    sounds, others = (json.loads(definition(entry)) for entry in (tones, views))
    assert {key for key in others if others[key] != sounds.get(key)} == {"seed", "parent_seed", "views"}


def test_embeddings_from_elsewhere_are_asked_of_views_if_a_head_learns_from_them(tmp_path):
    mine = {"module": "precomputed", "embeddings": f"{tmp_path}/{{dataset}}.npy"}
    for name in ("tones", "ladder"):
        (tmp_path / f"{name}.npy").touch()
    wanted = change()
    wanted["models"]["mine"] = mine
    wanted["run"]["models"] = ["logmel", "mine"]
    (fault,) = sentences(wanted)
    assert "tones_views.npy does not exist" in fault
    wanted["heads"]["models"] = ["logmel"]
    checked_with(wanted)


def test_the_experiment_has_heads_of_both_kinds_on_all_its_models():
    config = checked_with(read_yaml(ROOT / "experiments" / "heads.yaml"))
    assert config["heads"]["kinds"] == [*HEADS]
    assert config["heads"]["models"] == config["run"]["models"]
    assert made(config) == ["tones", "ladder", "tones_views"]


# --- failures -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def config():
    return checked_with(change())


@pytest.fixture(scope="module")
def definitions(config):
    return {name: resolved(config, name) for name in made(config)}


def pending_of(row, dataset="tones"):
    """What is still to be made of a head whose training failed, on one data set."""
    return {
        ("head", f"results/tones/heads/{row}.npz"),
        ("head", f"results/tones/heads/{row}.csv"),
        ("head_row", f"results/{dataset}/embeddings/{row}.npy"),
        ("knn", f"results/{dataset}/knn/{row}.scores.csv"),
    }


@pytest.mark.parametrize("dataset", ["tones", "ladder"])
@pytest.mark.parametrize("row", ["crepe.supervised", "crepe.0.contrastive", "chance.supervised"])
def test_a_failed_head_costs_its_own_rows(begun, config, definitions, dataset, row):
    pending = pending_of(row, dataset)
    log = begun(f"logs/head/tones/{row}.log")
    failures = {
        name: first_failure(pending, dataset, name, config, definitions, STAGES) for name in rows(config)
    }
    assert {name: failure for name, failure in failures.items() if failure} == {row: Failure("head", log)}
    assert broken(pending, dataset, config, definitions) is None


def rows(config):
    return [*rows_of_models(config), "chance", "reference"]


def first(pending, dataset, row, config, definitions):
    return first_failure(pending, dataset, row, config, definitions, STAGES)


def test_a_head_without_its_environment_failed_there(begun, config, definitions):
    built = ("environment", "resources/environments/heads/requirements.lock")
    log = begun("logs/environment/heads.log")
    pending = {built, *pending_of("crepe.supervised")}
    assert first(pending, "tones", "crepe.supervised", config, definitions) == Failure("environment", log)


def test_a_head_that_cannot_be_applied_fails_on_that_data_set_alone(begun, config, definitions):
    log = begun("logs/head_row/ladder/crepe.supervised.log")
    pending = {("head_row", "results/ladder/embeddings/crepe.supervised.npy")}
    assert first(pending, "ladder", "crepe.supervised", config, definitions) == Failure("head_row", log)
    assert first(pending, "tones", "crepe.supervised", config, definitions) is None


@pytest.mark.parametrize("row", ["crepe.contrastive", "crepe.0.contrastive"])
def test_a_model_that_failed_is_told_where_a_head_misses_it(begun, config, definitions, row):
    """On the data set where it failed the model's own failure tells it; elsewhere the head's does."""
    log = begun("logs/embed/tones_views/crepe.log")
    views = ("embed", "results/tones_views/embeddings/crepe.npy")
    pending = {views, *pending_of(row), *pending_of(row, "ladder")}
    for dataset in ("tones", "ladder"):
        assert first(pending, dataset, row, config, definitions) == Failure("embed", log)
        assert first(pending, dataset, "crepe.supervised", config, definitions) is None
    tones = ("embed", "results/tones/embeddings/crepe.npy")
    assert first({tones, *pending}, "tones", row, config, definitions) is None


def test_views_that_could_not_be_made_cost_contrastive_heads_alone(begun, config, definitions):
    log = begun("logs/synthesize/tones_views.log")
    pending = {("synthesize", "results/tones_views/sounds/audio.wav")}
    pending |= {("embed", "results/tones_views/embeddings/crepe.npy"), *pending_of("crepe.contrastive")}
    assert first(pending, "tones", "crepe.contrastive", config, definitions) == Failure("synthesize", log)
    assert first(pending, "tones", "crepe.supervised", config, definitions) is None
    assert broken(pending, "tones", config, definitions) is None
