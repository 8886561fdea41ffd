"""Models of another run are taken if they heard the same sounds; a refusal leaves everything as it was."""

import json
import os
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from driver import merge
from planning.config import checked
from planning.models import rows_of_models
from snakemake.exceptions import WorkflowError

FACTS = {
    "module": "m",
    "packages": {"m": "1"},
    "N": 2,
    "D": 3,
    "weights_sha256": {"w": "1" * 64},
    "marks": {},
}
ENTRY = {"module": "adapters.mfcc", "env": "signal", "sample_rate": 16000, "licence": "MIT", "task": "none"}
DATASET = {"synthesizer": "additive", "N": 8, "sample_rate": 16000, "duration": 1.0}
ANALYSES = {"standardize": False, "isomap": {"K": 2, "bridge": False}, "knn": {"K": 2, "include_self": False}}
ANALYSES |= {"shuffles": 20, "bootstrap": 200, "seed": 0}


def make_run(folder, models, datasets=("tones",), **entries):
    """What a run leaves that merge looks at. models: names; entries: those of single models."""
    config = {
        "run": {"datasets": [*datasets], "models": [*models]},
        "datasets": dict.fromkeys(datasets, DATASET),
        "models": {model: entries.get(model, ENTRY) for model in models},
        "analyses": ANALYSES,
    }
    for dataset in datasets:
        sounds, embeddings = (folder / "results" / dataset / name for name in ("sounds", "embeddings"))
        sounds.mkdir(parents=True)
        embeddings.mkdir()
        (sounds / "audio.wav").write_bytes(b"sounds of " + dataset.encode())
        (sounds / "parameters.csv").write_text("sound\n0\n1\n")
        os.utime(sounds / "audio.wav", (1, 1))
        for row in rows_of_models(config):
            (embeddings / f"{row}.npy").write_bytes(f"array of {row} of {dataset}".encode())
            (embeddings / f"{row}.json").write_text(json.dumps(FACTS))
    (folder / "results" / "run_config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A clone in which model a was run, and beside it another one with a and b."""
    for name in ("here", "other"):
        make_run(tmp_path / name, ["a"] if name == "here" else ["a", "b"])
    monkeypatch.chdir(tmp_path / "here")
    Path("workflow_scripts").symlink_to(ROOT / "workflow_scripts")  # as in a clone
    Path("envs").symlink_to(ROOT / "envs")
    Path("data").symlink_to(ROOT / "data")
    return tmp_path / "here"


def contents(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(here, capsys, *words):
    """The sentence with which a merge is refused, which must leave everything as it was."""
    before = contents(here)
    with pytest.raises(SystemExit) as caught:
        merge.main(["../other", *words])
    assert contents(here) == before
    (sentence,) = str(caught.value.code).splitlines()
    return sentence


def test_the_other_model_is_taken_with_its_facts_and_the_config_of_both_is_valid(here, capsys):
    merge.main(["../other"])
    told = capsys.readouterr().out
    assert "a is here already, with the same facts" in told
    assert "taken from ../other: b" in told
    assert 'make run RUN="--configfile merged.yaml --replace-workflow-config"' in told
    taken = Path("resources/merged/tones")
    assert (taken / "b.npy").read_bytes() == b"array of b of tones"
    assert json.loads((taken / "b.json").read_text()) == FACTS
    assert (taken / "b.sha256").read_text().split()[0] == merge.digest_of(
        Path("results/tones/sounds/audio.wav")
    )
    config = yaml.safe_load(Path("merged.yaml").read_text())
    assert config["run"]["models"] == ["a", "b"]
    entry = {"module": "precomputed", "embeddings": "resources/merged/{dataset}/b.npy"}
    assert config["models"]["b"] == entry | {"licence": "MIT", "task": "none"}
    assert config["models"]["a"] == ENTRY
    assert rows_of_models(checked(config)) == ["a", "b"]


def test_layers_and_published_names_come_along(here):
    shutil.rmtree("../other")
    entry = ENTRY | {"layers": ["conv{1..2}"], "published": ["B"]}
    make_run(here.parent / "other", ["b"], b=entry)
    merge.main(["../other"])
    config = yaml.safe_load(Path("merged.yaml").read_text())
    assert (config["models"]["b"]["parts"], config["models"]["b"]["published"]) == (["0", "1"], ["B"])
    assert rows_of_models(checked(config)) == ["a", "b", "b.0", "b.1"]
    assert Path("resources/merged/tones/b.1.npy").read_bytes() == b"array of b.1 of tones"
    Path("resources/merged/tones/b.1.npy").unlink()
    with pytest.raises(WorkflowError, match=r"b\.1\.npy does not exist"):
        checked(yaml.safe_load(Path("merged.yaml").read_text()))


def test_a_changed_sound_is_refused(here, capsys):
    Path("../other/results/tones/sounds/audio.wav").write_bytes(b"another sound")
    assert "the data set tones of ../other has other sounds than here" in refused(here, capsys)


def change(folder, edit):
    path = Path(folder, "results", "run_config.yaml")
    config = yaml.safe_load(path.read_text())
    edit(config)
    path.write_text(yaml.safe_dump(config))


@pytest.mark.parametrize(("key", "value"), [("version", 7), ("resample", False)])
def test_another_data_set_of_the_same_name_is_refused(here, capsys, key, value):
    change("../other", lambda config: config["datasets"]["tones"].update({key: value}))
    assert f"the data set tones of ../other is another one: its `{key}` is {value}" in refused(here, capsys)


def test_a_data_set_that_was_not_run_there_is_refused(here, capsys):
    change("../other", lambda config: config["run"].update(datasets=[]))
    assert "../other has not run the data set tones" in refused(here, capsys)


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"packages": {"m": "2"}}, "its packages is {'m': '2'}, and {'m': '1'} here"),
        ({"weights_sha256": {"elsewhere": "2" * 64}}, "its digest of weights is"),
        ({"precision": "bf16"}, "its precision is bf16, and None here"),
    ],
)
def test_a_model_of_both_with_other_facts_is_refused(here, capsys, facts, fault):
    path = Path("../other/results/tones/embeddings/a.json")
    path.write_text(json.dumps(FACTS | facts))
    sentence = refused(here, capsys)
    assert "a is another model in ../other: " in sentence
    assert fault in sentence
    merge.main(["../other", "--models", "b"])  # the cure that the sentence names


