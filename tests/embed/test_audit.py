"""The audit hears what users complain of: each fault has its mark, and a model without a fault has none."""

import csv
import json

import numpy as np
import pytest
from embed import gather, marks, rows

RNG = np.random.default_rng(0)


@pytest.fixture
def parameters(tmp_path):
    """Writes the parameters of a data set whose sounds have some settings; returns the path."""

    def write(settings):
        path = tmp_path / "settings.csv"
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([["sound", "f1"], *enumerate(settings)])
        return path

    return write


def test_a_model_without_a_fault_has_no_mark(run):
    _, facts = run()
    assert facts["marks"] == {}
    assert facts["audit"]["silence_cosine"] > 0.99
    assert facts["audit"]["double_gain_cosine"] > 0.9
    assert facts["rows"]["repeated_share"] == 0
    assert facts["rows"]["outputs"] == ""


@pytest.mark.parametrize(
    ("fault", "mark", "words"),
    [
        ("constant", "constant", "gives all sounds the same answer"),
        ("batch", "batch", "depends on the other sounds of its batch"),
        ("first half", "view", "sees 50% of a clip"),
        ("places in time", "silence", "sounds of different length cannot be compared: cosine to itself 0.69"),
        ("samples", "delay", "depends on when the sound begins"),
        ("duplicates", "duplicates", "92% of the embeddings repeat that of another sound"),
        ("collapsed", "collapsed", "99% of the variance lies along one of 8 directions"),
        ("softmax", "probabilities", "sum to 1"),
        ("sigmoid", "probabilities", "are sigmoids at their ends"),
    ],
)
def test_each_fault_has_its_mark(run, fault, mark, words):
    _, facts = run(fault=fault)
    assert words in facts["marks"][mark]


def test_gain_is_told_and_not_judged(run):
    """Levels of pieces of a clip are the same direction at any gain; logarithms of them are not."""
    _, facts = run(fault="places in time")
    assert facts["audit"]["half_gain_cosine"] == pytest.approx(1)
    _, facts = run()
    assert 0.99 < facts["audit"]["half_gain_cosine"] < 0.99999


def test_a_model_of_one_length_says_so_and_goes_on(run):
    embeddings, facts = run(fault="one length")
    assert len(embeddings) == facts["N"]
    assert facts["audit"]["silence_cosine"] is None
    assert facts["audit"]["silence_refused"] == "expected 512 samples, got 1024"
    assert "silence" not in facts["marks"]


def test_sounds_that_are_the_same_may_have_the_same_embedding(parameters):
    array = np.repeat(RNG.standard_normal((10, 6)).astype(np.float32), 3, axis=0)
    same = rows.rows_facts(array, parameters(np.repeat(range(10), 3)))
    assert same["repeated_share"] == same["repeated_settings_share"] == pytest.approx(2 / 3)
    assert "duplicates" not in marks.rows_marks(same, 6)
    other = rows.rows_facts(array, parameters(range(30)))
    assert "67%" in marks.rows_marks(other, 6)["duplicates"]


def test_rows_that_differ_by_their_scale_alone_do_not_repeat():
    row = RNG.standard_normal(6).astype(np.float32)
    assert rows.repeated(rows.digests(np.stack([row, 2 * row]))) == 0
    assert rows.repeated(rows.digests(np.stack([row, row * np.float32(1 + 1e-7)]))) == 0.5


def test_rank_counts_directions():
    plane = RNG.standard_normal((700, 2)) @ RNG.standard_normal((2, 40)) + 5
    directions, effective = rows.ranks(rows.spectrum(plane))
    assert directions == 2
    assert 1.5 < effective <= 2.001
    assert rows.ranks(rows.spectrum(np.eye(30)))[0] >= 28
    assert rows.ranks(rows.spectrum(np.ones((30, 4)))) == (0, 0.0)


def test_directions_of_positive_values_are_no_probabilities():
    positive = np.abs(RNG.standard_normal((50, 3)))
    positive[0] = [1, 0, 0]
    assert rows.kind_of_outputs(positive / np.linalg.norm(positive, axis=1, keepdims=True)) == ""
    assert rows.kind_of_outputs(positive / positive.sum(axis=1, keepdims=True)) == rows.PROBABILITIES
    assert rows.kind_of_outputs(np.ones((50, 1))) == rows.SATURATED


def test_shards_are_marked_as_a_whole(run, tmp_path):
    """No shard repeats a row of its own as often as all of them do."""
    whole, facts = run(fault="duplicates")
    paths = {"parts": [], "facts": []}
    for number, ends in enumerate(((0, 12), (12, 24))):
        run("--shard", *map(str, ends), fault="duplicates")
        for kind, end in (("parts", "npy"), ("facts", "json")):
            path = (tmp_path / f"model.{end}").rename(tmp_path / f"{number}.{end}")
            paths[kind].append(str(path))
        assert "marks" not in path.read_text()
    words = [
        "--parts",
        *paths["parts"],
        "--facts",
        *paths["facts"],
        "--parameters",
        f"{tmp_path}/parameters.csv",
    ]
    gather.main([*words, "--embeddings", f"{tmp_path}/all.npy", "--joined-facts", f"{tmp_path}/all.json"])
    np.testing.assert_array_equal(np.load(tmp_path / "all.npy"), whole)
    joined = json.loads((tmp_path / "all.json").read_text())
    assert joined["marks"] == facts["marks"]
    assert joined["rows"] == facts["rows"]
