"""What spreadsheets leave in a table is read where it is certain, else told in one sentence."""

import time

import pytest
from shared.tables import read_table

FACTORS = {"pitch": {"scale": "linear"}, "dyn": {"scale": "linear"}}
ERRORS = [
    "#N/A",
    "#DIV/0!",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "=A1",
    "=SUM(A1:A2)",
    "NA",
    "-",
    "1e400",
    "12:30",
    "5%",
]


def read(tmp_path, content):
    """The columns of a table with this content, text or bytes."""
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_table(path, FACTORS, ["pitch", "dyn"])


def fault(tmp_path, content):
    """The sentence that refuses a table, without the path before it."""
    with pytest.raises(ValueError, match=r"t\.csv: ") as caught:
        read(tmp_path, content)
    told = str(caught.value).removeprefix(f"{tmp_path / 't.csv'}: ")
    assert "\n" not in told
    assert len(told) < 1000
    return told


@pytest.mark.parametrize("cell", ERRORS)
def test_a_cell_of_a_formula_or_of_its_error_is_no_number(tmp_path, cell):
    assert fault(tmp_path, f"pitch;dyn\n1;2\n{cell};3\n") == f"line 3: pitch is {cell!r}, not a number"


def test_merged_cells_leave_empty_ones_that_are_told(tmp_path):
    assert fault(tmp_path, "pitch,dyn\n60,1\n,2\n61,3\n") == "line 3: pitch is '', not a number"


def test_mixed_line_ends_and_blank_lines_are_read(tmp_path):
    table = read(tmp_path, "\ufeffpitch;dyn\r\n\r\n1,5;2\n;\r3;4\r\n\n\n")
    assert table == {"pitch": [1.5, 3], "dyn": [2, 4]}


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\x00\x00"])
def test_half_a_file_in_utf_16_or_32_is_told(tmp_path, mark):
    assert fault(tmp_path, mark + b"p\0i\0t").startswith("line 1 is not encoded in UTF-8")


def test_a_nul_in_a_later_line_is_told_with_its_line(tmp_path):
    assert fault(tmp_path, "pitch,dyn\n1,2\n3,\0\n").startswith("line 3 holds bytes that are no text")


@pytest.mark.parametrize("cell", ["1" * 200_000, '"' + "x" * 200_000])
def test_a_cell_without_end_is_told_with_its_line(tmp_path, cell):
    told = fault(tmp_path, f"pitch,dyn\n1,2\n{cell},2\n")
    assert told.startswith("line 3: a cell has more than 131,072 characters; shorten it, or close")


def test_100_000_columns_are_read_at_once(tmp_path):
    header = ",".join(["pitch", "dyn", *(f"c{i}" for i in range(100_000))])
    begun = time.monotonic()
    assert read(tmp_path, f"{header}\n1,1{',1' * 100_000}\n") == {"pitch": [1], "dyn": [1]}
    assert time.monotonic() - begun < 20


def test_100_000_columns_of_something_else_are_told_in_few_words(tmp_path):
    header = ",".join(f"c{i}" for i in range(100_000))
    begun = time.monotonic()
    assert fault(tmp_path, f"{header}\n1{',1' * 99_999}\n").startswith(
        "no column pitch, dyn; line 1 has c0, c1"
    )
    assert fault(tmp_path, f"pitch,dyn\n1,{',' * 99_999}9\n").startswith(
        "line 2 has 100001 cells, the header 2"
    )
    assert time.monotonic() - begun < 20
