"""What ended a job, from Snakemake's own log: in the words of its formatter and of its Slurm plugin."""

import pytest
from planning.failures import ended_by_slurm, last_words
from snakemake.logging import DefaultFormatter

OUTPUT, LOG = "results/tones/embeddings/mfcc.npy", "logs/embed/tones/mfcc.log"
OTHER_OUTPUT, OTHER_LOG = "results/tones/isomap/mfcc.csv", "logs/isomap/tones/mfcc.log"
FAILED = "SLURM-job '7' failed, SLURM status is: '{}'. "
NODE = (
    "SLURM-job '7' failed due to a node failure, SLURM status is: 'NODE_FAIL'. Failed nodes will be excluded "
    "from future job submissions. Consider enabling requeueing for such cases by setting the 'requeue' flag "
    "in the executor settings."
)
REFUSED = (
    "SLURM sbatch failed. The error message was 'sbatch: error: Invalid account'.\n    sbatch call:\n"
    "        sbatch --parsable --job-name x\n    sbatch script:\n#!/bin/sh\npython -m snakemake\n"
)
STARTED = "host: node\nBuilding DAG of jobs...\n"
CANCELLED = "slurmstepd: error: *** JOB 7 ON node CANCELLED AT 2026-11-28T01:00:00{} ***\n"


def job(rule, output, log, message=None, logs=(), indent=False):
    """What Snakemake's logger gets of a failed job. logs: Slurm's own, of a job that is in no group."""
    facts = {"rule_name": rule, "rule_msg": message, "jobid": 3, "input": ["a"], "log": [log, *logs]}
    facts |= {"output": [output, f"{output}.json"], "conda_env": None, "shellcmd": "python x", "aux": {}}
    return facts | {"msg": f"Error in rule {rule}, jobid: 3", "indent": indent}


def job_error(*of_job, **more):
    """A failed job in Snakemake's log."""
    return DefaultFormatter().format_job_error(job(*of_job, **more)) + "\n"


def group_error(logs, *jobs):
    """The failed jobs of one Slurm job in Snakemake's log. logs: Slurm's own."""
    infos = [job(*of_job, indent=True) for of_job in jobs]
    facts = {"msg": "Error in group g", "groupid": "g", "aux_logs": logs, "job_error_info": infos}
    each = (job_error(*of_job, indent=True) for of_job in jobs)
    return DefaultFormatter().format_group_error(facts) + "\n" + "".join(each)


JOB = ("embed", OUTPUT, LOG)
BOTH = (JOB, ("isomap", OTHER_OUTPUT, OTHER_LOG))


@pytest.fixture
def slurm_log(tmp_path):
    """Slurm's own log of a job; its value writes it and returns its path."""

    def write(text):
        path = tmp_path / "7.log"
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize(
    ("status", "message"),
    [(status, FAILED.format(status)) for status in ("TIMEOUT", "CANCELLED", "OUT_OF_MEMORY", "PREEMPTED")]
    + [("NODE_FAIL", NODE)],
)
def test_a_job_that_slurm_ended_says_how(begun, slurm_log, status, message):
    text = job_error(*JOB, message=message, logs=[slurm_log(STARTED)])
    assert ended_by_slurm(text) == {(OUTPUT, LOG): f"ended by Slurm: {status}"}


def test_slurm_may_end_a_job_that_had_begun_its_log(begun, slurm_log):
    begun(LOG, "loaded the model\n")
    text = job_error(*JOB, message=FAILED.format("TIMEOUT"), logs=[slurm_log(STARTED)])
    assert ended_by_slurm(text) == {(OUTPUT, LOG): "ended by Slurm: TIMEOUT"}


@pytest.mark.parametrize("reason", ["", " DUE TO TIME LIMIT", " DUE to SIGNAL Terminated"])
def test_the_words_of_slurms_own_log_go_before_the_status(begun, slurm_log, reason):
    logs = [slurm_log(STARTED + CANCELLED.format(reason))]
    text = job_error(*JOB, message=FAILED.format("FAILED"), logs=logs)
    assert ended_by_slurm(text) == {
        (OUTPUT, LOG): f"ended by Slurm: CANCELLED AT 2026-11-28T01:00:00{reason}"
    }


def test_a_job_that_slurm_did_not_take_says_why(begun):
    (sentence,) = ended_by_slurm(job_error(*JOB, message=REFUSED)).values()
    assert sentence == (
        "not submitted: sbatch failed. The error message was 'sbatch: error: Invalid account'."
    )


def test_a_job_that_ended_by_itself_says_why_itself(begun, slurm_log):
    begun(LOG)
    assert ended_by_slurm(job_error(*JOB, message=FAILED.format("FAILED"), logs=[slurm_log(STARTED)])) == {}


def test_a_job_without_slurm_is_none_of_its(begun):
    assert ended_by_slurm(job_error(*JOB)) == {}


def test_a_job_that_left_no_log_of_this_run(begun, slurm_log, tmp_path):
    begun(LOG, age=600)  # of an earlier run
    message = FAILED.format("FAILED")
    path = slurm_log("bash: no such interpreter\n")
    begins = {(OUTPUT, LOG): f"failed before its script began; see {path}"}
    assert ended_by_slurm(job_error(*JOB, message=message, logs=[path])) == begins
    absent = [str(tmp_path / "absent.log")]
    never = {(OUTPUT, LOG): "ended by Slurm before it began"}
    assert ended_by_slurm(job_error(*JOB, message=message, logs=absent)) == never


def test_of_a_group_slurms_own_log_says_how_it_ended(begun, slurm_log):
    text = group_error([slurm_log(STARTED + CANCELLED.format(""))], *BOTH)
    told = "ended by Slurm: CANCELLED AT 2026-11-28T01:00:00"
    assert ended_by_slurm(text) == {(OUTPUT, LOG): told, (OTHER_OUTPUT, OTHER_LOG): told}


def test_of_a_group_the_job_that_says_why_itself_is_left_out(begun, slurm_log):
    begun(LOG)
    path = slurm_log(STARTED)
    text = group_error([path], *BOTH)
    assert ended_by_slurm(text) == {(OTHER_OUTPUT, OTHER_LOG): f"failed before its script began; see {path}"}


def test_the_errors_of_several_jobs_are_kept_apart(begun, slurm_log):
    begun(OTHER_LOG)
    text = job_error(*JOB, message=FAILED.format("TIMEOUT"), logs=[slurm_log(STARTED)]) + job_error(*BOTH[1])
    assert ended_by_slurm(text) == {(OUTPUT, LOG): "ended by Slurm: TIMEOUT"}


def test_only_what_failed_for_good_has_last_words_and_once(begun):
    begun(LOG)
    begun(OTHER_LOG, "error: was tried again\n")
    text = job_error(*JOB) * 2 + job_error(*BOTH[1])
    assert last_words(text, {OUTPUT}) == f"failed: no luck\n  {LOG}\n"


def test_last_words_of_jobs_in_a_group_and_of_one_that_was_not_run(begun, slurm_log):
    begun(LOG)
    text = group_error([slurm_log(STARTED)], *BOTH)
    words = last_words(text, {OUTPUT, OTHER_OUTPUT})
    assert words == f"failed: no luck\n  {LOG}\nfailed: was not run\n  {OTHER_LOG}\n"
