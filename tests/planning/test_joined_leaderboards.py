"""Which leaderboards a run is joined with, and what is wrong with one that the config names."""

import pytest
from conftest import ROOT
from helpers import checked_with
from planning.leaderboards import HEAR, leaderboards_of, published_names
from shared.leaderboards import joined, read_leaderboard
from snakemake.exceptions import WorkflowError

BOARD = read_leaderboard(ROOT / "data" / "hear_leaderboard.csv")


def test_hears_table_is_joined_if_it_has_a_model_of_the_run():
    with_crepe, without = ({"run": {"models": ["mfcc", *more]}} for more in (["crepe"], []))
    assert leaderboards_of(checked_with(with_crepe)) == [HEAR]
    assert leaderboards_of(checked_with(without)) == []
    assert leaderboards_of(checked_with(with_crepe | {"leaderboards": []})) == []


def test_every_submission_of_hear_is_joined():
    names = ["GURA Hubert", "CVSSP PANNS", "Audioshake UDONS ViT", "crepe"]
    config = checked_with({"catalogues": ["hear2021"], "run": {"models": names}})
    assert joined(BOARD, published_names(config)) == {
        "gura_hubert": "GURA Hubert",
        "cvssp_panns": "CVSSP PANNS",
        "audioshake_udons_vit": "Sony UDONS ViT",
        "crepe": "CREPE",
    }


@pytest.mark.parametrize(
    ("boards", "fault"),
    [
        ([{"name": "mine", "path": "no.csv"}], "leaderboards.0.path: no.csv does not exist in "),
        ([{"name": "mine", "path": "LICENSE"}], "leaderboards.0: LICENSE: "),
        ([{"name": "HEAR", "path": HEAR["path"]}] * 2, "leaderboards: a name stands twice"),
        ([{"name": "HEAR"}], "leaderboards.0: 'path' is a required property"),
    ],
)
def test_faults_are_one_sentence(boards, fault, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(WorkflowError) as caught:
        checked_with({"leaderboards": boards})
    (sentence,) = str(caught.value).splitlines()
    assert fault in sentence
