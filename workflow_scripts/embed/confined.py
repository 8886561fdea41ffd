"""Run the job of a model as what it is, a stranger's code: `embed.confined ... -- COMMAND`.

Runs in Snakemake's own Python, so that nothing of the model's environment runs before its job is confined.
The job reads its inputs and its environment, and writes to a folder, a home and a temporary folder of its
own. It has none of the user's variables but those of KEPT, and no network unless its entry asks for it. It
ends after its time, or when it takes more memory than its entry states, and so does all that it left behind.
Then its results are checked and moved into place (delivered.py). docs/security.md says what that promises,
and what not.
"""

import argparse
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

from shared.confinement import SECRET, Confinement, level
from shared.logs import append_reason, reason
from shared.supervised import Ended, run
from shared.weights import cache

from embed.delivered import Refused, deliver, draft_folder, facts_as_stated, sounds_had
from embed.scratch import delete, locked, scratch_folder

SCRIPTS = Path(__file__).absolute().parents[1]
COMPILED = "resources/compiled"  # a folder per model
WORKED_IN = ("results", "logs", "resources", ".snakemake", ".venv")  # of a clone: not for jobs as a whole
# Variables that a job gets: where programs are, languages, numbers of threads, and settings of libraries.
KEPT = re.compile(
    r"PATH|LANG|LC_\w+|TZ|TERM|LD_LIBRARY_PATH|DYLD_\w+|MPLBACKEND|\w+_NUM_THREADS|GEAR_\w+|"
    r"PYTHON(NOUSERSITE|UNBUFFERED|HASHSEED)|CONDA_PREFIX|"
    r"(CUDA|NVIDIA|NCCL|CUBLAS|CUDNN|HIP|ROCR|HSA|TF|TORCH|PYTORCH|XLA|JAX|KMP|OMP|MKL|OPENBLAS|ORT|NUMBA)_\w+"
)
OF_NETWORK = re.compile(r"(?i:(https?|ftp|all|no)_proxy)|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE")
# What a library says where the confinement stops it, in the last line of a log.
STOPPED = re.compile(
    r"Permission ?denied|PermissionError|Errno (1|13)\b|Read-only|name resolution|Name or service not known|"
    r"getaddrinfo|[Cc]onnection|Max retries|offline|LocalEntryNotFound"
)
HINT = (
    " (a model's job may read its inputs and its environment and write to a folder of its own; it has no "
    "network, unless its entry says `internet: true`; see docs/security.md)"
)


def without(path, hidden):
    """Yield a folder, or where something hidden lies in it, what else does; nothing of what is hidden itself.

    path: resolved, as those in `hidden` are. There, names that begin with a dot count as hidden.
    """
    if path in hidden:
        return
    if not any(other.is_relative_to(path) for other in hidden):
        yield path
    else:
        for entry in path.iterdir() if os.access(path, os.R_OK) and path.is_dir() else []:
            if not entry.name.startswith("."):
                yield from without(entry.resolve(), hidden)


def links(folder):
    """Yield the symbolic links below a folder."""
    for place, folders, files in os.walk(folder):
        for path in (os.path.join(place, name) for name in (*folders, *files)):
            if os.path.islink(path):
                yield Path(path)


def interpreter(path):
    """Path of an environment's Python. If the clone links to the environment, it is the path behind the link.

    path: str. Python keeps what it compiles by the path of a module, so that each link would have its own.
    """
    python = Path(path).absolute()
    return python.parents[1].resolve() / "bin" / python.name


def readable(inputs, python, variables):
    """Yield what a job may read besides the system's own folders.

    inputs: paths; those that do not exist do no harm. python: the job's interpreter. variables: of its
    environment; what they name is read, too.
    """
    home, here = Path.home().resolve(), {Path.cwd().resolve(), SCRIPTS.resolve().parent}
    hidden = {home} | {folder / name for folder in here for name in WORKED_IN}
    prefix, interpreter = python.absolute().parents[1], python.resolve()
    yield from (SCRIPTS, prefix, interpreter.parents[1], cache())
    # links lead to weights that lie elsewhere, and to what conda or uv linked into an environment
    for path in [*map(Path, inputs), *links(cache()), *links(prefix / "lib")]:
        whole = path.resolve()
        if not home.is_relative_to(whole):
            yield from without(whole, hidden) if os.path.isdir(whole) else [path]
    for name, text in variables.items():
        if name.endswith("PATH") or OF_NETWORK.fullmatch(name) or name.endswith(("_HOME", "_CACHE")):
            for path in map(Path, filter(None, text.split(os.pathsep))):
                if path.is_absolute() and os.path.exists(path) and not home.is_relative_to(path.resolve()):
                    yield from without(path.resolve(), hidden)


