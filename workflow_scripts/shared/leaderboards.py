"""The one reader of published leaderboards: scores of models on tasks, in two forms. Standard library only.

- Wide, as HEAR publishes its own: a row per model. The column `model` or `name` (else the first) has the
  names, and every other column that holds numbers is a task. Columns of words alone are left out.
- Long: the columns `name` (or `model`), `task` and `score`, a row per model and task.

A cell that is empty, or `-`, `nan` or `n/a`, is a task on which the model was not run.
"""

import difflib
import math

from shared.sentences import first_few
from shared.table_text import rows_of, text_of

NAMES = ("model", "name")  # what the column of names may be called
ABSENT = ("", "-", "nan", "n/a", "na")


def read_leaderboard(path):
    """Scores of a leaderboard, {model: {task: float}}; a task on which a model was not run is left out.

    Raises ValueError, one sentence, if the file is no leaderboard.
    """
    try:
        text = text_of(path)
        line = text.lstrip().splitlines()[0]
        head, *rows = rows_of(text, max(",;\t|", key=line.count))
        columns = [cell.casefold() for cell in head.cells]
        for row in rows:
            if len(row.cells) != len(columns):
                raise ValueError(f"line {row.line} has {len(row.cells)} cells, the header {len(columns)}")
        place = next((columns.index(name) for name in NAMES if name in columns), 0)
        long = {"task", "score"} <= {*columns}
        entries = long_entries(rows, columns, place) if long else wide_entries(rows, head.cells, place)
        return gathered(entries)
    except ValueError as problem:
        raise ValueError(f"{path}: {problem}") from None


def long_entries(rows, columns, place):
    """Yield (line, model, task, score) of a table with a row per model and task."""
    task, score = columns.index("task"), columns.index("score")
    for row in rows:
        yield row.line, row.cells[place], row.cells[task], number(row.line, "score", row.cells[score])


def wide_entries(rows, head, place):
    """Yield (line, model, task, score) of a table with a row per model."""
    tasks = [i for i in range(len(head)) if i != place and any(is_number(row.cells[i]) for row in rows)]
    for row in rows:
        for i in tasks:
            yield row.line, row.cells[place], head[i], number(row.line, head[i], row.cells[i])


def gathered(entries):
    """{model: {task: score}} of (line, model, task, score). Raises ValueError for what stands twice, and for
    no score at all.
    """
    board = {}
    for line, model, task, score in entries:
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
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def number(line, column, cell):
    """The number in a cell, float, or None if it is empty. Raises ValueError for anything else."""
    if cell.casefold() in ABSENT:
        return None
    if not is_number(cell):
        raise ValueError(f"line {line}: {column} is {cell!r}, not a number")
    return float(cell)


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
