"""What keeps Snakemake's scheduler from taking longer than the jobs."""

DEFAULT = (100, 1)  # submissions, seconds


def drop_limit(settings):
    """Drop Snakemake's default limit on submissions, in place; one that a user sets stays.

    With a limit, Snakemake 9.27 looks at all waiting jobs once a second for each job that has ended. In a run
    of hundreds of short jobs that keeps a core busy. settings: Snakemake's scheduling settings, or None.
    """
    limit = settings and settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == DEFAULT:
        settings.max_jobs_per_timespan = None
