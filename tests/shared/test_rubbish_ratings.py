"""Rubbish in files of ratings is one sentence; what is odd but right is read."""

import math
import unicodedata

import pytest
from shared.rating_files import read_ratings

N = 5
NAMES = ["höhe 1.wav", "b 'q'.wav", 'c "x".wav', "d,e.wav", "f;g.wav"]
NUMBERS = [str(i) for i in range(N)]


def matrix(cell, between="\t"):
    """The text of a matrix; cell: function of its row and column."""
    return "\n".join(between.join(cell(i, j) for j in range(N)) for i in range(N))


def rating(i, j):
    """The rating of two sounds, as text."""
    return f"{abs(i - j) + 0.5}" if i != j else "0.0"


def pairs(name=str, header="first;second;told", more=""):
    """The text of a table of pairs, with the ratings of rating(); name: function of a sound's number."""
    rows = [f"{name(i)};{name(j)};{rating(i, j)}{more}" for i in range(N) for j in range(i)]
    return "\n".join([header, *rows, ""])


def cell_of(name):
    """A name as a cell of a CSV file."""
    return '"' + name.replace('"', '""') + '"'


def read(tmp_path, text, names=NUMBERS, kind="table", **more):
    path = tmp_path / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    return read_ratings({kind: str(path), **more}, names)


def told(tmp_path, text, **more):
    """The sentence that refuses a file, without the path before it."""
    with pytest.raises(ValueError, match=r"ratings\.csv") as caught:
        read(tmp_path, text, **more)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(f"{tmp_path / 'ratings.csv'}")


PLAIN = [[math.nan if i == j else abs(i - j) + 0.5 for j in range(N)] for i in range(N)]


@pytest.mark.parametrize(
    "text",
    [
        matrix(rating, " ").replace(".", ","),
        matrix(rating, ";").replace(".", ","),
        matrix(lambda i, j: f'"{rating(i, j)}"', ","),
        "\ufeff" + matrix(rating).replace("\n", "\r\n"),
        matrix(lambda i, j: rating(i, j) if i < j else ""),  # the last row is blanks alone
        matrix(lambda i, j: "9.0" if i == j else rating(i, j)),
    ],
)
def test_an_odd_matrix_is_read(tmp_path, text):
    (found,) = read(tmp_path, text, kind="matrix")
    assert str(found) == str(PLAIN)


@pytest.mark.parametrize("spell", ["NFC", "NFD", "./", ".\\"])
def test_a_sound_is_known_however_its_file_is_spelled(tmp_path, spell):
    def name(i):
        changed = unicodedata.normalize(spell, NAMES[i]) if spell.startswith("N") else spell + NAMES[i]
        return cell_of(changed)

    (found,) = read(tmp_path, pairs(name), NAMES)
    assert str(found) == str(PLAIN)


@pytest.mark.parametrize("names", [NUMBERS, NAMES])
def test_a_sound_is_known_by_its_number(tmp_path, names):
    (found,) = read(tmp_path, pairs(), names)
    assert str(found) == str(PLAIN)


def test_a_file_that_is_called_by_a_number_is_not_the_sound_of_that_number(tmp_path):
    (found,) = read(tmp_path, pairs(lambda i: str(i)), NUMBERS[::-1])
    assert found[0][1] == 1.5
    assert found[4][0] == 4.5
    assert "'1' is no sound" in told(tmp_path, pairs(), names=["9", *NAMES[1:]])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (matrix(rating).replace("1.5", "1_5"), ": line 1: the rating is '1_5', not a number"),
        (
            matrix(rating).replace("4.5", "1e300"),
            ": line 1: the rating is '1e300', and no value may be larger",
        ),
        (matrix(lambda i, j: "1,234", ";"), ": line 1: the rating is '1,234', not a number with one meaning"),
        (matrix(rating).replace("1.5", "1.5 mm"), ": line 1: the rating is '1.5 mm', not a number"),
        (
            matrix(lambda i, j: "11" if (i, j) == (0, 1) else "2"),
            ": the rating 11 is beyond the scale 1 to 9",
        ),
    ],
)
def test_rubbish_in_a_matrix_is_told(tmp_path, text, sentence):
    """A rating beyond the scale hides in no mean of both triangles."""
    assert told(tmp_path, text, kind="matrix", scale=[1, 9]).startswith(sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            pairs(header="first;second;r;r", more=";1"),
            ": line 1: the column r stands twice; name each listener",
        ),
        (
            pairs(header="first;second;r;;s", more=";1;2"),
            ": line 1: the column in cell 4 has no name; give it",
        ),
        (
            pairs() + "0;1;11\n1;0;11\n" + "0;1;2\n" * 9,
            ", column told: the rating 11 is beyond the scale 1 to 9",
        ),
        (pairs().replace("4.5", "4_5"), ": line 8: the rating is '4_5', not a number"),
        (pairs() + "\n;1;2\n", ": line 13: '' is no sound of the data set, such as '0'"),
    ],
)
def test_rubbish_in_a_table_of_pairs_is_told(tmp_path, text, sentence):
    assert told(tmp_path, text, scale=[1, 9]).startswith(sentence)


def test_the_numbers_of_rows_are_no_listener(tmp_path):
    (found,) = read(
        tmp_path,
        pairs(lambda i: str(i), "first;second;told").replace("\n", "\n7;")[:-2].replace("first", ";first", 1),
    )
    assert str(found) == str(PLAIN)


def test_two_sounds_of_one_name_are_told(tmp_path):
    sentence = told(tmp_path, "first,second,r\na,b,1\nb,c,2\n", names=["a", "a", "b", "c", "d"])
    assert sentence == ": line 2: 'a' is the name of 2 sounds"


def test_a_matrix_that_is_listed_twice_is_told(tmp_path):
    path = str(tmp_path / "ratings.csv")
    for unit in ("mean", "listener"):
        with pytest.raises(ValueError, match="it is listed twice; name the matrix of each listener once"):
            read_ratings({"matrix": [path, path], "unit": unit}, NUMBERS)
