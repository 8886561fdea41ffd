"""The faults of torture.py, {name: function of the benchmark, which does harm and says what it did}."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import psutil
from driver.resume import is_driver, is_job, processes_in

DAY = 86400
# kinds that need a model with an environment and weights of its own
OWN = {"pip install killed", "weights fetch killed", "package damaged", "weights damaged"}


class Skipped(Exception):
    """A fault cannot be tried on this machine; the message says why."""


def at_work(benchmark, wanted=lambda words: True):
    """Processes of jobs of the benchmark whose command line is wanted, but for the shells around them."""
    found = []
    for process in processes_in(benchmark.clone):
        with contextlib.suppress(psutil.Error):
            words = " ".join(process.cmdline())
            if is_job(process) and "python" in process.name() and wanted(words):
                found.append(process)
    return found


def meet(benchmark, run, find):
    """Wait until a process is found while a run is at work. Returns one, or None if the run has ended."""
    while run.poll() is None:
        if found := find():
            return benchmark.rng.choice(found)
        time.sleep(0.02)
    return None


def begun(benchmark):
    """Start a run that has something to do, and wait for a random moment at which it is at work."""
    while True:
        benchmark.undo()
        run, start = benchmark.start(), time.monotonic()
        moment = benchmark.rng.uniform(0.2, benchmark.seconds)
        try:
            run.wait(moment)
        except subprocess.TimeoutExpired:
            return run, f"{moment:.1f} s after its start"
        benchmark.seconds = time.monotonic() - start  # it had less to do than the runs before


def kill_snakemake(benchmark, how=signal.SIGKILL):
    run, moment = begun(benchmark)
    for process in processes_in(benchmark.clone):
        with contextlib.suppress(psutil.Error):
            if is_driver(process):
                process.send_signal(how)
    run.wait()
    return moment


def end_snakemake(benchmark):
    return kill_snakemake(benchmark, signal.SIGTERM)


def kill_group(benchmark):
    run, moment = begun(benchmark)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return moment


def killed(benchmark, wanted, delay):
    """Kill a job's process that is wanted, some time after it was met, and let the run end."""
    run = benchmark.start()
    process = meet(benchmark, run, lambda: at_work(benchmark, wanted))
    time.sleep(benchmark.rng.uniform(0, delay))
    told = "the job had ended"
    with contextlib.suppress(psutil.Error, AttributeError):
        words = process.cmdline()
        process.kill()
        told = next((word for word in words if "." in word and "/" not in word), "pip")
    run.wait()
    return told


def kill_job(benchmark):
    benchmark.undo()
    return killed(benchmark, lambda words: "workflow_scripts" in words, 0.2)


def environment(benchmark):
    """Folder of the environment that the benchmark has built for one model."""
    return next((benchmark.clone / "resources" / "environments").glob("inline-*"))


def kill_pip(benchmark):
    shutil.rmtree(environment(benchmark))
    benchmark.undo("b")
    return killed(benchmark, lambda words: "-m pip install" in words, 0.8)


def weights(benchmark):
    return next((benchmark.clone / "resources" / "weights").rglob("net.bin"))


def kill_fetch(benchmark):
    weights(benchmark).unlink()
    next((benchmark.clone / "resources" / "receipts").rglob("net.bin.json")).unlink()
    benchmark.undo("a")
    return killed(benchmark, lambda words: "environments.fetch" in words, 1)


def damage(path, rng):
    """Flip a bit of a file or cut it short, without a trace in its time of modification."""
    stat, content = path.stat(), bytearray(path.read_bytes())
    if rng.random() < 0.5 or len(content) < 2:
        place = rng.randrange(len(content))
        content[place] ^= 1 << rng.randrange(8)
        told = f"a bit of {path.name} flipped"
    else:
        del content[rng.randrange(len(content)) :]
        told = f"{path.name} cut to {len(content)} bytes"
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    return told


def damage_result(benchmark):
    paths = [path for path in benchmark.results() if path.stat().st_size]
    return damage(benchmark.rng.choice(paths), benchmark.rng)


def damage_during_run(benchmark):
    run, moment = begun(benchmark)
    while not any(path.stat().st_size for path in benchmark.results()) and run.poll() is None:
        time.sleep(0.02)  # at the beginning there may be none
    told = damage_result(benchmark)
    run.wait()
    return f"{told}, {moment}"


def damage_weights(benchmark):
    benchmark.undo("a")
    return damage(weights(benchmark), benchmark.rng)


def damage_package(benchmark):
    benchmark.undo("b")
    site = next(environment(benchmark).glob("lib/python*/site-packages"))
    names = [path for path in (site / "numpy").rglob("*.py") if path.stat().st_size > 100]
    return damage(benchmark.rng.choice(sorted(names)), benchmark.rng)


