"""Rubbish in tables of listening experiments and in leaderboards is one sentence; what is odd is read."""

import pytest
from shared.experiments import conditions
from shared.leaderboards import read_leaderboard

HEAD = "f0;phase;answer;along;sd"
ROWS = [
    f"200;{phase};{answer};{along};0.5"
    for phase in ("sine", "random")
    for along, answer in ((3, 2), (5, 1.5))
]
EXPERIMENT = {
    "answer": "answer",
    "along": "along",
    "spread": "sd",
    "lines": "phase",
    "parameters": {"f0": "f0", "phase": {"phase": {"sine": 0, "random": 1}}},
    "threshold": {"knob": "step", "steps": [0.1, 1, 10], "plain": 3, "moved": 1},
}


def asked(tmp_path, rows, **more):
    path = tmp_path / "listeners.csv"
    path.write_text("\n".join([HEAD, *rows, ""]))
    return conditions(EXPERIMENT | {"listeners": str(path)} | more)


def changed(cell, value):
    """ROWS with another value in one cell of the second row, line 3."""
    cells = ROWS[1].split(";")
    cells[cell] = value
    return [ROWS[0], ";".join(cells), *ROWS[2:]]


def test_decimal_commas_are_read(tmp_path):
    right = asked(tmp_path, ROWS)
    assert [condition.answer for condition in right] == [2, 1.5, 2, 1.5]
    assert asked(tmp_path, [row.replace(".", ",") for row in ROWS]) == right


@pytest.mark.parametrize(
    ("rows", "more", "sentence"),
    [
        (changed(2, "1_5"), {}, "line 3: answer is '1_5', not a number"),
        (changed(2, "1.5 %"), {}, "line 3: answer is '1.5 %', not a number"),
        (changed(2, "1e308"), {}, "line 3: answer is '1e308', not a number"),
        (changed(2, "nan"), {}, "line 3: answer is 'nan', not a number"),
        (changed(4, "-0.5"), {}, "line 3: sd is -0.5; a spread is not below 0"),
        (changed(1, "Sine"), {}, "line 3: phase has 'Sine', which `parameters` does not name"),
        (changed(0, "0"), {"percent_of": "f0"}, "line 3: f0 is 0, and must be above 0"),
        (changed(0, "-2"), {"percent_of": "f0"}, "line 3: f0 is -2, and must be above 0"),
        (changed(0, "1e-310"), {"percent_of": "f0"}, "line 3: answer becomes inf; state it in other units"),
        (changed(0, "1e60"), {"parameters": {"f0": ["f0", "f0"]}}, "line 3: f0 becomes 1e+120; state it in"),
        (
            ROWS,
            {"only": {"phase": ["sine", "rnadom"]}},
            "`only` names 'rnadom', which no row has as its phase",
        ),
    ],
)
def test_rubbish_in_an_experiment_is_told_with_its_line(tmp_path, rows, more, sentence):
    with pytest.raises(ValueError, match=r"listeners\.csv: ") as caught:
        asked(tmp_path, rows, **more)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def board(tmp_path, text):
    (tmp_path / "board.csv").write_text(text)
    return read_leaderboard(tmp_path / "board.csv")


@pytest.mark.parametrize(
    "text",
    [
        "model;Pitch;Genre\nA;0,5;1\nB;0,25;2\n",
        "sep=;\nmodel;Pitch;Genre\nA;0.5;1\nB;0.25;2\n",
        ",model,Pitch,Genre,Date\n0,A,0.5,1,12.03.2021\n1,B,0.25,2,1.4.2022\n",
    ],
)
def test_an_odd_leaderboard_is_read(tmp_path, text):
    assert board(tmp_path, text) == {"A": {"Pitch": 0.5, "Genre": 1}, "B": {"Pitch": 0.25, "Genre": 2}}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model,Pitch,Genre\nA,50 %,1\nB,60 %,2\n", "Pitch has '50 %', which is no number with one meaning"),
        ('model,Pitch,Genre\nA,"1,234",1\n', "Pitch has '1,234', which is no number with one meaning"),
        ("model,Pitch\nA,1_0\nB,1\n", "line 2: Pitch is '1_0', not a number"),
        ("model,Pitch\n,1\nB,1\n", "line 2: a score without the name of its model"),
        ("model,,Pitch\nA,1,1\nB,2,1\n", "line 2: a score without the name of its task"),
        ("task,score\nPitch,1\n", "no column name or model beside task and score"),
    ],
)
def test_rubbish_in_a_leaderboard_is_told(tmp_path, text, sentence):
    with pytest.raises(ValueError, match=r"board\.csv: ") as caught:
        board(tmp_path, text)
    assert sentence in str(caught.value)
