"""The one reader of published leaderboards: scores of models on tasks, in two forms. Standard library only.

- Wide, as HEAR publishes its own: a row per model. The column `model` or `name` (else the first) has the
  names, and every other column that holds numbers is a task. Columns of words alone are left out.
- Long: the columns `name` (or `model`), `task` and `score`, a row per model and task.

A cell that is empty, or `-`, `nan` or `n/a`, is a task on which the model was not run.
"""

import difflib
import re

from shared.sentences import first_few
from shared.table_text import number_in, rows_of, text_of
from shared.tables import LARGEST, with_points

NAMES = ("model", "name")  # what the column of names may be called
ABSENT = ("", "-", "nan", "n/a", "na")
MEANT = re.compile(r"[-+]?\d+([.,]\d+)?\s*%?")  # cells that are meant as numbers, such as 50 %


def read_leaderboard(path):
    """Scores of a leaderboard, {model: {task: float}}; a task on which a model was not run is left out.

    Raises ValueError, one sentence, if the file is no leaderboard.
    """
    try:
        text = text_of(path)
        stated = re.match(r'"?sep=(.)"?[^\r\n]*', text, re.IGNORECASE)  # as spreadsheets write it
        line = text.lstrip().splitlines()[0]
        table = [*rows_of(text, stated[1] if stated else max(",;\t|", key=line.count))]
        head, *rows = table[1:] if stated and table[1:] else table
        columns = [cell.casefold() for cell in head.cells]
        for row in rows:
            if len(row.cells) != len(columns):
                raise ValueError(f"line {row.line} has {len(row.cells)} cells, the header {len(columns)}")
        place = next((columns.index(name) for name in NAMES if name in columns), 0)
        rows = pointed(rows)
        long = {"task", "score"} <= {*columns}
        if long and not {*NAMES} & {*columns}:
            raise ValueError("no column name or model beside task and score")
        entries = long_entries(rows, columns, place) if long else wide_entries(rows, head.cells, place)
        return gathered(entries)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def pointed(rows):
    """Rows with decimal points in place of decimal commas, column by column."""
    columns = [with_points([*column]) for column in zip(*(row.cells for row in rows), strict=True)]
    return [row._replace(cells=[column[i] for column in columns]) for i, row in enumerate(rows)]


def long_entries(rows, columns, place):
    """Yield (line, model, task, score) of a table with a row per model and task."""
    task, score = columns.index("task"), columns.index("score")
    for row in rows:
        yield row.line, row.cells[place], row.cells[task], number(row.line, "score", row.cells[score])


def wide_entries(rows, head, place):
    """Yield (line, model, task, score) of a table with a row per model."""
    tasks = []
    for i in range(len(head)):
        cells = [row.cells[i] for row in rows if row.cells[i].casefold() not in ABSENT]
        if i == place or (not head[i] and i == 0):  # numbers of rows have no name
            continue
        if any(map(is_number, cells)):
            tasks.append(i)
        elif cells and all(MEANT.fullmatch(cell) for cell in cells):
            raise ValueError(
                f"{head[i]} has {cells[0]!r}, which is no number with one meaning; write it plainly"
            )
    for row in rows:
        for i in tasks:
            yield row.line, row.cells[place], head[i], number(row.line, head[i], row.cells[i])


def gathered(entries):
    """{model: {task: score}} of (line, model, task, score). Raises ValueError for what stands twice, and for
    no score at all.
    """
    board = {}
    for line, model, task, score in entries:
        if not model or not task:
            raise ValueError(f"line {line}: a score without the name of its {'task' if model else 'model'}")
        scores = board.setdefault(model, {})
        if task in scores:
            raise ValueError(f"line {line}: {model} stands twice with {task}; leave one of them out")
        scores[task] = score
    known = {
        model: {task: score for task, score in scores.items() if score is not None}
        for model, scores in board.items()
    }
    if not any(known.values()):
        raise ValueError(
            "no column holds numbers; write a row per model and a column per task, or the columns name, task "
            "and score, with decimal points"
        )
    return known


def is_number(cell):
    """Whether a cell holds a finite number."""
    return abs(number_in(cell)) <= LARGEST


def number(line, column, cell):
    """The number in a cell, float, or None if it is empty. Raises ValueError for anything else."""
    if cell.casefold() in ABSENT:
        return None
    if not is_number(cell):
        raise ValueError(f"line {line}: {column} is {cell!r}, not a number")
    return number_in(cell)


# --- the models of a run --------------------------------------------------------------------------


def joined(board, published):
    """Which models of a run a leaderboard has, {model: its name there}.

    board: of read_leaderboard(); published: {model: its published names}. Of several models with one name
    there the first counts, since one result must not count twice.
    """
    found = {}
    for model, names in published.items():
        name = next((name for name in names if name in board), None)
        if name is not None and name not in found.values():
            found[model] = name
    return found


def unknown_names(board, published):
    """A sentence on the models whose published names a leaderboard lacks, or ''.

    board, published: as in joined().
    """
    words = []
    for model, names in published.items():
        if not board.keys() & {*names}:
            near = difflib.get_close_matches(names[0], board, n=1, cutoff=0.8)
            words.append(f"{model} ({names[0]}{f', or is it {near[0]}?' if near else ''})")
    return f"It does not have {first_few(words, ', ')}." if words else ""
