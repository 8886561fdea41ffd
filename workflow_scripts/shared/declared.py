"""Tables that a file declares about itself, read without running the file.

A synthesizer declares FACTORS and NUISANCES, an analysis ANALYSIS, a figure FIGURE: one expression of plain
values each. Whoever needs the table (the plan, the report, a test) reads it from the file's text, so that
nothing that the file imports must be installed. Standard library only.
"""

import ast
from pathlib import Path


def declared(path, name):
    """The table that a Python file assigns to `name` at its top level: a dict, empty if there is none.

    Raises ValueError if the file is not valid Python or the table needs more than literals, range and
    comprehensions.
    """
    try:
        nodes = ast.parse(Path(path).read_bytes()).body
    except (SyntaxError, ValueError) as problem:  # the second: of null bytes
        raise ValueError(f"{path} is not valid Python: {problem}") from None
    table = {}
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and ast.unparse(targets[0]) == name:
            try:
                code = compile(ast.Expression(node.value), str(path), "eval")
                table = dict(eval(code, {"__builtins__": {"range": range}}))
            except Exception as problem:
                raise ValueError(f"{name} of {path} must be one table of plain values: {problem}") from None
    return table


def all_declared(folder, name):
    """{stem: table} of every file of a folder that declares `name`, by file name."""
    tables = {path.stem: declared(path, name) for path in sorted(Path(folder).glob("[a-z]*.py"))}
    return {stem: table for stem, table in tables.items() if table}
