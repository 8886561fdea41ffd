"""Gather the scores of every analysis and model of a data set in one tidy table.

A failed model has one row: `analysis` is the stage that failed, `metric` is `failure`, `note` the
reason, which is the last line of that stage's log.
"""

import argparse
from pathlib import Path

import pandas
from files import beside
from scores import COLUMNS


def reason(log):
    """Why a job failed: the last line of its log that says something.

    A Python or runner's error line is given as it is; any other last line means that the process
    ended without a word (killed, or out of memory or time).
    """
    path = Path(log)
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines()] if path.exists() else []
    lines = [line for line in lines if line]
    if not lines:
        return f"did not run; its log {log} is empty"
    last = lines[-1]
    if "error: " in last:
        return last.split("error: ", 1)[1]
    head = last.split(":")[0].split(".")[-1]
    if head.endswith(("Error", "Exception", "Interrupt", "Exit")) and " " not in head:
        return last
    return f"ended without an error message (killed, or out of memory or time?); last line: {last}"


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
