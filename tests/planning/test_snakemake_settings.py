"""Snakemake's own limit on submissions goes; a user's stays."""

from types import SimpleNamespace

from planning.snakemake_settings import drop_limit
from snakemake.settings.types import MaxJobsPerTimespan, SchedulingSettings


def test_the_limit_that_nobody_asked_for_goes():
    settings = SchedulingSettings(max_jobs_per_timespan=MaxJobsPerTimespan.parse_choice("100/1s"))
    drop_limit(settings)
    assert settings.max_jobs_per_timespan is None


def test_a_limit_of_the_users_stays():
    settings = SimpleNamespace(max_jobs_per_timespan=MaxJobsPerTimespan.parse_choice("50/1m"))
    drop_limit(settings)
    assert settings.max_jobs_per_timespan.max_jobs == 50
    drop_limit(None)  # of a call that plans nothing
