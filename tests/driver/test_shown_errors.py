"""What the terminal of `make run` shows of Snakemake's errors: the sentence that matters, and no more."""

import logging
import time
from types import SimpleNamespace

import pytest
from driver.snakemake_logger_plugin_gear import LogHandler
from snakemake.exceptions import LockException
from snakemake_interface_logger_plugins.common import LogEvent

LOG = "logs/embed/tiny/mine.log"
FAULT = "config: run.models: 'crepee' is not defined, did you mean 'crepe'?"
MISSING = """\
MissingOutputException in rule embed in file "rules/embed.smk", line 8:
Job 28  completed successfully, but some output files are missing. Missing files after 5 seconds.
filesystem latency. If that is the case, consider to increase the wait time with --latency-wait:
results/tiny/embeddings/mine.npy (missing locally, parent dir contents: chance.npy)"""


@pytest.fixture
def shown(monkeypatch):
    """Send an error to the terminal's handler, which knows of one job; returns the lines that it says."""

    def show(message, dryrun=False):
        handler, lines = LogHandler.__new__(LogHandler), []
        handler.common_settings = SimpleNamespace(dryrun=dryrun)
        handler.say = lambda *said: lines.extend(filter(None, said))
        handler.jobs = {28: ("embed", "embed mine on tiny", 1, [LOG], time.time() - 5)}
        record = logging.LogRecord("x", logging.ERROR, "", 0, message, None, None)
        record.event = LogEvent.ERROR
        handler.show(record)
        return lines

    return show


@pytest.mark.parametrize("dryrun", [False, True])
def test_a_fault_of_the_config_is_said_in_a_dry_run_too(shown, dryrun):
    assert shown(f"WorkflowError in file Snakefile, line 8:\n{FAULT}", dryrun) == [FAULT]


def test_a_job_without_its_results_is_a_failure_and_no_latency(begun, shown):
    begun(LOG, "loading\n")
    failure, log = shown(MISSING)
    assert failure.startswith("failed: embed mine on tiny: ended without an error message, with status 0")
    assert failure.endswith("last line: loading")
    assert log.strip() == LOG


def test_a_run_that_meets_another_one_is_not_told_to_unlock_the_folder(shown, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (line,) = shown(str(LockException()))
    assert "another run is at work" in line
    assert "unlock" not in line
