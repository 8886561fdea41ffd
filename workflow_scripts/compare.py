"""Gather the scores of every analysis and model of a data set in one tidy table.

A failed model has one row: `analysis` is the stage that failed, `metric` is `failure`, `note` the
reason, which is the last line of that stage's log.
"""

import argparse
import re
from pathlib import Path

import pandas
from files import beside
from scores import COLUMNS


def reason(log):
    """Why a job failed, in one line, from its log (a path; empty if the job was not run).

    The last `error: ...` sentence; else the exception of the last traceback (the first line of its
    message); else the process ended without a word, and the last line stands for what it was doing.
    """
    if not log:
        return "was not run"
    path = Path(log)
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    lines = [line.rstrip() for line in lines if line.strip()]
    if not lines:
        return f"ended without a word; its log {log} is empty"
    if "error: " in lines[-1]:
        return lines[-1].split("error: ", 1)[1]
    starts = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    raised = [line for line in lines[starts[-1] + 1 :] if re.match(r"[\w.]+(:|$)", line)] if starts else []
    if raised:
        return raised[0]
    return f"ended without an error message (killed, or out of memory or time?); last line: {lines[-1]}"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", nargs="*", default=[], help="CSVs of score rows")
    parser.add_argument("--failed", nargs="*", default=[], help="dataset:model:stage:log")
    parser.add_argument("--output", required=True, help="CSV to write")
    args = parser.parse_args(argv)
    tables = [pandas.read_csv(path, dtype=str, keep_default_na=False) for path in args.scores]
    failed = [word.split(":", 3) for word in args.failed if word]
    rows = [
        {"model": model, "analysis": stage, "metric": "failure", "note": reason(log)}
        for _, model, stage, log in failed
    ]
    tables.append(pandas.DataFrame(rows, columns=COLUMNS, dtype=str).fillna(""))
    with beside(args.output) as draft:
        pandas.concat(tables)[COLUMNS].to_csv(draft, index=False)


if __name__ == "__main__":
    main()
