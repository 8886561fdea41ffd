"""Ratings of listeners in the forms in which people have them, and one sentence for each fault."""

import math
import re

import pytest
from shared.rating_files import read_ratings

NAMES = ["a.wav", "b.wav", "c.wav"]


def read(tmp_path, text, kind="matrix", **more):
    path = tmp_path / "ratings.txt"
    path.write_text(text)
    return read_ratings({kind: str(path), "source": "us"} | more, NAMES)


def pairs_of(listener):
    assert all(math.isnan(listener[i][i]) for i in range(3))
    assert all(
        listener[i][j] == listener[j][i] or math.isnan(listener[i][j]) for i in range(3) for j in range(i)
    )
    return [listener[0][1], listener[0][2], listener[1][2]]


@pytest.mark.parametrize(
    "text",
    [
        "0 1 2\n0 0 3\n0 0 0\n",
        "0\t1\t2\t\n\t0\t3\t\n\t\t0\t\n",
        "0,1,2\n1,0,3\n2,3,0\n",
        "9;1,0;2,0\n1,0;9;3,0\n2,0;3,0;9\n\n",
        "0 0 0\n1 0 0\n2 3 0\n",
        "0 0.5 2\n1.5 0 4\n2 2 0\n",  # both orders of each pair
    ],
    ids=["upper", "tabs and blanks", "whole", "decimal commas", "lower", "both orders"],
)
def test_a_matrix_is_read_as_it_is_meant(tmp_path, text):
    (listener,) = read(tmp_path, text)
    assert pairs_of(listener) == [1, 2, 3]


def test_a_table_of_pairs_may_name_files_and_repeat_pairs(tmp_path):
    text = "first,second,rating\na.wav,b.wav,1\nc.wav,a.wav,2\nb.wav,c.wav,2\nc.wav,b.wav,4\na.wav,a.wav,9\n"
    (listener,) = read(tmp_path, text, "table")
    assert pairs_of(listener) == [1, 2, 3]


def test_listeners_are_columns_or_matrices(tmp_path):
    text = "First;Second;ann;bob\na.wav;b.wav;1,5;2\na.wav;c.wav;3;\nb.wav;c.wav;2;4\n"
    ann, bob = read(tmp_path, text, "table", unit="listener")
    assert pairs_of(ann)[:2] == [1.5, 3]
    assert pairs_of(bob)[0] == 2
    assert math.isnan(bob[0][2])
    for name in ("x", "y"):
        (tmp_path / name).write_text("0 1 2\n0 0 3\n0 0 0\n")
    both = {"matrix": [str(tmp_path / name) for name in ("x", "y")], "unit": "listener"}
    assert [pairs_of(listener) for listener in read_ratings(both, NAMES)] == [[1, 2, 3]] * 2


def test_similarities_are_turned(tmp_path):
    (listener,) = read(tmp_path, "0 1 2\n0 0 3\n0 0 0\n", scale=[9, 1])
    assert pairs_of(listener) == [-1, -2, -3]


MATRIX, TABLE = "0 1 2\n0 0 3\n0 0 0\n", "first,second,r\na.wav,b.wav,1\na.wav,c.wav,2\n"
FAULTS = [
    ("0 1\n0 0\n", {}, "line 1 has 2 cells, but there are 3 sounds"),
    ("0 1 2\n0 0 3\n", {}, "has 2 rows, but there are 3 sounds"),
    ("0 1 2\n0 0 x\n0 0 0\n", {}, "line 2: the rating is 'x', not a number"),
    ("0 1 inf\n0 0 1\n0 0 0\n", {}, "line 1: the rating is 'inf', not a number"),
    ("0 1 1\n0 0 1\n0 0 0\n", {}, "all ratings are equal"),
    ("0 0 0\n0 0 0\n0 0 0\n", {}, "no pair is rated"),
    ("", {}, "is empty"),
    (MATRIX, {"scale": [2, 9]}, "the rating 1 is beyond the scale 2 to 9"),
    (MATRIX, {"scale": [2, 1]}, "the rating 3 is beyond the scale 2 to 1"),
    (MATRIX, {"unit": "listener"}, "`unit: listener` needs the ratings of two or more listeners"),
    (TABLE.replace("first", "fist"), {"kind": "table"}, "no column first"),
    ("first,second\na.wav,b.wav\n", {"kind": "table"}, "names no column of ratings"),
    (TABLE + "a.wav,d.wav,3\n", {"kind": "table"}, "line 4: 'd.wav' is no sound of the data set"),
    (TABLE + "b.wav,c.wav,high\n", {"kind": "table"}, "line 4: the rating is 'high', not a number"),
    ("first,second,x,y\na.wav,b.wav,1,2\n", {"kind": "table"}, "of 2 listeners; state `unit: listener`"),
    (
        "first,second,x,y\na.wav,b.wav,1,2\na.wav,c.wav,2,2\n",
        {"kind": "table", "unit": "listener"},
        "column y: all ratings are equal",
    ),
]


@pytest.mark.parametrize(("text", "more", "sentence"), FAULTS, ids=[fault[2][:40] for fault in FAULTS])
def test_a_fault_is_one_sentence_with_the_file(tmp_path, text, more, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)) as fault:
        read(tmp_path, text, **more)
    assert "ratings.txt" in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.txt: cannot be read: No such file"):
        read_ratings({"matrix": str(tmp_path / "nowhere.txt")}, NAMES)