def ended(benchmark, status):
    """How a run ended, with the last words of one that failed."""
    lines = [
        line for line in benchmark.output().splitlines() if line.strip() and not line.startswith("make: ")
    ]
    return f"status {status}: {lines[-1][:200]}" if status else "status 0"


def root(*programs):
    """Raise Skipped unless this is root with some programs."""
    if os.geteuid():
        raise Skipped("only root can mount")
    if missing := [name for name in programs if not shutil.which(name)]:
        raise Skipped(f"not installed: {', '.join(missing)}")


def mounted(words, folder):
    if subprocess.run(["mount", *words, str(folder)], capture_output=True).returncode:
        raise Skipped("this machine does not let root mount")


def fill_disk(benchmark):
    """Let results lie on a disk that has a few kilobytes left."""
    root("mount", "umount")
    benchmark.undo()
    results, kept = benchmark.clone / "results" / "small", benchmark.clone.with_name("kept")
    shutil.copytree(results, kept)
    mounted(["-t", "tmpfs", "-o", "size=64m", "tmpfs"], results)
    left = benchmark.rng.choice([0, 1, 4, 16]) * 1024
    try:
        shutil.copytree(kept, results, dirs_exist_ok=True)
        filler = results / ".filler"
        filler.write_bytes(bytes(shutil.disk_usage(results).free - left))
        told = ended(benchmark, benchmark.run())
        filler.unlink()
        shutil.rmtree(kept)
        shutil.copytree(results, kept)
    finally:
        subprocess.run(["umount", str(results)], check=True)
    shutil.rmtree(results)
    kept.rename(results)
    return f"{left // 1024} kB left, {told}"


def make_read_only(benchmark):
    root("chattr")
    benchmark.undo()
    folders = [path for path in (benchmark.clone / "results" / "small").iterdir() if path.is_dir()]
    folder = benchmark.rng.choice(sorted(folders))
    if subprocess.run(["chattr", "+i", str(folder)], capture_output=True).returncode:
        raise Skipped("this file system has no immutable folders")
    try:
        told = ended(benchmark, benchmark.run())
    finally:
        subprocess.run(["chattr", "-i", str(folder)], check=True)
    return f"{folder.name}, {told}"


def set_clock_back(benchmark):
    if not shutil.which("faketime"):
        raise Skipped("not installed: faketime")
    benchmark.undo()
    days = benchmark.rng.choice([-400, -1, 1])
    shared = [path for path in (benchmark.clone / "resources/environments").iterdir() if path.is_symlink()]
    times = {lock: lock.stat() for lock in (path / "requirements.lock" for path in shared)}
    try:
        return f"by {days} days, {ended(benchmark, benchmark.run('faketime', '-f', f'{days:+}d'))}"
    finally:
        for lock, stat in times.items():  # other clones have them, too, and may be writing them
            with contextlib.suppress(FileNotFoundError):
                os.utime(lock, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def touch(benchmark):
    """Give some results times in the past or in the future."""
    paths = benchmark.rng.sample(benchmark.results(), 3)
    when = time.time() + DAY * benchmark.rng.choice([-10000, -1, 1, 3000])
    for path in paths:
        os.utime(path, (when, when))
    return f"{', '.join(path.name for path in paths)} at {time.strftime('%Y-%m-%d', time.gmtime(when))}"


def second_run(benchmark):
    """Start the same command again while it is at work; one of the two must be refused with a sentence."""
    first, moment = begun(benchmark)
    output = benchmark.clone.with_name("second.txt")
    log, benchmark.log = benchmark.log, output
    second = benchmark.start()
    statuses = [first.wait(), second.wait()]
    benchmark.log = log
    text = output.read_text() + log.read_text()
    assert statuses.count(0) == 2 or "another run" in text, text
    assert "Traceback" not in text, text
    return f"{moment}, statuses {statuses[0]} and {statuses[1]}"


def cancel_slurm_job(benchmark):
    raise Skipped("tests/workflow/test_slurm.py cancels, ends and requeues jobs of a Slurm of its own")


KINDS = {
    "Snakemake killed": kill_snakemake,
    "Snakemake ended (SIGTERM)": end_snakemake,
    "a job killed": kill_job,
    "process group killed": kill_group,
    "pip install killed": kill_pip,
    "weights fetch killed": kill_fetch,
    "disk full": fill_disk,
    "folder read-only": make_read_only,
    "result damaged": damage_result,
    "result damaged during the run": damage_during_run,
    "package damaged": damage_package,
    "weights damaged": damage_weights,
    "clock set back or forward": set_clock_back,
    "times of files changed": touch,
    "second run in the same clone": second_run,
    "Slurm job cancelled, requeued": cancel_slurm_job,
}
