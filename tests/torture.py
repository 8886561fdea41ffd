"""Faults at random moments: `make torture FAULTS=60 SEED=1`; a few in tests/workflow/test_few_faults.py.

Each fault hits a small benchmark while it runs, or what an earlier run left. Then `make run`, the one command
that is documented, must end with the scores of a run without faults, and with no damaged file in its results.
The faults themselves are in faults.py.
"""

import argparse
import contextlib
import hashlib
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from conftest import ROOT, keep_analyses, make_clone
from planning.yaml_files import to_yaml
from shared.files import digest_of, recorded_digest

TARGET = "results/small/scores.csv"
FIXED = (".scores.csv", ".scores.npy", "scores.csv", "embeddings/*.npy", "sounds/*.wav", "parameters.csv")
WEIGHTS = random.Random(0).randbytes(2**20)
ROWS = ("a", "b", "chance", "reference")
SECONDS = 600  # that a run may take


class Slow(BaseHTTPRequestHandler):
    """Gives WEIGHTS in a second, so that a fetch can be met at work."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(WEIGHTS)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever fetched was killed
            for start in range(0, len(WEIGHTS), 2**16):
                self.wfile.write(WEIGHTS[start : start + 2**16])
                time.sleep(0.05)

    def log_message(self, *words):
        pass


class Benchmark:
    """A clone with a small benchmark: two models and the controls on 24 sounds, and one analysis.

    folder: of the clone, absent or empty. rng: random.Random. own: whether one model has an environment of
    its own, which is built here, and the other one weights that are fetched.
    """

    def __init__(self, folder, rng, own):
        self.clone, self.rng = make_clone(folder, "analysis", *(["weights"] if own else [])), rng
        keep_analyses(folder, "knn")
        (folder / ".venv").symlink_to(ROOT / ".venv")
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        (folder / "mine.yaml").write_text(to_yaml(self.config(own)))
        self.command = ["make", "--silent", "run", "CORES=2", f"RUN={TARGET} --configfile mine.yaml"]
        self.log = folder.with_name("output.txt")
        began = time.monotonic()
        assert self.run() == 0, self.output()
        self.seconds = time.monotonic() - began
        self.whole = self.digests()

    def config(self, own):
        weights = {"url": f"http://127.0.0.1:{self.server.server_port}/net.bin"}
        weights["sha256"] = hashlib.sha256(WEIGHTS).hexdigest()
        entry = {"module": "adapters.faulty", "env": "analysis", "sample_rate": 16000}
        first, second = ({**entry, "options": {"size": size}} for size in (8, 6))
        if own:
            first |= {"weights": weights}
            second = {key: second[key] for key in second if key != "env"} | {"requirements": ["numpy==2.4.6"]}
        sounds = {"synthesizer": "additive", "design": "latin_hypercube", "N": 24, "sample_rate": 16000}
        sounds |= {"duration": 0.1, "nuisances": {"phases": None, "gain": None}}
        return {
            "run": {"datasets": ["small"], "models": ["a", "b"]},
            "datasets": {"small": sounds | {"analyses": {"isomap": {"K": 4}, "knn": {"K": 4}}}},
            "models": {"a": first, "b": second},
            "analyses": {"bootstrap": 100, "shuffles": 20},
        }

    def start(self, *before):
        """Start the documented command, in a session of its own. before: words before it (faketime)."""
        with self.log.open("w") as file:
            command = [*before, *self.command]
            return subprocess.Popen(
                command, cwd=self.clone, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )

    def run(self, *before):
        """Run the documented command. Returns its exit status."""
        return self.start(*before).wait(SECONDS)

    def output(self):
        return self.log.read_text(errors="replace")

    def results(self):
        """Every file of the results of the data set, hidden ones excepted."""
        folder = self.clone / "results" / "small"
        return sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")

    def digests(self):
        """Digests of the results that must come out equal."""
        folder = self.clone / "results" / "small"
        paths = {
            path
            for pattern in FIXED
            for path in folder.rglob(f"*{pattern}" if "/" not in pattern else pattern)
        }
        return {path: digest_of(path) for path in paths}

    def undo(self, row=None):
        """Delete results, so that a run has something to do: of a row, a random one or all rows."""
        row = row or self.rng.choice([*ROWS, *ROWS, "*"])
        for path in [path for path in self.results() if row in ("*", path.name.split(".")[0])]:
            path.unlink()
        (self.clone / TARGET).unlink(missing_ok=True)

    def verdict(self):
        """What a fault left behind: run the documented command once, and look at what it made."""
        if status := self.run():
            return f"ended with status {status}: {self.output().strip()[-600:]}"
        if self.digests() != self.whole:
            return "other results"
        bad = [path for path in self.results() if recorded_digest(path) not in ("", digest_of(path))]
        return f"damaged: {bad[0]}" if bad else "finished, equal scores"


def main(argv=None):
    from faults import KINDS, OWN, Skipped

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kinds", nargs="*", choices=list(KINDS), default=list(KINDS))
    args = parser.parse_args(argv)
    print(f"seed {args.seed}, {args.faults} faults", flush=True)
    rng = random.Random(args.seed)
    tried, counts, reasons, failed = Counter(), Counter(), {}, False
    with tempfile.TemporaryDirectory(prefix="gear-torture-") as temporary:
        benchmark = Benchmark(Path(temporary, "clone"), rng, own=not OWN.isdisjoint(args.kinds))
        kinds = list(args.kinds)
        while tried.total() < args.faults and kinds:
            kind = min(kinds, key=lambda kind: (tried[kind], rng.random()))
            tried[kind] += 1
            try:
                told = KINDS[kind](benchmark)
                outcome = benchmark.verdict()
            except AssertionError as fault:
                told, outcome = "wrong", str(fault)
            except Skipped as reason:
                kinds.remove(kind)
                del tried[kind]
                reasons[kind] = f"skipped: {reason}"
                continue
            failed = failed or outcome != "finished, equal scores"
            counts[kind, outcome.split(":")[0]] += 1
            print(f"{kind} ({told}): {outcome}", flush=True)
        benchmark.server.shutdown()
    print(f"\n{'kind':34} count  outcome")
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind:34} {count:5}  {outcome}")
    for kind, reason in reasons.items():
        print(f"{kind:34}     0  {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