def variables_of_job(scratch, compiled, by_numba, internet):
    """The environment variables of a job. scratch: its folder for home and temporary files; compiled,
    by_numba: for what Python and numba compile, because a job cannot write beside the modules."""
    kept = {
        name: text
        for name, text in os.environ.items()
        if (KEPT.fullmatch(name) or (internet and OF_NETWORK.fullmatch(name))) and not SECRET.search(name)
    }
    for name, usual in (("TORCH_HOME", ".cache/torch"), ("HF_HUB_CACHE", ".cache/huggingface/hub")):
        folder = Path(os.environ.get(name, Path.home() / usual))  # what the user has fetched already
        kept |= {name: str(folder)} if os.path.isdir(folder) else {}
    own = {"HOME": str(scratch / "home"), "TMPDIR": str(scratch / "tmp")}
    own |= {"PYTHONPYCACHEPREFIX": str(compiled), "NUMBA_CACHE_DIR": str(by_numba)}
    for folder in ("home", "tmp"):
        (scratch / folder).mkdir()
    return kept | own


@contextlib.contextmanager
def numba_folder(compiled, scratch):
    """Where numba keeps what it compiles: in the model's own folder, or in the job's if another job is there.

    Of two processes that write at once, numba may later take one's function for another's, and crash.
    """
    folder = compiled / "numba"
    folder.mkdir(exist_ok=True)
    descriptor = locked(folder)
    try:
        yield folder if descriptor is not None else scratch / "tmp" / "numba"
    finally:
        if descriptor is not None:
            os.close(descriptor)


def end_as(status):
    """End as a job did: with its status, or by its signal. It has told its reason itself, if it could."""
    sys.stdout.flush()
    log = Path(f"/proc/self/fd/{sys.stderr.fileno()}")  # of the job, where there is one
    if status > 0 and level().endswith(")") and log.exists() and log.resolve().is_file():
        said = reason(log.resolve())
        if STOPPED.search(said):
            append_reason(log.resolve(), said + HINT)
    if status < 0:
        if -status != signal.SIGKILL:  # of which nobody can change what it does
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status if status >= 0 else 128 - status)


def ran(args, command):
    """Run a job in folders of its own and take over what it made. Returns its status.

    Raises Ended, Refused.
    """
    drafts, kept = draft_folder(args.outputs[0]), level(args.internet)
    places = {str(path): str(drafts / path.name) for path in args.outputs}
    compiled = Path(COMPILED, args.model).absolute()
    compiled.mkdir(parents=True, exist_ok=True)
    drafts.mkdir(parents=True)
    python = interpreter(command[0])
    try:
        with scratch_folder() as scratch, numba_folder(compiled, scratch) as by_numba:
            variables = variables_of_job(scratch, compiled, by_numba, args.internet)
            reads = readable(args.reads, python, variables)
            confinement = Confinement(reads, [scratch, drafts, compiled], args.internet)
            words = [str(python), *(places.get(word, word) for word in command[1:])]
            status = run(words, args.minutes, args.memory_mb, variables, confinement)
        if status == 0:
            limits = f"at most {args.minutes:g} minutes and {args.memory_mb} MB"
            known = facts_as_stated(command) | {"confinement": f"{kept}; {limits}"}
            deliver(drafts, args.outputs, known, *sounds_had(command))
        return status
    finally:
        delete(drafts)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s [options] -- COMMAND")
    parser.add_argument("--model", required=True, help="name of the model, for messages")
    parser.add_argument("--reads", nargs="+", action="extend", default=[], help="files and folders to read")
    parser.add_argument(
        "--outputs", nargs="+", type=Path, required=True, help="npy, json, and a folder of them"
    )
    parser.add_argument("--minutes", type=float, required=True, help="that the job may take")
    parser.add_argument("--memory-mb", type=int, required=True, help="that all its processes may take")
    parser.add_argument("--internet", action="store_true", help="let it have the network")
    words = sys.argv[1:] if argv is None else argv
    middle = words.index("--") if "--" in words else len(words)
    args, command = parser.parse_args(words[:middle]), words[middle + 1 :]
    try:
        status = ran(args, command)
    except Ended as problem:
        sys.exit(f"error: {args.model}: the job {problem}")
    except Refused as problem:
        sys.exit(f"error: {args.model}: {problem}")
    if status:
        end_as(status)
