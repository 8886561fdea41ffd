"""Two records of runs: equal ones give no word, and each thing that differs is told with its size."""

import copy

import pytest
from driver.compare_records import differences, score_differences

RECORD = {
    "versions": {"python": "3.11.7", "snakemake": "9.27.1"},
    "code": {"Snakefile": "1"},
    "environments": {"analysis": ["numpy==2.4.6"]},
    "datasets": {
        "tones": {
            "sounds": {"audio.wav": "2"},
            "embeddings": {"net": {"sha256": "3", "weights": {"net.pt": "4"}}},
            "scores": {
                "net/knn/r2/f1/": ["0.5", "0.4", "0.6", "0.01"],
                "net/knn/r2/r/": ["0.25", "0.2", "0.3", ""],
                "net/axes/mig//": ["", "", "", ""],
            },
        }
    },
}


@pytest.fixture
def again():
    return copy.deepcopy(RECORD)


def test_equal_records_differ_in_nothing(again):
    assert list(differences(RECORD, again)) == []
    sentences, differ = score_differences(RECORD, again)
    assert not differ
    assert len(sentences) == 1
    assert sentences[0].startswith("3 of 3 scores are equal")


def test_each_thing_that_differs_is_told(again):
    again["versions"]["python"] = "3.12.1"
    again["code"]["rules/new.smk"] = "5"
    again["environments"]["analysis"] = ["numpy==2.5.0"]
    tones = again["datasets"]["tones"]
    tones["sounds"]["audio.wav"] = tones["embeddings"]["net"]["sha256"] = "6"
    tones["embeddings"]["net"]["weights"] = {"net.pt": "7"}
    text = "\n".join(differences(RECORD, again))
    for words in (
        "python: 3.11.7 in the record, now 3.12.1",
        "rules/new.smk",
        "numpy==2.4.6 in the record, now numpy==2.5.0",
        "other sounds (audio.wav)",
        "other weights of net",
        "other embeddings of net",
    ):
        assert words in text


def test_the_largest_difference_of_each_kind_of_score_is_told(again):
    scores = again["datasets"]["tones"]["scores"]
    scores["net/knn/r2/f1/"][0] = "0.50000001"
    assert score_differences(RECORD, again)[1] is False  # a difference, but within the tolerance
    scores["net/knn/r2/r/"][2] = "0.6"
    sentences, differ = score_differences(RECORD, again)
    assert differ
    assert sentences[0].startswith("knn r2: 2 differ; the most, by 5.0e-01 of its size: net r on tones: 0.25")
    assert sentences[1].startswith("1 of 3 scores are equal")


@pytest.mark.parametrize("change", ["no value", "no score", "no data set"])
def test_what_is_missing_differs(again, change):
    scores = again["datasets"]["tones"]["scores"]
    if change == "no value":
        scores["net/knn/r2/f1/"][0] = ""
    elif change == "no score":
        del scores["net/knn/r2/f1/"]
    else:
        del again["datasets"]["tones"]
    assert score_differences(RECORD, again)[1] is True
