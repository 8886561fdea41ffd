"""Folders and records that are no runs are told in one sentence by make merge, report and reproduce."""

import json
from pathlib import Path

import pytest
from driver import merge, report, reproduce

RECORD = {
    "commit": "x",
    "versions": {},
    "code": {},
    "config": {"run": {}},
    "environments": {"analysis": ["numpy==2.4.6"]},
    "datasets": {"tones": {"sounds": {}, "embeddings": {"a": {}}, "scores": {}}},
}
CONFIGS = [
    *(
        "",
        "5",
        "[]",
        "a: [",
        "\t",
        "run: 5",
        "run: {datasets: [x], models: [y]}",
        b"\xff\xfe\x00",
        "[" * 5000,
    ),
    "{run: {datasets: [d], models: [m]}, datasets: {d: 5}, models: {m: {}}}",
    "{run: {datasets: [d], models: [m]}, datasets: [d], models: [m]}",
    "{run: {datasets: [d], models: [m]}, datasets: {d: {}}, models: {}}",
    "{run: {datasets: 5, models: [m]}, datasets: {}, models: {m: {}}}",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory, with another one in it."""
    monkeypatch.chdir(tmp_path)
    Path("other/results").mkdir(parents=True)
    return tmp_path


def put(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def sentence(call, *words):
    """The one sentence with which a script ends. It must leave no new file."""
    before = sorted(Path().rglob("*"))
    with pytest.raises(SystemExit) as end:
        call([*map(str, words)])
    assert sorted(Path().rglob("*")) == before
    assert "\n" not in end.value.code
    return end.value.code


@pytest.mark.parametrize("content", CONFIGS, ids=lambda content: ascii(content)[:30])
def test_a_config_that_is_none_is_told(folder, content):
    put(folder / "other/results/run_config.yaml", content)
    told = "results/run_config.yaml is not the config of a run, or is damaged; run again in its folder"
    assert sentence(merge.main, "other") == f"error: other/{told}"
    put(folder / "results/run_config.yaml", content)
    assert sentence(report.main) == f"error: {told}"


def test_a_place_that_is_no_run_is_told(folder):
    put(folder / "file", "")
    for place in ("nowhere", "file", "other"):
        assert sentence(merge.main, place).startswith(
            f"error: {place}/results/run_config.yaml does not exist"
        )
    for place in (".", folder, "other/.."):
        assert sentence(merge.main, place) == (
            f"error: {place} is the folder of this run itself; name that of another one"
        )
    assert sentence(report.main).startswith("error: nothing has been run here yet")


def changed(place, value):
    """The text of RECORD with another value at a place."""
    record = json.loads(json.dumps(RECORD))
    part = record
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return json.dumps(record)


RECORDS = {
    "": "it is no JSON: ",
    "{": "it is no JSON: ",
    "[" * 200_000: "it is no JSON: ",
    b"\xff\xfe": "it is no JSON: ",
    "5": "it holds no names with values",
    "[]": "it holds no names with values",
    "null": "it holds no names with values",
    "{}": "it has no commit, versions, code, config, environments, datasets; another version of GEAR may",
    **{changed([key], 5): f"{key} must hold names with values" for key in RECORD if key != "commit"},
    changed(["environments", "a"], 5): "the environment a must be a list of packages",
    changed(["environments", "a"], [5]): "the environment a must be a list of packages",
    changed(["environments", "../a"], []): "'../a' is no name of an environment",
    changed(["environments", "/etc/a"], []): "'/etc/a' is no name of an environment",
    changed(["datasets", "tones"], 5): "the data set tones must hold sounds, embeddings, scores",
    changed(["datasets", "tones", "scores"], 5): "the data set tones must hold sounds, embeddings, scores",
    changed(["datasets", "tones", "embeddings"], {"a": 5}): "the data set tones must hold sounds, embeddings",
}


@pytest.mark.parametrize("content", RECORDS, ids=lambda content: ascii(content)[-30:])
def test_a_record_that_is_none_is_told_before_anything_runs(folder, content):
    put(folder / "record.json", content)
    told = sentence(reproduce.main, "--record", "record.json")
    assert told.startswith(
        f"error: record.json is no record of a run (results/record.json): {RECORDS[content]}"
    )


@pytest.mark.parametrize("place", ["nowhere", "other"])
def test_a_place_that_is_no_record_is_told(folder, place):
    assert "it cannot be read: " in sentence(reproduce.main, "--record", place)


def test_a_whole_record_is_taken(folder):
    put(folder / "record.json", json.dumps(RECORD))
    assert reproduce.read_record(Path("record.json")) == RECORD
