"""The text of a table that a user brings, and the rows in it. Standard library only."""

import csv
import io
import math
import re
from pathlib import Path
from typing import NamedTuple

NO_TEXT = {  # how files begin that are no text, and what they are
    b"PK\x03\x04": "a spreadsheet (such as .xlsx)",
    b"\xd0\xcf\x11\xe0": "a spreadsheet (such as .xls)",
    b"\x1f\x8b": "a compressed file",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"version https://git-lfs": "a pointer of Git LFS to a file that was not fetched (git lfs pull)",
}
MARKS = {  # byte order marks: that of UTF-16 begins that of UTF-32
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


class Row(NamedTuple):
    """A row with content: the line of the file in which it begins, and its cells."""

    line: int
    cells: list


def text_of(path):
    """The text of a file. Raises ValueError that says what the file is if it is not the text of a table."""
    try:
        data = Path(path).read_bytes()
    except OSError as problem:
        raise ValueError(f"cannot be read: {problem.strerror}") from None
    for start, kind in NO_TEXT.items():
        if data.startswith(start):
            raise ValueError(f"is {kind}, not a table in text; save it as CSV (UTF-8)")
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8-sig")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = lines_in(data[: problem.start].decode(encoding, "replace"))
        raise ValueError(f"line {line} is not encoded in UTF-8; save the table as CSV (UTF-8)") from None
    if "\0" in text:
        line = lines_in(text.partition("\0")[0])
        raise ValueError(f"line {line} holds bytes that are no text; save the table as CSV (UTF-8)")
    if re.match(r"\s*<(!doctype|html|\?xml)", text, re.IGNORECASE):
        raise ValueError("is a web page or XML, not a table in text; save it as CSV (UTF-8)")
    if not text.strip():
        raise ValueError("is empty")
    return text


def lines_in(text):
    """The number of the line in which a text ends, from 1."""
    return len(re.findall(r"\r\n|\r|\n", text)) + 1


def rows_of(text, separator):
    """Yield the rows that have content, as Row, without blanks around their cells.

    Raises ValueError where quotation marks are not in pairs, and for a cell of more than 131,072 characters.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t", strict=True
    )
    line = 1
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells):
                yield Row(line, cells)
            line = reader.line_num + 1
    except csv.Error as problem:
        if "field limit" in str(problem):
            raise ValueError(
                f"line {line}: a cell has more than {csv.field_size_limit():,} characters; shorten it, or "
                'close the quotation mark (") that opens it'
            ) from None
        raise ValueError(
            f'line {line}: a quotation mark (") opens a cell and none closes it at its end; put a cell that '
            "holds such a mark in quotation marks, and double its own"
        ) from None


def plain(cell):
    """A cell with the minus that programs read."""
    return cell.replace("\N{MINUS SIGN}", "-")


def number_in(cell):
    """The number in a cell, float; NaN if it is none. Python alone would take 1_5 for 15."""
    try:
        return math.nan if "_" in cell else float(plain(cell))
    except ValueError:
        return math.nan
