"""Snakemake's own limit on submissions goes; a user's stays."""

from types import SimpleNamespace

import pytest
from planning.snakemake_settings import without_limit
from snakemake.scheduling.job_scheduler import JobRateLimiter
from snakemake.settings.types import MaxJobsPerTimespan


@pytest.mark.parametrize(("limit", "stays"), [("100/1s", False), ("50/1m", True), ("100/1m", True)])
def test_only_the_limit_that_nobody_asked_for_goes(limit, stays):
    scheduler = SimpleNamespace(job_rate_limiter=JobRateLimiter(MaxJobsPerTimespan.parse_choice(limit)))
    without_limit(scheduler)
    assert (scheduler.job_rate_limiter is not None) == stays


def test_no_limit_is_no_fault():
    scheduler = SimpleNamespace(job_rate_limiter=None)
    without_limit(scheduler)
    assert scheduler.job_rate_limiter is None
