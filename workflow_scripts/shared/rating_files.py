"""The one reader of dissimilarities that listeners rated, in the plan and in jobs. Standard library only.

- A matrix is a file of numbers, one row and one column per sound in the order of the data set: whole, or one
  of its triangles. If both triangles hold ratings, as of both orders of a pair, their mean is taken.
- A table of pairs has the columns `first` and `second`, and one column of ratings per listener, or one alone.
  A sound is called by its file, in either Unicode form, or by its number from 0. Pairs that stand several
  times are averaged.
- A cell that is empty or `nan` was not rated. A sound beside itself is left aside.
"""

import math

from shared.sentences import first_few
from shared.table_text import rows_of, text_of
from shared.tables import decimal_comma, header_of, read_value, spelled, width_faults

PAIR = ("first", "second")  # columns of a table of pairs
UNRATED = ("", "nan")  # cells of pairs that nobody rated, in lower case


def read_ratings(ratings, names):
    """Dissimilarities by listener, a list of N lists of N floats each: symmetric, NaN where nobody rated.

    ratings: {matrix: path or paths | table: path, scale, unit}; names: of the N sounds. The larger, the less
    alike: the ratings of a scale that falls are turned. Raises ValueError, one sentence.
    """
    if "matrix" in ratings:
        paths = ratings["matrix"]
        paths = [paths] if isinstance(paths, str) else paths
        if twice := [path for path in paths if paths.count(path) > 1]:
            raise ValueError(f"{twice[0]}: it is listed twice; name the matrix of each listener once")
        listeners = {path: read_matrix(path, len(names)) for path in paths}
    else:
        listeners = read_pairs(ratings["table"], names)
    check_unit(ratings, len(listeners))
    return [of_scale(source, told, ratings.get("scale"), len(names)) for source, told in listeners.items()]


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


def of_scale(source, told, scale, N):
    """The ratings of one listener as dissimilarities, N lists of N floats: averaged, and turned if the scale
    falls.

    source: what a sentence begins with; told: {(i, j): ratings of this pair}, i < j; scale: [rating of the
    same, of the least alike], or None. Raises ValueError for a rating beyond the scale, and if there are not
    two ratings that differ.
    """
    rated = sorted(value for values in told.values() for value in values)
    if scale and rated and not min(scale) <= rated[0] <= rated[-1] <= max(scale):
        beyond = rated[0] if rated[0] < min(scale) else rated[-1]
        raise ValueError(f"{source}: the rating {beyond:g} is beyond the scale {scale[0]:g} to {scale[1]:g}")
    means = {pair: sum(values) / len(values) for pair, values in told.items()}
    if len({*means.values()}) < 2:
        raise ValueError(
            f"{source}: {'all ratings are equal' if means else 'no pair is rated'}, which tells nothing; "
            "leave them out"
        )
    sign = -1 if scale and scale[0] > scale[1] else 1
    result = [[math.nan] * N for _ in range(N)]
    for (i, j), mean in means.items():
        result[i][j] = result[j][i] = sign * mean
    return result


# --- a matrix -------------------------------------------------------------------------------------


def read_matrix(path, N):
    """The ratings of a matrix of N sounds, {(i, j): ratings}. Raises ValueError."""
    try:
        lines = [
            (i, line)
            for i, line in enumerate(text_of(path).splitlines(), 1)
            if line.strip() or line.count("\t") == N - 1
        ]
        separator = separator_of(lines[0][1], N)
        cells = [(i, cells_of(line, separator, N)) for i, line in lines]
        for i, row in cells:
            if len(row) != N:
                raise ValueError(
                    f"line {i} has {len(row)} cell{'s' * (len(row) != 1)}, but there are {N} sounds; a "
                    "matrix has one row and one column per sound and no header"
                )
        comma = decimal_comma([cell for _, row in cells for cell in row])
        rows = [[rating_of(cell, i, comma) for cell in row] for i, row in cells]
        if len(rows) != N:
            raise ValueError(f"has {len(rows)} rows, but there are {N} sounds")
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None
    return of_triangles(rows)


def separator_of(line, N):
    """What separates the cells of a matrix: what makes N cells of its first line, else what stands there."""
    marks = [mark for mark in ";\t," if mark in line] + [None]
    return next((mark for mark in marks if len(cells_of(line, mark, N)) == N), marks[0])


