"""Config: every mistake is one sentence that says where and what to do; what two files and a catalogue make.

tests/workflow/test_config_end_to_end.py asks the same of Snakemake itself.
"""

import json

import pytest
from conftest import merged
from planning.config import checked
from planning.datasets import definition, resolved
from planning.environments import environment_of
from planning.models import weights_to_fetch
from snakemake.exceptions import WorkflowError


def faults(change):
    """The sentences of a config with this change."""
    with pytest.raises(WorkflowError) as problem:
        checked(merged(change))
    return str(problem.value).splitlines()


def run(name, **changes):
    """A change of the config that runs one data set, changed."""
    return {"run": {"datasets": [name]}, "datasets": {name: changes}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"models": {"crepe": {"modul": "x"}}}, "models.crepe: unknown key 'modul', did you mean 'module'?"),
        ({"analysis": {}}, "top level: unknown key 'analysis', did you mean 'analyses'?"),
        ({"run": {"models": []}}, "run.models: the list is empty; name at least one"),
        ({"run": {"models": ["crepee"]}}, "run.models: 'crepee' is not defined, did you mean 'crepe'?"),
        ({"run": {"datasets": ["paper"]}}, "run.datasets: 'paper' is not defined"),
        (
            {"models": {"crepe": {"env": "hearbase"}}},
            "envs/hearbase.yaml does not exist, did you mean 'hearbaseline'",
        ),
        ({"models": {"crepe": {"requirements": ["x"]}}}, "models.crepe: state one of `env`"),
        (
            {"models": {"mfcc": {"module": "adapters.mfc"}}},
            "adapters/mfc.py does not exist, did you mean 'adapters.mfcc'?",
        ),
        (
            {"models": {"chance": {"module": "x", "env": "signal", "sample_rate": 1}}},
            "models.chance: this name is taken",
        ),
        (
            {"models": {"a/b": {"module": "x", "env": "signal", "sample_rate": 1}}},
            "the name 'a/b' may only hold",
        ),
        (
            {"datasets": {"paper2023": {"analyses": {"knn": {"K": 2500}}}}},
            "datasets.paper2023: knn asks for K = 2500 neighbours, but there are only N = 2500 sounds",
        ),
        ({"datasets": {"paper2023": {"synthesizer": "aditive"}}}, "did you mean 'additive'?"),
        (
            {"datasets": {"paper2023": {"factors": {"f1": {"step": 1}}}}},
            "factors.f1: a grid design needs start, stop, step or choice; stated: choice, step",
        ),
        (
            {"datasets": {"paper2023": {"factors": {"r": {"scale": "log", "start": 0, "stop": 1}}}}},
            "factors.r: a log scale needs a range above 0",
        ),
        (
            {"datasets": {"tones": {"nuisances": {"gian": None}}}},
            "datasets.tones.nuisances: 'gian' is not known, did you mean 'gain'?",
        ),
        (
            {"datasets": {"tones": {"nuisances": {"onset": {"high": 2}}}}},
            "datasets.tones.nuisances.onset: from 0 to 2 s in 1.0 s",
        ),
        (
            run("drum", factors={"pitsch": None}),
            "datasets.drum.factors.pitsch: drum has no such factor, did you mean 'pitch'?",
        ),
        (
            run("drum", factors={"pitch": {"low": 900}}),
            "datasets.drum.factors.pitch: low 900 is not below high 300",
        ),
        (run("drum", factors={"pitch": {"jnd": {"percent": 1}}}), "jnd: 'source' is a required property"),
        (run("drum", N=1000), "drum: a sobol design is balanced if N is a power of two"),
        (run("drum", design="table"), "drum: state `table`"),
        (run("speech", nuisances={"text": {"integers": 20}}), "speech.nuisances.text: at most 8 integers"),
        (
            {"datasets": {"ladder": {"ladder": {"of": "tone"}}}},
            "datasets.ladder.ladder.of: 'tone' is not defined, did you mean 'tones'?",
        ),
        (
            run("ladder_full", ladder={"of": "ladder"}),
            "datasets.ladder_full.ladder.of: 'ladder' is a ladder itself",
        ),
        ({"datasets": {"ladder": {"ladder": {"points": 5000}}}}, "ladder.points: 'tones' has fewer sounds"),
        ({"datasets": {"tones": {"synthesizer": "aditive"}}}, "did you mean 'additive'?"),
        (
            {"models": {"mine": {"module": "precomputed", "embeddings": "x.npy", "gpu": 1}}},
            "models.mine: unknown key 'gpu'",
        ),
        (
            {"models": {"mine": {"module": "precomputed"}}, "run": {"models": ["mine"]}},
            "models.mine: 'embeddings' is a required property",
        ),
        (
            {"models": {"crepe": {"sample_rate": "16 kHz"}}},
            "models.crepe.sample_rate: '16 kHz' is not of type",
        ),
        (
            {"models": {"crepe": {"weights": {"url": "https://a.org/w", "sha256": "abc"}}}},
            "models.crepe.weights: must be a path, or a file or a list of files: {url, sha256 | git_blob",
        ),
        (
            {"models": {"crepe": {"weights": {"url": "https://a.org/w", "place": "/etc/w"}}}},
            "models.crepe.weights: must be a path",
        ),
        (
            {"models": {"crepe": {"weights": [{"url": "https://a.org/v"}, {"url": "https://a.org/w"}]}}},
            "weights: only one file can be passed to load_model; state the `place` of the others",
        ),
        (
            {"models": {"crepe": {"weights": "nowhere.pth"}}},
            "models.crepe.weights: nowhere.pth does not exist",
        ),
        ({"models": {"crepe": {"layers": ["a", "a"]}}}, "models.crepe.layers: a layer stands twice"),
        ({"models": {"crepe": {"layers": ["a{5..1}"]}}}, "models.crepe.layers: no layer is named"),
        (
            {"models": {"crepe": {"layers": [{"a": "x"}]}}},
            "models.crepe.layers.0: must be a layer's name, or",
        ),
        (
            {"models": {"crepe": {"network": "x"}}},
            "`network` only serves `initialization: random` and `layers`",
        ),
        ({"catalogues": ["hear"]}, "catalogues: 'hear' is not known, did you mean 'hear2021'?"),
        (
            {"catalogues": ["hear2021"], "run": {"models": ["panns"]}},
            "run.models: 'panns' is not defined, did you mean 'cvssp_panns'?",
        ),
    ],
)
def test_one_sentence(change, sentence):
    (fault,) = faults(change)
    assert fault.startswith("config: ")
    assert sentence in fault


