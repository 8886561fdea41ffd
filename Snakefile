"""GEAR: turn one knob of a synthesizer and see what moves in the embedding.

config -> synthesize -> embed -> heads -> analyse -> compare -> report
"""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")
sys.path.insert(0, str(Path(workflow.basedir, "workflow_scripts").absolute()))
from planning.yaml_files import check_config_files

check_config_files([Path(workflow.basedir, "config.yaml"), *workflow.overwrite_configfiles])


configfile: workflow.source_path("config.yaml")


report: "workflow_scripts/report/page/captions/workflow.rst"


include: "rules/common.smk"


rule all:
    default_target: True
    input:
        fan_in.REPORT,
        fan_in.RECORD,


include: "rules/environments.smk"
include: "rules/synthesize.smk"
include: "rules/embed.smk"


if "heads" in config:

    include: "rules/heads.smk"


include: "rules/analyse.smk"
include: "rules/compare.smk"
include: "rules/report.smk"
