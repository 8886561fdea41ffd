"""What the log of a failed job says, in one line.

Standard library only: Snakemake's own Python reads it, too.
"""

import re
from pathlib import Path


def reason(log):
    """Why a job failed, in one line, from its log (a path; empty if the job was not run).

    It is the `error: ...` sentence, if the log ends with one. Else it is the exception of the last traceback,
    with the first line of its message. Else the process ended without a word, and the last line of the log
    says what it was doing.
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
