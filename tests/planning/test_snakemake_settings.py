"""Snakemake's own limit on submissions goes; a user's stays. Jobs do not see what is their caller's."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from planning.snakemake_settings import DRIVER_CALL, SHELL_PREFIX, without_limit
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


def in_a_job(command, **variables):
    """Output of a command that begins as every job does, with a caller's variables and words."""
    words = ["bash", "-c", f"set -euo pipefail; {SHELL_PREFIX.format()}{command}"]
    variables = {"PATH": "/usr/bin:/bin"} | variables
    return subprocess.run(
        words, env=variables, input="yes\n", text=True, capture_output=True, check=True
    ).stdout


def test_a_callers_python_and_notebook_do_not_reach_a_job():
    asked = {"PYTHONPATH": "/a", "PYTHONHOME": "/a", "PYTHONSTARTUP": "/a", "PYTHONINSPECT": "1"}
    asked |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline", "MY_TOKEN": "kept"}
    found = dict(line.split("=", 1) for line in in_a_job("env", **asked).splitlines())
    assert {name for name in found if name.startswith("PYTHON")} == {"PYTHONNOUSERSITE", "PYTHONUNBUFFERED"}
    assert (found["MPLBACKEND"], found["MY_TOKEN"]) == ("agg", "kept")
    assert in_a_job("env")


def test_a_job_reads_nothing_from_the_terminal():
    assert in_a_job("cat; echo end") == "end\n"


def test_a_script_of_the_driver_runs_in_its_python_and_does_not_name_it():
    assert in_a_job('"$driver" -c "import sys; print(sys.executable)"').strip() == sys.executable
    assert sys.executable not in DRIVER_CALL
