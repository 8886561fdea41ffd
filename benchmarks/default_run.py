"""Where the time of a finished run goes, rule by rule, from the benchmark files that Snakemake wrote.

    python3 benchmarks/default_run.py [--logs logs] [--write]

Columns: jobs, seconds of all of them, processor seconds, share of all seconds. Two jobs side by side take the
sum of their seconds. Snakemake samples processor seconds, and misses some of short jobs. With --write, the
seconds of each job become those that `make run` expects: do so after a default run on a quiet machine, from a
fresh clone.
"""

import argparse
import csv
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow_scripts"))
from driver.progress import EXPECTED, measured  # noqa: E402


def processor_seconds(folder):
    """{rule: processor seconds of its jobs}."""
    seconds = defaultdict(float)
    for path in Path(folder).rglob("*.tsv"):
        with path.open() as file:
            for row in csv.DictReader(file, delimiter="\t"):
                used = row["cpu_time"]
                seconds[path.relative_to(folder).with_suffix("").parts[0]] += (
                    0 if used == "NA" else float(used)
                )
    return seconds


def table(jobs, processor):
    """Lines of the table. jobs: {job: seconds}; processor: {rule: seconds}."""
    rules = defaultdict(list)
    for job, seconds in jobs.items():
        rules[job.split("/")[0]].append(seconds)
    total = sum(jobs.values())
    lines = [f"{'rule':16} {'jobs':>5} {'s':>7} {'processor s':>12} {'share':>6}"]
    for rule, times in sorted(rules.items(), key=lambda item: -sum(item[1])):
        lines.append(
            f"{rule:16} {len(times):5} {sum(times):7.0f} {processor[rule]:12.0f} {sum(times) / total:6.1%}"
        )
    return [*lines, f"{'all':16} {len(jobs):5} {total:7.0f} {sum(processor.values()):12.0f}"]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--logs", type=Path, default=ROOT / "logs", help="folder of the logs of a finished run"
    )
    parser.add_argument("--write", action="store_true", help=f"write {EXPECTED}")
    args = parser.parse_args()
    jobs = measured(args.logs)
    print("\n".join(table(jobs, processor_seconds(args.logs))))
    if args.write:
        rows = [f"{job},{seconds:.1f}\n" for job, seconds in sorted(jobs.items())]
        (ROOT / EXPECTED).write_text("job,seconds\n" + "".join(rows))


if __name__ == "__main__":
    main()
