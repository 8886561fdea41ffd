"""Call one script: `python workflow_scripts analyse.isomap --help`.

Rules, conda and hands call scripts in this way only. Python puts this folder, and nothing else, first on the
path where modules are sought, so that every script finds those of the other rooms.

An environment is not activated. What it holds besides Python (a program such as ffmpeg) is found by name all
the same, because its bin/ comes first on PATH. Nothing else of an activation is needed: libraries find each
other by relative paths, and neither conda's Python nor what pip installs has scripts that set variables
(activate.d).

When a script fails, a marked line of its log says why (see shared/logs.py). What a model's libraries print
afterwards does not hide it, and a thread that they leave at work does not keep the job from its end.
"""

import contextlib
import faulthandler
import importlib
import os
import re
import sys
import threading
import traceback
from pathlib import Path

FOLDER = Path(__file__).absolute().parent
GRACE = 10  # s that threads have to end after the script did


def scripts():
    """Names of all scripts: the modules that have a function main. A file that is not UTF-8 counts, too."""
    return sorted(
        ".".join(path.relative_to(FOLDER).with_suffix("").parts)
        for path in FOLDER.glob("*/*.py")
        if re.search(rb"^def main\(", path.read_bytes(), re.MULTILINE)
    )


def end(status):
    """End the process although something is at work in it, and say what."""
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon]
    processes = sys.modules["multiprocessing"].active_children() if "multiprocessing" in sys.modules else []
    for process in processes:
        process.kill()
    left = ", ".join([*threads[1:], *(process.name for process in processes)])  # the first is the main thread
    os.write(2, f"\nended {GRACE} s after the script, although this was still at work: {left}\n".encode())
    os._exit(status)


def status_of(name, words):
    """Run a script. Returns its exit status, after a line that says why if it fails.

    words: of its command line. A job runs only if the results that its words name are what was written. Those
    of the driver's scripts are the user's, who may want a damaged result to be made anew.
    """
    from shared.files import Damaged, checked
    from shared.logs import in_words, write_reason

    of_job = not name.startswith("driver.")
    try:
        for word in words:
            if of_job and word.startswith("results/") and os.path.isfile(word):
                checked(word)
        importlib.import_module(name).main()
        return 0
    except SystemExit as problem:
        if problem.code in (None, 0):
            return 0
        status, sentence = problem.code if isinstance(problem.code, int) else 1, in_words(problem)
    except Damaged as problem:
        status, sentence = 1, str(problem)
    except BaseException as problem:
        with contextlib.suppress(Exception):  # a library may have put anything in the place of a stream
            traceback.print_exc()
        status, sentence = 1, in_words(problem)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    write_reason(sentence, of_job)
    return status


def main():
    """Import the script that the first word names and call its main() with the other words."""
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    sys.path[0] = str(FOLDER)  # absolute: a script may change its working directory
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in scripts():
        known = "\n  ".join(scripts())
        sys.exit(f"usage: python workflow_scripts SCRIPT --help\nscripts:\n  {known}")
    sys.argv[:2] = [f"{sys.argv[0]} {name}"]
    faulthandler.enable()
    status = status_of(name, sys.argv[1:])
    timer = threading.Timer(GRACE, end, [status])
    timer.daemon = True
    timer.start()
    sys.exit(status)


if __name__ == "__main__":
    main()
