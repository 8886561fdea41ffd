"""The one reader of tables that users bring (design `table`), in the plan and in jobs. Standard library only.

What can be meant in one way alone is read as it is meant; anything else is a fault that names its line.

- Cells are separated by commas, semicolons, tabs or bars: by the one that makes the header hold every column
  that is needed. A line `sep=;` above the header decides it.
- Title rows above the header, blank lines and rows without content are left out, and so are blanks around
  cells. Upper and lower case and the Unicode form of a column's name do not matter.
- A comma in a number is a decimal comma if no number of the table has a point and not all such commas stand
  before three digits, as in 1,234.
- The text is UTF-8, or UTF-16 or UTF-32 that begins with a byte order mark.
"""

import itertools
import math
import operator
import re
import unicodedata
from typing import NamedTuple

from shared.sentences import first_few
from shared.table_text import Row, number_in, plain, rows_of, text_of

SEPARATORS = ",;\t|"
LARGEST = 1e100  # magnitude of a number: analyses square it
SEARCHED = 50  # rows from the top in which the header is looked for


class Header(NamedTuple):
    """The row of the columns' names, what separates cells, and the place of each wanted column."""

    row: Row
    separator: str
    places: dict


def needed_columns(entry):
    """Columns that a data set's table must have: a factor each, and the files of recordings."""
    return [*entry["factors"], *(["file"] if entry["synthesizer"] == "recordings" else [])]


def read_table(path, factors, needed=None):
    """The columns of a table: {factor: [float]}, and `file` as [str] if the table has such a column.

    factors: {name: entry}; an entry with `levels` (words in rising order, such as pp, mf, ff) turns each word
    into its place, from 0; one with the scale `log` needs values above 0. needed: names of the columns that
    the table must have, the factors by default. Raises ValueError, one sentence that names the first faults
    with their lines and counts the others.
    """
    try:
        text = text_of(path)
        header = header_of(text, needed or [*factors])
        rows = [row for row in rows_of(text, header.separator) if row.line > header.row.line]
        if not rows:
            raise ValueError(f"there are no rows below the header in line {header.row.line}")
        if faults := [*width_faults(header, rows)]:
            raise ValueError(first_few(faults))
        columns, faults = columns_of(header, rows, factors)
        if faults:
            raise ValueError(
                first_few(
                    [f"line {line}: {fault}" for line, fault in sorted(faults, key=operator.itemgetter(0))]
                )
            )
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    return columns


# --- header ---------------------------------------------------------------------------------------


def spelled(name):
    """A name in the Unicode form in which names are compared, without blanks around it."""
    return unicodedata.normalize("NFC", name).strip()


def folded(name):
    """A name without regard to upper and lower case."""
    return spelled(name).casefold()


def header_of(text, needed):
    """The header: the first row that holds every needed column, by whatever separator. Raises ValueError."""
    stated = re.match(r'"?sep=(.)"?[^\r\n]*', text, re.IGNORECASE)
    first = 2 if stated else 1  # line of the table
    tops = {separator: top_of(text, separator, first) for separator in (stated[1] if stated else SEPARATORS)}
    wanted, found = {folded(name) for name in needed}, []
    for separator, (rows, _) in tops.items():
        for i, row in enumerate(rows):
            if wanted <= {folded(cell) for cell in row.cells}:
                found.append((row.line, separator, row, rows[:i]))
                break
    if not found:
        raise ValueError(no_header(tops, needed))
    _, separator, row, above = min(found, key=operator.itemgetter(0))
    for title in above:
        cells = [folded(cell) for cell in title.cells if cell]
        if len(cells) >= len(wanted) or wanted & {*cells}:
            raise ValueError(
                f"line {row.line} has the names of the columns, but line {title.line} above it may be a "
                f"header or a row of another table; delete what does not belong to the table"
            )
    return Header(row, separator, places_of(row, needed))


def top_of(text, separator, first):
    """The first rows from line `first` on, by a separator that may be wrong, and what stopped the reader."""
    rows = []
    try:
        for row in itertools.islice(rows_of(text, separator), SEARCHED):
            rows += [row] if row.line >= first else []
    except ValueError as problem:
        return rows, str(problem)
    return rows, ""


def no_header(tops, needed):
    """What is said of a table none of whose first rows has all needed columns. tops: {separator: top_of}."""
    if all(fault for _, fault in tops.values()):
        return next(fault for _, fault in tops.values())

    def likeness(row):
        """How many needed columns a row has, then how early it stands, then into how many cells it splits."""
        names = {folded(cell) for cell in row.cells}
        return sum(folded(name) in names for name in needed), -row.line, len(row.cells)

    row = max((row for rows, _ in tops.values() for row in rows[:2]), key=likeness, default=None)
    if row is None:
        return "has no header"
    names = {folded(cell) for cell in row.cells}
    missing = [name for name in needed if folded(name) not in names]
    return f"no column {', '.join(missing)}; line {row.line} has {first_few(row.cells, ', ', 12)}"


