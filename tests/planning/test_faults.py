"""Every mistake in a config is one sentence that says where and what to do."""

import pytest
import yaml
from conftest import ROOT
from helpers import checked_with
from snakemake.exceptions import WorkflowError


def run(name, **changes):
    """A change of the config that runs one data set, changed."""
    return {"run": {"datasets": [name]}, "datasets": {name: changes}}


def sentences(change):
    """The sentences of the faults of config.yaml with a change."""
    with pytest.raises(WorkflowError) as fault:
        checked_with(change)
    return str(fault.value).splitlines()


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
        (
            {"run": {"datasets": ["tones"]}, "analyses": {"reduce": {"whiten": 1024}}},
            "datasets.tones: reduce asks for whiten: 1024, but 1024 sounds span only 1023 dimensions; ask",
        ),
        (
            {"datasets": {"ladder": {"analyses": {"reduce": {"pca": 4000}}}}},
            "datasets.ladder: reduce asks for pca: 4000, but",
        ),
        (
            {"datasets": {"paper2023": {"analyses": {"reduce": {"pca": 4, "whiten": 4}}}}},
            "datasets.paper2023.analyses.reduce: must be `{pca: 64}`, `{whiten: 64}` or `null`",
        ),
        ({"analyses": {"metric": "cosin"}}, "analyses.metric: 'cosin' is not one of ['euclidean', 'cosine',"),
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
            run(
                "voice_ladder",
                factors={"timbre": None, "prosody": None},
                ladder={"of": "voice", "points": 4, "steps": [0.25, 1]},
            ),
            "ladder.steps: 0.25 JND of timbre is finer than voice makes it; state steps from 0.5 on",
        ),
        (
            run(
                "voice_ladder",
                factors={"timbre": {"jnd": {"step": 0.02, "source": "mine"}}},
                ladder={"of": "voice", "points": 4, "steps": [1, 2]},
            ),
            "0.5 JND of timbre is finer than voice makes it; state a JND of timbre that is 5 times as large",
        ),
        (run("voice", env="voise"), "voice.env: envs/voise.yaml does not exist, did you mean 'voice'?"),
        (run("voice", env="voice", requirements=["x"]), "datasets.voice: state one of `env`"),
        (run("voice", options={"folder": "no"}), "voice.options.folder: the folder no does not exist"),
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
            {"models": {"mine": {"module": "own/my-model.py", "env": "signal", "sample_rate": 16000}}},
            "models.mine.module: the file own/my-model.py does not exist in ",
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
            {
                "models": {
                    "crepe": {
                        "weights": {
                            "hub": "org/name",
                            "revision": "main",
                            "files": {"config.json": None, "x.py": None},
                        }
                    }
                }
            },
            "models.crepe.weights: x.py is code, which can do anything when the model is loaded",
        ),
        (
            {"models": {"crepe": {"weights": {"path": ".", "files": {"x.pth": None}}}}},
            "models.crepe.weights.files: of a folder of your own, list its code alone",
        ),
        (
            {"models": {"crepe": {"weights": "nowhere.pth"}}},
            "models.crepe.weights: nowhere.pth does not exist",
        ),
        (
            {"models": {"crepe": {"pooling": "max"}}},
            "models.crepe.pooling: only `embedding: timestamps` is pooled over time",
        ),
        (
            {"models": {"crepe": {"hop": 10}}},
            "models.crepe.hop: only `embedding: timestamps` is pooled over time",
        ),
        (
            {"models": {"crepe": {"embedding": "timestamps", "pooling": ["max", "max"]}}},
            "models.crepe.pooling: a pooling stands twice",
        ),
        (
            {"models": {"crepe": {"embedding": "timestamps", "pooling": ["median"]}}},
            "models.crepe.pooling: must be one of mean, std, mean_std, max, first, last, or a list of these",
        ),
        (
            {"models": {"crepe": {"embedding": "frames"}}},
            "models.crepe.embedding: 'frames' is not one of ['scene', 'timestamps']",
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
        ({"catalogues": ["hear2021"], "run": ["panns"]}, "run: ['panns'] is not of type 'object'"),
        ({"catalogues": ["hear"]}, "catalogues: 'hear' is not known, did you mean 'hear2021'?"),
        (
            {"catalogues": ["hear2021"], "run": {"models": ["panns"]}},
            "run.models: 'panns' is not defined, did you mean 'cvssp_panns'?",
        ),
    ],
)
def test_one_sentence(change, sentence):
    (fault,) = sentences(change)
    assert fault.startswith("config: ")
    assert sentence in fault