def test_all_faults_at_once():
    assert len(faults({"run": {"models": ["crepee", "mfc"]}})) == 2


BROKEN = {  # what a user's own synthesizer may hold: what is told of it
    "FACTORS = {\n": "is not valid Python",
    "FACTORS = {'f': {'unit': 'Hz', 'scale': 'log', 'low': 1, 'high': 2}}": "f lacks default",
    "FACTORS = {'f': {'unit': 'Hz', 'scale': 'mel', 'low': 1, 'high': 2, 'default': 1}}": "the scale of f",
    "LOW = 1\nFACTORS = {'f': LOW}": "must be one table of plain values",
    "FACTORS = {'f': {'unit': 'Hz', 'scale': 'log', 'low': 1, 'high': 2, 'default': 1}}": "no function",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_faulty_synthesizer_of_ones_own_is_one_sentence(tmp_path, text):
    (tmp_path / "buzz.py").write_text(text)
    entry = {"synthesizer": str(tmp_path / "buzz.py"), "N": 8, "sample_rate": 16000, "duration": 1}
    change = {"run": {"datasets": ["buzz"]}, "datasets": {"buzz": entry}}
    change["analyses"] = {"isomap": {"K": 4}, "knn": {"K": 4}}
    (fault,) = faults(change)
    assert BROKEN[text] in fault


def test_a_second_file_merges_definitions_and_replaces_lists():
    change = {
        "run": {"models": ["mfcc", "mine"], "datasets": ["paper2023"]},
        "models": {
            "mfcc": {"options": {"n_mfcc": 13}},
            "mine": {"module": "adapters.mfcc", "requirements": ["librosa==0.11.0"], "sample_rate": 16000},
            "logmel": None,
        },
    }
    config = checked(merged(change))
    assert config["run"]["models"] == ["mfcc", "mine"]
    assert "logmel" not in config["models"]
    mfcc, mine = config["models"]["mfcc"], config["models"]["mine"]
    assert (mfcc["module"], mfcc["options"]) == ("adapters.mfcc", {"n_mfcc": 13})
    assert environment_of(mfcc) == "signal"
    assert environment_of(mine).startswith("inline-")


def test_a_second_file_changes_and_takes_away_from_a_data_set():
    tones = {
        "N": 512,
        "factors": {"f1": {"high": 300}, "odd_even": None},
        "nuisances": {"gain": False, "noise": None},
    }
    change = {
        "run": {"datasets": ["tones"], "models": ["mfcc"]},
        "datasets": {"tones": tones, "ladder": None},
    }
    entry = json.loads(definition(resolved(checked(merged(change)), "tones")))
    assert entry["N"] == 512
    assert list(entry["factors"]) == ["f1", "odd_even"]
    assert (entry["factors"]["f1"]["low"], entry["factors"]["f1"]["high"]) == (200, 300)
    assert set(entry["nuisances"]) == {"phases", "onset", "noise"}
    assert entry["nuisances"]["noise"]["low"] == 20


def test_a_catalogue_adds_what_the_run_names_and_ones_own_entry_goes_before():
    change = {"catalogues": ["hear2021"], "run": {"models": ["cvssp_panns", "crepe"]}}
    change["models"] = {"cvssp_panns": {"batch_size": 3}}
    config = checked(merged(change))
    panns = config["models"]["cvssp_panns"]
    assert (panns["module"], panns["batch_size"]) == ("panns_hear", 3)
    assert panns["licence"] == "MIT (code), CC BY 4.0 (weights)"
    assert weights_to_fetch(config)
    assert "gura_fuse_cat_h+w+c_t" not in config["models"]  # the run does not name it


def test_ones_own_model_keeps_its_name_beside_a_catalogue():
    own = {"module": "my_crepe.hear", "requirements": ["my-crepe==1"], "sample_rate": 16000}
    change = {"catalogues": ["hear2021"], "run": {"models": ["CREPE", "wav2vec2"]}}
    change["models"] = {"CREPE": own, "wav2vec2": own | {"module": "mine"}}
    config = checked(merged(change))
    assert config["run"]["models"] == ["CREPE", "wav2vec2"]
    assert [config["models"][name]["module"] for name in ("CREPE", "wav2vec2")] == ["my_crepe.hear", "mine"]
    assert not weights_to_fetch(config)


def test_a_submission_goes_by_its_published_names():
    change = {"catalogues": ["hear2021"], "run": {"models": ["GURA Fuse Cat H+w+C (time)", "CVSSP PANNS"]}}
    assert checked(merged(change))["run"]["models"] == ["gura_fuse_cat_h+w+c_t", "cvssp_panns"]


def test_digests_of_one_file_are_joined_and_must_agree():
    hub = {"hub": "a/b", "revision": "0123456789abcdef0123456789abcdef01234567"}
    of = {"module": "x", "env": "signal", "sample_rate": 16000}
    models = {"first": of | {"weights": hub | {"files": {"w": 64 * "1", "c": None}}}}
    models["second"] = of | {"weights": hub | {"files": {"w": None, "d": 64 * "2"}}}
    change = {"run": {"models": ["first", "second"], "datasets": ["tones"]}, "models": models}
    (wanted,) = weights_to_fetch(checked(merged(change))).values()
    assert wanted["files"] == {"w": 64 * "1", "c": None, "d": 64 * "2"}
    models["third"] = of | {"weights": hub | {"files": {"w": 64 * "3"}}}
    change["run"]["models"] = list(models)
    (fault,) = faults(change)
    assert "has two different digests" in fault