def test_other_options_are_another_model_and_other_speed_is_not(here, capsys):
    path = Path("../other/results/tones/embeddings/a.json")
    path.write_text(json.dumps(FACTS | {"seconds": 9, "weights_sha256": {"elsewhere": "1" * 64}}))
    change("../other", lambda config: config["models"]["a"].update(options={"n": 1}))
    assert "its options is {'n': 1}, and {} here" in refused(here, capsys)
    change("../other", lambda config: config["models"]["a"].pop("options"))
    merge.main(["../other"])


def test_a_model_without_embeddings_of_a_data_set_is_left_out_or_refused_if_it_is_named(here, capsys):
    Path("../other/results/tones/embeddings/b.json").unlink()
    assert "b has no embeddings of tones in ../other" in refused(here, capsys, "--models", "b")
    assert "../other has not run c; it has run a, b" in refused(here, capsys, "--models", "c")
    merge.main(["../other"])
    assert "not taken: b has no embeddings of tones" in capsys.readouterr().out


def test_embeddings_of_older_sounds_are_left_out(here, capsys):
    os.utime("../other/results/tones/embeddings/b.npy", (0, 0))
    assert "the embeddings of b are older than the sounds" in refused(here, capsys, "--models", "b")


def test_a_clone_in_which_nothing_was_run_takes_the_sounds_as_well(here, capsys):
    shutil.rmtree("results")
    assert "before the environment analysis is built" in refused(here, capsys)
    lock = Path("resources/environments/analysis/requirements.lock")
    lock.parent.mkdir(parents=True)
    lock.touch()
    merge.main(["../other"])
    for name in ("audio.wav", "parameters.csv"):
        copied = Path("results/tones/sounds", name)
        assert copied.read_bytes() == Path("../other", copied).read_bytes()
        assert copied.stat().st_mtime >= lock.stat().st_mtime
    config = yaml.safe_load(Path("merged.yaml").read_text())
    assert config["run"] == {"datasets": ["tones"], "models": ["a", "b"]}
    assert {entry["module"] for entry in config["models"].values()} == {"precomputed"}


def test_the_sounds_of_the_other_run_may_replace_those_here(here, capsys):
    Path("../other/results/tones/sounds/audio.wav").write_bytes(b"another sound")
    for path in Path("../other/results/tones/embeddings").iterdir():
        path.touch()
    assert "delete results/tones/sounds to take those of ../other" in refused(here, capsys)
    shutil.rmtree("results/tones/sounds")
    lock = Path("resources/environments/analysis/requirements.lock")
    lock.parent.mkdir(parents=True)
    lock.touch()
    merge.main(["../other"])
    assert "taken from ../other: a, b" in capsys.readouterr().out  # a has not heard these sounds here
    assert Path("results/tones/sounds/audio.wav").read_bytes() == b"another sound"


def test_a_third_run_is_merged_with_the_second_or_after_it(here, capsys):
    make_run(here.parent / "third", ["c", "b"])
    with pytest.raises(SystemExit, match="b would be taken from two runs"):
        merge.main(["../other", "../third"])
    merge.main(["../third", "--models", "c"])
    assert yaml.safe_load(Path("merged.yaml").read_text())["run"]["models"] == ["a", "c"]
    assert "merged.yaml is there already" in refused(here, capsys)


def test_a_folder_without_a_run_is_refused(here):
    with pytest.raises(
        SystemExit, match=r"run_config\.yaml does not exist; name a folder in which GEAR has run"
    ):
        merge.main([".."])
