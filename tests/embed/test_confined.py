"""The job of a model that was written to do harm: what it can do and what it cannot."""

import http.server
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import PYTHON, ROOT
from shared.confinement import landlock, level, seccomp
from shared.logs import reason
from shared.supervised import children

N, T = 8, 512
LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="limits of memory and processes need Linux's /proc"
)
FILES = pytest.mark.skipif(not landlock(), reason="the kernel has no Landlock (Linux 5.13, switched on)")
SIGNALS = pytest.mark.skipif(landlock() < 6, reason="Landlock keeps signals from version 6 on (Linux 6.12)")
CALLS = pytest.mark.skipif(not seccomp(), reason=f"no filter of system calls on this {platform.machine()}")
SECRET = "s3cr3t-of-the-user"


class Done:
    """A job that ended: status, what its log says, and its results if it has any."""

    def __init__(self, folder, status):
        self.status, self.log = status, folder / "logs" / "mine.log"
        self.text = self.log.read_text(errors="replace")
        self.reason = reason(self.log)
        self.came = [line for line in self.text.splitlines() if line.startswith(("did: ", "failed: "))]
        results = folder / "results" / "tones" / "embeddings"
        self.results = {path.name: path for path in results.iterdir() if path.name.startswith((".", "mine"))}

    def facts(self):
        return json.loads(self.results["mine.json"].read_text())


@pytest.fixture
def place(tmp_path):
    """A clone's folders with sounds, another model's embedding, and a home with tokens."""
    home, results = tmp_path / "home", tmp_path / "clone" / "results" / "tones"
    for folder in (results / "sounds", results / "embeddings", home / ".cache" / "huggingface"):
        folder.mkdir(parents=True)
    (tmp_path / "clone" / "logs").mkdir()
    (home / ".netrc").write_text(f"machine zenodo.org password {SECRET}\n")
    (home / ".cache" / "huggingface" / "token").write_text(SECRET)
    (results / "embeddings" / "other.npy").write_text("the other model's")
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, N * T)
    soundfile.write(results / "sounds" / "audio.wav", noise, 16000, subtype="FLOAT")
    (results / "sounds" / "parameters.csv").write_text("sound\n" + "".join(f"{i}\n" for i in range(N)))
    return tmp_path


