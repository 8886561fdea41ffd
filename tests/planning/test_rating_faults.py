"""Ratings in a config: what the plan refuses, and what a data set with ratings goes through."""

import csv
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from helpers import checked_with, merged
from planning.analyses import kinds_of, of_kinds, read_analyses
from planning.datasets import definition, rating_files, resolved
from planning.schema import schema_faults
from planning.yaml_files import read_yaml
from snakemake.exceptions import WorkflowError

N = 6


def rated(folder, **ratings):
    """A change of the config that runs a data set of drawn sounds with ratings, a matrix by default."""
    path = folder / "matrix.txt"
    np.savetxt(path, np.triu(np.arange(N * N).reshape(N, N), 1))
    ratings = {"matrix": str(path), "source": "us"} | ratings
    entry = {"synthesizer": "drum", "design": "random", "N": N, "sample_rate": 16000, "duration": 1}
    entry |= {"ratings": {key: value for key, value in ratings.items() if value is not None}}
    return {"run": {"datasets": ["heard"]}, "datasets": {"heard": entry}}


def test_rated_sounds_go_through_agreement_alone(tmp_path):
    config = checked_with(rated(tmp_path))  # although K of the analyses is above N
    assert of_kinds(read_analyses(), kinds_of(config["datasets"]["heard"])) == ["agreement"]
    assert rating_files(resolved(config, "heard")) == [str(tmp_path / "matrix.txt")]


def test_new_ratings_make_no_new_sounds(tmp_path):
    one, other = (checked_with(rated(tmp_path, source=source)) for source in ("us", "them"))
    assert definition(resolved(one, "heard")) == definition(resolved(other, "heard"))


def test_a_table_calls_sounds_without_files_by_number(tmp_path):
    (tmp_path / "pairs.csv").write_text("first,second,rating\n0,1,2\n5,2,3\n")
    checked_with(rated(tmp_path, matrix=None, table=str(tmp_path / "pairs.csv")))


@pytest.mark.parametrize(
    ("ratings", "sentence"),
    [
        ({"matrix": "nowhere.txt"}, "ratings: nowhere.txt: cannot be read: No such file or directory"),
        ({"matrix": "{x}.txt"}, "ratings: {x}.txt: Snakemake takes braces in a path for a name of its own"),
        ({"unit": "listener"}, "needs the ratings of two or more listeners"),
        ({"scale": [1, 9]}, "the rating 29 is beyond the scale 1 to 9"),
        ({"scale": [9]}, "ratings.scale"),
        ({"scale": [1, 1]}, "ratings.scale"),
        ({"unit": "listeners"}, "ratings.unit: 'listeners'"),
        ({"source": None}, "ratings"),
        ({"matrix": None}, "ratings"),
        ({"table": "pairs.csv"}, "ratings"),
        ({"sorce": "us"}, "unknown key 'sorce', did you mean 'source'?"),
    ],
)
def test_a_fault_of_ratings_is_one_sentence(tmp_path, ratings, sentence):
    with pytest.raises(WorkflowError) as fault:
        checked_with(rated(tmp_path, **ratings))
    (told,) = str(fault.value).splitlines()
    assert told.startswith("config: datasets.heard")
    assert sentence in told


def test_a_matrix_of_another_number_of_sounds_is_refused(tmp_path):
    change = rated(tmp_path)
    change["datasets"]["heard"]["N"] = N + 1
    with pytest.raises(WorkflowError, match="line 1 has 6 cells, but there are 7 sounds"):
        checked_with(change)


def test_a_ladder_has_no_ratings(tmp_path):
    change = rated(tmp_path)
    ratings = change["datasets"]["heard"].pop("ratings")
    ladder = {"ladder": {"of": "tones", "points": 8, "steps": [1]}, "ratings": ratings}
    with pytest.raises(WorkflowError, match="a ladder has none; rated sounds are a data set of their own"):
        checked_with({"run": {"datasets": ["steps"]}, "datasets": {"steps": ladder}})


def test_the_experiments_on_timbre_are_those_that_can_be_fetched():
    config = merged(read_yaml(ROOT / "experiments" / "timbre.yaml"))
    assert list(schema_faults(config)) == []
    text = (ROOT / "data" / "timbre" / "files.csv").read_text()
    listed = {f"resources/timbre/{row['path']}" for row in csv.DictReader(text.splitlines())}
    names = config["run"]["datasets"]
    assert len(names) == 21
    for name in names:
        entry = config["datasets"][name]
        assert entry["ratings"]["matrix"] in listed
        assert any(Path(path).parent == Path(entry["options"]["folder"]) for path in listed)
        assert entry["made_by"] == "make timbre"
        assert entry["table"] == f"resources/timbre/tables/{Path(entry['options']['folder']).name}.csv"


def test_files_that_are_still_to_be_fetched_are_told_with_the_command(tmp_path):
    entry = {"synthesizer": "recordings", "design": "table", "table": str(tmp_path / "none.csv")}
    entry |= {"sample_rate": 16000, "duration": 1, "factors": {"a": {"unit": "", "scale": "linear"}}}
    change = {"run": {"datasets": ["far"]}, "datasets": {"far": entry | {"made_by": "make far"}}}
    with pytest.raises(WorkflowError, match=r"none\.csv does not exist; `make far` makes it$"):
        checked_with(change)