def places_of(row, needed):
    """{column: place} of the needed columns in the header, and of `file` if there is one.

    Raises ValueError for a column that stands twice, also if the two differ in blanks or case alone.
    """
    places = {}
    for name in dict.fromkeys([*needed, "file"]):
        alike = [i for i, cell in enumerate(row.cells) if folded(cell) == folded(name)]
        same = [i for i in alike if spelled(row.cells[i]) == spelled(name)]
        others = [row.cells[i] for i in alike if i not in same]
        if len(same) == 1 and {*map(spelled, others)} <= {*map(spelled, needed)}:
            alike = same
        if len(alike) > 1:
            twice = " and ".join(f"{row.cells[i]!r} in cell {i + 1}" for i in alike[:3])
            raise ValueError(
                f"line {row.line}: the column {name} stands twice: {twice}; leave one of them out"
            )
        if alike:
            places[name] = alike[0]
    return places


# --- cells ----------------------------------------------------------------------------------------


def without_end(cells, width=0):
    """Cells without the empty ones at the end, but at least `width` of them."""
    return cells[: max([width, *(i + 1 for i, cell in enumerate(cells) if cell)])]


def width_faults(header, rows):
    """Yield a sentence on the rows that have more cells than the header, or fewer."""
    width = len(without_end(header.row.cells))
    counts = [len(without_end(row.cells, width)) for row in rows]
    for cells in sorted({*counts} - {width}):
        lines = [row.line for row, count in zip(rows, counts, strict=True) if count == cells]
        told = f"line {lines[0]} has" if len(lines) == 1 else f"lines {first_few(lines, ', ')} have"
        hint = "; put a text or number with a comma in quotation marks"
        comma = cells > width and header.separator == ","
        yield f"{told} {cells} cell{'s' if cells > 1 else ''}, the header {width}{hint if comma else ''}"


def columns_of(header, rows, factors):
    """The columns, {name: values}, and their faults, [(line, sentence)]. A value with a fault is NaN."""
    numbers = [name for name, entry in factors.items() if not entry.get("levels")]
    comma = decimal_comma([row.cells[header.places[name]] for name in numbers for row in rows])
    columns, faults = {}, []
    for name, entry in factors.items():
        columns[name] = [math.nan] * len(rows)
        for i, row in enumerate(rows):
            try:
                columns[name][i] = read_value(row.cells[header.places[name]], entry, comma)
            except ValueError as problem:
                faults.append((row.line, f"{name} is {problem}"))
    if "file" in header.places:
        columns["file"] = [row.cells[header.places["file"]] for row in rows]
        faults += [(row.line, "no file") for row in rows if not row.cells[header.places["file"]]]
    return columns, faults


COMMA = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?")
POINT = re.compile(r"[-+]?\d*\.\d*([eE][-+]?\d+)?")
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")


def decimal_comma(cells):
    """Why the commas in a table's numbers cannot be taken for decimal commas; empty if they can.

    cells: all cells that should be numbers.
    """
    cells = [plain(cell) for cell in cells]
    if points := [cell for cell in cells if POINT.fullmatch(cell)]:
        return f"a number: others, such as {points[0]}, have a decimal point"
    if all(THOUSANDS.fullmatch(cell) for cell in cells if COMMA.fullmatch(cell)):
        return "a number with one meaning: write a decimal point, or no comma between thousands"
    return ""


def with_points(cells):
    """Cells of one column with a decimal point in place of a decimal comma, if commas are nothing else."""
    if decimal_comma(cells):
        return cells
    return [plain(cell).replace(",", ".") if COMMA.fullmatch(plain(cell)) else cell for cell in cells]


def read_value(cell, factor, comma=""):
    """The value of a cell, float: a number, or the place of a word among the factor's `levels`.

    comma: what is said of a number with a comma, see decimal_comma. Raises ValueError that says what the cell
    should be.
    """
    above_zero = factor.get("scale") == "log"
    places = {spelled(str(level)): float(i) for i, level in enumerate(factor.get("levels", []))}
    number = plain(cell)
    if not places and COMMA.fullmatch(number):
        if comma:
            raise ValueError(f"{cell!r}, not {comma}")
        number = number.replace(",", ".")
    value = places.get(spelled(cell), math.nan) if places else number_in(number)
    if math.isfinite(value) and abs(value) > LARGEST:
        raise ValueError(f"{cell!r}, and no value may be larger than {LARGEST:g}: state it in another unit")
    if math.isfinite(value) and (value > 0 or not above_zero):
        return value
    kind = f"one of {', '.join(places)}" if places else "a number above 0" if above_zero else "a number"
    raise ValueError(f"{cell!r}, not {kind}")
