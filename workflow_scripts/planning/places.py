"""Where things lie, seen from the working directory: rules show relative paths."""

import os
from pathlib import Path

HOME = Path(os.path.relpath(Path(__file__).parents[2]))  # the clone
SCRIPTS = HOME / "workflow_scripts"
RUN_CONFIG = "results/run_config.yaml"  # the config of the last run that makes the report, from its beginning


def script_path(module):
    """Path of a local module, such as embed.embed or adapters.logmel."""
    return SCRIPTS / f"{module.replace('.', '/')}.py"