def test_all_faults_at_once():
    assert len(sentences({"run": {"models": ["crepee", "mfc"]}})) == 2


def test_the_config_of_the_default_run_has_no_fault():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert set(checked_with({})["run"]["models"]) == set(config["run"]["models"])


BROKEN = {  # what a user's own synthesizer may hold: what is said of it
    "FACTORS = {\n": "is not valid Python",
    "FACTORS = {'f': {'unit': 'Hz', 'scale': 'log', 'low': 1, 'high': 2}}": "f lacks default",
    "FACTORS = {'f': {'unit': 'Hz', 'scale': 'mel', 'low': 1, 'high': 2, 'default': 1}}": "the scale of f",
    "LOW = 1\nFACTORS = {'f': LOW}": "must be one table of plain values",
    "FACTORS = {'f': {'unit': 'Hz', 'scale': 'log', 'low': 1, 'high': 2, 'default': 1}}": "no function",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_faulty_synthesizer_of_ones_own_is_one_sentence(tmp_path, text):
    path = tmp_path / "buzz.py"
    path.write_text(text)
    entry = {"synthesizer": str(path), "N": 8, "sample_rate": 16000, "duration": 1}
    change = {"run": {"datasets": ["buzz"]}, "datasets": {"buzz": entry}}
    (fault,) = sentences(change | {"analyses": {"isomap": {"K": 4}, "knn": {"K": 4}}})
    assert BROKEN[text] in fault


def recordings(folder, monkeypatch, rows, options=None):
    """A change of the config that runs recordings: a table of some rows, in the working directory."""
    monkeypatch.chdir(folder)
    (folder / "workflow_scripts").symlink_to(ROOT / "workflow_scripts")  # the plan's paths are relative
    (folder / "envs").symlink_to(ROOT / "envs")
    (folder / "{x}.wav").touch()
    (folder / "t.csv").write_text("\n".join(["file,pitch", *rows]))
    entry = {"synthesizer": "recordings", "design": "table", "table": "t.csv", "sample_rate": 16000}
    entry |= {"duration": 1, "factors": {"pitch": {"unit": "semitone", "scale": "linear"}}}
    entry |= {"options": options or {}, "analyses": {"isomap": {"K": 4}, "knn": {"K": 4}}}
    return {"run": {"datasets": ["mine"], "models": ["mfcc"]}, "datasets": {"mine": entry}}


@pytest.mark.parametrize(
    ("rows", "options", "sentence"),
    [
        (["a.wav,60,5"], {}, "table: t.csv: line 2 has 3 cells, the header 2"),
        ([], {}, "table: t.csv: there are no rows below the header in line 1"),
        (["a.wav,60"], {"folder": "nowhere"}, "options.folder: the folder nowhere does not exist"),
        (["a.wav,60"], {"folder": 7}, "options.folder: must be a path, not 7"),
        (
            ["a.wav,60", "b.wav,61", "t.csv,0"],
            {},
            "table: t.csv: a.wav cannot be read: it does not exist; b.w",
        ),
    ],
)
def test_a_faulty_table_is_told_before_any_job(tmp_path, monkeypatch, rows, options, sentence):
    change = recordings(tmp_path, monkeypatch, rows, options)
    assert sentences(change)[0].startswith(f"config: datasets.mine.{sentence}")
    assert len(sentences(change)) == 1


def test_many_missing_files_are_one_short_sentence(tmp_path, monkeypatch):
    (tmp_path / "a.wav").touch()
    rows = ["a.wav,0", *[f"{i}.wav,60" for i in range(500)]]
    (fault,) = sentences(recordings(tmp_path, monkeypatch, rows))
    assert fault.endswith("; and 492 more")
    assert len(fault) < 600


@pytest.mark.parametrize("N", [1, 3, 4])
def test_too_few_sounds_are_told_with_the_least_number(tmp_path, monkeypatch, N):
    for i in range(N):
        (tmp_path / f"{i}.wav").touch()
    change = recordings(tmp_path, monkeypatch, [f"{i}.wav,{i}" for i in range(N)])
    change["datasets"]["mine"]["analyses"] = {"isomap": {"K": 1}, "knn": {"K": 1}}
    (fault,) = sentences(change)
    assert fault == f"config: datasets.mine: it has N = {N} sound{'s' * (N > 1)}; the analyses need 5 or more"
    drawn = {"synthesizer": "drum", "design": "random", "N": N, "sample_rate": 16000, "duration": 1}
    (fault,) = sentences({"run": {"datasets": ["few"]}, "datasets": {"few": drawn}})
    assert fault == f"config: datasets.few.N: {N} is less than the minimum of 5"
