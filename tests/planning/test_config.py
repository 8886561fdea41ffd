"""Config: every mistake is one sentence that says where and what to do, before any job runs."""

import json
import re
import shlex

import pytest
import yaml
from conftest import ROOT, snakemake

CONFIG = (ROOT / "config.yaml").read_text()


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
def test_one_sentence(tmp_path, change, sentence):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode != 0
    told = [line for line in done.stdout.splitlines() if line.startswith("config: ")]
    assert len(told) == 1, done.stdout
    assert sentence in told[0]
    assert not (tmp_path / "results").exists()


def test_all_faults_at_once(tmp_path):
    change = {"run": {"models": ["crepee", "mfc"]}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    done = snakemake(tmp_path, "-n", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml")
    assert sum(line.startswith("config: ") for line in done.stdout.splitlines()) == 2


def test_a_second_file_merges_definitions_and_replaces_lists(tmp_path):
    change = {
        "run": {"models": ["mfcc", "mine"], "datasets": ["paper2023"]},
        "models": {
            "mfcc": {"options": {"n_mfcc": 13}},
            "mine": {"module": "adapters.mfcc", "requirements": ["librosa==0.11.0"], "sample_rate": 16000},
            "logmel": None,
        },
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words, "-R", "embed")
    assert done.returncode == 0, done.stdout
    commands = [line for line in done.stdout.splitlines() if "embed.embed --audio" in line]
    assert len(commands) == 2
    assert any("n_mfcc" in line and "environments/signal/bin/python" in line for line in commands)
    assert any("environments/inline-" in line for line in commands)


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
    entry = {"synthesizer": "buzz.py", "N": 8, "sample_rate": 16000, "duration": 1}
    change = {"run": {"datasets": ["buzz"]}, "datasets": {"buzz": entry}}
    change["analyses"] = {"isomap": {"K": 4}, "knn": {"K": 4}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    done = snakemake(tmp_path, "-n", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml")
    told = [line for line in done.stdout.splitlines() if line.startswith("config: ")]
    assert len(told) == 1, done.stdout
    assert BROKEN[text] in told[0]


def test_a_second_file_changes_and_takes_away_from_a_data_set(tmp_path):
    change = {
        "run": {"datasets": ["tones"], "models": ["mfcc"]},
        "datasets": {
            "tones": {
                "N": 512,
                "factors": {"f1": {"high": 300}, "odd_even": None},
                "nuisances": {"gain": False, "noise": None},
            },
            "ladder": None,
        },
    }
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--printshellcmds", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout
    (command,) = [line for line in done.stdout.splitlines() if "synthesize.synthesize --definition" in line]
    words = shlex.split(command)
    entry = json.loads(words[words.index("--definition") + 1])
    assert entry["N"] == 512
    assert list(entry["factors"]) == ["f1", "odd_even"]
    assert (entry["factors"]["f1"]["low"], entry["factors"]["f1"]["high"]) == (200, 300)
    assert set(entry["nuisances"]) == {"phases", "onset", "noise"}
    assert entry["nuisances"]["noise"]["low"] == 20


def test_three_hundred_models_can_be_planned(tmp_path):
    entry = {"module": "adapters.mfcc", "env": "signal", "sample_rate": 16000}
    models = {f"model{i}": entry for i in range(300)}
    change = {"run": {"models": list(models), "datasets": ["paper2023"]}, "models": models}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["-n", "--quiet", "rules", "--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml"]
    done = snakemake(tmp_path, *words)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^embed +300$", done.stdout, re.MULTILINE)


def test_lint_finds_nothing():
    done = snakemake(ROOT, "--lint")
    assert done.returncode == 0, done.stdout
    assert "Congratulations" in done.stdout


def test_slurm_profile_asks_what_the_entries_say_and_is_not_capped(tmp_path):
    big = {"models": {"mfcc": {"mem_mb": 64000, "gpu": 0}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(big))
    words = ["-n", "--forceall", "--profile", "slurm", "--configfile", tmp_path / "mine.yaml"]
    done = snakemake(ROOT, *words)
    assert done.returncode == 0, done.stdout
    asked = {}
    for job in done.stdout.split("rule embed:")[1:]:
        asked[re.search("model=(.+)", job)[1]] = re.search("resources: (.+)", job)[1]
    assert {model for model, line in asked.items() if "gpu=1" in line} == {"crepe", "crepe_untrained"}
    assert "mem_mb=64000" in asked["mfcc"]
    assert all("runtime=240" in line for line in asked.values())


def test_more_sounds_ask_for_more_time_and_memory(tmp_path):
    run = {"datasets": ["tones"], "models": ["mfcc"], "shard_size": 20000}
    more = {"run": run, "datasets": {"tones": {"N": 16384}}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(more))
    plan = snakemake(ROOT, "-n", "--forceall", "--configfile", tmp_path / "mine.yaml").stdout
    embed, search = (
        re.search(rf"^rule {rule}:.*?resources: (.+?)$", plan, re.DOTALL | re.MULTILINE)[1]
        for rule in ("embed", "neighbors")
    )
    assert "runtime=960" in embed
    assert "mem_mb=4000" in embed  # the network's
    assert "mem_mb=8000" in search
    assert "runtime=240" in search


def test_a_catalogue_adds_what_the_run_names_and_ones_own_entry_goes_before(tmp_path):
    change = {"catalogues": ["hear2021"], "run": {"models": ["cvssp_panns", "crepe"]}}
    change["models"] = {"cvssp_panns": {"batch_size": 3}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n", "--printshellcmds"]
    plan = snakemake(tmp_path, "results/tones/embeddings/cvssp_panns.npy", *words).stdout
    assert "--module panns_hear" in plan
    assert "--batch-size 3" in plan
    assert "--licence 'MIT (code), CC BY 4.0 (weights)'" in plan
    assert "rule fetch" in plan


def test_ones_own_model_keeps_its_name_beside_a_catalogue(tmp_path):
    own = {"module": "my_crepe.hear", "requirements": ["my-crepe==1"], "sample_rate": 16000}
    change = {"catalogues": ["hear2021"], "run": {"models": ["CREPE", "wav2vec2"]}}
    change["models"] = {"CREPE": own, "wav2vec2": own | {"module": "mine"}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n", "--printshellcmds"]
    targets = [f"results/tones/embeddings/{name}.npy" for name in ("CREPE", "wav2vec2")]
    plan = snakemake(tmp_path, *targets, *words).stdout
    assert "--module my_crepe.hear" in plan
    assert "--module mine" in plan
    assert "rule fetch" not in plan


def test_digests_of_one_file_are_joined_and_must_agree(tmp_path):
    hub = {"hub": "a/b", "revision": "0123456789abcdef0123456789abcdef01234567"}
    of = {"module": "x", "env": "signal", "sample_rate": 16000}
    models = {"first": of | {"weights": hub | {"files": {"w": 64 * "1", "c": None}}}}
    models["second"] = of | {"weights": hub | {"files": {"w": None, "d": 64 * "2"}}}

    def plan():
        run = {"models": list(models), "datasets": ["tones"]}
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"run": run, "models": models}))
        words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n", "--printshellcmds"]
        return snakemake(tmp_path, "weights", *words).stdout

    told = plan()
    assert all(word in told for word in (f'"w": "{64 * "1"}"', '"c": null', f'"d": "{64 * "2"}"'))
    models["third"] = of | {"weights": hub | {"files": {"w": 64 * "3"}}}
    assert "has two different digests" in plan()


def test_a_submission_goes_by_its_published_names(tmp_path):
    change = {"catalogues": ["hear2021"], "run": {"models": ["GURA Fuse Cat H+w+C (time)", "CVSSP PANNS"]}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(change))
    words = ["--snakefile", ROOT / "Snakefile", "--configfile", "mine.yaml", "-n"]
    plan = snakemake(tmp_path, *words).stdout
    assert "results/tones/embeddings/gura_fuse_cat_h+w+c_t.npy" in plan
    assert "results/tones/embeddings/cvssp_panns.npy" in plan
