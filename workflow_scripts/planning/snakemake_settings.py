"""Settings of Snakemake 9 that no profile reaches, changed while it reads the rules."""

import sys
from pathlib import Path

DEFAULT = (100, 1)  # submissions, seconds


def adjust(workflow):
    """Drop the limit on submissions and the question for conda's folder. workflow: Snakemake's object."""
    drop_limit(workflow.scheduling_settings)
    # Snakemake would ask `conda` for this folder before its first job. No rule needs it.
    workflow.deployment_settings.conda_base_path = Path(sys.prefix)


def drop_limit(settings):
    """Drop Snakemake's default limit on submissions, in place; one that a user sets stays.

    With a limit, Snakemake 9.27 looks at all waiting jobs once a second for each job that has ended. In a run
    of hundreds of short jobs that keeps a core busy. settings: Snakemake's scheduling settings, or None.
    """
    limit = settings and settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == DEFAULT:
        settings.max_jobs_per_timespan = None
