"""The one reader of dissimilarities that listeners rated, in the plan and in jobs. Standard library only.

- A matrix is a file of numbers, one row and one column per sound in the order of the data set: whole, or one
  of its triangles. If both triangles hold ratings, as of both orders of a pair, their mean is taken.
- A table of pairs has the columns `first` and `second`, and one column of ratings per listener, or one alone.
  A sound is called by its file, or by its number from 0. Pairs that stand several times are averaged.
- A cell that is empty or `nan` was not rated. A sound beside itself is left aside.
"""

import math

from shared.sentences import first_few
from shared.table_text import rows_of, text_of
from shared.tables import decimal_comma, header_of, read_value, width_faults

PAIR = ("first", "second")  # columns of a table of pairs


def read_ratings(ratings, names):
    """Dissimilarities by listener, a list of N lists of N floats each: symmetric, NaN where nobody rated.

    ratings: {matrix: path or paths | table: path, scale, unit}; names: of the N sounds. The larger, the less
    alike: the ratings of a scale that falls are turned. Raises ValueError, one sentence.
    """
    if "matrix" in ratings:
        paths = ratings["matrix"]
        paths = [paths] if isinstance(paths, str) else paths
        listeners = {path: read_matrix(path, len(names)) for path in paths}
    else:
        listeners = read_pairs(ratings["table"], names)
    check_unit(ratings, len(listeners))
    return [of_scale(source, told, ratings.get("scale")) for source, told in listeners.items()]


def check_unit(ratings, count):
    """Raise ValueError if the ratings are not as many as the unit of analysis says."""
    several = ratings.get("unit") == "listener"
    what = "one matrix" if "matrix" in ratings else f"one column of ratings beside {' and '.join(PAIR)}"
    paths = ratings.get("matrix", ratings.get("table"))
    where = paths if isinstance(paths, str) else paths[0]
    if several and count < 2:
        raise ValueError(
            f"{where}: `unit: listener` needs the ratings of two or more listeners, and there is {what}; "
            "add the others, or state `unit: mean`"
        )
    if not several and count > 1:
        raise ValueError(
            f"{where}: there are ratings of {count} listeners; state `unit: listener`, or give their mean as "
            f"{what}"
        )


def of_scale(source, told, scale):
    """Ratings as dissimilarities: turned if the scale falls.

    source: what a sentence begins with; scale: [rating of the same, of the least alike], or None. Raises
    ValueError for a rating beyond the scale, and if there are not two ratings that differ.
    """
    known = sorted(value for row in told for value in row if math.isfinite(value))
    if not known or known[0] == known[-1]:
        raise ValueError(
            f"{source}: {'all ratings are equal' if known else 'no pair is rated'}, which tells nothing; "
            "leave them out"
        )
    if scale and not min(scale) <= known[0] <= known[-1] <= max(scale):
        beyond = known[0] if known[0] < min(scale) else known[-1]
        raise ValueError(f"{source}: the rating {beyond:g} is beyond the scale {scale[0]:g} to {scale[1]:g}")
    sign = -1 if scale and scale[0] > scale[1] else 1
    return [[sign * value for value in row] for row in told]


# --- a matrix -------------------------------------------------------------------------------------


def read_matrix(path, N):
    """The ratings of a matrix, N lists of N floats. Raises ValueError."""
    try:
        text = text_of(path)
        lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
        separator = next((mark for mark in ";\t," if mark in text), None)
        rows = [numbers_of(line, separator, i, N) for i, line in lines]
        if len(rows) != N:
            raise ValueError(f"has {len(rows)} rows, but there are {N} sounds")
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    return symmetric(rows)


def numbers_of(line, separator, number, N):
    """The N numbers of a line of a matrix. Raises ValueError that names the line."""
    cells = [cell.strip() for cell in (line.split(separator) if separator else line.split())]
    if len(cells) == N + 1 and not cells[-1]:
        cells = cells[:-1]
    if len(cells) != N:
        raise ValueError(
            f"line {number} has {len(cells)} cell{'s' * (len(cells) != 1)}, but there are {N} sounds; a "
            "matrix has one row and one column per sound and no header"
        )
    values = []
    for cell in cells:
        point = cell.replace(",", ".") if separator != "," else cell
        try:
            value = float(point) if cell else math.nan
        except ValueError:
            raise ValueError(f"line {number}: {cell!r} is no number") from None
        if math.isinf(value):
            raise ValueError(f"line {number}: {cell!r} is no number")
        values.append(value)
    return values


def symmetric(rows):
    """A symmetric matrix, its diagonal NaN, from one whose triangles may be equal, different, or empty.

    A triangle is empty if it holds nothing but zeros and unrated pairs.
    """
    N = len(rows)
    upper = [(i, j) for i in range(N) for j in range(i + 1, N)]
    empty = [all(not rows[i][j] or math.isnan(rows[i][j]) for i, j in half) for half in halves(upper)]
    result = [[math.nan] * N for _ in range(N)]
    for i, j in upper:
        both = [value for value, none in zip((rows[i][j], rows[j][i]), empty, strict=True) if not none]
        known = [value for value in both if not math.isnan(value)]
        result[i][j] = result[j][i] = sum(known) / len(known) if known else math.nan
    return result


def halves(upper):
    """The places of the upper and of the lower triangle."""
    return upper, [(j, i) for i, j in upper]


# --- a table of pairs -----------------------------------------------------------------------------


def read_pairs(path, names):
    """The ratings of a table of pairs, {its column in words: N lists of N floats}. Raises ValueError."""
    try:
        text = text_of(path)
        header = header_of(text, PAIR)
        columns = {
            cell: i for i, cell in enumerate(header.row.cells) if cell and i not in header.places.values()
        }
        if not columns:
            raise ValueError(f"line {header.row.line} names no column of ratings beside {' and '.join(PAIR)}")
        rows = [row for row in rows_of(text, header.separator) if row.line > header.row.line]
        if faults := [*width_faults(header, rows)]:
            raise ValueError(first_few(faults))
        return {
            f"{path}, column {name}": averaged(rows, header.places, i, names) for name, i in columns.items()
        }
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def averaged(rows, places, column, names):
    """The ratings of one column, N lists of N floats; a pair's own are averaged. Raises ValueError."""
    number_of = {name: i for i, name in enumerate(names)}
    comma = decimal_comma([row.cells[column] for row in rows])
    told, faults = {}, []
    for row in rows:
        pair = [row.cells[places[name]] for name in PAIR]
        strange = [name for name in pair if name not in number_of]
        if strange:
            faults.append(
                f"line {row.line}: {strange[0]!r} is no sound of the data set, such as {names[0]!r}"
            )
        elif row.cells[column] and row.cells[column].lower() != "nan":
            try:
                value = read_value(row.cells[column], {}, comma)
            except ValueError as problem:
                faults.append(f"line {row.line}: the rating is {problem}")
                continue
            told.setdefault(frozenset(number_of[name] for name in pair), []).append(value)
    if faults:
        raise ValueError(first_few(faults))
    result = [[math.nan] * len(names) for _ in names]
    for pair, values in told.items():
        if len(pair) == 2:
            i, j = pair
            result[i][j] = result[j][i] = sum(values) / len(values)
    return result
