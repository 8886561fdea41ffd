"""Leaderboards in both forms are read alike; what is wrong with one is a sentence."""

import pytest
from conftest import ROOT
from shared.leaderboards import joined, read_leaderboard, unknown_names

WIDE = "Model,URL,Pitch,Genre\nA,https://a.org,0.5,0.25\nB,,,0.75\n"
LONG = "name;task;score\nA;Pitch;0.5\nA;Genre;0.25\nB;Genre;0.75\nB;Pitch;n/a\n"


def written(folder, text):
    (folder / "board.csv").write_text(text)
    return folder / "board.csv"


@pytest.mark.parametrize("text", [WIDE, LONG])
def test_both_forms_say_the_same(tmp_path, text):
    scores = {"A": {"Pitch": 0.5, "Genre": 0.25}, "B": {"Genre": 0.75}}
    assert read_leaderboard(written(tmp_path, text)) == scores


def test_hears_own_has_34_models_and_19_tasks():
    board = read_leaderboard(ROOT / "data" / "hear_leaderboard.csv")
    assert len(board) == 34
    tasks = {task for scores in board.values() for task in scores}
    assert len(tasks) == 19
    assert board["CREPE"]["NSynth Pitch 50h"] > 0.8
    assert "Beehive" not in board["AMAAI Lab wav2vec2+DDSP"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Model,Pitch\nA,0.5\nA,0.6\n", "line 3: A stands twice with Pitch"),
        ("Model,Pitch\nA,0.5\nB,high\n", "line 3: Pitch is 'high', not a number"),
        ("Model,Pitch\nA,0.5,1\n", "line 2 has 3 cells, the header 2"),
        ("Model,URL\nA,a.org\n", "no column holds numbers"),
        ("name,task,score\nA,Pitch,good\n", "line 2: score is 'good'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, fault):
    with pytest.raises(ValueError, match=r"board\.csv: ") as caught:
        read_leaderboard(written(tmp_path, text))
    assert fault in str(caught.value)


def test_a_published_result_counts_once():
    board = {"CREPE": {"Pitch": 0.9}, "OpenL3": {"Pitch": 0.7}}
    published = {"crepe": ["CREPE"], "crepe_fast": ["CREPE"], "openl3": ["Open-L3", "OpenL3"]}
    assert joined(board, published) == {"crepe": "CREPE", "openl3": "OpenL3"}


def test_unknown_names_are_one_sentence():
    board = {"CREPE": {}, "OpenL3": {}}
    published = {"crepe": ["CREP"], "openl3": ["OpenL3"], "other": ["Something else"]}
    assert unknown_names(board, published) == (
        "It does not have crepe (CREP, or is it CREPE?), other (Something else)."
    )
    assert unknown_names(board, {"openl3": ["OpenL3"]}) == ""
