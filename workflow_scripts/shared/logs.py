"""Why a job failed: the line that a script writes when it fails, and what its log says later.

Libraries print as they go, before and after the line that matters. So a script marks that line itself (see
__main__.py), and a reader need not guess. Standard library only: Snakemake's own Python reads it, too.
"""

import itertools
import os
import re
import traceback
from pathlib import Path

MARK = "=== why this failed ==="  # stands above the line of a log that says why its job failed
SAYING = "last line:"  # ends such a line if the line above the mark belongs to the reason
UNSAID = "ended without an error message"
LONGEST = 160  # characters of a line of a message
LAST = 10_000_000  # bytes of a log that are read, from its end: a model may write without end
# Exceptions whose message alone says little: the place and its code are told, too.
OF_CODE = (AssertionError, ArithmeticError, AttributeError, LookupError, NameError, TypeError)


def one_line(message, most=4):
    """The first lines of a message as one line. Each is cut at LONGEST characters."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    return " ".join(line if len(line) <= LONGEST else f"{shortened(line)} ..." for line in lines[:most])


def shortened(line):
    """The words of a line that LONGEST characters hold, or so many characters of one long word."""
    words = line[:LONGEST].rpartition(" ")[0]
    return words if len(words) > LONGEST / 2 else line[:LONGEST]


def short_path(path):
    """A path as one may read it: relative to the working directory if it lies below."""
    path, here = Path(path), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def place_of(problem):
    """Where an exception was raised, `file:line: code`; '' if that is not known."""
    frames = traceback.extract_tb(problem.__traceback__)
    frames = [frame for frame in frames if frame.filename[0] != "<" and "/importlib/" not in frame.filename]
    return f"{short_path(frames[-1].filename)}:{frames[-1].lineno}: {frames[-1].line}" if frames else ""


def in_words(problem):
    """Why an exception ended a script, in one line."""
    if isinstance(problem, SystemExit):
        if isinstance(problem.code, str):
            return " ".join(problem.code.removeprefix("error: ").split())
        return f"ended with status {problem.code}; {SAYING}"
    kind = type(problem)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(problem, SyntaxError) and problem.filename:
        code = f": {problem.text.strip()}" if problem.text else ""
        return f"{name}: {problem.msg} ({short_path(problem.filename)}:{problem.lineno}{code})"
    try:
        message = one_line(str(problem))
    except Exception:  # of a faulty exception
        message = ""
    place = place_of(problem) if isinstance(problem, OF_CODE) or not message else ""
    return f"{name}: {message} ({place})" if message and place else f"{name}: {message or place}"


def write_reason(sentence, of_job=True, stream=2):
    """Write why a script fails to a file descriptor (stderr), marked if it is the log of a job.

    A prompt or a bar may have left its line open.
    """
    mark = f"\n{MARK}\n" if of_job and not os.isatty(stream) else ""
    os.write(stream, f"{mark}error: {sentence}\n".encode(errors="backslashreplace"))


def append_reason(log, sentence):
    """Add to the log of a job why it failed."""
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a") as file:
        file.write(f"\n{MARK}\nerror: {sentence}\n")


def last_lines(path):
    """Lines of the end of a log."""
    with open(path, "rb") as file:
        file.seek(max(os.fstat(file.fileno()).st_size - LAST, 0))
        return file.read(LAST).decode(errors="replace").splitlines()


def reason(log):
    """Why a job failed, in one line, from its log (a path; empty if the job was not run).

    It is the marked line, wherever it stands. A log without one is of a process that was killed or that is
    not a script of ours: then it is the crash that Python reports, an `error: ...` sentence at the end, or
    the exception of the last traceback. Else the last line says what the process was doing.
    """
    if not log:
        return "was not run"
    path = Path(log)
    lines = last_lines(path) if path.exists() else []
    lines = [line.rstrip() for line in lines if line.strip()]
    if not lines:
        return f"ended without a word; its log {log} is empty"
    if marks := [i for i, line in enumerate(lines[:-1]) if line == MARK]:
        sentence = lines[marks[-1] + 1].removeprefix("error: ")
        before = lines[marks[-1] - 1].strip() if marks[-1] else ""
        if not before:  # it said nothing
            return sentence.removesuffix(f"; {SAYING}")
        return f"{sentence} {before}" if sentence.endswith(SAYING) else sentence
    crashes = [i for i, line in enumerate(lines) if line.startswith("Fatal Python error: ")]
    if crashes:
        frames = [line.strip() for line in lines[crashes[-1] :] if line.startswith("  File ")]
        sentence = f"{lines[crashes[-1]]} ({frames[0]})" if frames else lines[crashes[-1]]
        aborted = "Aborted" in sentence and crashes[-1] > 0  # by a library, which said why
        return f"{sentence}; {SAYING} {lines[crashes[-1] - 1]}" if aborted else sentence
    if "error: " in lines[-1]:
        return lines[-1].split("error: ", 1)[1]
    starts = [i for i, line in enumerate(lines) if "Traceback (most recent call last)" in line]
    after = lines[starts[-1] + 1 :] if starts else []
    raised = [i for i, line in enumerate(after) if re.match(r"[\w.]+(:|$)", line)]
    if raised:
        return one_line("\n".join([after[raised[0]], *indented(after[raised[0] + 1 :])]))
    return f"{UNSAID} (killed, or out of memory or time?); {SAYING} {lines[-1]}"


def indented(lines):
    """The lines up to the first that is not indented: of an exception's message, those after its first."""
    return itertools.takewhile(lambda line: line[0] in " \t", lines)
