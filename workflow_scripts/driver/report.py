"""Build the comparison and the report from what is done so far: `make report`, after an interrupt.

Models that have not come to their end stand in the report with the stage that they lack. `make run` goes on
where the run was interrupted.
"""

import argparse
import json
import sys
from pathlib import Path

from planning.config import recorded
from planning.datasets import made, resolved
from planning.fan_in import RECORD, REPORT, build, snakemake_call, summarized
from planning.places import HOME, RUN_CONFIG

from driver.progress import stages


def main(argv=None):
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    if not Path(RUN_CONFIG).exists():
        sys.exit("error: nothing has been run here yet; begin with `make quick` or `make run`")
    try:
        config = recorded(RUN_CONFIG)
    except ValueError as problem:
        sys.exit(f"error: {problem}")
    definitions = {name: resolved(config, name) for name in made(config)}
    rules = [rule for rule, stage in stages(HOME).items() if stage in ("compare", "report")]
    conda = json.loads(Path(".snakemake/driver.json").read_text()).get("conda", False)
    call = snakemake_call(HOME / "Snakefile", conda)
    if fault := build(call, summarized(call), [REPORT, RECORD], rules, config, definitions):
        sys.exit(f"error: {fault}")
    print(Path("results/report.html").absolute())