def cells_of(line, separator, N):
    """The cells of a line of a matrix without quotation marks; an empty one after N others is none."""
    cells = [cell.strip().strip('"').strip() for cell in line.split(separator)]
    return cells[:-1] if len(cells) == N + 1 and not cells[-1] else cells


def rating_of(cell, line, comma):
    """The rating in a cell, float, NaN without one. comma: as decimal_comma() says. Raises ValueError."""
    if cell.lower() in UNRATED:
        return math.nan
    try:
        return read_value(cell, {}, comma)
    except ValueError as problem:
        raise ValueError(f"line {line}: the rating is {problem}") from None


def of_triangles(rows):
    """The ratings of pairs, {(i, j): ratings}, of a matrix whose triangles may be equal, different, or empty.

    A triangle is empty if it holds nothing but zeros and unrated pairs.
    """
    upper = [(i, j) for i in range(len(rows)) for j in range(i + 1, len(rows))]
    halves = (upper, [(j, i) for i, j in upper])
    full = [half for half in halves if any(rows[i][j] and not math.isnan(rows[i][j]) for i, j in half)]
    told = {}
    for i, j in (place for half in full for place in half):
        if not math.isnan(rows[i][j]):
            told.setdefault((min(i, j), max(i, j)), []).append(rows[i][j])
    return told


# --- a table of pairs -----------------------------------------------------------------------------


def read_pairs(path, names):
    """The ratings of a table of pairs, {its column in words: {(i, j): ratings}}. Raises ValueError."""
    try:
        text = text_of(path)
        header = header_of(text, PAIR)
        rows = [row for row in rows_of(text, header.separator) if row.line > header.row.line]
        if faults := [*width_faults(header, rows)]:
            raise ValueError(first_few(faults))
        numbers = numbers_of(names)
        return {
            f"{path}, column {name}": of_column(rows, header.places, i, numbers)
            for name, i in columns_of(header, rows).items()
        }
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def columns_of(header, rows):
    """The columns of ratings, {name: place}. The first may be without a name, as of the numbers of rows.

    Raises ValueError if there is none, for a name that stands twice, and for a column without one.
    """
    columns = {}
    for i, name in enumerate(header.row.cells):
        if name in columns:
            raise ValueError(
                f"line {header.row.line}: the column {name} stands twice; name each listener's by itself"
            )
        if name and i not in header.places.values():
            columns[name] = i
        elif not name and i and any(row.cells[i : i + 1] not in ([], [""]) for row in rows):
            raise ValueError(f"line {header.row.line}: the column in cell {i + 1} has no name; give it one")
    if not columns:
        raise ValueError(f"line {header.row.line} names no column of ratings beside {' and '.join(PAIR)}")
    return columns


def called(name):
    """A sound's name in the form in which names are compared, however a path is spelled."""
    return spelled(name).replace("\\", "/").removeprefix("./")


def numbers_of(names):
    """The sounds that a name means, {name: numbers from 0}: files, and numbers unless a file is called so."""
    numbers = {}
    for i, name in enumerate(names):
        numbers.setdefault(called(name), []).append(i)
    return (
        numbers
        if any(name.isdigit() for name in numbers)
        else numbers | {str(i): [i] for i in range(len(names))}
    )


def name_fault(name, numbers):
    """Why a name is not that of one sound, or ''."""
    found = numbers.get(called(name), [])
    if not found:
        return f"{name!r} is no sound of the data set, such as {next(iter(numbers))!r}"
    return f"{name!r} is the name of {len(found)} sounds" if len(found) > 1 else ""


def of_column(rows, places, column, numbers):
    """The ratings of one column, {(i, j): ratings}. numbers: as numbers_of() gives. Raises ValueError."""
    comma = decimal_comma([row.cells[column] for row in rows])
    told, faults = {}, []
    for row in rows:
        pair = [row.cells[places[name]] for name in PAIR]
        fault = next(filter(None, (name_fault(name, numbers) for name in pair)), "")
        if fault:
            faults.append(f"line {row.line}: {fault}")
            continue
        try:
            value = rating_of(row.cells[column], row.line, comma)
        except ValueError as problem:
            faults.append(str(problem))
            continue
        i, j = sorted(numbers[called(name)][0] for name in pair)
        if i < j and not math.isnan(value):
            told.setdefault((i, j), []).append(value)
    if faults:
        raise ValueError(first_few(faults))
    return told
