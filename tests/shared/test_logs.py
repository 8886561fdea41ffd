"""Why a job failed is told whatever its libraries print before and after, and however it ends."""

import subprocess
import sys

import pytest
from conftest import ROOT
from shared.logs import append_reason, reason

ATEXIT = "import atexit; atexit.register(print, 'There appear to be 1 leaked semaphore objects'); "
KEYS = 'Error(s) in loading state_dict for A:\\n\\tMissing key(s) in state_dict: "a", "b".\\n\\tsizes differ'
MANY = "KeyErrors: " + ", ".join(f"layer.{i}.weight" for i in range(100))
ENDS = {
    "last words": (ATEXIT + "raise OSError('checkpoint is damaged')", "OSError: checkpoint is damaged"),
    "a sentence and last words": (ATEXIT + "sys.exit('error: x: wrong dtype')", "x: wrong dtype"),
    "an open prompt": ("print('Trust it? [y/N] ', end=''); raise OSError('no')", "OSError: no"),
    "an open bar": (r"print('\r 3/4', end='', file=sys.stderr); raise OSError('no')", "OSError: no"),
    "keys": (
        f"raise RuntimeError('{KEYS}')",
        'RuntimeError: Error(s) in loading state_dict for A: Missing key(s) in state_dict: "a", "b". '
        "sizes differ",
    ),
    "no text": ("assert 1 + 1 == 3", "AssertionError: room/script.py:5: assert 1 + 1 == 3"),
    "a bare key": ("{}['sr']", "KeyError: 'sr' (room/script.py:5: {}['sr'])"),
    "a missing name": ("nothing", "NameError: name 'nothing' is not defined (room/script.py:5: nothing)"),
    "a cause": ("try:\n        1 / 0\n    except Exception:\n        raise OSError('no')", "OSError: no"),
    "a status": ("print('usage: --lr'); sys.exit(2)", "ended with status 2; last line: usage: --lr"),
    "streams replaced": ("sys.stdout = sys.stderr = None; raise OSError('no')", "OSError: no"),
    "a crash": ("import ctypes; ctypes.string_at(0)", "Fatal Python error: Segmentation fault (File "),
    "a kill": (
        "print('3/4', flush=True); os.kill(os.getpid(), 9)",
        "ended without an error message (killed, or out of memory or time?); last line: 3/4",
    ),
    "an abort": (
        "os.write(2, b'what(): bad_alloc\\n'); os.abort()",
        "Fatal Python error: Aborted (File ",
    ),
    "one long word": ("raise OSError('x' * 1000)", "OSError: xxxxxxxx"),
    "no words at all": (
        "class E(Exception):\n        __str__ = None\n    raise E",
        "room.script.main.<locals>.E: room/script.py:7: raise E",
    ),
    "a worker": (
        "from multiprocessing import Process as P\n    P(target=print, args='').start(); raise OSError('no')",
        "OSError: no",
    ),
}


@pytest.fixture
def called(tmp_path):
    """Call a script of a few lines as rules call scripts; returns its exit status and its log."""
    text = (ROOT / "workflow_scripts" / "__main__.py").read_text()
    (tmp_path / "__main__.py").write_text(text.replace("GRACE = 10 ", "GRACE = 1 "))
    (tmp_path / "shared").symlink_to(ROOT / "workflow_scripts" / "shared")
    (tmp_path / "room").mkdir()

    def call(body):
        (tmp_path / "room" / "script.py").write_text(f"import os\nimport sys\n\ndef main():\n    {body}\n")
        with open(tmp_path / "x.log", "w") as log:
            words = [sys.executable, ".", "room.script"]
            done = subprocess.run(words, cwd=tmp_path, stdout=log, stderr=log, timeout=60)
        return done.returncode, tmp_path / "x.log"

    return call


@pytest.mark.parametrize("end", ENDS)
def test_the_reason_is_found_wherever_it_stands(called, end):
    body, sentence = ENDS[end]
    status, log = called(body)
    assert status != 0
    assert reason(log).startswith(sentence)


def test_a_syntax_error_is_told_with_file_and_line(called, tmp_path):
    (tmp_path / "room" / "own.py").write_text("x = 1\ndef load()\n    pass\n")
    _, log = called("import room.own")
    assert reason(log) == "SyntaxError: expected ':' (room/own.py:2: def load())"


def test_a_thread_that_is_left_at_work_does_not_keep_a_job(called):
    body = (
        "import threading, time\n    threading.Thread(target=time.sleep, args=(60,), name='loader').start()"
    )
    status, log = called(body)
    assert status == 0
    assert "this was still at work: loader" in log.read_text()
    status, log = called(f"{body}\n    raise OSError('no')")
    assert status == 1
    assert reason(log) == "OSError: no"


def test_a_script_that_works_says_nothing(called):
    status, log = called("print('done')")
    assert (status, log.read_text()) == (0, "done\n")


def test_only_the_first_keys_of_a_long_message_are_told(called):
    sentence = reason(called(f"raise RuntimeError('{MANY}')")[1])
    assert "layer.0.weight, layer.1.weight" in sentence
    assert len(sentence) < 250
    assert sentence.endswith(" ...")


def test_a_reason_that_is_added_counts(tmp_path):
    log = tmp_path / "logs" / "x.log"
    append_reason(log, "ended by Slurm: CANCELLED")
    assert reason(log) == "ended by Slurm: CANCELLED"


def test_a_job_without_a_word_has_no_last_line(called):
    _, log = called("sys.exit(2)")
    assert reason(log) == "ended with status 2"


def test_a_log_larger_than_memory_has_a_reason_too(tmp_path):
    log = tmp_path / "job.log"
    with open(log, "w") as file:
        file.truncate(2**42)
    append_reason(log, "took more than it may")
    assert reason(log) == "took more than it may"
