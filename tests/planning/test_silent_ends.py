"""Jobs that cannot say themselves how they ended: what Snakemake's log tells of them."""

import pytest
from planning.failures import explain, last_words, logs_of_jobs, silent_ends
from shared.logs import reason

LOG, OUTPUT = "logs/embed/tiny/mine.log", "results/tiny/embeddings/mine.npy"
BEGUN = f"""\
[Sat Nov 28 09:08:00 2026]
localrule embed:
    input: workflow_scripts/embed/embed.py
    output: {OUTPUT}, results/tiny/embeddings/mine.json
    log: {LOG}
    jobid: 28
    benchmark: logs/embed/tiny/mine.tsv
"""
MISSING = f"""\
Waiting at most 5 seconds for missing files:
{OUTPUT} (missing locally)
MissingOutputException in rule embed in file "rules/embed.smk", line 8:
Job 28  completed successfully, but some output files are missing. Missing files after 5 seconds.
{OUTPUT} (missing locally, parent dir contents: chance.npy)
"""
KILLED = f"""\
RuleException:
CalledProcessError in file "rules/embed.smk", line 60:
Command 'set -euo pipefail; python workflow_scripts embed.embed --module mine > {LOG} 2>&1' {{}}.
[Sat Nov 28 09:08:06 2026]
Error in rule embed:
    message: None
    jobid: 28
    output: {OUTPUT}, results/tiny/embeddings/mine.json
    log: {LOG} (check log file(s) for error details)
"""


def explained(text):
    """The reason that a log tells after the log of Snakemake was read, twice."""
    for _ in range(2):
        explain(silent_ends(text, logs_of_jobs(text)))
    return reason(LOG)


def test_a_job_that_ends_with_status_0_too_early_is_told_instead_of_latency(begun):
    begun(LOG, "loading\n")
    sentence = (
        "ended without an error message, with status 0, before it wrote its results; last line: loading"
    )
    assert explained(BEGUN + MISSING) == sentence
    assert last_words(BEGUN + MISSING, {OUTPUT}) == f"failed: {sentence}\n  {LOG}\n"


@pytest.mark.parametrize("how", ["returned non-zero exit status 137", "died with <Signals.SIGKILL: 9>"])
def test_a_signal_is_named(begun, how):
    begun(LOG, "loading 1/4\r 2/4")
    sentence = "ended without an error message, killed by SIGKILL (out of memory?); last line: 2/4"
    assert explained(BEGUN + KILLED.format(how)) == sentence


def test_what_a_log_says_itself_stays(begun):
    begun(LOG, "=== why this failed ===\nerror: no luck\nterminate called\n")
    assert explained(BEGUN + KILLED.format("returned non-zero exit status 134")) == "no luck"
    begun(LOG, "Fatal Python error: Segmentation fault\n")
    assert explained(BEGUN + KILLED.format("returned non-zero exit status 139")) == (
        "Fatal Python error: Segmentation fault"
    )


def test_an_empty_log_is_explained(begun):
    begun(LOG, "")
    assert "killed by SIGTERM" in explained(BEGUN + KILLED.format("returned non-zero exit status 143"))


def test_a_usual_failure_is_none_of_its(begun):
    begun(LOG, "Traceback (most recent call last):\nKeyError: 1\n")
    assert explained(BEGUN + KILLED.format("returned non-zero exit status 1")) == "KeyError: 1"


def test_an_end_by_a_back_door_has_its_status(begun):
    begun(LOG, "bye\n")
    sentence = explained(BEGUN + KILLED.format("returned non-zero exit status 3"))
    assert sentence == "ended without an error message, with status 3; last line: bye"
