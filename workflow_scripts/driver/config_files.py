"""Look at the config files that a call of Snakemake names: `make run` does so before it starts Snakemake.

Snakemake itself reads them before any code of the workflow runs, and names neither file nor line of what it
cannot read. What it can read is looked at by the Snakefile, too, for whoever calls Snakemake directly.
"""

import argparse
import sys

from planning.yaml_files import check_config_files
from snakemake.exceptions import WorkflowError


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--configfile", "--configfiles", nargs="+", default=[], help="as Snakemake takes them"
    )
    args, _ = parser.parse_known_args(argv)
    try:
        check_config_files(args.configfile)
    except WorkflowError as faults:
        sys.exit("error: " + "; ".join(str(faults).split("\nconfig: ")))