@pytest.fixture
def begin(place):
    """Start the job of tests/models/hostile.py. Returns its process."""

    def call(*words, minutes=1, memory_mb=1000, reads=(), module=None, **options):
        results = "results/tones"
        outputs = [f"{results}/embeddings/mine.npy", f"{results}/embeddings/mine.json"]
        sounds = [f"{results}/sounds/audio.wav", f"{results}/sounds/parameters.csv"]
        module = str(module or ROOT / "tests" / "models" / "hostile.py")
        command = [PYTHON, ROOT / "workflow_scripts", "embed.confined", "--model", "mine"]
        command += ["--reads", *sounds, Path(module).parent, *reads, "--outputs", *outputs]
        command += ["--minutes", minutes, "--memory-mb", memory_mb, *words, "--"]
        command += [sys.executable, ROOT / "workflow_scripts", "embed.embed", "--model", "mine"]
        command += ["--audio", sounds[0], "--parameters", sounds[1], "--module", module]
        command += ["--sample-rate", 16000, "--options", json.dumps(options), "--task", "none"]
        command += ["--embeddings", outputs[0], "--facts", outputs[1]]
        variables = {"HOME": str(place / "home"), "HF_TOKEN": SECRET, "AWS_SECRET_ACCESS_KEY": SECRET}
        with open(place / "clone" / "logs" / "mine.log", "w") as log:
            return subprocess.Popen(
                [str(word) for word in command],
                cwd=place / "clone",
                env=os.environ | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # a shell's background jobs ignore it, and tests may be one
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    return call


@pytest.fixture
def job(begin, place):
    """The same, ended. Returns Done."""
    return lambda *words, **options: Done(place / "clone", begin(*words, **options).wait(60))


def came_of(job, *deeds, words=()):
    """What came of some deeds of a job that is right in all else, one line each."""
    done = job(*words, deeds=deeds)
    assert done.status == 0, done.text
    assert np.load(done.results["mine.npy"]).shape == (N, 4)
    assert len(done.came) == len(deeds)
    return done.came


def test_the_level_in_force_is_a_fact(job):
    done = job()
    assert done.facts()["confinement"] == f"{level()}; at most 1 minutes and 1000 MB"
    assert set(done.results) == {"mine.npy", "mine.json"}


def test_no_variable_of_the_user_reaches_a_model(job):
    came = came_of(job, ["variable", "HF_TOKEN"], ["variable", "AWS_SECRET_ACCESS_KEY"], ["variable", "HOME"])
    assert came[:2] == ["did: no such variable"] * 2
    assert "gear-job" in came[2]


@FILES
def test_files_of_the_user_and_of_other_models_cannot_be_read(job, place):
    other = place / "clone" / "results" / "tones" / "embeddings" / "other.npy"
    parents = [f"/proc/{os.getpid()}/environ", f"/proc/{os.getppid()}/environ"]
    paths = [place / "home" / ".netrc", place / "home" / ".cache" / "huggingface" / "token", other, *parents]
    came = came_of(job, *(["read", str(path)] for path in paths))
    assert [line.split()[:2] for line in came] == [["failed:", "PermissionError"]] * len(paths)


@FILES
def test_nothing_can_be_written_outside(job, place):
    results = place / "clone" / "results" / "tones"
    other, sounds = results / "embeddings" / "other.npy", results / "sounds" / "audio.wav"
    compiled = place / "clone" / "resources" / "compiled"
    (compiled / "other").mkdir(parents=True)
    before = {
        path: (path.read_bytes(), path.stat().st_mtime, path.stat().st_mode) for path in (other, sounds)
    }
    places = [place / "home" / "harm", other, sounds, results / "sounds" / "new", compiled / "other" / "x"]
    places += [ROOT / "workflow_scripts" / "x", Path(sys.prefix) / "harm", "/etc/harm", "/tmp/harm", "harm"]
    links = [["link", str(other), "results/tones/embeddings/mine"]]
    links += [["times", str(other)], ["times", str(sounds)]]
    came = came_of(job, *(["write", str(path)] for path in places), *links)
    assert [line.split()[0] for line in came[:-2]] == ["failed:"] * (len(places) + 1)
    assert {path: (path.read_bytes(), path.stat().st_mtime, path.stat().st_mode) for path in before} == before
    assert list((compiled / "mine").rglob("*.pyc"))  # but what Python compiles is kept for this model alone


@CALLS
def test_no_network_unless_the_entry_asks(job, tmp_path):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = ["127.0.0.1", server.server_port]
        with socket.socket(socket.AF_UNIX) as service:
            service.bind(str(tmp_path / "s"))
            service.listen()
            deeds = [["connect", *address], ["datagram", *address], ["unix", str(tmp_path / "s")]]
            came = came_of(job, *deeds)
            assert [line.split()[:2] for line in came] == [["failed:", "PermissionError"]] * 3
            assert all(line.startswith("did: ") for line in came_of(job, *deeds, words=["--internet"])[:2])
        server.shutdown()


@SIGNALS
def test_other_processes_get_no_signals(job):
    came = came_of(job, ["signal", os.getpid()], ["signal", os.getppid()])
    assert [line.split()[:2] for line in came] == [["failed:", "PermissionError"]] * 2


@CALLS
def test_limits_of_other_processes_stay(job):
    assert came_of(job, ["limit", os.getpid()])[0].startswith("failed: PermissionError")


def waited_for(true, seconds=10):
    """Whether something becomes true within some seconds."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def processes_with(word):
    """Processes whose command line has a word."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in listed.splitlines() if word in line]


@LINUX
@pytest.mark.parametrize(
    ("ends", "limits", "sentence"),
    [
        ("bomb", {"memory_mb": 10**6}, "the job had more than 500 processes at once, and was ended"),
        (
            "memory",
            {"memory_mb": 400},
            "the job took more than 400 MB of memory, and was ended; if it needs more",
        ),
        (
            "hang",
            {"minutes": 0.03},
            "the job did not end within 0.03 minutes, and was ended; if it needs longer",
        ),
    ],
)
def test_what_grows_or_hangs_ends_with_a_sentence_and_leaves_nothing(job, place, ends, limits, sentence):
    began = time.monotonic()
    done = job(ends=ends, **limits)
    assert done.status == 1
    assert done.reason.startswith(f"mine: {sentence}")
    assert done.results == {}
    assert processes_with(f"{place}/clone/results/tones/embeddings/.mine") == []
    assert time.monotonic() - began < 30


@LINUX
def test_no_process_is_left_behind(job, place):
    done = job(deeds=[["leave", "/dev/shm/gear-test-number"]])
    number = int(Path("/dev/shm/gear-test-number").read_text())
    Path("/dev/shm/gear-test-number").unlink()
    assert done.came == [f"did: {number}"]
    assert done.status == 0
    assert not Path(f"/proc/{number}").exists()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@LINUX
def test_a_job_ends_with_the_process_that_watches_it(begin, place, end):
    process = begin(ends="hang")
    log = place / "clone" / "logs" / "mine.log"
    assert waited_for(lambda: "loading" in log.read_text())
    [child] = children(process.pid)
    process.send_signal(end)
    assert process.wait(20) != 0
    listed = ["ps", "-o", "stat=", "-p", str(child)]  # Z: ended, but its new parent has not asked how
    assert waited_for(lambda: subprocess.run(listed, capture_output=True).stdout[:1] in (b"", b"Z"))


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        ("link", "its output mine.npy is a link, or no file"),
        ("facts link", "its output mine.json is a link, or no file"),
        ("pickle", "mine.npy is not the array of float32 (8, 4) that its facts tell of: {'descr': '|O'"),
        ("shape", "mine.npy is not the array of float32 (8, 4) that its facts tell of"),
        ("text", "mine.npy is no array"),
        ("audit", 'its facts are not those of an embedding: facts.audit is "none"'),
        ("nan", "its facts hold NaN, which is no number"),
        ("kinds", 'its facts are not those of an embedding: facts.marks is ["</script>'),
    ],
)
def test_forged_results_are_refused(job, forged, sentence):
    done = job(forged=forged)
    assert done.status == 1
    assert done.reason.startswith(f"mine: {sentence}")
    assert done.results == {}


