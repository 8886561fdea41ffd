"""Settings of Snakemake 9 that no profile reaches."""

import gc
import shlex
import sys
from pathlib import Path

from planning.places import SCRIPTS

DEFAULT = (100, 1)  # submissions, seconds
# What every job begins with. The caller's settings of Python and the backend of a notebook do not reach it.
# There is nobody to ask: a question meets the end of its input. ONNX Runtime reports to nobody and keeps no
# number of this machine in ~/.cache. GEAR_JOB marks what a killed run leaves
# behind, for resume.py. (Snakemake formats this text: a brace stands twice.)
SHELL_PREFIX = (
    "unset ${{!PYTHON@}}; export PYTHONNOUSERSITE=1 PYTHONUNBUFFERED=1 MPLBACKEND=agg GEAR_JOB=1; "
    "export ORT_DISABLE_TELEMETRY=1; "
    f"exec < /dev/null; driver={shlex.quote(sys.executable).replace('{', '{{').replace('}', '}}')}; "
)
# The words before a script that runs in Snakemake's own Python. They do not name it: a parameter that changes
# when the clone is moved, or another Snakemake is called, makes all jobs anew.
DRIVER_CALL = f'"$driver" {shlex.quote(str(SCRIPTS))}'


def with_rare_collections():
    """Look for unreachable objects rarely: nearly all that a plan makes lives to its end.

    Python's default (in 3.11 each time that 700 more objects are there) takes a sixth of the time of a plan.
    """
    gc.set_threshold(100_000, 50, 100)


def without_conda(settings):
    """Keep Snakemake from asking `conda` for its folder before the first job: no rule needs it.

    settings: of deployment, changed in place while the rules are read.
    """
    settings.conda_base_path = Path(sys.prefix)


def without_limit(scheduler):
    """Drop Snakemake's default limit on submissions, in place; one that a user sets stays.

    With a limit, Snakemake 9.27 looks at all waiting jobs once a second for each job that has ended. In a run
    of hundreds of short jobs that keeps a core busy. scheduler: Snakemake's own, when a run begins.
    """
    limiter = scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == DEFAULT:
        scheduler.job_rate_limiter = None