def test_what_the_entry_states_is_not_the_models_to_tell(job):
    done = job(forged="script")
    assert done.status == 0, done.text
    facts = done.facts()
    assert facts["task"] == "none"
    assert facts["module"].endswith("hostile.py")


def test_a_job_that_quits_or_fails_says_so_as_before(job):
    assert job(ends="quits").reason.startswith(
        "ended without an error message, with status 0, before it wrote"
    )
    assert job(ends="killed").status == -signal.SIGKILL
    done = job(ends="raises")
    assert done.status == 1
    assert done.reason.startswith("PermissionError: not allowed here")
    assert "`internet: true`" in done.reason or not landlock()


@FILES
def test_a_model_reads_what_lies_beside_it_but_not_the_results(job, place):
    """A module in the clone itself is a folder's, too, in which the results of all models lie."""
    clone = place / "clone"
    (clone / "table.txt").write_text("beside")
    (clone / ".env").write_text(SECRET)
    (clone / "mine.py").write_text((ROOT / "tests" / "models" / "hostile.py").read_text())
    deeds = [["read", "table.txt"], ["read", "results/tones/embeddings/other.npy"], ["read", ".env"]]
    done = job(module=clone / "mine.py", deeds=deeds)
    assert done.came[0] == "did: beside"
    assert [line.split()[0] for line in done.came[1:]] == ["failed:", "failed:"]


@pytest.mark.skipif(bool(landlock()) and sys.platform == "linux", reason="of platforms without Landlock")
def test_where_the_kernel_cannot_confine_the_facts_say_so():
    assert "own files" not in level()
